"""resets.py serve PORT | call PORT | wait PORT: connections that end by a reset in one way each.

`wait` connects first, and goes on when it is told to.
The server's word for a connection is the byte that it gets: `l` closes with SO_LINGER 0, `u` with data unread."""
import socket
import struct
import sys


def serve(port):
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        how = connection.recv(1)
        if how == b"l":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif how == b"u":
            connection.recv(1, socket.MSG_PEEK)
        connection.close()


def call(port):
    for how in (b"l", b"uu", b"uu"):
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(how)
        try:
            client.recv(1)
            raise SystemExit("no reset")
        except ConnectionResetError:
            pass
        client.close()
    print("ready", flush=True)
    sys.stdin.read()


def wait(port):
    client = socket.create_connection(("127.0.0.1", port))
    print("ready", flush=True)
    sys.stdin.readline()
    client.sendall(b"l")
    try:
        client.recv(1)
    except ConnectionResetError:
        print("reset", flush=True)
    sys.stdin.read()


{"serve": serve, "call": call, "wait": wait}[sys.argv[1]](int(sys.argv[2]))
