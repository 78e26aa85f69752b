"""many-descriptors.py PORT COUNT : holds both ends of so many connections to itself."""

import resource
import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", port), backlog=16)
kept = []
for _ in range(count):
    kept.append(socket.create_connection(("127.0.0.1", port)))
    kept.append(listener.accept()[0])
print("ready", flush=True)
sys.stdin.read()
