"""mptcp.py PORT COUNT : a listener, and COUNT connections to it over MPTCP, both ends of which it keeps.

Told `half-close`, it ends the client's side of the first; told `close`, it closes all but the listener.
"""

import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
MPTCP = 262


def multipath():
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP)


listener = multipath()
listener.bind(("127.0.0.1", port))
listener.listen()
clients, servers = [], []
for _ in range(count):
    client = multipath()
    client.connect(("127.0.0.1", port))
    server = listener.accept()[0]
    # Data makes it multipath for both.
    client.sendall(b"here")
    server.recv(4)
    clients.append(client)
    servers.append(server)
print("ready", flush=True)
for line in sys.stdin:
    if line == "half-close\n":
        clients[0].shutdown(socket.SHUT_WR)
        print("half-closed", flush=True)
    elif line == "close\n":
        for connection in clients + servers:
            connection.close()
        print("closed", flush=True)
