"""rough-path.py PORT overtaken : sends over a path on which a third of the packets overtakes others, and none is lost.
rough-path.py PORT duplicated : over one that loses one packet in twelve, and doubles one in five.

The far end is this host, as that of far-path.py.
"""

import fcntl
import heapq
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
HERE, FAR = "10.7.0.1", "10.7.0.2"
DELAY = 0.04
port, isOvertaken = int(sys.argv[1]), sys.argv[2] == "overtaken"
random.seed(1)

device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"far0", IFF_TUN | IFF_NO_PI))
subprocess.run(["ip", "address", "add", f"{HERE}/24", "dev", "far0"], check=True)
subprocess.run(["ip", "link", "set", "far0", "up"], check=True)


def delays():
    """Of each copy of a packet that arrives."""
    if isOvertaken:
        return [0 if random.random() < 0.3 else DELAY]
    if random.random() < 0.08:
        return []
    return [DELAY] * (2 if random.random() < 0.2 else 1)


def carry():
    waiting, number = [], 0
    while True:
        left = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        if select.select([device], [], [], left)[0]:
            packet = os.read(device, 65536)
            if packet[0] >> 4 == 4:
                swapped = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
                for delay in delays():
                    number += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, number, swapped))
        while waiting and waiting[0][0] <= time.monotonic():
            os.write(device, heapq.heappop(waiting)[2])


def read(listener):
    connection, _ = listener.accept()
    while connection.recv(1 << 16):
        pass


listener = socket.create_server((HERE, port))
for task in [(carry,), (read, listener)]:
    threading.Thread(target=task[0], args=task[1:], daemon=True).start()
with socket.create_connection((FAR, port)) as sender:
    print("ready", flush=True)
    while True:
        sender.sendall(bytes(20_000))
        time.sleep(0.1)
