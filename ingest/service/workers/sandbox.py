"""The sandbox of a worker process: no network, no other program, no other process's memory (Linux on x86-64 and ARM; elsewhere nothing happens).

A filter of system calls (seccomp) needs no rights, no namespace and no library; what it denies fails with EPERM. The child keeps
the line to its parent and may read and write files, as it must.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: load a word, jump if equal, jump if no less, return
_NUMBER, _ARCHITECTURE = 0, 4  # places in seccomp_data
_ALLOW, _DENY = 0x7FFF0000, 0x00050001  # errno 1, EPERM
_FOREIGN = 0x40000000  # from here on, x86-64 has its calls again for 32-bit pointers

# socket, execve, execveat, ptrace, process_vm_readv, process_vm_writev, io_uring_setup (which makes sockets of its own)
DENIED_SYSCALLS = {
    "x86_64": (0xC000003E, (41, 59, 322, 101, 310, 311, 425)),
    "aarch64": (0xC00000B7, (198, 221, 281, 117, 270, 271, 425)),
}


def enter_sandbox() -> bool:
    """Shut this process in, for ever and with all that it forks. False where the system has no such filter."""
    if sys.platform != "linux" or os.uname().machine not in DENIED_SYSCALLS:
        return False
    architecture, denied = DENIED_SYSCALLS[os.uname().machine]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, len(denied) + 3, architecture),  # a foreign architecture is denied everything
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, len(denied) + 1, 0, _FOREIGN),
        *((_EQUAL, len(denied) - at, 0, number) for at, number in enumerate(denied)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    header = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.create_string_buffer(header), 0, 0) == 0)
