"""deaf-manager.py PATH : a service manager's notification socket that nobody reads (sd_notify(3))."""

import signal
import socket
import sys

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print("ready", flush=True)
signal.pause()
