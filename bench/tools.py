"""What is measured side by side. Each tool has `look()`, which gives the CPU time of one look, ms."""

import http.client
import os
import socket
import time

from machine import TOOLS, Failure, Program, cpu_ms, cpu_of_command, eventually, find, memory


class Floor:
    """The bare C loop of floor.c; as many looks a turn as sockstated has polls."""

    def __init__(self, program, order, looks=1):
        self.program, self.order, self.looks = program, order, looks
        self.sockets = 0

    def look(self):
        total = 0
        for _ in range(self.looks):
            user, system, self.sockets, *_ = map(int, self.program.ask(self.order))
            total += user + system
        return total / 1000 / self.looks


class FloorMinute(Floor):
    """The bare C loop as light and whole polls come: one whole walk a minute, else light ones, and all events. No owner is
    looked for."""

    def __init__(self, program, looks):
        super().__init__(program, "light")
        self.left = 0
        self.every = looks
        program.ask("listen")

    def look(self):
        self.order = "light" if self.left else "one"
        self.left = (self.left or self.every) - 1
        dump = super().look()
        self.order = "events"
        return dump + super().look()


class Command:
    """A program that looks once and ends; its start is in its price, as it is for who runs it."""

    def __init__(self, *arguments):
        if not find(arguments[0]):
            raise Failure(f"{arguments[0]} is not there (make bench-deps)")
        self.arguments = arguments

    def look(self):
        return cpu_of_command(self.arguments)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def get(connection, path="/metrics"):
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise Failure(f"{path} answered {response.status}")
        return body
    finally:
        connection.close()


def samples(text):
    """Series and value, of a text exposition."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            found[series] = float(value)
    return found


class Sockstated:
    """The daemon. It is stopped (SIGSTOP) while others are measured, and carries on for its own polls.

    Its datagrams to the service manager, one a poll, say when a poll has ended, so that nobody needs to
    scrape to know. CPU comes from its own counter, as the difference of two scrapes of one turn, and
    beside it from the kernel's account of the process between the two.
    """

    def __init__(self, binary, directory, interval, options=(), polls=2, environment=None, address=None):
        self.polls = polls
        self.socket_path = os.path.join(directory, "sockstated.sock")
        notify_path = os.path.join(directory, "notify.sock")
        for path in (self.socket_path, notify_path):
            if os.path.exists(path):
                os.unlink(path)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(notify_path)
        self.process_ms = []
        self.scrape_ms = []
        self.per_poll = None
        self.program = Program(
            [binary, "serve", f"--web.listen-address=unix:{self.socket_path}",
             *([f"--web.listen-address={address}"] if address else []),
             f"--poll.interval={interval}", "--log.level=error", *options],
            environment={"NOTIFY_SOCKET": notify_path, **(environment or {})})
        self.pid = self.program.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.end()
        self.notify.close()

    def wait_for_poll(self, seconds=120):
        """Returns when the next poll has ended."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.notify.settimeout(min(left, 1))
            try:
                if b"STATUS=" in self.notify.recv(4096):
                    return
            except TimeoutError:
                if self.program.process.poll() is not None:
                    raise self.program.failure("has ended") from None
        raise Failure("sockstated did not poll")

    def forget_polls(self):
        """Drops what it said so far, and gives how many polls that were."""
        self.notify.setblocking(False)
        polls = 0
        try:
            while True:
                polls += b"STATUS=" in self.notify.recv(4096)
        except BlockingIOError:
            return polls

    def has_polled(self, times):
        """A function that says whether there have been so many polls since."""
        polls = 0

        def is_enough():
            nonlocal polls
            polls += self.forget_polls()
            return polls >= times

        return is_enough

    def scrape(self):
        return samples(get(UnixConnection(self.socket_path)))

    def account(self):
        """Its own: CPU of all polls so far in ms, and their number."""
        metrics = self.scrape()
        return (metrics["sockstate_poll_cpu_seconds_total"] * 1000,
                sum(v for k, v in metrics.items() if k.startswith("sockstate_polls_total")))

    def first_poll(self):
        """CPU of the first poll, ms. The second must not come before the first scrape has been answered."""
        self.wait_for_poll()
        cpu, polls = self.account()
        if polls == 1:
            # A poll's own report cannot have what it cost: the next one has.
            self.wait_for_poll()
            cpu, polls = self.account()
            polls -= 1
        if polls != 1:
            raise Failure("the second poll came before the first could be seen")
        return cpu

    def settle(self, polls=3):
        """Lets the first polls pass, in which everything is new, then stops it."""
        for _ in range(polls):
            self.wait_for_poll()
        self.scrape()
        self.program.stop()

    def look(self):
        self.forget_polls()
        self.program.carry_on()
        # What it counts up to the first report is the polls of the last turn.
        self.see_poll()
        cpu, polls = self.account()
        before = cpu_ms(self.pid)
        for _ in range(self.polls):
            self.see_poll()
        polled = cpu_ms(self.pid)
        more_cpu, more_polls = self.account()
        self.program.stop()
        self.scrape_ms.append(cpu_ms(self.pid) - polled)
        self.process_ms.append((polled - before) / self.polls)
        return (more_cpu - cpu) / (more_polls - polls)

    def see_poll(self):
        self.wait_for_poll()
        if self.per_poll:
            self.per_poll()

    def memory(self):
        return memory(self.pid)


class NodeExporter:
    """node_exporter with nothing but its tcpstat collector: one scrape."""

    ADDRESS = ("127.0.0.1", 9100)

    @staticmethod
    def path():
        return find("prometheus-node-exporter", f"{TOOLS}/usr/bin/prometheus-node-exporter") or find("node_exporter")

    def __init__(self):
        if not self.path():
            raise Failure("node_exporter is not there (make bench-deps)")
        self.program = Program(
            [self.path(), "--collector.disable-defaults", "--collector.tcpstat",
             "--web.listen-address=%s:%d" % self.ADDRESS])
        self.pid = self.program.pid
        eventually(self.answers, "node_exporter's tcpstat")

    def answers(self):
        try:
            return "node_tcp_connection_states" in get(http.client.HTTPConnection(*self.ADDRESS, timeout=60))
        except OSError:
            return False

    def look(self):
        before = cpu_ms(self.pid)
        if not self.answers():
            raise self.program.failure("did not answer")
        # What it does after the answer, such as collecting garbage, is its price too.
        time.sleep(0.1)
        return cpu_ms(self.pid) - before


class Collectd:
    """collectd with nothing but tcpconns, and csv, whose file shows when an interval has been done."""

    INTERVAL = 0.5

    @staticmethod
    def path():
        return find("collectd", f"{TOOLS}/usr/sbin/collectd")

    def __init__(self, directory, interval=INTERVAL):
        if not self.path():
            raise Failure("collectd is not there (make bench-deps)")
        data = os.path.join(directory, "collectd")
        prefix = TOOLS if self.path().startswith(TOOLS) else ""
        configuration = os.path.join(directory, "collectd.conf")
        with open(configuration, "w") as file:
            file.write(f"""
Hostname "bench"
FQDNLookup false
Interval {interval}
ReadThreads 1
WriteThreads 1
BaseDir "{data}"
PIDFile "{directory}/collectd.pid"
PluginDir "{prefix}/usr/lib/collectd"
TypesDB "{prefix}/usr/share/collectd/types.db"
LoadPlugin tcpconns
LoadPlugin csv
<Plugin tcpconns>
  ListeningPorts true
  AllPortsSummary true
</Plugin>
<Plugin csv>
  DataDir "{data}"
</Plugin>
""")
        self.rows = os.path.join(data, "bench", "tcpconns-all")
        self.program = Program([self.path(), "-f", "-C", configuration])
        self.pid = self.program.pid
        eventually(lambda: self.count() > 1, "collectd's second interval")
        self.program.stop()

    def count(self):
        """Intervals done so far."""
        total = 0
        for directory, _, names in os.walk(self.rows):
            for name in names:
                if name.startswith("tcp_connections-ESTABLISHED"):
                    with open(os.path.join(directory, name)) as file:
                        total += sum(1 for _ in file)
        return total

    def look(self):
        before, rows = cpu_ms(self.pid), self.count()
        self.program.carry_on()
        eventually(lambda: self.count() >= rows + 2, "collectd's interval")
        time.sleep(0.05)
        self.program.stop()
        return (cpu_ms(self.pid) - before) / (self.count() - rows)
