"""under-filter.py UNIT COMMAND... : becomes COMMAND under the system call filter of a systemd unit.

Reads its SystemCallFilter= lines (systemd.exec(5)), has systemd-analyze name what is in each group, and loads
the filter with libseccomp, as systemd itself does. What is not allowed kills the process with SIGSYS.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys

# linux/seccomp.h, seccomp.h of libseccomp
KILL_PROCESS, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x00050000
UNKNOWN_SYSTEM_CALL = -1


def members(group):
    """The system calls of a group, those of groups in it among them."""
    lines = subprocess.run(
        ["systemd-analyze", "syscall-filter", "--no-pager", group],
        check=True, capture_output=True, text=True).stdout.splitlines()
    names = [line.strip() for line in lines if line.startswith("    ") and not line.strip().startswith("#")]
    return [call for name in names for call in (members(name) if name.startswith("@") else [name])]


def actions(unit):
    """What the lines of the unit say: system call to action. The first line must allow."""
    with open(unit, encoding="utf-8") as file:
        lines = re.findall(r"^SystemCallFilter=(~?)(.+)$", file.read(), re.MULTILINE)
    if not lines or lines[0][0]:
        raise SystemExit(f"{unit}: no list of system calls that are allowed")
    result = {}
    for denies, names in lines:
        for name in names.split():
            name, _, error = name.partition(":")
            for call in members(name) if name.startswith("@") else [name]:
                if not denies:
                    result[call] = ALLOW
                elif error:
                    result[call] = ERRNO | (int(error) if error.isdigit() else getattr(errno, error))
                else:
                    result.pop(call, None)
    return result


def main():
    unit, *command = sys.argv[1:]
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    context = library.seccomp_init(KILL_PROCESS)
    # What systemd always allows, for its own last steps: systemd-analyze lists it as @default.
    for call, action in ({call: ALLOW for call in members("@default")} | actions(unit)).items():
        number = library.seccomp_syscall_resolve_name(call.encode())
        # Names of other architectures.
        if number != UNKNOWN_SYSTEM_CALL:
            result = library.seccomp_rule_add_array(context, action, number, 0, None)
            if result not in (0, -errno.EDOM):
                raise OSError(-result, f"no rule for {call}")
    result = library.seccomp_load(context)
    if result:
        raise OSError(-result, "no filter")
    os.execvp(command[0], command)


main()
