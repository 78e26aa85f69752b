"""no-sockets.py COUNT : as many processes as it takes to hold COUNT descriptors, none of them of a socket."""

import os
import resource
import sys

most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 20000)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
each = most // 2
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(each):
    os.dup(null)
for _ in range(int(sys.argv[1]) // each):
    if os.fork() == 0:
        break
else:
    print("ready", flush=True)
sys.stdin.read()
