#!/bin/bash
# record-dump.sh FILE : records what the running kernel answers to a sock_diag dump, with one socket
# or more in most states, in a network namespace of its own. For the golden test; needs root.
set -euo pipefail
file=$(realpath "${1:?a file to write}")
exec unshare --net bash -euo pipefail -c 'ip link set lo up; exec python3 - "$1"' bash "$file" <<'PYTHON'
import socket, subprocess, sys, time

def listen(port, family=socket.AF_INET, backlog=8):
    s = socket.socket(family)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
    s.listen(backlog)
    return s

def connect(listener):
    client = socket.create_connection(listener.getsockname()[:2])
    return client, listener.accept()[0]

kept = []
web, api = listen(80), listen(8080, socket.AF_INET6)
for listener in (web, api):
    client, server = connect(listener)
    client.sendall(b"x" * 10_000)
    kept += [client, server]
for read in (True, False):  # CLOSE-WAIT with the end read and unread; FIN-WAIT-2
    client, server = connect(web)
    client.shutdown(socket.SHUT_WR)
    time.sleep(0.05)
    if read:
        server.recv(1)
    kept += [client, server]
client, server = connect(api)  # TIME-WAIT of the server
server.close(); time.sleep(0.05); client.close()
kept.append(socket.create_connection(web.getsockname()))  # never accepted
subprocess.run(["nft", "-f", "-"], text=True, check=True, input=
    "table ip t { chain i { type filter hook input priority 0; tcp dport 9 drop; }; }")
waiting = socket.socket(); waiting.setblocking(False)
try: waiting.connect(("127.0.0.1", 9))  # SYN-SENT
except BlockingIOError: pass
time.sleep(1.5)
subprocess.run(["ss", "-tani", "-D", sys.argv[1]], check=True)
PYTHON
