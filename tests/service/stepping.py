"""Kills at each system call: a process is traced from one call to the next, and killed at a given one (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Callable

TRACEME, SYSCALL, SETOPTIONS = 0, 24, 0x4200
GOOD_AND_EXITKILL = 0x1 | 0x100000  # stops of system calls are told from signals; a dead tracer leaves no tracee

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(request: int, pid: int, value: int = 0) -> None:
    if _libc.ptrace(request, pid, None, value) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def may_trace() -> bool:
    """Whether processes may be traced here; some containers forbid it."""
    try:
        return not killed_at(1 << 30, lambda: None)
    except OSError:
        return False


def killed_at(stop: int, act: Callable[[], object]) -> bool:
    """Run `act` in a forked process, and kill it at its system call number `stop` // 2: before it, or after it where `stop` is odd.

    False if it ended before.
    """
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _ptrace(TRACEME, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            act()
            code = 0
        finally:
            os._exit(code)
    ended = False
    try:
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            ended = True
            raise PermissionError("processes may not be traced here")
        _ptrace(SETOPTIONS, pid, GOOD_AND_EXITKILL)
        for _ in range(stop + 2):  # the first two stops are the end of the kill that stopped it
            _ptrace(SYSCALL, pid)
            _, status = os.waitpid(pid, 0)
            if os.WIFEXITED(status) or os.WIFSIGNALED(status):
                ended = True
                assert status == 0, "what was traced failed by itself"
                return False
    finally:
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return True
