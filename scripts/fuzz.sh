#!/bin/bash
# fuzz.sh [TARGET]... : gives each target FUZZ_SECONDS (30) of inputs that libFuzzer makes from fuzz/seeds.
#
# An input that is a finding is written to .build-fuzz/found/TARGET; once the cause is mended, copy it to
# fuzz/seeds/TARGET, where `make test` gives it to the target again. Inputs that reached new code stay in
# .build-fuzz/corpus, and the next run goes on from there.
set -uo pipefail
cd "$(dirname "$0")/.."

export SOCKSTATED_FUZZ=1
# Swift's own handler of crashes would keep libFuzzer from writing the input down.
export SWIFT_BACKTRACE=enable=no
# The server that a target runs lives to the end.
export ASAN_OPTIONS=detect_leaks=0
build=(swift build -c release --scratch-path .build-fuzz --product fuzz)
"${build[@]}" || exit 1
fuzz=$("${build[@]}" --show-bin-path)/fuzz

if [ $# -eq 0 ]; then
  cd fuzz/seeds && set -- * && cd ../..
fi
status=0
for target; do
  corpus=.build-fuzz/corpus/$target
  found=.build-fuzz/found/$target
  mkdir -p "$corpus" "$found"
  log=$found/log
  if FUZZ_TARGET=$target "$fuzz" -max_total_time="${FUZZ_SECONDS:-30}" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$found/" "$corpus" "fuzz/seeds/$target" >"$log" 2>&1; then
    verdict=good
  else
    verdict="FOUND: see $found"
    status=1
  fi
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1)
  printf '%-20s %10s executions  %-12s %s\n' "$target" "${executed:-?}" "$covered" "$verdict"
done
exit "$status"
