"""full-house.py PORT : listens with room for two and never accepts."""

import signal
import socket
import sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1)
signal.pause()
