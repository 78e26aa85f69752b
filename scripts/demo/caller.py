"""caller.py PORT : opens eight connections at once, and again those that came to nothing."""

import errno
import socket
import sys
import time

calls = []
while True:
    waiting = []
    for call in calls:
        if call.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            call.close()
        else:
            waiting.append(call)
    calls = waiting
    while len(calls) < 8:
        call = socket.socket()
        call.setblocking(False)
        if call.connect_ex(("127.0.0.1", int(sys.argv[1]))) not in (0, errno.EINPROGRESS):
            call.close()
            break
        calls.append(call)
    time.sleep(0.5)
