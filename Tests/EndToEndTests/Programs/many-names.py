"""many-names.py MODE FIRST-PORT ARGUMENT ROOM : processes that choose their names, as any user may.

MODE `all`: one process for each string of the JSON list ARGUMENT, which goes by that name and listens on
a port of its own. MODE `change`: this process listens and takes ARGUMENT names, one each 20 ms, keeps
the last and says `changed`. A name is written over the command line, for which ROOM is a long argument, as that of
a script in a directory of its own, in which it is.
"""

import ctypes
import json
import os
import signal
import socket
import sys
import tempfile
import time

mode, port = sys.argv[1], int(sys.argv[2])
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
start, end = int(fields[45]), int(fields[46])


scripts = tempfile.TemporaryDirectory()


def take(name):
    path = os.fsencode(scripts.name) + b"/" + name
    if b"\0" not in path and b"/" not in name:
        open(path, "w").close()
    line = b"python3\0" + path + b"\0"
    assert len(line) <= end - start, "no room for the name"
    ctypes.memmove(start, line.ljust(end - start, b"\0"), end - start)
    ctypes.CDLL(None).prctl(15, name[:15], 0, 0, 0)


if mode == "change":
    listener = socket.create_server(("127.0.0.1", port))
    print("ready", flush=True)
    for number in range(int(sys.argv[3])):
        take(b"alias-%d" % number)
        time.sleep(0.02)
    print("changed", flush=True)
    sys.stdin.read()
    sys.exit()

children = []
told, telling = os.pipe()
# Latin-1, so that a list can have names of any bytes.
names = [name.encode("latin-1") for name in json.loads(sys.argv[3])]
for number, name in enumerate(names):
    child = os.fork()
    if child == 0:
        take(name)
        listener = socket.create_server(("127.0.0.1", port + number))
        os.write(telling, b".")
        signal.pause()
        os._exit(0)
    children.append(child)
ready = 0
while ready < len(names):
    ready += len(os.read(told, 4096))
print("ready", flush=True)
sys.stdin.read()
for child in children:
    os.kill(child, signal.SIGKILL)
