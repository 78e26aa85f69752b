#!/bin/bash
# run-tests.sh [flags of swift test] : runs the tests and says at the end which failed, which were skipped, and why.
# The exit code is 0 where all passed.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build-tools/usr/bin:$PWD/.build-tools/usr/sbin:$PATH:/usr/sbin:/sbin"
export PYTHONPATH="$PWD/.build-tools/usr/lib/python3/dist-packages${PYTHONPATH:+:$PYTHONPATH}"

output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
run() { swift test --disable-xctest "$@" 2>&1 | tee -a "$output" || status=1; }

case " $* " in
*" --filter "*) run "$@" ;;
*)
  # One after the other: tests that compute take the threads of tests that wait for a process with a deadline.
  run --skip EndToEndTests "$@"
  run --filter EndToEndTests "$@"
  ;;
esac

failures=$(grep -aE '^✘ Test .* recorded an issue' "$output")
skipped=$(sed -nE 's/^[^[:alnum:]]*(Test|Suite) (.*) skipped(: "(.*)"|\.?)$/  \2: \4/p' "$output" | sort -u)
[ -z "$failures" ] || printf '\nFailed:\n%s\n' "$failures"
[ -z "$skipped" ] || printf '\nSkipped:\n%s\n' "$skipped"
# Said again, so that the verdict comes last.
printf '\n%s\n' "$(grep -aE 'Test run with .* (passed|failed)' "$output")"
exit "$status"
