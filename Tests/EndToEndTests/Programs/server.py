"""server.py MODE HOST PORT : accepts connections until it is told `stop`, then keeps those that it has.

MODE `patient` closes a connection after its peer has, `brusque` closes each at once.
"""

import os
import socket
import sys
import threading

mode, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
listener = socket.create_server(
    (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
)


def serve(connection):
    while mode == "patient" and connection.recv(65536):
        pass
    connection.close()


def accept():
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    if line == "stop\n":
        # accept() in the other thread holds the socket open; shutdown ends that.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        print("stopped", flush=True)
os._exit(0)
