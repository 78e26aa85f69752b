#!/usr/bin/env python3
"""crowd.py BUSY IDLE: so many network namespaces, a process in each, with a listener and a connection to it; in
the busy ones a byte goes over it twenty times a second. Says `ready`; ends with its standard input."""

import ctypes
import fcntl
import os
import select
import socket
import struct
import sys
import time

CLONE_NEWNET = 0x40000000  # sched.h
SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # linux/sockios.h, linux/if.h


def live(is_busy, ready, end):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    listener = socket.create_server(("127.0.0.1", 8001))
    client = socket.create_connection(("127.0.0.1", 8001))
    server = listener.accept()[0]
    os.write(ready, b".")
    while not select.select([end], [], [], 0.05 if is_busy else None)[0]:
        client.send(b"x")
        server.recv(1)


def main():
    busy, idle = int(sys.argv[1]), int(sys.argv[2])
    (all_ready, ready), (end, ends) = os.pipe(), os.pipe()
    children = []
    for number in range(busy + idle):
        child = os.fork()
        if child == 0:
            # The other end closes with the last process that has it: these must not be among them.
            os.close(ends)
            live(number < busy, ready, end)
            os._exit(0)
        children.append(child)
    count = 0
    limit = time.monotonic() + 120
    while count < busy + idle and time.monotonic() < limit:
        if select.select([all_ready], [], [], 1)[0]:
            count += len(os.read(all_ready, 4096))
    print("ready" if count == busy + idle else f"only {count}", flush=True)
    sys.stdin.read()
    os.close(ends)
    for child in children:
        os.waitpid(child, 0)


main()
