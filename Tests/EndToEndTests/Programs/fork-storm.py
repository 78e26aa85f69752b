"""fork-storm.py PORT COUNT : so many processes, one after another and up to eight at a time, that each
listen, connect, and end at once."""

import os
import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
running = 0
for _ in range(count):
    if running == 8:
        os.wait()
        running -= 1
    if os.fork() == 0:
        listener = socket.create_server(("127.0.0.1", port), reuse_port=True)
        kept = socket.create_connection(("127.0.0.1", port))
        os._exit(0)
    running += 1
while running:
    os.wait()
    running -= 1
print("over", flush=True)
