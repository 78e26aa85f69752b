"""activate.py [--kind=NAME] SOCKET PROGRAM ARGUMENT... : becomes PROGRAM with sockets passed as systemd does.

They listen on 127.0.0.1:10793, [::1]:10793 and the unix socket SOCKET; with `--kind=datagram` there is one
that does not listen, with `--kind=other` they are another process's.
"""

import os
import socket
import sys

arguments = sys.argv[1:]
kind = arguments.pop(0).partition("=")[2] if arguments[0].startswith("--kind=") else "good"
path, *command = arguments
if kind == "datagram":
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
else:
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(path)
    unix.listen()
    sockets = [
        socket.create_server(("127.0.0.1", 10793)),
        socket.create_server(("::1", 10793), family=socket.AF_INET6),
        unix,
    ]
# Out of the way first: one of them may be descriptor 3 already.
copies = [os.dup(each.fileno()) for each in sockets]
for each in sockets:
    each.close()
high = [os.dup2(copy, 100 + index, inheritable=False) for index, copy in enumerate(copies)]
for index, descriptor in enumerate(high):
    os.dup2(descriptor, 3 + index, inheritable=True)
os.environ["LISTEN_PID"] = str(os.getpid() + (1 if kind == "other" else 0))
os.environ["LISTEN_FDS"] = str(len(high))
os.environ["LISTEN_FDNAMES"] = ":".join("web" for _ in high)
os.execvp(command[0], command)
