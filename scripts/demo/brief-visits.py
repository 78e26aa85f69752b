"""brief-visits.py PORT : serves itself with a new connection for each request, fifty a second."""

import socket
import sys
import threading
import time

place = ("127.0.0.1", int(sys.argv[1]))
listener = socket.create_server(place)


def serve():
    while True:
        connection, _ = listener.accept()
        # Until the client has closed: it is the client that keeps the TIME-WAIT.
        connection.recv(4096)
        connection.close()


threading.Thread(target=serve, daemon=True).start()
while True:
    socket.create_connection(place).close()
    time.sleep(0.02)
