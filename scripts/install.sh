#!/bin/bash
# install.sh BINARY : installs the binary, the unit that points to it, the configuration where there is none,
# and what goes to Prometheus and Grafana.
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
share="$PREFIX/share/sockstated"
install -d "$DESTDIR$share/prometheus" "$DESTDIR$share/grafana"
install -m 644 config/prometheus/*.yaml config/prometheus/RUNBOOK.md "$DESTDIR$share/prometheus"
install -m 644 config/grafana/*.json "$DESTDIR$share/grafana"
if [ -e "$DESTDIR$config" ]; then
  echo "kept $DESTDIR$config"
else
  install -m 644 config/sockstated.yaml "$DESTDIR$config"
fi
echo "installed $DESTDIR$bin, $DESTDIR$UNITDIR/sockstated.service, $DESTDIR$share"
