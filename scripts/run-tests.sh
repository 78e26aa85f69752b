#!/bin/bash
# run-tests.sh [flags of swift test] : runs the tests and says at the end which were skipped, and why.
# The exit code is that of `swift test`.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build-tools/usr/bin:$PATH:/usr/sbin:/sbin"
export PYTHONPATH="$PWD/.build-tools/usr/lib/python3/dist-packages${PYTHONPATH:+:$PYTHONPATH}"

output=$(mktemp)
trap 'rm -f "$output"' EXIT
swift test --disable-xctest "$@" 2>&1 | tee "$output"
status=${PIPESTATUS[0]}

skipped=$(sed -nE 's/^[^[:alnum:]]*(Test|Suite) (.*) skipped(: "(.*)"|\.?)$/  \2: \4/p' "$output" | sort -u)
if [ -n "$skipped" ]; then
  printf '\nSkipped:\n%s\n' "$skipped"
  # Said again, so that the verdict is the last line.
  grep -E 'Test run with .* (passed|failed)' "$output" | tail -n 1
fi
exit "$status"
