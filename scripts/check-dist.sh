#!/bin/bash
# check-dist.sh BINARY : makes a release of BINARY twice, compares, and reads what it says.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

scripts/build-dist.sh "$binary" "$work/first"
scripts/build-dist.sh "$binary" "$work/second" >/dev/null
diff -r "$work/first" "$work/second" || { echo "error: two builds differ" >&2; exit 1; }
cd "$work/first"
sha256sum --check --quiet ./*.sha256
for archive in ./*.tar.gz; do tar -xzf "$archive"; done
./sockstated-*-linux-*/usr/local/bin/sockstated check-config ./sockstated-*-linux-*/etc/sockstated/sockstated.yaml
python3 - ./*.spdx.json <<'PY'
import json, sys

packages = json.load(open(sys.argv[1]))["packages"]
linked = {each["name"]: each["licenseDeclared"] for each in packages if not each["SPDXID"].startswith("SPDXRef-shared")}
assert {"sockstated", "swift-nio", "swift-nio-ssl", "boringssl", "swift-runtime"} <= set(linked), linked
assert "NOASSERTION" not in linked.values(), linked
assert all(each["versionInfo"] for each in packages)
print(len(linked), "components are linked in:", ", ".join(sorted(linked)))
PY
