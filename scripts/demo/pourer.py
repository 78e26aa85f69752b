"""pourer.py PORT : sends without end, to whoever listens there."""

import socket
import sys
import time

while True:
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
            while True:
                connection.sendall(bytes(65536))
    except OSError:
        time.sleep(0.2)
