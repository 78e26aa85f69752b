"""random-holders.py SEED HOST PORT... : a family of processes whose connections to the ports are held by others, too, in a
way that the seed decides: duplicated, inherited, passed by SCM_RIGHTS, in threads with descriptors of their own, in
processes that share all descriptors.
"""

import ctypes
import os
import random
import signal
import socket
import sys
import threading

CLONE_FILES = 0x400
CLONE = 56 if os.uname().machine == "x86_64" else 220
libc = ctypes.CDLL(None, use_errno=True)
host, ports = sys.argv[2], [int(port) for port in sys.argv[3:]]


def connect(chance):
    return socket.create_connection((host, chance.choice(ports)))


def apart(chance, done):
    if libc.unshare(CLONE_FILES):
        raise OSError(ctypes.get_errno(), "unshare")
    kept = [connect(chance) for _ in range(chance.randint(1, 3))]
    done.set()
    threading.Event().wait()
    del kept


def live(chance, depth, parent):
    held = [connect(chance) for _ in range(chance.randint(1, 4))]
    if parent:
        held += socket.recv_fds(parent, 1, 8)[1]
    children = []
    for _ in range(chance.randint(3, 6)):
        number = chance.choice(held)
        number = number if isinstance(number, int) else number.fileno()
        deed = chance.choice(["dup", "high", "close", "thread", "share", "child", "child"])
        if deed == "dup":
            os.dup(number)
        elif deed == "high":
            os.dup2(number, chance.randint(100, 900))
        elif deed == "close" and len(held) > 1:
            one = held.pop()
            os.close(one) if isinstance(one, int) else one.close()
        elif deed == "thread":
            done = threading.Event()
            threading.Thread(target=apart, args=(chance, done), daemon=True).start()
            done.wait()
        elif deed == "share":
            if libc.syscall(CLONE, CLONE_FILES | signal.SIGCHLD, 0, 0, 0, 0) == 0:
                while True:
                    libc.pause()
        elif deed == "child" and depth < 2:
            ours, theirs = socket.socketpair()
            seed = chance.random()
            if os.fork() == 0:
                ours.close()
                if seed < 0.5:
                    held.pop(0)
                live(random.Random(seed), depth + 1, theirs)
            theirs.close()
            passed = [number] if chance.random() < 0.7 else []
            socket.send_fds(ours, [b"x"], passed)
            children.append(ours)
    for child in children:
        child.recv(1)
    if parent:
        parent.send(b"x")
    else:
        print("ready", flush=True)
    while True:
        libc.pause()


live(random.Random(int(sys.argv[1])), 0, None)
