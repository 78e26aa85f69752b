"""hop.py HOST PORT TARGET PORT : passes on what comes to HOST:PORT to the target, and reads no faster than that takes it."""

import socket
import sys
import threading

target = (sys.argv[3], int(sys.argv[4]))
kept = []


def pass_on(connection):
    with connection, socket.create_connection(target) as onward:
        while data := connection.recv(65536):
            onward.sendall(data)


listener = socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=16)
print("ready", flush=True)
while True:
    threading.Thread(target=pass_on, args=listener.accept()[:1], daemon=True).start()
