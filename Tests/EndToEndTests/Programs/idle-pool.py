"""idle-pool.py PORT COUNT : serves, and keeps a pool of COUNT connections to itself.

`open` opens them and uses each once; `use SECONDS` lets them be idle for as long, then uses each again, closes those
that fail and says how long the silence was in ms, at least and at most. A connection on which nothing is acknowledged
for a second fails too. `reset SECONDS` lets them be idle for as long and resets them all.
"""

import selectors
import socket
import struct
import sys
import threading
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
listener = socket.create_server(("127.0.0.1", port), backlog=count)
pool = []


def serve():
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                selector.register(listener.accept()[0], selectors.EVENT_READ)
                continue
            try:
                data = key.fileobj.recv(100)
            except ConnectionResetError:
                data = b""
            if data:
                key.fileobj.sendall(b"answer")
            else:
                selector.unregister(key.fileobj)
                key.fileobj.close()


def open_all():
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000)
        client.sendall(b"request")
        client.recv(100)
        pool.append(client)


def use_all():
    for client in pool:
        client.sendall(b"request")
    last = time.monotonic()
    failed = 0
    for client in pool:
        try:
            client.recv(100)
        except OSError:
            failed += 1
        client.close()
    pool.clear()
    return failed, last


def reset_all():
    for client in pool:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    pool.clear()


threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    order, *rest = line.split()
    if order == "open":
        begin = time.monotonic()
        open_all()
        opened = time.monotonic()
        print("did open", flush=True)
    else:
        time.sleep(max(0, float(rest[0]) - (time.monotonic() - opened)))
        idle = time.monotonic()
        if order == "reset":
            reset_all()
            said, last = "reset", time.monotonic()
        else:
            failed, last = use_all()
            said = f"failed {failed}"
        print(said, "after", round(1000 * (idle - opened)), round(1000 * (last - begin)), flush=True)
        print("did", order, flush=True)
