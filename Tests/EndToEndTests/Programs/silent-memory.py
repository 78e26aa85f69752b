"""silent-memory.py DIRECTORY PORT

Listens on PORT, with a command line that nobody can read: one thread waits for a page of a file on a FUSE file system
(mounted on DIRECTORY) that never answers, and holds the lock of the process's memory meanwhile; another waits to
write to it, so that every further reader waits too (mmap_lock, mm/memory.c). Prints `ready` just before. Needs root and
/dev/fuse. Only SIGKILL ends it.
"""

import ctypes
import mmap
import os
import signal
import socket
import struct
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.memchr.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
directory, port = sys.argv[1], int(sys.argv[2])

# include/uapi/linux/fuse.h
LOOKUP, GETATTR, OPEN, READ, FLUSH, RELEASE, INIT = 1, 3, 14, 15, 25, 18, 26
EIO, ENOSYS = 5, 38


def attributes(node):
    mode = 0o040755 if node == 1 else 0o100644
    return struct.pack("<QQQQQQIIIIIIIIII", node, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def serve(fuse):
    """Answers everything but reads; the first is an error, so that the fault is tried again under the lock."""
    reads = 0
    while True:
        request = os.read(fuse, 1 << 17)
        opcode, unique, node = struct.unpack_from("<IQQ", request, 4)
        body, error = b"", 0
        if opcode == READ:
            reads += 1
            if reads > 1:
                continue
            error = -EIO
        elif opcode == INIT:
            body = struct.pack("<IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 4096, 1, 1, 0, 0)
        elif opcode == LOOKUP:
            body = struct.pack("<QQQQII", 2, 0, 3600, 3600, 0, 0) + attributes(2)
        elif opcode == GETATTR:
            body = struct.pack("<QII", 3600, 0, 0) + attributes(node)
        elif opcode == OPEN:
            body = struct.pack("<QII", 1, 0, 0)
        elif opcode not in (FLUSH, RELEASE):
            error = -ENOSYS
        os.write(fuse, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
if libc.mount(b"silent", directory.encode(), b"fuse", 0, options) != 0:
    sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")
if os.fork() == 0:
    libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    serve(fuse)
os.close(fuse)
server = socket.create_server(("127.0.0.1", port))
file = os.open(directory + "/file", os.O_RDONLY)
page = libc.mmap(None, mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_PRIVATE, file, 0)
# ctypes lets other threads run during a call.
threading.Thread(target=lambda: libc.memchr(page, 0, 1), daemon=True).start()
time.sleep(1)
os.write(1, b"ready\n")
anonymous = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
libc.mmap(None, mmap.PAGESIZE, mmap.PROT_READ, anonymous, -1, 0)
