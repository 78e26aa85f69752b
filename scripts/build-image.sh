#!/bin/bash
# build-image.sh BINARY ARCHIVE : builds the image of the Dockerfile with BINARY, without a registry, as an OCI archive.
#
# What image-root.sh makes stands in for the Dockerfile's first stage. The time is that of the last commit
# (SOURCE_DATE_EPOCH), so that a commit and a binary always give the same digest, which is printed with the size.
set -euo pipefail
binary=$(realpath "$1")
archive=$(realpath "$2")
cd "$(dirname "$0")/.."

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/stage"
scripts/image-root.sh "$binary" "$work/stage/out"
find "$work/stage/out" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
cp "$work/stage/out/usr/bin/sockstated" "$work/program"

build=(buildah --root "$work/store" --runroot "$work/run" --storage-driver vfs)
"${build[@]}" bud --quiet --isolation chroot --pull-never --format oci --layers=false \
  --timestamp "$SOURCE_DATE_EPOCH" --build-context "build=$work/stage" --tag sockstated . >"$work/log" 2>&1 \
  || { cat "$work/log" >&2; exit 1; }
rm -f "$archive"
"${build[@]}" push --quiet --digestfile "$work/digest" sockstated "oci-archive:$archive:sockstated"
echo "$archive: $(cat "$work/digest"), $(($(stat -c %s "$archive") / 1000)) kB"
