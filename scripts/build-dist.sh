#!/bin/bash
# build-dist.sh BINARY [DIRECTORY] : what a release is, in DIRECTORY (dist): the sources, the program with all that is
# installed with it, what is linked into it (SPDX), and the checksums of these.
#
# A commit and a binary always give the same bytes: names are sorted, times are those of the last commit
# (SOURCE_DATE_EPOCH), owners are root.
set -euo pipefail
binary=$(realpath "$1")
mkdir -p "${2:-dist}"
directory=$(realpath "${2:-dist}")
cd "$(dirname "$0")/.."

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
version=$("$binary" --version | awk '{ print $2 }')
name=sockstated-$version
program=$name-linux-$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

# compress ARCHIVE : standard input as a .gz without name and time.
compress() { gzip -9 -n >"$directory/$1"; }

git archive --format tar --prefix "$name/" HEAD | compress "$name.tar.gz"
scripts/sbom.py "$binary" >"$directory/$name.spdx.json"
root=$work/$program
PREFIX=/usr/local SYSCONFDIR=/etc UNITDIR=/usr/local/lib/systemd/system DESTDIR=$root scripts/install.sh "$binary" \
  >/dev/null
cp LICENSE CHANGELOG.md README.md "$directory/$name.spdx.json" "$root/"
tar --create --directory "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime "@$SOURCE_DATE_EPOCH" \
  --format=posix --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime "$program" \
  | compress "$program.tar.gz"
(cd "$directory" && sha256sum "$name.tar.gz" "$program.tar.gz" "$name.spdx.json" >"$name.sha256" && ls -1 "$name"*)
