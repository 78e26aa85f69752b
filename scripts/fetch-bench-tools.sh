#!/bin/bash
# fetch-bench-tools.sh : puts what `make bench` measures beside sockstated, and the system lacks, into
# .build-tools. Where that fails, the bench leaves them out and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin

packages=()
command -v prometheus-node-exporter >/dev/null || command -v node_exporter >/dev/null \
  || [ -x .build-tools/usr/bin/prometheus-node-exporter ] || packages+=(prometheus-node-exporter)
command -v collectd >/dev/null || [ -x .build-tools/usr/sbin/collectd ] || packages+=(collectd-core)
scripts/unpack-packages.sh "${packages[@]}" \
  || echo "Not all of ${packages[*]} could be fetched; the bench runs without." >&2
