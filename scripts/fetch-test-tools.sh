#!/bin/bash
# fetch-test-tools.sh : puts Prometheus with promtool, Alertmanager and Python's prometheus-client into
# .build-tools, from Debian's packages, and kubernetes-validate beside them, from PyPI.
#
# They are unpacked there and not installed: those packages also start their servers, which nobody wants
# from `make test-deps`; and any python3 can read the modules from there.
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
[ ${#packages[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "Without apt, install promtool (https://prometheus.io/download) and the Python package" >&2
  echo "prometheus-client yourself; the tests that use them are skipped until then." >&2
  exit 0
fi
echo "Fetching ${packages[*]} into $tools"
downloads=$(mktemp -d)
trap 'rm -rf "$downloads"' EXIT
download() { (cd "$downloads" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}"); }
# Only an index that is missing or old makes the first attempt fail.
if ! download 2>/dev/null; then
  if [ "$(id -u)" -eq 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi
  download
fi
for package in "$downloads"/*.deb; do
  dpkg-deb -x "$package" "$tools"
done
