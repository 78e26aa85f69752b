"""manager.py PATH : a service manager's notification socket (sd_notify(3)); prints what it is told, a line each."""

import socket
import sys

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print("ready", flush=True)
while True:
    print(manager.recv(65536).decode(), flush=True)
