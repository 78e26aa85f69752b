#!/bin/bash
# test-hardened.sh [flags of swift test] : the end-to-end tests, each daemon under the unit's system call filter.
# What systemd itself starts has the filter from there, and the package holds the program itself: those are left out.
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
