"""Processes, namespaces and the kernel's own account of CPU and memory."""

import ctypes
import glob
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TOOLS = os.path.join(ROOT, ".build-tools")
CLONE_NEWNET = 0x40000000  # sched.h
INSIDE = "SOCKSTATED_BENCH_INSIDE"


class Failure(Exception):
    """What cannot be measured, and why."""


def enter_namespace():
    """Runs this program anew as process 1 of process, mount and network namespaces of its own, and gives it a
    directory: in there returns its path, out here never.

    Nothing is left behind, however it ends: with process 1 the kernel ends all others, and with the last
    process go the namespaces.
    """
    if INSIDE in os.environ:
        return os.environ[INSIDE]
    unshare = ["unshare", "--pid", "--mount", "--net", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    set_up = f'mkdir "${INSIDE}/proc" && mount --rbind /proc "${INSIDE}/proc" && mount -t proc proc /proc && exec "$@"'
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="sockstated-bench-") as directory:
        holder = subprocess.Popen(
            unshare + ["sh", "-c", set_up, "sh", sys.executable] + sys.argv,
            env=os.environ | {INSIDE: directory})
        try:
            sys.exit(holder.wait())
        finally:
            # unshare ignores SIGTERM; this it cannot, and its child goes with it.
            holder.kill()
            holder.wait()


def host_proc():
    """The /proc of the whole machine."""
    return os.environ[INSIDE] + "/proc"


def new_network():
    """Moves this process, and those that it will start, to an empty network namespace.

    What the last one still holds, such as TIME-WAIT sockets, goes with it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def set_sysctl(name, value):
    with open("/proc/sys/" + name.replace(".", "/"), "w") as file:
        file.write(str(value))


def cpu_ms(pid):
    """CPU time of all threads of a process so far, ms (schedstat: in ns)."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(path) as file:
                total += int(file.read().split()[0])
        except OSError:
            pass  # A thread that ended since it was listed.
    return total / 1e6


def stat_cpu_ms(pid):
    """The same from utime + stime of /proc/PID/stat: in steps of 10 ms, ended threads included."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Memory of a process, bytes."""
    names = {"VmRSS": "rss", "VmHWM": "peak", "RssAnon": "anonymous", "Pss": "pss"}
    found = {}
    for path in (f"/proc/{pid}/status", f"/proc/{pid}/smaps_rollup"):
        with open(path) as file:
            for line in file:
                name, _, value = line.partition(":")
                if name in names and value.endswith("kB\n"):
                    found[names[name]] = int(value.split()[0]) * 1024
    return found


class Program:
    """A program that ends with this object's `with`."""

    def __init__(self, arguments, talks=False, environment=None):
        self.name = os.path.basename(arguments[0])
        pipe = subprocess.PIPE if talks else subprocess.DEVNULL
        self.errors = tempfile.TemporaryFile("w+", errors="replace")
        self.process = subprocess.Popen(
            arguments, stdin=pipe, stdout=pipe, stderr=self.errors, text=True,
            env=os.environ | (environment or {}))
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()

    def say(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self.failure("has ended") from None

    def answer(self, seconds=300):
        """The next line of its output."""
        if not select.select([self.process.stdout], [], [], seconds)[0]:
            raise self.failure(f"said nothing for {seconds} s")
        line = self.process.stdout.readline()
        if not line:
            raise self.failure("has ended")
        return line.split()

    def ask(self, line):
        self.say(line)
        return self.answer()

    def stop(self):
        os.kill(self.pid, signal.SIGSTOP)

    def carry_on(self):
        os.kill(self.pid, signal.SIGCONT)

    def failure(self, what):
        self.errors.seek(0)
        errors = self.errors.read().strip().splitlines()[-3:]
        return Failure(f"{self.name} {what}" + (": " + " | ".join(errors) if errors else ""))


def cpu_of_command(arguments):
    """Runs a command, its output thrown away; its CPU time in ms (wait4)."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        pid = os.posix_spawnp(
            arguments[0], arguments, os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)])
    finally:
        os.close(null)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise Failure(f"{arguments[0]} ended with status {status}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def eventually(condition, what, seconds=60):
    """What `condition` gives once it is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failure(f"{what} did not come in {seconds} s")
        time.sleep(0.01)
    return value


def find(name, *places):
    """The path of a program in the system or unpacked in .build-tools; None where it is not."""
    for place in [os.path.join(p, name) for p in os.environ["PATH"].split(":") + ["/usr/sbin"]] + list(places):
        if os.access(place, os.X_OK):
            return place
    return None
