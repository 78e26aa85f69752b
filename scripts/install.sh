#!/bin/bash
# install.sh BINARY : installs the binary, the units that point to it, the configuration where there is none,
# the man page, the completions, and what goes to Prometheus and Grafana.
# Reads PREFIX, SYSCONFDIR, UNITDIR, ZSHDIR (where zsh looks for completions), DESTDIR and STRIP (1, or 0 to
# keep the binary as it is).
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
bin="$PREFIX/bin/sockstated"
config="$SYSCONFDIR/sockstated/sockstated.yaml"
defaults="$SYSCONFDIR/default/sockstated"
share="$PREFIX/share/sockstated"

# Texts that name other files name them where they are installed.
placed() {
  sed "s|/usr/bin/sockstated|$bin|g; s|/etc/sockstated/sockstated.yaml|$config|g
       s|/etc/default/sockstated|$defaults|g; s|/usr/share/sockstated|$share|g"
}
# put FILE : installs standard input as FILE.
put() { install -D -m 644 /dev/stdin "$DESTDIR$1"; }
# keep FILE : the same, unless there is one.
keep() { if [ -e "$DESTDIR$1" ]; then cat >/dev/null; echo "kept $DESTDIR$1"; else put "$1"; fi; }

install -D -m 755 "$binary" "$DESTDIR$bin"
[ "${STRIP:-1}" = 0 ] || strip --strip-all --remove-section=.comment --remove-section=.note "$DESTDIR$bin"
for unit in sockstated.service sockstated.socket; do
  placed <"systemd/$unit" | put "$UNITDIR/$unit"
done
keep "$config" <config/sockstated.yaml
placed <systemd/sockstated.default | keep "$defaults"

scripts/man-page.py "$binary" docs/sockstated.8.in | placed | gzip -9 -n | put "$PREFIX/share/man/man8/sockstated.8.gz"
completion() { "$binary" --generate-completion-script "$1"; }
# It is read by a shell, never run.
completion bash | sed '1{/^#!/d}' | put "$PREFIX/share/bash-completion/completions/sockstated"
completion zsh | put "${ZSHDIR:-$PREFIX/share/zsh/site-functions}/_sockstated"
completion fish | put "$PREFIX/share/fish/vendor_completions.d/sockstated.fish"

for file in config/prometheus/*.yaml config/prometheus/RUNBOOK.md; do
  put "$share/prometheus/${file##*/}" <"$file"
done
placed <systemd/namespaces.conf | put "$share/systemd/namespaces.conf"
put "$share/grafana/sockstated.json" <config/grafana/sockstated.json
echo "installed $DESTDIR$bin, $DESTDIR$UNITDIR/sockstated.service, $DESTDIR$share"
