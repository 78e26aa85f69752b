"""upload.py HOST PORT : sends a large request on one connection after another, whatever becomes of them. Each waits
a while before, so that polls see it.
"""

import socket
import sys
import time

print("ready", flush=True)
while True:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
            time.sleep(0.5)
            for _ in range(20):
                connection.sendall(bytes(8192))
            connection.recv(100)
    except OSError:
        time.sleep(0.02)
