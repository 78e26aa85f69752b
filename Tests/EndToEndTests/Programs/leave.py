"""leave.py HOST PORT COUNT : COUNT processes connect, send all that the kernel takes, and end."""

import os
import socket
import sys

address, count = (sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
for _ in range(count):
    if os.fork() == 0:
        connection = socket.create_connection(address)
        connection.setblocking(False)
        try:
            while True:
                connection.send(bytes(1 << 20))
        except BlockingIOError:
            os._exit(0)
for _ in range(count):
    os.wait()
print("ready", flush=True)
sys.stdin.read()
