"""meddle.py ACTION PID : lays hands on the sock_diag sockets of a running process (pidfd_getfd(2)).

`deafen` lets no more answers through to the socket that dumps, by a socket filter; `shrink` leaves no
room in the one that hears of destroyed sockets; `lie` sends false answers and garbage to all of them,
a thousand times.
"""

import ctypes
import os
import socket
import struct
import sys

SYS_PIDFD_GETFD = 438
NETLINK_SOCK_DIAG, SO_ATTACH_FILTER = 4, 26
action, pid = sys.argv[1], int(sys.argv[2])
libc = ctypes.CDLL(None, use_errno=True)


def netlink_sockets():
    """(descriptor, port id, groups) of the process's sock_diag sockets."""
    known = {}
    with open(f"/proc/{pid}/net/netlink") as table:
        for line in list(table)[1:]:
            _, family, port, groups, *rest = line.split()
            if int(family) == NETLINK_SOCK_DIAG:
                known[int(rest[-1])] = (int(port), int(groups, 16))
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue  # a file that the process was reading
        inode = int(target[8:-1]) if target.startswith("socket:[") else 0
        if inode in known:
            yield int(name), *known[inode]


def take(descriptor):
    taken = libc.syscall(SYS_PIDFD_GETFD, os.pidfd_open(pid), descriptor, 0)
    if taken < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return socket.socket(fileno=taken)


touched = 0
for descriptor, port, groups in netlink_sockets():
    if action == "deafen" and not groups:
        refuse = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0), 8)
        take(descriptor).setsockopt(
            socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(refuse))
        )
    elif action == "shrink" and groups:
        take(descriptor).setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    elif action == "lie":
        liar = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        liar.setblocking(False)
        done = struct.pack("=IHHIIi", 20, 3, 2, 1, port, 0)
        for _ in range(1000):
            for lie in (done, b"\xff" * 200, struct.pack("=IHHIIi", 20, 2, 0, 1, port, -1)):
                try:
                    liar.sendto(lie, (port, 0))
                except (BlockingIOError, ConnectionRefusedError):
                    pass  # its buffer is full, or it has opened another socket
    else:
        continue
    touched += 1
print(f"touched {touched}")
