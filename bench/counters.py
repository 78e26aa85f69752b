"""What the kernel's own counters cost a connection, and a poll that reads them."""

import glob
import os
import socket
import subprocess
import time

from machine import Failure, cpu_ms, host_proc

DIRECTORY = "/sys/fs/bpf/sockstated"
FILES = ("counters", "groups", "endings")


def kernel_ms():
    """CPU time of all threads of the kernel so far, ms: destroy events and deferred work are theirs."""
    total = 0
    for path in glob.glob(f"{host_proc()}/[0-9]*/stat"):
        try:
            with open(path) as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
            if parent == 2:
                with open(os.path.dirname(path) + "/schedstat") as file:
                    total += int(file.read().split()[0])
        except OSError:
            pass  # It has ended since it was listed.
    return total / 1e6


class Counters:
    """The programs, loaded on a bpf file system of the run's own; they go with it."""

    def __init__(self, binary):
        self.binary = os.path.join(os.path.dirname(binary), "sockstated-bpf")
        if not os.access(self.binary, os.X_OK):
            raise Failure("sockstated-bpf is not there (make bpf)")
        self.run("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")

    def run(self, *command):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{command[0]}: {done.stderr.strip()}")

    def load(self):
        self.run(self.binary, "load")

    def unload(self):
        self.run(self.binary, "unload")


class Subscriber:
    """Whoever listens to destroy events and decodes none of them (NETLINK_SOCK_DIAG, groups 1 and 3)."""

    def __enter__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((0, 1 << 0 | 1 << 2))
        return self

    def __exit__(self, *_):
        self.socket.close()


def cycles(loader, count):
    """CPU time of the machine for one connection that is opened, used and closed, µs."""
    def spent():
        return kernel_ms() + sum(cpu_ms(pid) for pid in loader.pids)

    before = spent()
    loader.ask(f"brief {2 * count}")
    # Deferred work comes later.
    time.sleep(1)
    return (spent() - before) * 1000 / count


def read_ms(times=20):
    """CPU time of reading all files, as a poll does, ms."""
    paths = [f"{directory}/{name}" for directory in glob.glob(DIRECTORY + "/v*") for name in FILES]
    spent = []
    for _ in range(times):
        before = time.thread_time_ns()
        for path in paths:
            with open(path, "rb", buffering=0) as file:
                while file.read(1 << 16):
                    pass
        spent.append((time.thread_time_ns() - before) / 1e6)
    return spent


def make_groups(count):
    """Connections of this process to half as many ports, each of which is two groups."""
    for port in range(20_000, 20_000 + count // 2):
        with socket.create_server(("127.0.0.1", port)) as listener:
            with socket.create_connection(("127.0.0.1", port)):
                listener.accept()[0].close()
