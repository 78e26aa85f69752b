"""scan.py HOST FIRST-PORT COUNT : connects to so many ports, one after the other, as a port scan does: without blocking, as
the kernel wipes what a refused connect(2) that blocks has done.
"""

import select
import socket
import sys

host, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
refused = 0
for port in range(first, first + count):
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.connect_ex((host, port))
        select.select([], [connection], [])
        refused += connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
print(refused, flush=True)
