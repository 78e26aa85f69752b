"""steady-scraper.py SOCKET : keeps one connection, and for each path on standard input asks for it and
prints the status and, on the same line, the body with \\n for its newlines."""

import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.settimeout(60)
connection.connect(sys.argv[1])
print("ready", flush=True)
data = b""
for path in sys.stdin:
    connection.sendall(f"GET {path.strip()} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, data = data.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(data) < length:
        data += connection.recv(65536)
    body, data = data[:length], data[length:]
    print(head.split()[1].decode(), body.decode().replace("\n", "\\n"), flush=True)
