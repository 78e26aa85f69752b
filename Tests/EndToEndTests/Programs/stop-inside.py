"""stop-inside.py PID : stops a process (SIGSTOP) while one of its threads is in another network namespace."""

import os
import signal
import sys
import time

pid = int(sys.argv[1])
home = os.readlink(f"/proc/{pid}/ns/net")
print("ready", flush=True)
end = time.monotonic() + 170


def is_stopped(thread):
    with open(f"/proc/{pid}/task/{thread}/stat") as file:
        return file.read().rpartition(") ")[2].startswith("T")


while time.monotonic() < end:
    for thread in os.listdir(f"/proc/{pid}/task"):
        link = f"/proc/{pid}/task/{thread}/ns/net"
        try:
            if os.readlink(link) == home:
                continue
        except FileNotFoundError:
            continue  # a thread that has ended since
        os.kill(pid, signal.SIGSTOP)
        # A signal arrives when the call that the thread is in is over, and that may be the one that leaves.
        while not is_stopped(thread) and time.monotonic() < end:
            time.sleep(0.001)
        if os.readlink(link) != home:
            print("stopped inside", flush=True)
            sys.exit(0)
        os.kill(pid, signal.SIGCONT)
sys.exit("never inside in all that time")
