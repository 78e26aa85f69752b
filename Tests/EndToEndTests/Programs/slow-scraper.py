"""slow-scraper.py SOCKET : asks for /metrics, stops reading after the headers, and when it is told the pid of the
server, sends it SIGTERM and goes on.

Says `reading` when it has the headers, and at the end how many bytes of the body came and how many
were announced.
"""

import os
import signal
import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
data = b""
while b"\r\n\r\n" not in data:
    data += connection.recv(512)
head, body = data.split(b"\r\n\r\n", 1)
headers = dict(
    line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:]
)
announced = int(headers[b"content-length"])
print("reading", flush=True)
os.kill(int(sys.stdin.readline()), signal.SIGTERM)
while chunk := connection.recv(65536):
    body += chunk
print(f"{len(body)} of {announced}", flush=True)
