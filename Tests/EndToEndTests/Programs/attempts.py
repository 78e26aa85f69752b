"""attempts.py HOST PORT COUNT PATIENCE [HOLD] : tries to connect COUNT times, each for PATIENCE seconds, and ends each
attempt by shutdown() before close(), which leaves no trace of it in the kernel; closes it HOLD seconds after that. Says
`done` at the end.
"""

import socket
import sys
import time

host, port, count, patience = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
print("ready", flush=True)
for _ in range(count):
    attempt = socket.socket()
    attempt.settimeout(patience)
    try:
        attempt.connect((host, port))
    except OSError:
        try:
            attempt.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
    if len(sys.argv) > 5:
        time.sleep(float(sys.argv[5]))
    attempt.close()
print("done", flush=True)
sys.stdin.read()
