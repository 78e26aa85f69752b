#!/bin/bash
# install-bpf.sh BINARY : installs sockstated-bpf, its unit and its man page.
# Reads PREFIX, UNITDIR, DESTDIR and STRIP (1, or 0 to keep the binary as it is).
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."

placed() { sed "s|/usr/bin/|$PREFIX/bin/|"; }
put() { install -D -m 644 /dev/stdin "$DESTDIR$1"; }

install -D -m 755 "$binary" "$DESTDIR$PREFIX/bin/sockstated-bpf"
[ "${STRIP:-1}" = 0 ] || strip --strip-all --remove-section=.comment --remove-section=.note \
  "$DESTDIR$PREFIX/bin/sockstated-bpf"
placed <systemd/sockstated-bpf.service | put "$UNITDIR/sockstated-bpf.service"
scripts/man-page.py "$binary" docs/sockstated-bpf.8.in | gzip -9 -n | put "$PREFIX/share/man/man8/sockstated-bpf.8.gz"
echo "installed $DESTDIR$PREFIX/bin/sockstated-bpf, $DESTDIR$UNITDIR/sockstated-bpf.service"
