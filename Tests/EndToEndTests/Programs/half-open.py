"""half-open.py SOURCE HOST PORT COUNT : sends COUNT SYNs from as many ports of SOURCE, past the kernel's TCP."""

import socket
import struct
import sys

source, host, port, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw:
    raw.bind((source, 0))
    for number in range(count):
        # Ports, sequence, no acknowledgement, 5 words, SYN, window (RFC 9293, 3.1).
        start = struct.pack("!HHIIBBH", 1024 + number, port, number, 0, 5 << 4, 2, 64000)
        pseudo = socket.inet_aton(source) + socket.inet_aton(host) + struct.pack("!BBH", 0, 6, 20)
        total = checksum(pseudo + start + bytes(4))
        raw.sendto(start + struct.pack("!HH", total, 0), (host, 0))
print("ready", flush=True)
sys.stdin.read()
