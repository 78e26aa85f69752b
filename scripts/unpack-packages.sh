#!/bin/bash
# unpack-packages.sh PACKAGE... : unpacks Debian packages into .build-tools.
#
# They are not installed: such packages also start their servers, which nobody wants from `make`.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=.build-tools
mkdir -p "$tools"
[ $# -gt 0 ] || exit 0
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "Without apt, install yourself what these packages of Debian hold: $*" >&2
  echo "What uses them is skipped until then." >&2
  exit 0
fi
echo "Fetching $* into $tools"
downloads=$(mktemp -d)
trap 'rm -rf "$downloads"' EXIT
download() { (cd "$downloads" && apt-get download -qq -o APT::Sandbox::User=root "$@"); }
# Only an index that is missing or old makes the first attempt fail.
if ! download "$@" 2>/dev/null; then
  if [ "$(id -u)" -eq 0 ]; then apt-get update -qq; else sudo apt-get update -qq; fi
  download "$@"
fi
for package in "$downloads"/*.deb; do
  dpkg-deb -x "$package" "$tools"
done
