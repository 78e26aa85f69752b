"""downloads.py PORT : answers `all` with 77 bytes, and any other request with more than its client ever reads."""

import socket
import sys
import threading


def answer(connection):
    with connection:
        try:
            if connection.recv(100) == b"all":
                connection.sendall(bytes(77))
                connection.recv(1)
                return
            while True:
                connection.sendall(bytes(1 << 16))
        except OSError:
            pass


server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
print("ready", flush=True)
while True:
    client, _ = server.accept()
    threading.Thread(target=answer, args=[client], daemon=True).start()
