"""seeded-clients.py KIND SOCKET COUNT SEED [SECONDS] : COUNT clients that do not behave.

KIND `slow` holds connections for SECONDS: one half drips a request, a byte now and then, the other asks for
/metrics and does not read. KIND `stalled` asks for all sockets and does not read, and comes again once it is
closed. KIND `guess` tries one password after another. Both say `ready` once all have asked. KIND `bad` sends what
is no request, or half of one, one client after another. All but `guess` have the password of alice.
"""

import base64
import random
import select
import socket
import sys
import time

kind, path, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
chance = random.Random(seed)
ALICE = "Basic YWxpY2U6c2VjcmV0"
REQUEST = f"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: {ALICE}\r\n\r\n".encode()


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


def ask(connection):
    """Sends what a client of this kind asks."""
    path, password = "/api/v1/sockets", ALICE
    if kind == "guess":
        path, guess = "/metrics", f"user{chance.randrange(40)}:{chance.randbytes(8).hex()}"
        password = f"Basic {base64.b64encode(guess.encode()).decode()}"
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {password}\r\n\r\n".encode()
    )


def come_again():
    connection = connect()
    ask(connection)
    return connection


def be_persistent(seconds):
    connections = [come_again() for _ in range(count)]
    print("ready", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended = select.poll()
        for connection in connections:
            ended.register(connection, select.POLLIN if kind == "guess" else select.POLLHUP)
        numbers = {number for number, _ in ended.poll(200)}
        for index, connection in enumerate(connections):
            if connection.fileno() not in numbers:
                continue
            try:
                assert kind == "guess" and connection.recv(65536)
                ask(connection)
            except (AssertionError, OSError):
                connection.close()
                connections[index] = come_again()


if kind == "bad":
    be_bad()
elif kind in ("stalled", "guess"):
    be_persistent(float(sys.argv[5]))
else:
    be_slow(float(sys.argv[5]))
