"""Warm children for `ingest clean`: a document that hangs, crashes or eats all memory costs itself alone."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any

from ingest.cage import cage
from ingest.child import EXIT_MEMORY, WINDOW, die_with, limit_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Work = Callable[[str], dict[str, str]]

TIME_LIMIT = 60.0
"""Seconds for one file; three times the service's, for nobody watches over other files' lateness here."""
MEMORY_LIMIT = 1024
"""MiB that a child may take beyond what it starts with, as in the service."""
AHEAD = 16
"""Files a child may be ahead of the one that is due: enough that none waits, few enough that memory stays flat."""
FAULTS = {
    "time_limit": f"It took longer than {TIME_LIMIT:.0f} s.",
    "memory_limit": f"It took more than {MEMORY_LIMIT} MiB of memory.",
    "crash": "It broke the process that read it.",
}
"""What a file did to its child, for people."""


def in_children(files: Sequence[str], jobs: int, work: Work) -> Iterator[dict[str, str]]:
    """What `work` says of each file, in their order; where it says nothing, a reason and a message. `work` is not to raise."""
    waiting = deque(range(len(files)))
    answers: dict[int, dict[str, str]] = {}
    hands = [_Hand(work) for _ in range(jobs)]
    try:
        for due in range(len(files)):
            while due not in answers:
                for hand in hands:
                    while waiting and len(hand.holds) < WINDOW and waiting[0] < due + AHEAD * jobs:
                        hand.give(waiting[0], files[waiting.popleft()])
                busy = {hand.socket: hand for hand in hands if hand.holds}
                ready, _, _ = select.select(busy, [], [], max(0.0, min(hand.left() for hand in busy.values())))
                for hand in [hand for line, hand in busy.items() if line in ready or hand.left() <= 0]:
                    if not hand.take(answers):
                        waiting.extendleft(reversed(hand.holds))
                        hands[hands.index(hand)] = _Hand(work)
            yield answers.pop(due)
    finally:
        for hand in hands:
            hand.end()


class _Hand:
    """One child. `holds`: numbers of the files it has not answered yet; the first is being read."""

    def __init__(self, work: Work) -> None:
        self.holds: deque[int] = deque()
        self._since = 0.0
        self._said = bytearray()
        self._code = 0
        parent = os.getpid()
        self.socket, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid = os.fork()
        if self._pid == 0:
            self.socket.close()
            _live(theirs, parent, work)
        theirs.close()

    def give(self, number: int, file: str) -> None:
        if not self.holds:
            self._since = time.monotonic()
        self.holds.append(number)
        try:
            self.socket.sendall(json.dumps(file).encode() + b"\n")
        except OSError:  # it is dead; `take` will tell
            return

    def left(self) -> float:
        """Seconds that the file in hand still has."""
        return self._since + TIME_LIMIT - time.monotonic()

    def take(self, answers: dict[int, dict[str, str]]) -> bool:
        """Note what the child has said. False where it is dead: what it was at has its fault noted, the others are in `holds`."""
        late = self.left() <= 0
        said = b"" if late else self._heard()
        if not said:
            code = self.end()
            fault = "time_limit" if late else "memory_limit" if code == EXIT_MEMORY else "crash"
            answers[self.holds.popleft()] = {"reason": fault, "message": FAULTS[fault]}
            return False
        *lines, self._said = (self._said + said).split(b"\n")
        for line in lines:
            answers[self.holds.popleft()] = json.loads(line)
            self._since = time.monotonic()
        return True

    def _heard(self) -> bytes:
        try:
            return self.socket.recv(1 << 20)
        except ConnectionError:
            return b""

    def end(self) -> int:
        """Kill the child if it lives; gives its exit code."""
        if self._pid:
            self.socket.close()
            os.kill(self._pid, signal.SIGKILL)  # which does not change how the dead have ended
            _, status = os.waitpid(self._pid, 0)
            self._pid, self._code = 0, os.waitstatus_to_exitcode(status)
        return self._code


def _live(line: socket.socket, parent: int, work: Work) -> None:
    """The child's whole life. Never returns."""
    code = 1
    try:
        die_with(parent)
        gc.freeze()  # what the parent loaded is shared, and no collection touches it
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
        limit_memory(MEMORY_LIMIT)
        cage()
        with line.makefile("rb") as asked:
            for ask in asked:
                answer: dict[str, Any] = work(json.loads(ask))
                line.sendall(json.dumps(answer).encode() + b"\n")
        code = 0
    except MemoryError:
        code = EXIT_MEMORY
    except BaseException:
        traceback.print_exc()
        raise  # as far as the next line
    finally:
        os._exit(code)
