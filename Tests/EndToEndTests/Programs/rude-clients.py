"""rude-clients.py HOST PORT COUNT : so many clients of each kind that no server likes. Says `ready` when all
have come, keeps those that wait for something, and ends when its input does."""

import socket
import struct
import sys

address, count = (sys.argv[1], int(sys.argv[2])), int(sys.argv[3])
kept = []


def client(sent):
    connection = socket.create_connection(address)
    try:
        connection.sendall(sent)
    except OSError:
        pass  # closed already to make room for another
    return connection


def answers(connection):
    """All that comes, up to its end or a reset."""
    data = b""
    try:
        while part := connection.recv(65536):
            data += part
    except OSError:
        pass
    return data


for number in range(count):
    kept.append(client(b""))  # silent
    kept.append(client(b"GET /metrics HTTP/1.1\r\nHo"))  # half a request
    for connection in kept[-20:]:
        try:
            connection.sendall(b"s")  # dripping
        except OSError:
            pass
    reset = client(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reset.close()
    for rubbish in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        bytes(range(256)) * 4 + b"\r\n\r\n",
        b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"%ff" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
    ):
        if number % 10 == 0:
            answer = answers(client(rubbish + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"))
            assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:200]
pipeline = client(
    b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 200
    + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
)
assert answers(pipeline).count(b"HTTP/1.1 200 OK") == 201
print("ready", flush=True)
sys.stdin.read()
