"""device.py serve DEVICE HOST PORT COUNT : listens on HOST at one device (`-`: at all), accepts and closes COUNT
connections at once, and leaves the others to wait. With `-` it keeps the connections that it accepts.

device.py connect HOST PORT OPEN CLOSED [LOCAL] : makes OPEN connections after CLOSED that it closes when the server has
done so, from the local port LOCAL.
"""

import socket
import sys
import time

mode = sys.argv[1]
kept = []


def address(host, port):
    """With the zone, which getaddrinfo(3) reads."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return found[0], found[4]


if mode == "serve":
    device, host, port, count = sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    family, local = address(host, port)
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device != "-":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    listener.bind(local)
    listener.listen(50)
    print("ready", flush=True)
    for _ in range(count):
        connection, _ = listener.accept()
        connection.close() if device != "-" else kept.append(connection)
else:
    host, port, count, closed = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    family, remote = address(host, port)
    for number in range(count + closed):
        connection = socket.socket(family)
        if len(sys.argv) > 6:
            connection.bind(("::", int(sys.argv[6])))
        connection.connect(remote)
        if number < closed:
            connection.recv(1)
            connection.close()
        else:
            kept.append(connection)
    print("ready", flush=True)
time.sleep(100000)
