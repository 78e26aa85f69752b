"""upload.py HOST PORT : sends a large request on one connection after another, whatever becomes of them."""

import socket
import sys
import time

print("ready", flush=True)
while True:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
            for _ in range(20):
                connection.sendall(bytes(8192))
            connection.recv(100)
    except OSError:
        pass
    time.sleep(0.02)
