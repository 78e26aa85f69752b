"""holders.py MODE HOST PORT : sockets that others hold than the process that opened them.

MODE `inherit` connects three times and starts sleep(1), which inherits the connections; told `close` it closes
its own copies, told `exit` it ends. `move` connects three times; told `move` it gives each another descriptor.
`pass` listens; told `pass` it sends the listener to a child (SCM_RIGHTS) and closes its own. `prefork` listens,
and two children accept; told `hang` they stop. `thread` connects in a thread that has descriptors of its own,
`orphans` does so too, and its first thread ends.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading

CLONE_FILES = 0x400
libc = ctypes.CDLL(None, use_errno=True)

mode, address = sys.argv[1], (sys.argv[2], int(sys.argv[3]))
done = threading.Event()


def connect():
    connections = [socket.create_connection(address) for _ in range(3)]
    for connection in connections:
        connection.set_inheritable(True)
    return connections


def serve(listener):
    kept = []
    while True:
        kept.append(listener.accept()[0])


def apart():
    if libc.unshare(CLONE_FILES):
        raise OSError(ctypes.get_errno(), "unshare")
    kept = connect()
    done.set()
    if mode == "orphans":
        print("ready", flush=True)
    threading.Event().wait()
    del kept


children = []
if mode in ("inherit", "move"):
    held = connect()
    if mode == "inherit":
        subprocess.Popen(["sleep", "600"], close_fds=False)
elif mode == "pass":
    held = [socket.create_server(address)]
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        held.pop().close()
        ours.close()
        held = socket.recv_fds(theirs, 1, 1)[1]
        threading.Event().wait()
    theirs.close()
elif mode == "prefork":
    listener = socket.create_server(address, backlog=2)
    for _ in range(2):
        child = os.fork()
        if child == 0:
            serve(listener)
        children.append(child)
else:
    threading.Thread(target=apart).start()
    done.wait()
    if mode == "orphans":
        # The first thread alone: the process goes on.
        libc.syscall(60 if os.uname().machine == "x86_64" else 93, 0)

print("ready", flush=True)
for line in sys.stdin:
    if line == "close\n":
        for connection in held:
            connection.close()
    elif line == "move\n":
        for connection in held:
            os.dup2(connection.fileno(), 200 + connection.fileno())
            connection.close()
    elif line == "pass\n":
        socket.send_fds(ours, [b"x"], [held[0].fileno()])
        held.pop().close()
    elif line == "hang\n":
        for child in children:
            os.kill(child, signal.SIGSTOP)
    print("done", flush=True)
    if line == "exit\n":
        os._exit(0)
