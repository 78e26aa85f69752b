#!/bin/bash
# demo.sh BINARY [PORT] : programs that misbehave on purpose, and sockstated beside them, on loopback.
#
# Says where to look and what to expect. Ctrl-C ends all of it; so does the end of any part. NODE is the program
# that runs JavaScript; without it the leak is Python's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=$1
port=${2:-10793}
base=${DEMO_BASE_PORT:-18080}
work=$(mktemp -d)
children=()

finish() {
  trap - EXIT INT TERM HUP
  # All at once, and then each waited for: nothing stays behind.
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
  rm -rf "$work"
  echo "All ended."
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

run() {
  "$@" </dev/null &
  children+=($!)
}

cat >"$work/sockstated.yaml" <<YAML
close_wait:
  stuck_after: 5s
YAML

if command -v "${NODE:-node}" >/dev/null; then
  leak=leaky-shop.js
  run "${NODE:-node}" "$here/demo/leaky-shop.js" "$base"
else
  leak=leaky-shop.py
  run python3 "$here/demo/leaky-shop.py" "$base"
fi
run python3 "$here/demo/slow-reader.py" $((base + 1))
run python3 "$here/demo/full-house.py" $((base + 2))
# So that nobody's first connect is refused.
sleep 1
run python3 "$here/demo/shoppers.py" "$base"
run python3 "$here/demo/pourer.py" $((base + 1))
run python3 "$here/demo/caller.py" $((base + 2))
run python3 "$here/demo/brief-visits.py" $((base + 3))
run "$binary" --config.file="$work/sockstated.yaml" --web.listen-address="127.0.0.1:$port" \
  --poll.interval=2s --log.level=warning
daemon=$!

for _ in $(seq 100); do
  ready=$(exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /-/ready HTTP/1.0\r\n\r\n' >&3 \
    && head -c 12 <&3) 2>/dev/null || ready=
  [[ $ready != *200 ]] || break
  kill -0 "$daemon" 2>/dev/null || { echo "sockstated has ended." >&2; exit 1; }
  sleep 0.1
done

cat <<TEXT

  Look at     http://127.0.0.1:$port/
  or type     $binary watch --connect http://127.0.0.1:$port
              $binary explain :$base --connect http://127.0.0.1:$port

  Within half a minute you should see

    $leak          CLOSE-WAIT on port $base: its clients hang up, it never closes
    slow-reader.py    does not read what arrives on port $((base + 1))
    pourer.py         waits for that peer's window
    full-house.py     does not accept on port $((base + 2)): its queue is full
    caller.py         connects to port $((base + 2)) and gets no answer (SYN-SENT)
    brief-visits.py   TIME-WAIT towards port $((base + 3)): a new connection for each request

  Ctrl-C ends all of it.

TEXT
wait -n "${children[@]}" || true
echo "A part of the demo has ended by itself." >&2
exit 1
