"""many-listeners.py FIRST-PORT COUNT : listens on so many ports of 127.0.0.1."""

import socket
import sys

first, count = int(sys.argv[1]), int(sys.argv[2])
listeners = [socket.create_server(("127.0.0.1", first + i)) for i in range(count)]
print("ready", flush=True)
sys.stdin.read()
