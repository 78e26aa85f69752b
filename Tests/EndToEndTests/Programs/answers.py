"""answers.py MODE PORT : a server on 127.0.0.1. MODE `late` reads each question to its end and answers when it is told
`answer`; `feed` sends without end.
"""

import socket
import sys
import threading

mode, port = sys.argv[1], int(sys.argv[2])
answer = threading.Event()


def serve(connection):
    try:
        if mode == "feed":
            while connection.send(bytes(4096)):
                pass
        while connection.recv(4096):
            pass
        answer.wait()
        connection.sendall(b"42\n")
    except OSError:
        pass
    connection.close()


def accept(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


listener = socket.create_server(("127.0.0.1", port), backlog=128)
threading.Thread(target=accept, args=(listener,), daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    answer.set()
    print("answered", flush=True)
threading.Event().wait()
