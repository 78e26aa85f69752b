"""What is measured: each case gives a dictionary, which the report prints and judges."""

import os
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

from machine import Failure, Program, cpu_ms, memory, set_sysctl, stat_cpu_ms
from tools import Collectd, Command, Floor, NodeExporter, Sockstated

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
    tools: tuple | None
    # Flags that keep the daemon from stretching its interval.
    unbounded: list
    # Resident memory of a daemon with nothing to see, bytes.
    idle_rss: int = 0
    say: callable = print

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
        super().__init__(
            [bench.built_program("load"), "--established", str(load.established), "--close-wait",
             str(load.close_wait), "--processes", str(load.processes), "--ports", str(load.ports)], talks=True)
        ready = self.answer()
        self.pids = [int(pid) for pid in ready[2:]]
        self.expires = None
        self.made_in = 0

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
                tools[name] = Floor(floor, name)
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


def with_time_wait(sockets, names=ALL, processes=10):
    return lambda bench: side_by_side(
        bench, Load(sockets // 2, time_wait=sockets // 2, processes=processes), names)
