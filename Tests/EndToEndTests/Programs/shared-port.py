"""shared-port.py MODE HOST PORT [PROGRAM] : listens with SO_REUSEPORT.

MODE `serve` closes each connection after its peer has, `deaf` accepts none. `launch` starts PROGRAM, which inherits the
listener and keeps what it accepts; told `hang` it stops that one. `keep` is what PROGRAM does.
"""

import os
import signal
import socket
import subprocess
import sys
import threading

mode, address = sys.argv[1], (sys.argv[2], int(sys.argv[3]))


def serve(listener):
    kept = []
    while True:
        connection, _ = listener.accept()
        if mode == "keep":
            kept.append(connection)
            continue
        while connection.recv(65536):
            pass
        connection.close()


if mode == "keep":
    serve(socket.socket(fileno=int(sys.argv[4])))
listener = socket.create_server(address, reuse_port=True, backlog=2 if mode == "launch" else 128)
if mode == "serve":
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
elif mode == "launch":
    listener.set_inheritable(True)
    command = [sys.executable, sys.argv[4], "keep", *sys.argv[2:4], str(listener.fileno())]
    child = subprocess.Popen(command, close_fds=False)
print("ready", flush=True)
for line in sys.stdin:
    if line == "hang\n":
        os.kill(child.pid, signal.SIGSTOP)
    print("done", flush=True)
if mode == "launch":
    child.kill()
