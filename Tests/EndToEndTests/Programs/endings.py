"""endings.py MODE PORT COUNT : connects to itself and ends the connections, as it is told.

`open` opens COUNT connections, `half` closes the server's ends, `end` ends them all, `each` opens and ends COUNT
connections one after the other. Before the answer it says both addresses of the last one, the client's first.

MODE `client` or `server`: that side closes first. `unread`: the server closes and leaves data unread. `reset`: the
client closes with SO_LINGER 0. `disconnect`: the client disconnects by AF_UNSPEC, and closes. `late`: the client
writes after the server has closed. `unacknowledged`: the client sends and waits for a time-out. `half-open`: `half` lets the server close with SO_LINGER 0, and the client, which does not
know that, sends. `silent`: the client waits for its keep-alive probes to fail. `half-reset`: the client shuts down its
side, and closes with SO_LINGER 0 when the server has acknowledged that. `killed`: the client waits for somebody to end
its connection.
"""

import ctypes
import resource
import select
import socket
import struct
import sys

FIN_WAIT2 = 5  # include/net/tcp_states.h

mode, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(128)
kept = []
last = ""


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def pair():
    global last
    client = socket.create_connection(("127.0.0.1", port))
    server, _ = listener.accept()
    last = "%s:%d %s:%d" % (client.getsockname() + client.getpeername())
    client.sendall(b"request...")
    server.recv(10)
    server.sendall(b"the answer")
    client.recv(10)
    if mode == "unacknowledged":
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)
    if mode == "silent":
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 2)
    return client, server


def wait(connection):
    """Waits until the connection has an end or an error."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.poll()


def end(client, server):
    if mode == "client":
        client.close()
        wait(server)
        server.close()
    elif mode == "server":
        server.close()
        wait(client)
        client.close()
    elif mode == "unread":
        client.sendall(b"unread")
        wait(server)
        server.close()
        wait(client)
        client.close()
    elif mode == "reset":
        reset(client)
        wait(server)
        server.close()
    elif mode == "disconnect":
        unspecified = ctypes.create_string_buffer(16)
        if ctypes.CDLL(None).connect(client.fileno(), unspecified, 16) != 0:
            sys.exit("connect() to AF_UNSPEC failed")
        wait(server)
        client.close()
        server.close()
    elif mode == "half-reset":
        client.shutdown(socket.SHUT_WR)
        while client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) != bytes([FIN_WAIT2]):
            pass
        reset(client)
        server.close()


def end_all():
    if mode in ("client", "server", "unread", "reset", "disconnect"):
        for client, server in kept:
            end(client, server)
        kept.clear()
        return
    for client, server in kept:
        if mode in ("unacknowledged", "half-open"):
            client.sendall(b"nobody")
    for client, server in kept:
        if mode == "late":
            client.sendall(b"too late")
            poll = select.poll()
            poll.register(client, 0)
            poll.poll()
        else:
            wait(client)
        client.close()
        if mode not in ("late", "half-open"):
            reset(server)
    kept.clear()


print("ready", flush=True)
for line in sys.stdin:
    if line == "open\n":
        kept += [pair() for _ in range(count)]
    elif line == "half\n":
        for _, server in kept:
            reset(server) if mode == "half-open" else server.close()
    elif line == "end\n":
        end_all()
    elif line == "each\n":
        for _ in range(count):
            end(*pair())
    print("at", last)
    print("did", line.strip(), flush=True)
