"""slow-reader.py PORT : accepts and never reads."""

import socket
import sys

kept = []
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    kept.append(listener.accept())
