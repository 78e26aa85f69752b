"""refuse-uploads.py HOST PORT : answers each request before it has read it, and closes with unread data."""

import socket
import sys

server = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=64)
print("ready", flush=True)
while True:
    connection, _ = server.accept()
    with connection:
        try:
            connection.recv(200)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        except OSError:
            pass
