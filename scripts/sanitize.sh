#!/bin/bash
# sanitize.sh address|thread [flags of swift test] : runs the tests, and in the end-to-end tests the daemon,
# with a sanitizer built in. Each has a build of its own, since it takes all modules anew.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:?address or thread}
shift

# Left out, since it is not the daemon that they would try:
# - UnderSystemd and Package hold the program as it ships. The unit forbids what a sanitizer needs
#   (personality(2), and by MemoryDenyWriteExecute= and the size of its shadow memory, its start).
# - "with no more address space than it has it goes on" limits the address space, of which a sanitizer reserves terabytes.
# - UnitFile runs nothing of what is built but under the unit's filter.
skip='UnderSystemd|EndToEndTests.Package|UnitFile|no more address space'

# A finding ends the process that it is in, so that its test fails. Leaks are not looked for: what lives until
# the end, Swift does not free. What is freed waits a little and not for 256 MB of more: the end-to-end tests
# want the memory back.
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=0:quarantine_size_mb=4:thread_local_quarantine_size_kb=64
# A Mutex that has to wait does so inside a library without the sanitizer, which then sees no order. It was seen in
# the harness of the end-to-end tests, whose threads are not what is tried.
suppressions=$PWD/.build-$sanitizer/suppressions
mkdir -p "${suppressions%/*}"
echo 'race:Tests/EndToEndTests/Harness/' >"$suppressions"
export TSAN_OPTIONS=halt_on_error=1:abort_on_error=1:suppressions=$suppressions
# Swift's own handler of crashes would say nothing that a sanitizer does not.
export SWIFT_BACKTRACE=enable=no
exec scripts/run-tests.sh --sanitize="$sanitizer" --scratch-path ".build-$sanitizer" \
  --explicit-target-dependency-import-check error --skip "$skip" "$@"
