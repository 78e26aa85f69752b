"""without-netlink.py COMMAND... : runs a command whose socket(AF_NETLINK, ...) fails with EAFNOSUPPORT,
as RestrictAddressFamilies= of systemd makes it. A seccomp filter (seccomp(2)), written out in BPF."""
import ctypes
import errno
import os
import platform
import struct
import sys

AF_NETLINK = 16
SYS_SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, ERRNO = 0x7FFF0000, 0x00050000


def statement(code, k):
    return struct.pack("HBBI", code, 0, 0, k)


def jump_if_equal(k, otherwise):
    return struct.pack("HBBI", 0x15, 0, otherwise, k)


program = b"".join([
    statement(0x20, 0),  # the system call's number
    jump_if_equal(SYS_SOCKET, 3),
    statement(0x20, 16),  # its first argument
    jump_if_equal(AF_NETLINK, 1),
    statement(0x06, ERRNO | errno.EAFNOSUPPORT),
    statement(0x06, ALLOW),
])
code = ctypes.create_string_buffer(program, len(program))
filter_ = struct.pack("HP", len(program) // 8, ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
    PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(filter_, len(filter_)), 0, 0
):
    raise OSError(ctypes.get_errno(), "no seccomp filter")
os.execvp(sys.argv[1], sys.argv[1:])
