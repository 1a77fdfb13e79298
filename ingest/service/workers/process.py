"""A worker process: forked from a parent that has loaded everything, sandboxed, limited in memory, killed after the time limit.

Parent and child talk in JSON lines over a socket pair, never in pickles: what a document may take over is the child, and the
child must not be able to say more than an answer.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import json
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

from ingest.errors import Reason
from ingest.service.workers.fork_gate import LINKS
from ingest.service.workers.sandbox import enter_sandbox

COLLECTION_OBJECTS = 200_000
"""New objects from which Python's cyclic garbage collector looks for cycles: at its usual 700 it takes 7 % of a page's time, and cleaning makes
hardly a cycle."""
FORK_SECONDS = 1.0
"""So long threads that ask an object store may finish before a process is forked; else it is tried again later."""
MAX_PENDING = 2  # requests per process: one in progress, and one so that it need not wait for the next
EXIT_OUT_OF_MEMORY = 77

WorkFunction = Callable[[str], dict[str, Any]]
"""What a child does with each ask. It may raise MemoryError, which ends the child; anything else that it raises ends it as a crash."""


class WorkerProcess:
    """The parent's view of one child. `pending`: requests it has not answered yet, in order; the first is in progress.

    `begin` is entered in the sandboxed child and gives its work. `time_limit`: seconds for one request, on `clock`; `memory_limit`: MiB;
    `keeps`: a file descriptor that the child keeps.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[WorkFunction]],
        *,
        time_limit: float,
        memory_limit: int,
        clock: Callable[[], float] = time.monotonic,
        keeps: int | None = None,
    ) -> None:
        self.pending: deque[str] = deque()
        self.completed = 0
        self._overran = False
        self._now = clock
        self._since = clock()
        self._limit = time_limit
        self._partial_line = bytearray()
        self.socket, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            with LINKS.forking(FORK_SECONDS) as quiet:
                if not quiet:
                    raise BlockingIOError(
                        errno.EAGAIN, "threads wait for an object store, and no process can be forked meanwhile"
                    )
                self.pid = self._fork(theirs, keeps, begin, memory_limit)
        except OSError:
            self.socket.close()
            theirs.close()
            raise
        theirs.close()
        self.socket.setblocking(False)  # noqa: FBT003 - its own order

    def _fork(
        self,
        theirs: socket.socket,
        keeps: int | None,
        begin: Callable[[], AbstractContextManager[WorkFunction]],
        memory_limit: int,
    ) -> int:
        parent = os.getpid()
        # A Ctrl-C between the fork and the child's own handlers would end it with a traceback: it is blocked until they are set.
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            if (pid := os.fork()) == 0:
                _child_main(theirs, keeps, parent, begin, memory_limit, blocked)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def fileno(self) -> int:
        """What to wait on for answers."""
        return self.socket.fileno()

    def submit(self, ask: str) -> None:
        """Send a request. A dead child accepts it too: the caller learns of the death from `receive`."""
        if not self.pending:
            self._since = self._now()
        self.pending.append(ask)
        with contextlib.suppress(OSError):
            self.socket.send(json.dumps(ask).encode() + b"\n")  # two short lines always fit into the buffer

    def receive(self) -> list[dict[str, Any]] | None:
        """Answers since the last call; None once the child is dead and all its answers have been read."""
        try:
            said = self.socket.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not said:
            return None
        self._since = self._now()
        self._partial_line += said
        if b"\n" not in said:
            return []
        *lines, self._partial_line = self._partial_line.split(b"\n")
        found = [json.loads(line) for line in lines]
        for _ in found:
            self.pending.popleft()
            self.completed += 1
        self._overran = False  # the request in progress when it was killed has been answered after all
        return found

    def seconds_left(self) -> float:
        """Seconds until the request in progress has taken too long."""
        return self._since + self._limit - self._now() if self.pending else self._limit

    def kill(self) -> None:
        """End it now."""
        self._overran = self._overran or self.seconds_left() <= 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def reap(self) -> Reason:
        """Collect the dead child; gives what it died of: TIME_LIMIT, MEMORY_LIMIT, CRASH, or KILLED from outside."""
        self.socket.close()
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if self._overran:
            return Reason.TIME_LIMIT
        if code == EXIT_OUT_OF_MEMORY:
            return Reason.MEMORY_LIMIT
        # A SIGKILL or SIGTERM that we did not send is not held against the document: an operator, or the kernel short of memory.
        return Reason.KILLED if code in {-signal.SIGKILL, -signal.SIGTERM} else Reason.CRASH


def _child_main(
    theirs: socket.socket,
    keeps: int | None,
    parent: int,
    begin: Callable[[], AbstractContextManager[WorkFunction]],
    memory: int,
    mask: set[int | signal.Signals],
) -> None:
    """The child's whole life, begun with signals blocked; `mask`: what is to be blocked in the end. Never returns."""
    code = 1
    try:
        die_with_parent(parent)
        gc.set_threshold(COLLECTION_OBJECTS, *gc.get_threshold()[1:])
        gc.freeze()  # what the parent left is shared and stays untouched; nothing of it is ever closed by a collection
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets us finish
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        kept = sorted({theirs.fileno()} | (set() if keeps is None else {keeps}))
        for first, last in pairwise([2, *kept, 65_536]):  # the parent's broker, its watchers, our siblings' lines
            os.closerange(first + 1, last)
        _limit_memory(memory)
        enter_sandbox()
        with begin() as work, theirs.makefile("rb") as asked:
            for ask in asked:
                theirs.sendall(json.dumps(work(json.loads(ask))).encode() + b"\n")
        code = 0
    except MemoryError:
        code = EXIT_OUT_OF_MEMORY
    except BaseException:
        traceback.print_exc()
        raise  # as far as the next line
    finally:
        os._exit(code)


def die_with_parent(parent: int) -> None:
    """Die with the parent, now if it is dead already; and be the first to be killed when memory runs out (Linux)."""
    kill_with_parent()
    if sys.platform == "linux":
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    if os.getppid() != parent:
        os._exit(0)


def kill_with_parent() -> None:
    """Have the kernel kill this process when its parent dies (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _limit_memory(limit: int) -> None:
    """At most `limit` MiB beyond what was mapped at the start: libraries map much that they never touch."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = mapped + (limit << 20)
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
