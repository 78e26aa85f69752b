"""leaky-shop.py PORT : answers, but never closes a connection."""

import socket
import sys
import threading

kept = []


def serve(connection):
    while words := connection.recv(4096):
        connection.sendall(b"sold out\n" if words else b"")


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    kept.append(connection)
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
