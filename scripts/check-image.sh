#!/bin/bash
# check-image.sh BINARY : builds the image of BINARY, runs it with podman, and says what holds.
#
# Two builds must have one digest. With the capabilities of the DaemonSet it must name a process of the host, as a snapshot and as a service; without any
# it must start and say what is missing; as a service it must become ready, answer its health check and end in good order.
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
for program in buildah podman runc; do
  command -v $program >/dev/null || { echo "Skipped: $program is not installed." >&2; exit 0; }
done

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap finish EXIT
container=(podman --root "$work/store" --runroot "$work/run" --storage-driver vfs --runtime runc
  --cgroup-manager cgroupfs)
# The limits are for hosts whose own are lower than podman's.
options=(--rm --network host --pid host --read-only --cap-drop all --security-opt no-new-privileges
  --ulimit nofile=1024:1024 --ulimit nproc=1000:1000)
named=(--cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH)

fail() { echo "error: $1" >&2; [ $# -lt 2 ] || echo "$2" >&2; exit 1; }

built=$(scripts/build-image.sh "$binary" "$work/image.tar")
again=$(scripts/build-image.sh "$binary" "$work/image.tar")
[ "$built" = "$again" ] || fail "two builds differ" "$built"$'\n'"$again"
echo "built twice alike: ${built#*: }"
"${container[@]}" load --quiet --input "$work/image.tar" >/dev/null
image=$("${container[@]}" images --quiet | head -1)

# Where not even a container that does nothing runs, nothing can be said of the image.
if ! "${container[@]}" run "${options[@]}" --entrypoint /usr/bin/sockstated "$image" --version >"$work/version" 2>"$work/errors"; then
  grep -q "sockstated:" "$work/errors" && fail "it does not start" "$(cat "$work/errors")"
  echo "No container can be run here, so the image was built and not run: $(tail -1 "$work/errors")" >&2
  exit 0
fi
echo "starts without capabilities: $(cat "$work/version")"

cat >"$work/listens.py" <<'PY'
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
listener.accept()
PY
coproc python3 "$work/listens.py"
pids+=("$COPROC_PID")
read -r port <&"${COPROC[0]}"

snapshot=$("${container[@]}" run "${options[@]}" "${named[@]}" "$image" snapshot --port "$port")
grep -q listens.py <<<"$snapshot" || fail "it does not name a process of the host" "$snapshot"
echo "names a process of the host with two capabilities"
snapshot=$("${container[@]}" run "${options[@]}" "$image" snapshot --port "$port" 2>&1)
! grep -q listens.py <<<"$snapshot" || fail "it names a process without capabilities" "$snapshot"
grep -q "missing CAP_" <<<"$snapshot" || fail "it does not say what is missing" "$snapshot"
echo "says what is missing without them"

start=$EPOCHREALTIME
"${container[@]}" run "${options[@]}" "${named[@]}" --name service --volume "$work:/run:rw" "$image" \
  --web.listen-address=unix:/run/web.sock >"$work/log" 2>&1 &
pids+=("$!")
chmod 777 "$work"
scrape() { curl -sS --fail --unix-socket "$work/web.sock" "http://localhost$1" 2>/dev/null; }
for _ in $(seq 300); do scrape /metrics >"$work/metrics" && break; sleep 0.1; done
echo "start to first scrape: $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $start }") s"
grep -q 'process="listens.py"' "$work/metrics" || fail "the service does not name a process of the host" "$(cat "$work/log")"
health=$("${container[@]}" exec service /usr/bin/sockstated check-health unix:/run/web.sock)
[ "$health" = "Healthy." ] || fail "its health check fails" "$health"
"${container[@]}" exec service /usr/bin/sockstated check-health http://localhost:1 2>/dev/null \
  && fail "its health check does not fail where nobody listens"
"${container[@]}" kill --signal TERM service >/dev/null
wait "${pids[1]}" || fail "it does not end in good order" "$(cat "$work/log")"
echo "healthy as a service, and ends in good order"
