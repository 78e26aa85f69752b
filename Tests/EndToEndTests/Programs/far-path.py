"""far-path.py DELAY PORT : sends without pause over a path on which a packet takes DELAY ms, with a small send buffer;
told `enlarge`, with one that is large enough.

The far end is this host: what is sent to 10.7.0.2 goes to a TUN device, waits, and comes back with both addresses
swapped, so that a listener at 10.7.0.1 has clients from far away.
"""

import collections
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
HERE, FAR = "10.7.0.1", "10.7.0.2"
delay, port = int(sys.argv[1]) / 1000, int(sys.argv[2])

device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"far0", IFF_TUN | IFF_NO_PI))
subprocess.run(["ip", "address", "add", f"{HERE}/24", "dev", "far0"], check=True)
subprocess.run(["ip", "link", "set", "far0", "up"], check=True)


def carry():
    waiting = collections.deque()
    while True:
        left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([device], [], [], left)[0]:
            packet = os.read(device, 65536)
            if packet[0] >> 4 == 4:
                # The checksums stay as they are: a sum does not know the order.
                swapped = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
                waiting.append((time.monotonic() + delay, swapped))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(device, waiting.popleft()[1])


def read(listener):
    connection, _ = listener.accept()
    while connection.recv(1 << 16):
        pass


def send(connection):
    while True:
        connection.sendall(bytes(1 << 16))


listener = socket.create_server((HERE, port))
sender = socket.socket()
sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
# It paces what it sends, so that the kernel notices a full buffer.
sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"bbr")
for task in [(carry,), (read, listener)]:
    threading.Thread(target=task[0], args=task[1:], daemon=True).start()
sender.connect((FAR, port))
threading.Thread(target=send, args=(sender,), daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    if line == "enlarge\n":
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
        print("enlarged", flush=True)
os._exit(0)
