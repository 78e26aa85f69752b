"""scan.py HOST FIRST-PORT COUNT : connects to so many ports, one after the other, as a port scan does."""

import socket
import sys

host, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
refused = 0
for port in range(first, first + count):
    with socket.socket() as connection:
        refused += connection.connect_ex((host, port)) != 0
print(refused, flush=True)
