"""seeded-clients.py KIND SOCKET COUNT SEED [SECONDS] : COUNT clients that do not behave.

KIND `slow` holds connections for SECONDS: one half drips a request, a byte now and then, the other asks for
/metrics and does not read. KIND `bad` sends what is no request, or half of one, one client after another.
"""

import random
import socket
import sys
import time

kind, path, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"


def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5)
    connection.connect(path)
    return connection


def malformed():
    match chance.randrange(5):
        case 0:
            return chance.randbytes(chance.randrange(1, 2000))
        case 1:
            return REQUEST[: chance.randrange(len(REQUEST))]
        case 2:
            data = bytearray(REQUEST)
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            return bytes(data)
        case 3:
            return b"GET /" + b"a" * chance.randrange(30_000) + b" HTTP/1.1\r\n\r\n"
        case _:
            return REQUEST * chance.randrange(1, 50)


def be_bad():
    for _ in range(count):
        with connect() as connection:
            try:
                connection.sendall(malformed())
                if chance.random() < 0.5:
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
            except OSError:
                pass


def be_slow(seconds):
    connections = [connect() for _ in range(count)]
    end = time.monotonic() + seconds
    for connection in connections[count // 2 :]:
        connection.sendall(REQUEST)
    position = 0
    while time.monotonic() < end:
        for connection in connections[: count // 2]:
            try:
                connection.sendall(REQUEST[position : position + 1])
            except OSError:
                pass
        position = min(position + 1, len(REQUEST) - 3)
        time.sleep(0.1)
    for connection in connections:
        connection.close()


if kind == "bad":
    be_bad()
else:
    be_slow(float(sys.argv[5]))
