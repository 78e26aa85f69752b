"""client.py MODE HOST PORT COUNT : opens connections and keeps them until it is told `close`, `reset`, or
`leave`, which reads what has come before it closes. Told `send`, it sends 16 MB on each.

MODE `hold` only keeps them, `half-close` ends its own side, `say` sends a few bytes before that, `read`
reads to the end and closes, `leave` closes each at once, `begin` starts to connect and does not wait for an answer, `pour` sends
without end, `cork` sends a little now and then with TCP_CORK.
"""

import resource
import socket
import struct
import sys
import threading
import time

mode, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connections = []
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def pour(connection):
    while connection.send(bytes(65536)):
        pass


def cork(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    while connection.send(bytes(100)):
        time.sleep(0.23)


for _ in range(count):
    connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    connection.setblocking(mode != "begin")
    connection.connect_ex((host, port))
    connections.append(connection)
    if mode == "say":
        connection.sendall(b"some words")
    if mode in ("half-close", "say"):
        connection.shutdown(socket.SHUT_WR)
    elif mode == "leave":
        connection.close()
    elif mode in ("pour", "cork"):
        target = pour if mode == "pour" else cork
        threading.Thread(target=target, args=(connection,), daemon=True).start()
    elif mode == "read":
        while connection.recv(65536):
            pass
        connection.close()
print("ready", flush=True)
for line in sys.stdin:
    if line == "send\n":
        for connection in connections:
            threading.Thread(target=connection.sendall, args=(bytes(1 << 24),), daemon=True).start()
        print("sending", flush=True)
    if line == "leave\n":
        for connection in connections:
            # Closed with bytes unread it would be reset.
            connection.settimeout(0.5)
            try:
                while connection.recv(65536):
                    pass
            except TimeoutError:
                pass
            connection.close()
        print("left", flush=True)
    if line in ("close\n", "reset\n"):
        for connection in connections:
            if line == "reset\n":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        print("closed", flush=True)
