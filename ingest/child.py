"""A warm child that cleans: forked from a parent that has loaded everything, limited in memory, killed when it is too long.

Parent and child talk in JSON lines over a socket pair, never in pickles: what a document may take over is the child, and the
child must not be able to say more than an outcome.
"""

from __future__ import annotations

import contextlib
import ctypes
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
from dataclasses import asdict
from typing import Any

from ingest.cage import cage
from ingest.job import Clean, Fault, open_job
from ingest.settings import MIB, Settings
from ingest.spool.desk import Desk, new_path

WINDOW = 2  # tickets in a child's hands: one being cleaned, one so that it need not wait for the next
EXIT_MEMORY = 77


class Child:
    """The parent's view of one child. `hand`: tickets it has not answered yet, in order; the first is being cleaned."""

    def __init__(self, settings: Settings, clean: Clean) -> None:
        self.desk = new_path(str(settings.spool))
        self.hand: deque[str] = deque()
        self.answered = 0
        self.overran = False
        self._since = time.monotonic()
        self._limit = settings.time_limit
        self._rest = b""
        parent = os.getpid()
        self.socket, theirs = socket.socketpair()
        sys.stderr.flush()
        try:
            self.pid = os.fork()
        except OSError:
            self.socket.close()
            theirs.close()
            raise
        if self.pid == 0:
            _live(theirs, parent, settings, clean, self.desk)
        theirs.close()
        self.socket.setblocking(False)  # noqa: FBT003 - its own order

    def give(self, path: str) -> None:
        """Hand over a ticket. A dead child takes it too: the caller learns of the death from `answers`."""
        if not self.hand:
            self._since = time.monotonic()
        self.hand.append(path)
        with contextlib.suppress(OSError):
            self.socket.send(json.dumps(path).encode() + b"\n")  # two short lines always fit into the buffer

    def answers(self) -> list[dict[str, Any]] | None:
        """What the child said since last asked; None once it is dead and all it said has been read."""
        try:
            said = self.socket.recv(1 << 16)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not said:
            return None
        *lines, self._rest = (self._rest + said).split(b"\n")
        found = [json.loads(line) for line in lines]
        for _ in found:
            self.hand.popleft()
            self.answered += 1
        self._since = time.monotonic()
        return found

    def left(self) -> float:
        """Seconds until the document in hand has been cleaned for too long."""
        return self._since + self._limit - time.monotonic() if self.hand else self._limit

    def kill(self) -> None:
        """End it now."""
        self.overran = self.overran or self.left() <= 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def bury(self) -> tuple[str, str]:
        """Collect the dead child; gives what to charge ("attempts", or "deaths" for a kill from outside) and why."""
        self.socket.close()
        _, status = os.waitpid(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if self.overran:
            return "attempts", "time_limit"
        if code == EXIT_MEMORY:
            return "attempts", "memory_limit"
        if code in {-signal.SIGKILL, -signal.SIGTERM}:
            # Not by us and no fault of the document that we know of: an operator, or the kernel short of memory.
            return "deaths", "killed"
        return "attempts", "crash"


def _live(theirs: socket.socket, parent: int, settings: Settings, clean: Clean, desk: str) -> None:
    """The child's whole life. Never returns."""
    code = 1
    try:
        die_with(parent)
        gc.freeze()  # what the parent left is shared and stays untouched; nothing of it is ever closed by a collection
        for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGUSR1, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who lets us end
        signal.set_wakeup_fd(-1)
        os.closerange(3, theirs.fileno())  # the parent's broker, its watchers, our siblings' lines
        os.closerange(theirs.fileno() + 1, 65_536)
        limit_memory(settings.memory_limit)
        cage()
        code = _serve(theirs, settings, clean, desk)
    except MemoryError:
        code = EXIT_MEMORY
    except BaseException:
        traceback.print_exc()
        raise  # as far as the next line
    finally:
        os._exit(code)


def _serve(line: socket.socket, settings: Settings, clean: Clean, desk_path: str) -> int:
    desk = Desk(str(settings.spool), "child", path=desk_path)
    job = open_job(settings, clean=clean, desk=desk)
    with line.makefile("rb") as asked:
        for ask in asked:
            path = json.loads(ask)
            try:
                outcome = job.run(path)
                answer = {"outcome": outcome.name, **asdict(outcome)}
            except Fault as fault:
                answer = {"fault": str(fault)}
            line.sendall(json.dumps(answer).encode() + b"\n")
    desk.close()
    return 0


def die_with(parent: int) -> None:
    """Have the kernel kill us when the parent dies, and kill us first when memory runs out (Linux)."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    if os.getppid() != parent:
        os._exit(0)


def limit_memory(limit: int) -> None:
    """At most `limit` MiB beyond what was mapped at the start: libraries map much that they never touch."""
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="ascii") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = mapped + limit * MIB
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
