"""churn.py PORT SECONDS: connects to itself as fast as it can; of sixteen connections one each is closed by the server
first, reset with SO_LINGER 0, closed with data unread, and one attempt refused."""
import os
import socket
import struct
import sys
import time

port, end = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
listener = socket.create_server(("127.0.0.1", port), backlog=512)
number = 0
if os.fork() == 0:
    while True:
        connection, _ = listener.accept()
        word = b""
        try:
            word = connection.recv(1)
            if word == b"u":
                connection.recv(1, socket.MSG_PEEK)
            while word == b"c" and connection.recv(100):
                pass
        except ConnectionResetError:
            pass
        connection.close()
        if word == b"q":
            os._exit(0)
while time.monotonic() < end:
    number += 1
    kind = number % 16
    if kind == 4:
        try:
            socket.create_connection(("127.0.0.1", port + 100))
        except ConnectionRefusedError:
            continue
    client = socket.create_connection(("127.0.0.1", port))
    try:
        client.sendall({1: b"s", 3: b"uu"}.get(kind, b"c"))
        if kind == 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif kind in (1, 3):
            client.recv(1)
    except ConnectionResetError:
        pass
    client.close()
with socket.create_connection(("127.0.0.1", port)) as client:
    client.sendall(b"q")
    client.recv(1)
os.wait()
print("done", flush=True)
