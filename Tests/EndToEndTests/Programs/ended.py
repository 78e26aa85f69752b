"""ended.py MODE HOST PORT COUNT : sockets that `ss` does not show, and whose descriptors are kept until it is told
`release`.

MODE `shutdown` connects; told `shutdown` it calls shutdown(2) alone: the rest of the connection goes through TIME-WAIT.
`elsewhere` has a child listen in a network namespace of its own and takes the listeners from it (SCM_RIGHTS), and
keeps sockets of other protocols.
"""

import os
import socket
import subprocess
import sys

mode, address, count = sys.argv[1], (sys.argv[2], int(sys.argv[3])), int(sys.argv[4])
kept = []
if mode == "shutdown":
    for _ in range(count):
        kept.append(socket.create_connection(address))
else:
    ours, theirs = socket.socketpair()
    listen = f"""
import socket, sys
listeners = [socket.create_server(("127.0.0.1", {address[1]} + i)) for i in range({count})]
channel = socket.socket(fileno={theirs.fileno()})
socket.send_fds(channel, [b"x"], [listener.fileno() for listener in listeners])
sys.stdin.read()
"""
    command = ["unshare", "--net", "sh", "-c", "ip link set lo up && exec python3 -c \"$0\"", listen]
    child = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.PIPE)
    kept += [socket.socket(fileno=fd) for fd in socket.recv_fds(ours, 1, count)[1]]
    kept += [ours, theirs, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]

print("ready", flush=True)
for line in sys.stdin:
    if line == "shutdown\n":
        for connection in kept:
            connection.shutdown(socket.SHUT_RDWR)
        print("shut", flush=True)
    elif line == "release\n":
        while kept:
            kept.pop().close()
        print("released", flush=True)
os._exit(0)
