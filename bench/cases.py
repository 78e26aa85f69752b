"""What is measured: each case gives a dictionary, which the report prints and judges."""

import gzip
import http.client
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass

from counters import Counters, Subscriber, cycles, make_groups, read_ms
from machine import HERE, ROOT, Failure, Program, cpu_ms, cpu_of_command, memory, set_sysctl, stat_cpu_ms
from tools import Collectd, Command, Floor, FloorMinute, NodeExporter, Sockstated, UnixConnection, get

ALL = ("two", "one", "sockstated", "ss", "ss-p", "node_exporter", "collectd")
OURS = ("two", "one", "sockstated")


@dataclass
class Bench:
    """What every case needs."""

    binary: str
    # Where the built C programs are.
    built: str
    # For sockets and files of the run; removed with it.
    directory: str
    rounds: int
    # Of the tools these; None: all.
    tools: list | None
    # Whether all is measured, however long it takes.
    is_full: bool
    # Flags that keep the daemon from stretching its interval.
    unbounded: list
    # Resident memory of a daemon with nothing to see, bytes.
    idle_rss: int = 0

    def built_program(self, name):
        return os.path.join(self.built, name)


@dataclass
class Load:
    """Sockets of load.c, in numbers of sockets."""

    established: int
    close_wait: int = 0
    time_wait: int = 0
    processes: int = 10
    ports: int = 1

    @property
    def sockets(self):
        return self.established + self.close_wait + self.time_wait

    def __str__(self):
        parts = [(self.established, "established"), (self.close_wait, "CLOSE-WAIT and FIN-WAIT-2"),
                 (self.time_wait, "TIME-WAIT")]
        return ", ".join(f"{n:,} {what}" for n, what in parts if n) + f"; {self.processes} processes"


class Loader(Program):
    """load.c, with everything standing."""

    # The kernel's TIME-WAIT.
    TIME_WAIT_SECONDS = 60

    def __init__(self, bench, load):
        self.load = load
        # Connections that churn closes leave none behind, so that the number of sockets stays; those
        # of --time-wait have room.
        set_sysctl("net.ipv4.tcp_max_tw_buckets", load.time_wait * 2)
        # A connect may take a TIME-WAIT's port where both are on loopback: it would be one less.
        set_sysctl("net.ipv4.tcp_tw_reuse", 0)
        super().__init__(
            [bench.built_program("load"), "--established", str(load.established), "--close-wait",
             str(load.close_wait), "--processes", str(load.processes), "--ports", str(load.ports)], talks=True)
        ready = self.answer()
        self.pids = [int(pid) for pid in ready[2:]]
        self.expires = None
        self.made_in = 0

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                pass
        super().end()

    def ensure_time_wait(self, seconds):
        """Sees to it that the TIME-WAIT sockets are all there for so many seconds."""
        if not self.load.time_wait:
            return
        if self.expires is not None:
            if time.monotonic() + seconds < self.expires:
                return
            # All must be gone, or there would be more than the load has.
            time.sleep(max(0, self.expires + self.made_in + 2 - time.monotonic()))
        start = time.monotonic()
        self.ask(f"time-wait {self.load.time_wait}")
        self.made_in = time.monotonic() - start
        self.expires = start + self.TIME_WAIT_SECONDS - 1
        if self.made_in > self.TIME_WAIT_SECONDS / 2:
            raise Failure("this machine is too slow for so many TIME-WAIT sockets")


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "values": values}


def make_tools(bench, stack, names, interval, polls):
    """The tools by name, and the reasons for those that are not there."""
    tools, missing = {}, {}
    floor = stack.enter_context(Program([bench.built_program("floor")], talks=True))
    for name in names:
        try:
            if name in ("two", "one"):
                tools[name] = Floor(floor, name, polls)
            elif name == "ss":
                tools[name] = Command("ss", "-tanH")
            elif name == "ss-p":
                tools[name] = Command("ss", "-tanpH")
            elif name == "sockstated":
                tools[name] = stack.enter_context(
                    Sockstated(bench.binary, bench.directory, interval, bench.unbounded, polls))
            elif name == "node_exporter":
                tools[name] = NodeExporter()
                stack.enter_context(tools[name].program)
            elif name == "collectd":
                tools[name] = Collectd(bench.directory)
                stack.enter_context(tools[name].program)
        except Failure as failure:
            missing[name] = str(failure)
    return tools, missing


def side_by_side(bench, load, names=ALL, churn=0.0):
    """Everyone looks at the same sockets, in turn, round by round."""
    names = [n for n in names if not bench.tools or n in bench.tools or n == "two"]
    large = load.sockets >= 50_000
    # A poll of a million takes longer than the interval of the small ones.
    interval = "300ms" if not churn else "1s" if load.sockets < 500_000 else "5s"
    rounds = {}
    with ExitStack() as stack:
        loader = stack.enter_context(Loader(bench, load))
        loader.ensure_time_wait(0)
        tools, missing = make_tools(bench, stack, names, interval, polls=2 if large else 4)
        ours = tools.get("sockstated")
        if ours:
            if churn:
                ours.per_poll = lambda: loader.ask(f"churn {int(load.sockets * churn)}")
            ours.settle()
        counted = []
        longest = 0
        for number in range(-1, bench.rounds):
            loader.ensure_time_wait(longest * 1.2)
            start = time.monotonic()
            for name, tool in tools.items():
                value = tool.look()
                # The first round only warms up.
                if number >= 0:
                    rounds.setdefault(name, []).append(value)
            counted.append(tools["two"].sockets)
            longest = max(longest, time.monotonic() - start)
        result = {
            "load": str(load), "sockets": int(statistics.median(counted)), "rounds": bench.rounds,
            "ms": {name: spread(values) for name, values in rounds.items()}, "missing": missing,
            "memory": {name: memory(tool.pid) for name, tool in tools.items() if hasattr(tool, "pid")},
        }
        if churn:
            result["churn"] = churn
        for base in ("two", "one", "sockstated"):
            if base in rounds:
                result[f"to_{base}"] = {
                    name: spread([a / b for a, b in zip(values, rounds[base])])
                    for name, values in rounds.items() if name != base}
        if ours:
            result["process_ms"] = spread(ours.process_ms[1:])
            result["scrape_ms"] = spread(ours.scrape_ms[1:])
            result["bytes_per_socket"] = (
                result["memory"]["sockstated"]["rss"] - bench.idle_rss) / result["sockets"]
    return result


def idle_memory(bench):
    """Resident memory of a daemon in an empty namespace."""
    with Sockstated(bench.binary, bench.directory, "300ms", bench.unbounded) as ours:
        ours.settle()
        return ours.memory()


def steady(sockets, processes=10, names=ALL):
    return lambda bench: side_by_side(
        bench, Load(sockets - sockets // 5, sockets // 5, processes=processes), names)


def churning(sockets, churn, processes=10):
    return lambda bench: side_by_side(
        bench, Load(sockets - sockets // 5, sockets // 5, processes=processes), OURS, churn)


def with_time_wait(sockets, time_wait, names=ALL, processes=10):
    return lambda bench: side_by_side(
        bench, Load(sockets - time_wait, time_wait=time_wait, processes=processes), names)


def smoke(bench):
    """Everything once, on a few sockets."""
    return side_by_side(bench, Load(160, 40, processes=2))


def first_poll(bench, sockets=100_000, processes=10):
    """A daemon that has seen nothing yet, against one walk and one reading of every descriptor link."""
    load = Load(sockets - sockets // 5, sockets // 5, processes=processes)
    ours, dumps, links = [], [], []
    with ExitStack() as stack:
        loader = stack.enter_context(Loader(bench, load))
        floor = Floor(stack.enter_context(Program([bench.built_program("floor")], talks=True)), "one")
        pids = [str(pid) for pid in loader.pids]
        floor.look()
        for _ in range(bench.rounds):
            dumps.append(floor.look())
            with Program([bench.built_program("links"), *pids], talks=True) as reader:
                user, system, read = map(int, reader.answer())
            if read < sockets:
                raise Failure(f"of {sockets} descriptors {read} could be read")
            links.append((user + system) / 1000)
            with Sockstated(bench.binary, bench.directory, "3s", bench.unbounded) as daemon:
                ours.append(daemon.first_poll())
        counted = floor.sockets
    return {
        "load": str(load), "sockets": counted, "rounds": bench.rounds, "first_ms": spread(ours),
        "dump_ms": spread(dumps), "links_ms": spread(links),
        "to_dump_and_links": spread([o / (d + l) for o, d, l in zip(ours, dumps, links)]),
    }


def idle(seconds, full_seconds):
    """A quiet host, everything as it comes, scraped by nobody."""

    def run(bench):
        length = full_seconds if bench.is_full else seconds
        load = Load(80, 20, processes=2)
        with Loader(bench, load), Sockstated(bench.binary, bench.directory, "5s") as daemon:
            daemon.wait_for_poll()
            daemon.wait_for_poll()
            metrics = daemon.scrape()
            before, ticks = cpu_ms(daemon.pid), stat_cpu_ms(daemon.pid)
            time.sleep(length)
            spent, spent_ticks = cpu_ms(daemon.pid) - before, stat_cpu_ms(daemon.pid) - ticks
            return {
                "load": str(load), "seconds": length, "percent": spent / length / 10,
                "percent_by_stat": spent_ticks / length / 10, "memory": daemon.memory(),
                "sockets": metrics["sockstate_tracked_sockets"],
            }

    return run


def latency(sockets, processes=100):
    """How long /metrics takes while polls of many sockets follow one another."""

    def run(bench):
        load = Load(sockets - sockets // 5, sockets // 5, processes=processes)
        with Loader(bench, load), Sockstated(
                bench.binary, bench.directory, "100ms", bench.unbounded, address="127.0.0.1:10793") as daemon:
            for _ in range(3):
                daemon.wait_for_poll()
            before = daemon.scrape()
            start = time.monotonic()
            daemon.forget_polls()
            # A large dump on a busy machine may outlast that: then until some polls have ended.
            times, plain, missed, size = scrape_for(30 if bench.is_full else 15, daemon.has_polled(times=3))
            length = time.monotonic() - start
            after = daemon.scrape()
            polling = after["sockstate_poll_duration_seconds_sum"] - before["sockstate_poll_duration_seconds_sum"]
            return {
                "load": str(load), "sockets": after["sockstate_tracked_sockets"],
                "groups": after["sockstate_groups"], "scrapes": len(times), "missed": missed, "bytes": size,
                "share_polling": polling / length,
                "polls": after["sockstate_poll_duration_seconds_count"]
                - before["sockstate_poll_duration_seconds_count"],
                "p50_ms": percentile(times, 50), "p99_ms": percentile(times, 99), "max_ms": max(times),
                "plain_p50_ms": percentile(plain, 50), "plain_p99_ms": percentile(plain, 99),
            }

    return run


def namespaces(busy, idle):
    """What namespaces in which nothing happens add to those in which something does, all of them watched."""

    def spent(bench, idle, seconds):
        crowd = Program([sys.executable, os.path.join(HERE, "crowd.py"), str(busy), str(idle)], talks=True)
        with crowd, Sockstated(
                bench.binary, bench.directory, "5s", ["--namespaces=all", *bench.unbounded]) as daemon:
            if crowd.answer() != ["ready"]:
                raise Failure("not all namespaces could be made")
            # Until then all are read at every poll.
            for _ in range(8):
                daemon.wait_for_poll()
            watched = daemon.scrape()["sockstate_namespaces"]
            if watched != busy + idle + 1:
                raise Failure(f"of {busy + idle + 1} namespaces {watched:.0f} are watched")
            before, polls = daemon.account()
            for _ in range(seconds // 5):
                daemon.wait_for_poll()
            after, more_polls = daemon.account()
            return (after - before) / (more_polls - polls), daemon.memory()

    def run(bench):
        # As long as it takes for each of the quiet ones to have been looked at.
        alone, _ = spent(bench, 0, 60)
        together, memory = spent(bench, idle, 600 if bench.is_full else 60)
        return {"busy": busy, "quiet": idle, "busy_ms": alone, "all_ms": together,
                "to_busy": together / alone, "memory": memory}

    return run


def minute(load, churn=0.0, interval=5, seconds=60, names=("C", "ss", "node_exporter", "collectd"), counted=False):
    """CPU of a minute of default settings, each tool at the same interval and all of them at once; and how long a leak
    takes to be on /metrics, without the others. If it is counted, with the kernel's counters."""

    def run(bench):
        cpu, delays, missing, metrics = {}, [], {}, {}
        with ExitStack() as stack:
            if counted:
                counters = Counters(bench.binary)
                counters.load()
                stack.callback(counters.unload)
            loader = stack.enter_context(Loader(bench, load))
            daemon = stack.enter_context(Sockstated(bench.binary, bench.directory, f"{interval}s"))
            running = {"sockstated": daemon.pid}
            asked = {}
            with ExitStack() as others:
                for name in names:
                    if bench.tools and name not in bench.tools:
                        continue
                    try:
                        if name == "C":
                            floor = others.enter_context(Program([bench.built_program("floor")], talks=True))
                            asked[name] = FloorMinute(floor, seconds // interval)
                        elif name == "ss":
                            asked[name] = Command("ss", "-tanH")
                        elif name == "node_exporter":
                            tool = NodeExporter()
                            others.enter_context(tool.program)
                            running[name], asked[name] = tool.pid, tool
                        else:
                            tool = Collectd(bench.directory, interval)
                            others.enter_context(tool.program)
                            tool.program.carry_on()
                            running[name] = tool.pid
                    except Failure as failure:
                        missing[name] = str(failure)
                # Until it knows what its polls cost.
                spend(loader, load, churn, 2 * seconds, interval, {})
                for _ in range(min(bench.rounds, 3)):
                    before = {name: cpu_ms(pid) for name, pid in running.items()}
                    spent = spend(loader, load, churn, seconds, interval, asked)
                    for name, pid in running.items():
                        spent[name] = cpu_ms(pid) - before[name]
                    for name, value in spent.items():
                        cpu.setdefault(name, []).append(value)
            # Until it knows what they cost where nobody else reads the same table.
            spend(loader, load, churn, seconds, interval, {})
            for _ in range(5):
                delays.append(leak_delay(daemon, 30))
            metrics = daemon.scrape()
            found = daemon.memory()
        return {
            "load": str(load), "churn_a_second": churn, "interval": interval, "seconds": seconds, "missing": missing,
            "sockets": metrics["sockstate_tracked_sockets"], "rounds": min(bench.rounds, 3),
            "minute_ms": {name: spread(values) for name, values in cpu.items()}, "memory": found,
            "to_sockstated": {
                name: spread([a / b for a, b in zip(values, cpu["sockstated"])])
                for name, values in cpu.items() if name != "sockstated"},
            "poll_interval": metrics["sockstate_poll_interval_seconds"], "leak_delay_s": spread(delays),
        }

    return run


def spend(loader, load, churn, seconds, interval, asked):
    """Lets time pass in which connections are replaced, each second a part, and who does not look by itself is asked at
    each interval.

    Returns the CPU time of those that end after each look, ms.
    """
    spent = {name: 0 for name, tool in asked.items() if isinstance(tool, (Command, FloorMinute))}
    end = time.monotonic() + seconds

    def ask():
        for number in range(seconds // interval):
            time.sleep(max(0, end - seconds + number * interval - time.monotonic()))
            for name, tool in asked.items():
                if name in spent:
                    spent[name] += tool.look()
                else:
                    tool.answers()

    thread = threading.Thread(target=ask)
    thread.start()
    while (left := end - time.monotonic()) > 0:
        start = time.monotonic()
        if churn:
            loader.ask(f"churn {int(load.sockets * churn)}")
        time.sleep(min(left, max(0, 1 - (time.monotonic() - start))))
    thread.join()
    return spent


def leak_delay(daemon, number):
    """Seconds from when so many connections come to CLOSE-WAIT until they are on /metrics."""

    def waiting():
        return sum(value for series, value in daemon.scrape().items()
                   if series.startswith("sockstate_sockets{") and 'state="close_wait"' in series)

    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        pairs = [(stack.enter_context(socket.create_connection(listener.getsockname())),
                  stack.enter_context(listener.accept()[0])) for _ in range(number)]
        before = waiting()
        for client, _ in pairs:
            client.close()
        start = time.monotonic()
        while waiting() < before + number:
            time.sleep(0.1)
        delay = time.monotonic() - start
    # The next one must not take these for its own.
    while waiting() > before:
        time.sleep(0.1)
    return delay


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


def scrape_for(seconds, is_enough, longest=240):
    """Scrapes as Prometheus does, over one connection, in turn with a path that answers two words: what that
    takes is the machine's share.

    Returns the times of both in ms, how many scrapes failed, and the bytes of the last.
    """
    headers = {
        "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5",
        "Accept-Encoding": "gzip"}
    connection = http.client.HTTPConnection("127.0.0.1", 10793, timeout=10)
    taken = {"/metrics": [], "/-/ready": []}
    missed, size = 0, 0
    begin = time.monotonic()
    while (passed := time.monotonic() - begin) < seconds or (not is_enough() and passed < longest):
        for path, times in taken.items():
            start = time.monotonic()
            try:
                connection.request("GET", path, headers=headers)
                response = connection.getresponse()
                body = response.read()
                times.append((time.monotonic() - start) * 1000)
                if path == "/metrics":
                    whole = response.status == 200 and b"# EOF" in gzip.decompress(body)
                    size = len(body)
                    missed += not whole
            except (OSError, http.client.HTTPException):
                connection.close()
                missed += path == "/metrics"
                times.append((time.monotonic() - start) * 1000)
            # Out of step with the polls.
            time.sleep(0.007)
    connection.close()
    return taken["/metrics"], taken["/-/ready"], missed, size


def allocations(bench):
    """Allocations of steady polls: as many for a hundred thousand sockets as for a thousand."""
    found = {}
    for sockets in (1_000, 100_000):
        path = os.path.join(bench.directory, f"allocations-{sockets}")
        preload = {"LD_PRELOAD": bench.built_program("allocations"), "ALLOCATIONS": path}
        with Loader(bench, Load(sockets - sockets // 5, sockets // 5)), Sockstated(
                bench.binary, bench.directory, "500ms", bench.unbounded, environment=preload) as daemon:
            # The tables have grown by then, and whom nobody can own is searched for ever more rarely.
            for _ in range(8):
                daemon.wait_for_poll()
            counts = [read_allocations(path)]
            for _ in range(bench.rounds * 2):
                daemon.wait_for_poll()
                counts.append(read_allocations(path))
        found[str(sockets)] = {
            what: spread([b[i] - a[i] for a, b in zip(counts, counts[1:])])
            for i, what in enumerate(("calls", "bytes"))}
    return {"allocations": found}


def connections(bench, sockets=20_000, polls=3):
    """What a connection costs the daemon that is opened, used and closed before each poll: CPU of all its threads,
    destroy events included, for each of its two sockets; and one that lives until the next poll."""
    load = Load(sockets, processes=10)
    found = {}
    with Loader(bench, load) as loader, Sockstated(
            bench.binary, bench.directory, "2s", bench.unbounded) as daemon:

        def spent(order=None):
            before = cpu_ms(daemon.pid)
            for _ in range(polls):
                if order:
                    loader.ask(order)
                daemon.wait_for_poll()
            return cpu_ms(daemon.pid) - before

        for _ in range(4):
            daemon.wait_for_poll()
        for number in range(-1, bench.rounds):
            quiet = spent()
            for name, order in (("brief", f"brief {sockets}"), ("kept", f"churn {sockets}")):
                daemon.wait_for_poll()
                daemon.forget_polls()
                cost = (spent(order) - quiet) * 1000 / (sockets * polls)
                # The first round only warms up.
                if number >= 0:
                    found.setdefault(name, []).append(cost)
    return {"load": str(load), "sockets": sockets, "rounds": bench.rounds,
            "connection_us": {name: spread(values) for name, values in found.items()}}


def story(bench, connections=100_000):
    """How long the story of a connection that has ended takes, over HTTP, after so many others have ended."""
    rounds = max(5, bench.rounds)
    with Loader(bench, Load(100, processes=1)) as loader, Sockstated(
            bench.binary, bench.directory, "5s", bench.unbounded) as daemon:
        daemon.wait_for_poll()
        # Two ends of each.
        loader.ask(f"brief {2 * connections}")
        daemon.wait_for_poll()
        every = json.loads(get(UnixConnection(daemon.socket_path), "/api/v1/connections?how=closed"))["connections"]
        times = []
        for number in range(rounds):
            # A list is for all who ask within a second.
            time.sleep(1.1)
            end = every[number * len(every) // rounds]
            start = time.monotonic()
            told = json.loads(get(
                UnixConnection(daemon.socket_path), f"/api/v1/connections?local={end['local']}&remote={end['remote']}"))
            times.append((time.monotonic() - start) * 1000)
            if end["ended"] not in (one["ended"] for one in told["connections"]):
                raise Failure("another story was told")
    return {"connections": connections, "kept": len(every), "story_ms": spread(times)}


def counters(bench, count=20_000):
    """What a connection costs the machine with nothing, with destroy events that nobody decodes, and with the kernel's
    counters, in turn; what it costs to read the counters of a thousand groups; and a snapshot of 100,000 sockets in
    500 processes, with their owners by links and from the kernel."""
    loaded = Counters(bench.binary)
    found = {"nothing": [], "events": [], "counters": []}
    with Loader(bench, Load(0, processes=1)) as loader:
        for number in range(-1, bench.rounds):
            costs = {"nothing": cycles(loader, count)}
            with Subscriber():
                costs["events"] = cycles(loader, count)
            loaded.load()
            costs["counters"] = cycles(loader, count)
            loaded.unload()
            # The first round only warms up.
            if number >= 0:
                for name, cost in costs.items():
                    found[name].append(cost)
    loaded.load()
    make_groups(1_000)
    reading = read_ms()
    loaded.unload()
    owners = {"links": [], "kernel": []}
    look = [bench.binary, "snapshot"]
    with Loader(bench, Load(100_000, processes=500)):
        for _ in range(bench.rounds):
            owners["links"].append(cpu_of_command(look))
            loaded.load()
            owners["kernel"].append(cpu_of_command(look))
            loaded.unload()
    added = {name: spread([a - b for a, b in zip(found[name], found["nothing"])]) for name in ("events", "counters")}
    return {"owners_ms": {name: spread(values) for name, values in owners.items()},
            "to_links": spread([k / l for k, l in zip(owners["kernel"], owners["links"])]),
            "cycle_us": {name: spread(values) for name, values in found.items()}, "added_us": added,
            "read_ms": spread(reading), "rounds": bench.rounds}


def read_allocations(path):
    with open(path, "rb") as file:
        return struct.unpack("QQ", file.read(16))


def rendering(bench):
    """Reports of many groups, written as text."""
    program = os.path.join(os.path.dirname(bench.binary), "bench-render")
    if not os.access(program, os.X_OK):
        program = os.path.join(ROOT, ".build/release/bench-render")
    if not os.access(program, os.X_OK):
        raise Failure("bench-render is not there (make bench builds it)")
    found = {}
    for groups in (1_000, 10_000):
        for states in (3, 11):
            with Program([program, str(groups), str(states), str(max(21, bench.rounds))], talks=True) as run:
                *times, size, samples = map(int, run.answer())
            found[f"{groups}/{states}"] = {
                "ms": spread([t / 1000 for t in times]), "bytes": size, "samples": samples}
    return {"renderings": found}


QUICK = {
    "steady-1k": steady(1_000),
    "steady-10k": steady(10_000),
    "steady-100k": steady(100_000),
    "many-processes-100k": steady(100_000, processes=500, names=OURS),
    "churn-1-100k": churning(100_000, 0.01),
    "churn-10-100k": churning(100_000, 0.10),
    "time-wait-100k": with_time_wait(100_000, 50_000),
    "minute-100k": minute(Load(100_000), churn=0.01),
    "minute-100k-counters": minute(Load(100_000), churn=0.01, names=("C", "collectd"), counted=True),
    "first-poll": first_poll,
    "idle": idle(60, 600),
    "latency": latency(100_000),
    "namespaces": namespaces(10, 490),
    "rendering": rendering,
    "allocations": allocations,
    "connections": connections,
    "story": story,
}

FULL = {
    "churn-1-1k": churning(1_000, 0.01),
    "churn-10-1k": churning(1_000, 0.10),
    "churn-1-10k": churning(10_000, 0.01),
    "churn-10-10k": churning(10_000, 0.10),
    "time-wait-1k": with_time_wait(1_000, 500),
    "time-wait-10k": with_time_wait(10_000, 5_000),
    "steady-1m": steady(1_000_000, processes=100, names=[n for n in ALL if n != "ss-p"]),
    "many-processes-1m": steady(1_000_000, processes=500, names=OURS),
    "churn-1-1m": churning(1_000_000, 0.01, processes=100),
    "churn-10-1m": churning(1_000_000, 0.10, processes=100),
    "time-wait-1m": with_time_wait(1_000_000, 200_000, names=OURS, processes=100),
    "latency-1m": latency(1_000_000),
    "minute-1m": minute(Load(1_000_000, processes=100), names=("C", "collectd")),
}

SPECIAL = {"smoke": smoke, "counters": counters}
