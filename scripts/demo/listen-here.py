"""listen-here.py PORT PROGRAM ARGUMENT... : becomes PROGRAM with a socket that listens on 127.0.0.1:PORT.

It is passed as systemd passes sockets (sd_listen_fds(3)), and stays in the network namespace that it was made in.
"""

import os
import socket
import sys

port, *command = sys.argv[1:]
try:
    listener = socket.create_server(("127.0.0.1", int(port)))
except OSError as error:
    sys.exit(f"127.0.0.1:{port}: {os.strerror(error.errno)}; another one: make demo PORT=...")
if listener.fileno() == 3:
    os.set_inheritable(3, True)
else:
    os.dup2(listener.fileno(), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.execvp(command[0], command)
