"""many-connections.py PROCESSES COUNT : processes that hold both ends of COUNT connections each, on 127.0.0.1, ports
8100 and on. Told `open N`, `leak N`, `close N` or `reset N` it does so with N connections of the first process: leaking
closes one end alone.
"""

import os
import resource
import socket
import struct
import sys

processes, count = int(sys.argv[1]), int(sys.argv[2])
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def connect(listener, pairs, number):
    for _ in range(number):
        client = socket.create_connection(listener.getsockname())
        pairs.append((client, listener.accept()[0]))


def hold(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    pairs = []
    connect(listener, pairs, count)
    return listener, pairs


alive = os.pipe()
for number in range(1, processes):
    ready, done = os.pipe()
    if os.fork() == 0:
        os.close(alive[1])
        held = hold(8100 + number)
        os.write(done, b"1")
        # Until the first process ends, which holds the other end.
        os.read(alive[0], 1)
        os._exit(0)
    os.close(done)
    os.read(ready, 1)
listener, pairs = hold(8100)
print("ready", flush=True)
halves = []
for step, line in enumerate(sys.stdin, 1):
    order, number = line.split()
    number = int(number)
    if order == "open":
        connect(listener, pairs, number)
    else:
        for client, server in pairs[:number]:
            if order == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            if order == "leak":
                halves.append(server)
            else:
                server.close()
        del pairs[:number]
    print("done", step, flush=True)
