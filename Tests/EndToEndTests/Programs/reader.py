"""reader.py PORT : reads a kilobyte from 127.0.0.1:PORT five times a second; told `pause` it stops, told `go` it goes on."""

import socket
import sys
import threading

going = threading.Event()
going.set()


def read():
    # A small buffer, so that a kilobyte opens the window again.
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while going.wait() and connection.recv(1024):
        threading.Event().wait(0.2)


threading.Thread(target=read, daemon=True).start()
for line in sys.stdin:
    if line == "pause\n":
        going.clear()
        print("paused", flush=True)
    elif line == "go\n":
        going.set()
        print("going", flush=True)
threading.Event().wait()
