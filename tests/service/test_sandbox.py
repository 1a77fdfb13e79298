"""A document that takes over a worker process reaches nothing outside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from ingest.service.workers.sandbox import DENIED_SYSCALLS, enter_sandbox

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in DENIED_SYSCALLS, reason="no filter of system calls here"
)


def sandboxed(act: Callable[[], object]) -> int:
    """Fork a sandboxed process that calls `act`. Returns 0 if that succeeded, else the errno, or 99 where there is no sandbox."""
    pid = os.fork()
    if pid == 0:
        code = 98
        try:
            code = 99
            if enter_sandbox():
                act()
                code = 0
        except OSError as error:
            code = error.errno or 97
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize(
    "act",
    [
        lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
        lambda: socket.socket(socket.AF_UNIX),
        lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        lambda: subprocess.run(["true"], check=True),
    ],
    ids=["tcp", "udp", "unix", "exec", "subprocess"],
)
def test_the_sandbox_denies_network_programs_and_other_processes(act: Callable[[], object]) -> None:
    assert sandboxed(act) == 1  # EPERM


def test_cleaning_works_inside_the_sandbox() -> None:
    def work() -> None:
        here, there = socket.socketpair()
        here.sendall(b"x")
        with open("/proc/self/status", encoding="ascii") as file:
            status = file.read()
        if there.recv(1) != b"x" or "Seccomp:\t2" not in status:
            raise OSError(96, "not as it should be")

    assert sandboxed(work) == 0
