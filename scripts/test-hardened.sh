#!/bin/bash
# test-hardened.sh [flags of swift test] : the end-to-end tests, each daemon under the unit's system call filter.
# Left out: UnderSystemd, where systemd itself sets the filter; UnitFile, which reads the unit and sets the filter
# itself; Package, which installs the program and would install this wrapper.
set -euo pipefail
cd "$(dirname "$0")/.."
wrapper=$PWD/.build/hardened/sockstated
binary=$(swift build --show-bin-path)/sockstated
mkdir -p "$(dirname "$wrapper")"
cat >"$wrapper" <<WRAPPER
#!/bin/sh
exec python3 $PWD/Tests/EndToEndTests/Programs/under-filter.py $PWD/systemd/sockstated.service $binary "\$@"
WRAPPER
chmod +x "$wrapper"
SOCKSTATED_BINARY=$wrapper scripts/run-tests.sh --filter EndToEndTests \
  --skip 'UnderSystemd|UnitFile|EndToEndTests.Package' "$@"
