"""shoppers.py PORT : clients that ask once and hang up; 200 of them, one a second."""

import socket
import sys
import time

for _ in range(200):
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=2) as connection:
            connection.sendall(b"anything left?\n")
            connection.recv(4096)
    except OSError:
        pass  # the shop may not be open yet
    time.sleep(1)
while True:
    time.sleep(3600)
