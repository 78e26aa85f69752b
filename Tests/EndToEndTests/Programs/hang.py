"""hang.py PORT WORKERS : as many workers take one connection each and hang; there is room for six more."""

import socket
import sys
import threading

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=5)


def work():
    connection, _ = listener.accept()
    threading.Event().wait()
    connection.close()


for _ in range(int(sys.argv[2])):
    threading.Thread(target=work, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
