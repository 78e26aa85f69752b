"""drill.py DIRECTORY NUMBER : an incident, as an on-call engineer meets it: something is wrong, and nobody says what.

NUMBER chooses one of the faults, in an order that says nothing. Its programs are copies of this file, named as
services are. Told `reveal`, it prints who it was: the process, and the party whose turn it is.
"""

import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HOST = "127.0.0.1"
NEAR = "10.99.0.2"
FAR = "10.99.0.1"


# What the programs do.


def say_ready():
    print("ready", flush=True)


def wait():
    sys.stdin.read()


def server(port, backlog=64, host=HOST):
    listener = socket.create_server((host, int(port)), backlog=backlog)
    say_ready()
    return listener


def accept_and(then, port, host=HOST):
    listener = server(port, host=host)
    while True:
        threading.Thread(target=then, args=listener.accept()[:1], daemon=True).start()


def answer(connection):
    with connection:
        while connection.recv(4096):
            time.sleep(0.02)
            connection.sendall(b"ok\n")


def healthy(port, host=HOST):
    """Answers each request and closes."""
    accept_and(answer, port, host)


kept = []


def leaks(port):
    """Reads to the end and forgets to close."""

    def forget(connection):
        while connection.recv(4096):
            pass
        kept.append(connection)

    accept_and(forget, port)


def inherits(port):
    """Closes, but a child that it started has a copy of each connection."""
    listener = server(port)
    while True:
        connection, _ = listener.accept()
        connection.set_inheritable(True)
        kept.append(subprocess.Popen(["sleep", "3600"], close_fds=False))
        connection.recv(4096)
        connection.close()


def does_not_read(port):
    """Accepts, reads for a moment, and then never again."""

    def stop_reading(connection):
        connection.recv(4096)
        kept.append(connection)

    accept_and(stop_reading, port)


def does_not_accept(port):
    """Listens and does something else."""
    listener = server(port, backlog=4)
    wait()
    listener.close()


def resets(port, host=HOST):
    """Closes with a part of the request unread, which resets the connection."""

    def half_read(connection):
        connection.recv(10)
        time.sleep(0.02)
        connection.close()

    accept_and(half_read, port, host)


def forgets_reset(port):
    """Never looks at its connections again, which their peers reset; its descriptors come to their limit."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
    listener = server(port)
    while True:
        try:
            kept.append(listener.accept()[0])
        except OSError:
            time.sleep(0.5)


def proxy(port, target):
    """Asks its target for each request and waits for the answer."""

    def ask(connection):
        with connection, socket.create_connection((HOST, int(target))) as upstream:
            upstream.sendall(connection.recv(4096))
            connection.sendall(upstream.recv(4096))

    accept_and(ask, port)


def visits(host, port, pause="0.1", data="hello", end="close"):
    """Asks once a connection, again and again; gives up after a second."""
    say_ready()
    while True:
        with socket.socket() as connection:
            connection.settimeout(1)
            try:
                connection.connect((host, int(port)))
                connection.sendall(data.encode())
                if end == "reset":
                    connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif end == "answer":
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):
                        pass
            except OSError:
                pass
        time.sleep(float(pause))


def waits(host, port, count):
    """Connects and waits as long as it takes."""
    for _ in range(int(count)):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex((host, int(port)))
        kept.append(connection)
    say_ready()
    wait()


def pours(host, port):
    """Sends without end."""
    connection = socket.create_connection((host, int(port)))
    say_ready()
    while connection.send(bytes(65536)):
        pass


def streams(host, port):
    """Sends a little ten times a second."""
    connection = socket.create_connection((host, int(port)))
    say_ready()
    while connection.send(b"tick"):
        time.sleep(0.1)


def reads(port, host=HOST):
    def read(connection):
        while connection.recv(1 << 20):
            pass

    accept_and(read, port, host)


# The faults: who is started, and who it was.


class Incident:
    def __init__(self, directory, number):
        order = list(range(len(self.faults)))
        random.Random(18).shuffle(order)
        self.names = ["shop", "billing", "search", "mail", "stock", "auth", "media", "audit"]
        random.Random(number).shuffle(self.names)
        self.directory = directory
        self.programs = []
        self.process, self.responsible = self.faults[order[number]](self)

    def start(self, role, *arguments):
        name = self.names.pop() + ".py"
        path = os.path.join(self.directory, name)
        shutil.copyfile(__file__, path)
        program = subprocess.Popen(
            [sys.executable, path, role, *map(str, arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.programs.append(program)
        if program.stdout.readline() != "ready\n":
            sys.exit(f"{role} did not start")
        return name, program

    def nft(self, rules):
        table = "table inet drill {\n chain arriving {\n type filter hook input priority 0\n %s\n }\n }\n" % rules
        subprocess.run(["nft", table], check=True)

    def leak(self):
        culprit, _ = self.start("leaks", 8001)
        self.start("visits", HOST, 8001)
        return culprit, "process"

    def inherited(self):
        self.start("inherits", 8001)
        self.start("visits", HOST, 8001, 1)
        return "sleep", "process"

    def unread(self):
        culprit, _ = self.start("does_not_read", 8001)
        self.start("pours", HOST, 8001)
        return culprit, "process"

    def not_accepted(self):
        culprit, _ = self.start("does_not_accept", 8001)
        self.start("visits", HOST, 8001)
        return culprit, "process"

    def behind_a_proxy(self):
        culprit, _ = self.start("does_not_accept", 8002)
        self.start("proxy", 8001, 8002)
        for _ in range(3):
            self.start("visits", HOST, 8001, 0.1, "hello", "answer")
        return culprit, "process"

    def stopped(self):
        culprit, program = self.start("healthy", 8001)
        self.start("visits", HOST, 8001)
        program.send_signal(signal.SIGSTOP)
        return culprit, "process"

    def black_hole(self):
        victim, _ = self.start("waits", FAR, 5432, 5)
        return victim, "network"

    def dead_path(self):
        self.start("reads", 8001)
        victim, _ = self.start("streams", HOST, 8001)
        self.nft("tcp dport 8001 drop")
        return victim, "network"

    def loss(self):
        self.start("reads", 8001)
        victim, _ = self.start("pours", HOST, 8001)
        self.nft("tcp dport 8001 numgen random mod 100 < 30 drop")
        return victim, "network"

    def reset(self):
        culprit, _ = self.start("resets", 8001)
        self.start("visits", HOST, 8001, 0.02, "x" * 5000, "answer")
        return culprit, "process"

    def ports(self):
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
            file.write("40000 40299")
        # On loopback the kernel takes a port in TIME-WAIT again.
        self.start("healthy", 8001, NEAR)
        culprit, _ = self.start("visits", NEAR, 8001, 0.001, "hello", "answer")
        return culprit, "process"

    def descriptors(self):
        culprit, _ = self.start("forgets_reset", 8001)
        self.start("visits", HOST, 8001, 0.1, "hello", "reset")
        return culprit, "process"

    faults = [
        leak, inherited, unread, not_accepted, behind_a_proxy, stopped, black_hole, dead_path, loss, reset, ports,
        descriptors,
    ]


def far_host():
    """An address that answers nothing."""
    for command in (
        "ip link add far type veth peer name silent", f"ip addr add {NEAR}/24 dev far",
        "ip link set far up", "ip link set silent up",
        f"ip neigh add {FAR} lladdr 02:00:00:00:00:01 dev far",
    ):
        subprocess.run(command.split(), check=True)


if __name__ == "__main__" and os.path.basename(sys.argv[0]) == "drill.py":
    far_host()
    incident = Incident(sys.argv[1], int(sys.argv[2]))
    say_ready()
    for line in sys.stdin:
        if line == "reveal\n":
            print(json.dumps({"process": incident.process, "responsible": incident.responsible}), flush=True)
else:
    globals()[sys.argv[1]](*sys.argv[2:])
