"""visit.py HOST PORT COUNT : opens and closes so many connections, one after another."""

import socket
import sys

for _ in range(int(sys.argv[3])):
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
        while connection.recv(65536):
            pass
print("visited", flush=True)
