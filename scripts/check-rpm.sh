#!/bin/bash
# check-rpm.sh BINARY : packages BINARY as an rpm twice, compares, and installs, upgrades and removes it below a
# directory of its own.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
for program in rpm rpmbuild rpm2cpio; do
  command -v $program >/dev/null || { echo "Skipped: $program is not installed." >&2; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "error: $1" >&2; exit 1; }

mkdir "$work"/{first,second,root}
package=$(scripts/build-rpm.sh "$binary" "$work/first")
again=$(RELEASE=2 scripts/build-rpm.sh "$binary" "$work/second")
scripts/build-rpm.sh "$binary" "$work/second" >/dev/null
# The payload: headers name the directory that the package was built in.
for directory in first second; do
  rpm2cpio "$work/$directory/$(basename "$package")" | sha256sum
done | sort -u | wc -l | grep -qx 1 || fail "two builds differ"
in_root() { rpm --root "$work/root" "$@"; }
in_root --initdb
# The libraries are the distribution's, and there is no shell for scripts in the directory.
in_root --install --nodeps --noscripts "$package"
in_root --verify --nodeps sockstated
[ "$(stat -c %a "$work/root/usr/bin/sockstated")" = 755 ] || fail "the program's mode"
"$work/root/usr/bin/sockstated" check-config "$work/root/etc/sockstated/sockstated.yaml"
echo "# mine" >>"$work/root/etc/sockstated/sockstated.yaml"
in_root --upgrade --nodeps --noscripts "$again"
grep -q "# mine" "$work/root/etc/sockstated/sockstated.yaml" || fail "an upgrade replaces the configuration"
in_root --erase --noscripts sockstated 2>/dev/null
[ -z "$(find "$work/root" -name 'sockstated*' -type f ! -name '*.rpmsave' ! -path '*/var/*')" ] || fail "a removal leaves files"
rpm --query --package --scripts "$package" | sed -n '/^if /,/^fi/p' | sh -n || fail "a script does not parse"
echo "installed, upgraded and removed: $(basename "$package")"
