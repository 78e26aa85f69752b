"""give-up.py PORT all : reads the whole answer of downloads.py and closes by a reset before its kernel has acknowledged
it, as health checks do, again and again.
give-up.py PORT some : closes before it has read all of a large one.
"""

import socket
import struct
import sys
import time

print("ready", flush=True)
while True:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        if sys.argv[2] == "all":
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(sys.argv[2].encode())
        connection.recv(1000)
    time.sleep(0.1)
