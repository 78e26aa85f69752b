"""spawning.py METHOD HOST PORT : two workers that multiprocessing starts by METHOD, `spawn` or `forkserver`, accept."""

import multiprocessing
import socket
import sys


def accept(listener, ready):
    connections = []
    ready.set()
    while True:
        connections.append(listener.accept())


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    listener = socket.create_server((sys.argv[2], int(sys.argv[3])))
    starts = []
    for _ in range(2):
        starts.append(context.Event())
        context.Process(target=accept, args=(listener, starts[-1]), daemon=True).start()
    for start in starts:
        start.wait()
    print("ready", flush=True)
    sys.stdin.read()
