#!/bin/bash
# run-tests.sh [flags of swift test] : runs the tests and says at the end which failed, which were skipped, and why.
# Up to three end-to-end tests that failed run once more, alone; the end says which passed only then. The exit code is
# 0 where each test passed.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.build-tools/usr/bin:$PWD/.build-tools/usr/sbin:$PATH:/usr/sbin:/sbin"
export PYTHONPATH="$PWD/.build-tools/usr/lib/python3/dist-packages${PYTHONPATH:+:$PYTHONPATH}"

output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
again=""
run() { swift test --disable-xctest "$@" 2>&1 | tee -a "$output"; }

# The end-to-end tests share the machine with whatever else runs on it. One of hundreds that fails by chance is worth a
# look, and no reason to doubt the program; more than three, or a run that ended before it could name any, are.
run_end_to_end() {
  local before count
  before=$(wc -l <"$output")
  run --filter EndToEndTests "$@" && return
  again=$(sed -nE "1,${before}d; "'s/^✘ Test "(.*)"( with [0-9]+ test cases?)? failed after .*/\1/p' "$output" | sort -u)
  count=$(wc -l <<<"$again")
  [ -n "$again" ] && [ "$count" -le 3 ] || return
  run --skip-build --filter "EndToEndTests.*($(sed 's/[][(){}.*+?^$|\\]/\\&/g' <<<"$again" | paste -sd'|'))" "$@" || return
  # A filter that finds no test passes too.
  [ "$(sed -nE 's/.*Test run with ([0-9]+) tests? .*/\1/p' "$output" | tail -n 1)" -ge "$count" ]
}

case " $* " in
*" --filter "*) run "$@" || status=1 ;;
*)
  # One after the other: tests that compute take the threads of tests that wait for a process with a deadline.
  run --skip EndToEndTests "$@" || status=1
  run_end_to_end "$@" || status=1
  ;;
esac

failures=$(grep -aE '^✘ Test .* recorded an issue' "$output")
skipped=$(sed -nE 's/^[^[:alnum:]]*(Test|Suite) (.*) skipped(: "(.*)"|\.?)$/  \2: \4/p' "$output" | sort -u)
[ -z "$failures" ] || printf '\nFailed:\n%s\n' "$failures"
[ -z "$again" ] || [ "$status" = 1 ] || printf '\nPassed when run once more, alone (mend what depends on chance):\n%s\n' "$again"
[ -z "$skipped" ] || printf '\nSkipped:\n%s\n' "$skipped"
# Said again, so that the verdict comes last.
printf '\n%s\n' "$(grep -aE 'Test run with .* (passed|failed)' "$output")"
exit "$status"
