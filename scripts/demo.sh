#!/bin/bash
# demo.sh BINARY [PORT] : programs that misbehave on purpose, and sockstated beside them.
#
# They run in a network namespace of their own, with few ephemeral ports, so that these can come to their end; the
# page is on this host's loopback all the same. Where no namespace can be made, all is on loopback. Says where to
# look and what to expect. Ctrl-C ends all of it; so does the end of any part. NODE is the program that runs
# JavaScript; without it the leak is Python's. UNSHARE is unshare(1).
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

# What the programs start with: it takes them into the namespace.
enter=()
run() {
  "${enter[@]}" "$@" </dev/null &
  children+=($!)
}

# open_namespace FLAG... : makes a namespace with these flags of unshare and nsenter, as far as the kernel allows it.
open_namespace() {
  local holder answer=
  rm -f "$work/opened"
  mkfifo "$work/opened"
  "${UNSHARE:-unshare}" "$@" bash -c '
    ip link set lo up && ip address add 192.0.2.1/32 dev lo \
      && echo 32768 33767 >/proc/sys/net/ipv4/ip_local_port_range && echo opened && exec sleep infinity' \
    </dev/null >"$work/opened" 2>/dev/null &
  holder=$!
  children+=("$holder")
  read -r -t 10 answer <"$work/opened" || true
  if [[ $answer != opened ]]; then
    kill "$holder" 2>/dev/null || true
    wait "$holder" 2>/dev/null || true
    children=()
    return 1
  fi
  enter=(nsenter --target "$holder" "${@/--map-root-user/--preserve-credentials}" --)
  visited=192.0.2.1
}

visited=127.0.0.1
open_namespace --net || open_namespace --user --map-root-user --net || true

cat >"$work/sockstated.yaml" <<YAML
close_wait:
  stuck_after: 5s
stalls:
  fault_after: 5s
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
run python3 "$here/demo/brief-visits.py" "$visited" $((base + 3))
serve=("$binary" --config.file="$work/sockstated.yaml" --poll.interval=2s --log.level=warning)
if ((${#enter[@]})); then
  # The page's socket is made out here, and goes in with the daemon.
  python3 "$here/demo/listen-here.py" "$port" "${enter[@]}" "${serve[@]}" --web.systemd-socket </dev/null &
  children+=($!)
else
  run "${serve[@]}" --web.listen-address="127.0.0.1:$port"
fi
daemon=${children[-1]}

for _ in $(seq 100); do
  ready=$(exec 2>/dev/null && exec 3<>"/dev/tcp/127.0.0.1/$port" \
    && printf 'GET /-/ready HTTP/1.0\r\n\r\n' >&3 && head -c 12 <&3) || ready=
  [[ $ready != *200 ]] || break
  kill -0 "$daemon" 2>/dev/null || { echo "sockstated has ended." >&2; exit 1; }
  sleep 0.1
done

end="that ends when no local port is left"
around=
if ((${#enter[@]})); then
  around="
  All of it is in a network namespace. What it tells you to type about sockets
  (ss, nft, ip), type in there:

              $([[ $EUID == 0 || ${enter[*]} == *--user* ]] || echo 'sudo ')${enter[*]} bash
"
else
  end="worth knowing, and no fault on loopback"
fi

cat <<TEXT

  Look at     http://127.0.0.1:$port/
  or type     $binary watch --connect http://127.0.0.1:$port
              $binary explain :$base --connect http://127.0.0.1:$port

  Within a minute you should see

    $leak     CLOSE-WAIT on port $base: its clients hang up, it does not
    slow-reader.py    does not read what arrives on port $((base + 1))
    pourer.py         waits for that peer's window
    full-house.py     does not accept on port $((base + 2)): its queue is full
    caller.py         connects to port $((base + 2)) and gets no answer (SYN-SENT);
                      to blame is full-house.py
    brief-visits.py   TIME-WAIT towards port $((base + 3)): a new connection for each
                      request; $end
$around
  Ctrl-C ends all of it.

TEXT
wait -n "${children[@]}" || true
echo "A part of the demo has ended by itself." >&2
exit 1
