"""local-ports.py MODE HOST COUNT [PORT] : takes local ports once it is told to, and says `taken` and what
connect(2) to another destination says then.

MODE `bound` binds COUNT sockets to HOST and port 0, `only-bound` does and has no others, `before-connect` does so and connects to four ports of
its own in turn, `reserved` connects COUNT sockets from PORT and the ports above it, and 8 from any, `brief`
keeps a connection to port 6379 until it is told to, closes it, and makes COUNT more one after the other.
`serve` is what listens there.
"""

import errno
import socket
import sys
import threading

mode, host, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
kept = []


def listen(port):
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(500)
    kept.append(listener)
    return listener


def connect(port, local=None):
    connection = socket.socket(family)
    if local is not None:
        connection.bind((host, local))
    connection.connect((host, port))
    kept.append(connection)


def drain(listener):
    while True:
        accepted, _ = listener.accept()
        while accepted.recv(1000):
            pass
        accepted.close()


if mode == "serve":
    threading.Thread(target=drain, args=(listen(6379),), daemon=True).start()
elif mode == "brief":
    connect(6379)
elif mode != "only-bound":
    for port in range(5000, 5005):
        listen(port)
print("ready", flush=True)
sys.stdin.readline()
answer = "ok"
try:
    if mode in ("bound", "only-bound"):
        for _ in range(count):
            bound = socket.socket(family)
            bound.bind((host, 0))
            kept.append(bound)
    elif mode == "before-connect":
        for number in range(count):
            connect(5000 + number * 4 // count, 0)
    elif mode == "reserved":
        for local in range(int(sys.argv[4]), int(sys.argv[4]) + count):
            connect(5000, local)
        for _ in range(8):
            connect(5000)
    elif mode == "brief":
        kept.pop().close()
        for _ in range(count):
            socket.create_connection((host, 6379)).close()
    if mode in ("bound", "before-connect"):
        connect(5004)
except OSError as error:
    answer = errno.errorcode[error.errno]
print("taken", answer, flush=True)
sys.stdin.readline()
