#!/bin/bash
# check-binary.sh BINARY : what ships must stay small and free of ICU, and link nothing unexpected.
set -euo pipefail
binary=$1
limit_mb=29
expected='^(linux-vdso|ld-linux[a-z0-9-]*|libc|libm|libmnl|libyaml-0|libcrypt|libz|libstdc\+\+|libgcc_s|libpthread|libdl|librt|libutil)\.so'

stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$binary"
bytes=$(stat -c %s "$stripped")
libraries=$(ldd "$binary" | awk '{ print $1 }' | xargs -n 1 basename)

echo "size, stripped: $(awk "BEGIN { printf \"%.1f\", $bytes / 1e6 }") MB (limit $limit_mb MB)"
echo "of it FoundationEssentials, by its symbols: $(nm -S --radix=d "$binary" | awk 'NF == 4 && /20FoundationEssentials/ { sum += $2 } END { printf "%.1f", sum / 1e6 }') MB"
echo "shared libraries:" $libraries

failed=0
if [ "$bytes" -gt $((limit_mb * 1000000)) ]; then
  echo "error: the stripped binary is larger than $limit_mb MB" >&2
  failed=1
fi
if unexpected=$(grep -vE "$expected" <<<"$libraries"); then
  echo "error: unexpected shared libraries:" $unexpected >&2
  failed=1
fi
# grep -c reads to the end: with -q, nm would die of SIGPIPE and pipefail would hide the find.
if [ "$(nm "$binary" | grep -cE 'FoundationInternationalization|_foundation_unicode|\bu(char|loc|cal)_')" -gt 0 ]; then
  echo "error: ICU is linked; something imports all of Foundation" >&2
  failed=1
fi
exit $failed
