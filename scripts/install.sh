#!/bin/bash
# install.sh BINARY : installs the binary, the unit that points to it, and the configuration where there is none.
# Reads PREFIX, SYSCONFDIR, UNITDIR and DESTDIR.
set -euo pipefail
cd "$(dirname "$0")/.."
bin="$PREFIX/bin/sockstated"
config="$SYSCONFDIR/sockstated/sockstated.yaml"

install -d "$DESTDIR$PREFIX/bin" "$DESTDIR$UNITDIR" "$DESTDIR$SYSCONFDIR/sockstated"
install -m 755 -s "$1" "$DESTDIR$bin"
sed "s|/usr/bin/sockstated|$bin|; s|/etc/sockstated/sockstated.yaml|$config|" systemd/sockstated.service \
  >"$DESTDIR$UNITDIR/sockstated.service"
chmod 644 "$DESTDIR$UNITDIR/sockstated.service"
if [ -e "$DESTDIR$config" ]; then
  echo "kept $DESTDIR$config"
else
  install -m 644 config/sockstated.yaml "$DESTDIR$config"
fi
echo "installed $DESTDIR$bin, $DESTDIR$UNITDIR/sockstated.service"
