#!/bin/bash
# build-rpm.sh BINARY [DIRECTORY] : packages BINARY as an rpm; DIRECTORY, by default the present one, gets
# sockstated-VERSION-RELEASE.ARCHITECTURE.rpm, the name of which is printed.
#
# Reads RELEASE (1) and SOURCE_DATE_EPOCH, else the time of the last commit counts.
set -euo pipefail
binary=$(realpath "$1")
directory=$(realpath "${2:-.}")
cd "$(dirname "$0")/.."

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
version=$("$binary" --version | awk '{ print $2 }')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
umask 022
PREFIX=/usr SYSCONFDIR=/etc UNITDIR=/usr/lib/systemd/system DESTDIR=$root scripts/install.sh "$binary" >/dev/null
install -D -m 644 LICENSE "$root/usr/share/licenses/sockstated/LICENSE"
install -D -m 644 CHANGELOG.md "$root/usr/share/doc/sockstated/CHANGELOG.md"
# In rpm's versions a tilde marks what comes before a release, and a dash parts the release.
sed "s|@VERSION@|${version//-/\~}|; s|@RELEASE@|${RELEASE:-1}|; s|@ROOT@|$root|" packaging/rpm/sockstated.spec.in \
  >"$work/sockstated.spec"
rpmbuild -bb --quiet --define "_topdir $work/rpm" --define "_rpmdir $work/out" "$work/sockstated.spec" \
  >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
package=$(find "$work/out" -name '*.rpm')
mv "$package" "$directory/"
echo "$directory/$(basename "$package")"
