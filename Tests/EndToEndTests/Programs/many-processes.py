"""many-processes.py PORT COUNT : so many processes that each listen on the port; they end with this one."""

import os
import signal
import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
told, telling = os.pipe()
children = []
for _ in range(count):
    child = os.fork()
    if child == 0:
        listener = socket.create_server(("127.0.0.1", port), reuse_port=True)
        os.write(telling, b".")
        signal.pause()
        os._exit(0)
    children.append(child)
ready = 0
while ready < count:
    ready += len(os.read(told, 4096))
print("ready", flush=True)
sys.stdin.read()
for child in children:
    os.kill(child, signal.SIGKILL)
