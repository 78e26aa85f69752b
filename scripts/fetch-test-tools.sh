#!/bin/bash
# fetch-test-tools.sh : puts Prometheus with promtool, Alertmanager, Python's prometheus-client, nginx, haproxy and
# Redis into .build-tools, from Debian's packages, and kubernetes-validate and axe-core beside them, from PyPI.
#
# Any python3 can read the modules from there.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=.build-tools
mkdir -p "$tools"

packages=()
command -v promtool >/dev/null || [ -x $tools/usr/bin/promtool ] || packages+=(prometheus)
command -v prometheus-alertmanager >/dev/null || [ -x $tools/usr/bin/prometheus-alertmanager ] \
  || packages+=(prometheus-alertmanager)
python3 -c 'import prometheus_client' 2>/dev/null \
  || [ -d $tools/usr/lib/python3/dist-packages/prometheus_client ] \
  || packages+=(python3-prometheus-client python3-decorator)
modules=$PWD/$tools/usr/lib/python3/dist-packages
if ! PYTHONPATH=$modules python3 -c 'import kubernetes_validate' 2>/dev/null; then
  python3 -m pip install --quiet --root-user-action=ignore --target "$modules" kubernetes-validate \
    || echo "Without pip, the test that reads the Kubernetes manifest against its schema is skipped." >&2
fi
# The axe-core that this package carries: the test of the page injects it into the browser itself.
if [ ! -d "$modules/axe_playwright_python" ]; then
  python3 -m pip install --quiet --root-user-action=ignore --no-deps --target "$modules" \
    axe-playwright-python \
    || echo "Without pip, the test of the page does not check its accessibility." >&2
fi
# With the libraries that no Debian has anyway.
servers=("nginx: nginx" "haproxy: haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1"
  "redis-server: redis-server redis-tools libjemalloc2 liblzf1 libatomic1")
for server in "${servers[@]}"; do
  name=${server%%:*}
  [ -x $tools/usr/sbin/"$name" ] || [ -x $tools/usr/bin/"$name" ] || packages+=(${server#*:})
done
scripts/unpack-packages.sh "${packages[@]}"
