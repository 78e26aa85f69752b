#!/bin/bash
# sanitize.sh address|thread [flags of swift test] : runs the tests, and in the end-to-end tests the daemon,
# with a sanitizer built in. Each has a build of its own, since it takes all modules anew.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:?address or thread}
shift

# A finding ends the process that it is in, so that its test fails. Leaks are not looked for: what lives until
# the end, Swift does not free.
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=0
export TSAN_OPTIONS=halt_on_error=1:abort_on_error=1
exec scripts/run-tests.sh --sanitize="$sanitizer" --scratch-path ".build-$sanitizer" \
  --explicit-target-dependency-import-check error "$@"
