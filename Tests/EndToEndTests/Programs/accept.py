"""accept.py MODE HOST PORT : accepts connections until it is told `stop`, then keeps those that it has; told
`release` it closes them.

MODE `patient` closes a connection after its peer has, `brusque` closes each at once, `idle` keeps each
and never reads, `deferred` is `patient` and has TCP_DEFER_ACCEPT, `alive` is `idle`, with keep-alive of seconds, `deaf` accepts none, `streaming` goes on sending after its peer's end until it is told
`quiet`, and keeps the connection; connections that come after that go on until the next `quiet`.
"""

import os
import socket
import sys
import threading

mode, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
listener = socket.create_server(
    (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
)

if mode == "deferred":
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)
    mode = "patient"
kept = []
quiet = threading.Event()


def serve(connection):
    if mode == "alive":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
            connection.setsockopt(socket.IPPROTO_TCP, option, 1)
    if mode in ("idle", "alive"):
        kept.append(connection)
        return
    silence = quiet
    while mode in ("patient", "streaming") and connection.recv(65536):
        pass
    if mode == "streaming":
        kept.append(connection)
        while not silence.wait(0.05):
            connection.sendall(b".")
        return
    connection.close()


def accept():
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


if mode != "deaf":
    threading.Thread(target=accept, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    if line == "quiet\n":
        quiet.set()
        quiet = threading.Event()
        print("silent", flush=True)
    elif line == "release\n":
        while kept:
            kept.pop().close()
        print("released", flush=True)
    elif line == "stop\n":
        # accept() in the other thread holds the socket open; shutdown ends that.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        print("stopped", flush=True)
os._exit(0)
