"""Maps files through worker processes, in order: a file that hangs, crashes or takes all memory costs itself alone.

Of a container each member is a request of its own, so that all processes share it: each reads it for itself, and skips what others clean.
"""

from __future__ import annotations

import heapq
import select
from collections import Counter, deque
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ingest.errors import Reason
from ingest.service.workers.process import MAX_PENDING, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


TIME_LIMIT_SECONDS = 60.0
"""Seconds for one file; three times the service's, because nothing here waits for a late file."""
MEMORY_LIMIT_MIB = 1024
"""MiB that a child may take beyond what it starts with, as in the service."""
MAX_AHEAD_PER_WORKER = 16
"""Files a child may be ahead of the one that is due: enough that none waits, few enough that memory stays flat."""
MAX_DEATHS_IN_A_ROW = 3
"""Of processes that were asked for members of one container; then it is the container itself that they die of."""
FAILURE_MESSAGES = {
    Reason.TIME_LIMIT: f"It took longer than {TIME_LIMIT_SECONDS:.0f} s.",
    Reason.MEMORY_LIMIT: f"It took more than {MEMORY_LIMIT_MIB} MiB of memory.",
    Reason.CRASH: "It broke the process that read it.",
    Reason.KILLED: "The process that read it was killed from outside.",
}
"""What ended a file's process, for people."""
SEPARATOR = "\0"
"""In a request for a member: between the file's name, the member's number, and where to begin to read (see `split_request`)."""

Answer = dict[str, str]
Key = tuple[int, int]
"""A request: the index of a file, and 0 for itself or the number of a member, from 1."""


def map_in_workers(files: Sequence[str], jobs: int, work: Callable[[str], Answer]) -> Iterator[Answer]:
    """What `work` says of each file, in their order; where it says nothing, a reason and a message. `work` is not to raise."""
    return (answer for _, answer in map_members_in_workers(files, jobs, work))


def map_members_in_workers(
    files: Sequence[str], jobs: int, work: Callable[[str], Answer]
) -> Iterator[tuple[int, Answer]]:
    """The same with the index of the file, and with members: where `work` says `container`, it is asked for the first, the second … until
    it says `end`, as `split_request` tells. What it says of `offset` and `first` it is told again, should another process go on.
    """
    asks = _Asks(files, MAX_AHEAD_PER_WORKER * jobs)

    def spawn() -> WorkerProcess:
        return WorkerProcess(lambda: nullcontext(work), time_limit=TIME_LIMIT_SECONDS, memory_limit=MEMORY_LIMIT_MIB)

    holds: dict[WorkerProcess, deque[Key]] = {spawn(): deque() for _ in range(min(jobs, len(files)))}
    try:
        while not asks.done:
            while (found := asks.due_answer()) is None:
                holds |= {spawn(): deque() for _ in range(jobs - len(holds) if asks.has_members else 0)}
                for child, keys in holds.items():
                    while len(keys) < MAX_PENDING and (key := asks.take()):
                        keys.append(key)
                        child.submit(asks.request(key))
                busy = [child for child in holds if child.pending]
                ready, _, _ = select.select(busy, [], [], max(0.0, min(child.seconds_left() for child in busy)))
                for child in busy:
                    if child.seconds_left() <= 0:
                        child.kill()
                    said = child.receive() if child in ready else []
                    if said is not None:
                        for answer in said:
                            asks.put(holds[child].popleft(), answer)
                        continue
                    keys = holds.pop(child)
                    asks.fail(keys.popleft(), child.reap())
                    asks.put_back(keys)
                    holds[spawn()] = deque()
            yield found
    finally:
        for child in holds:
            child.kill()
            child.reap()


def split_request(request: str) -> tuple[str, int, int, int]:
    """Of a request: the file, the number of the member or 0, and an offset from which reading it can begin, with the number of the first
    member there, or 0 and 1.
    """
    name, _, rest = request.partition(SEPARATOR)
    number, offset, first = (int(part) for part in rest.split(SEPARATOR)) if rest else (0, 0, 1)
    return name, number, offset, first


class _Asks:
    """The requests that are still to be made, and the answers that are not due yet."""

    def __init__(self, files: Sequence[str], ahead: int) -> None:
        self._files = files
        self._ahead = ahead
        self._next_file = 0
        self._waiting: list[Key] = []
        self._answers: dict[Key, Answer] = {}
        self._out = 0
        self._due: Key = (0, 0)
        self._ends: dict[int, int] = {}
        self._begins: dict[int, str] = {}
        self._deaths: Counter[int] = Counter()
        self._furthest: Counter[int] = Counter()
        """The greatest number of a member that was or waits to be asked for, by file."""

    @property
    def done(self) -> bool:
        """Whether no answer is due any more."""
        return self._due[0] >= len(self._files)

    @property
    def has_members(self) -> bool:
        """Whether there was a container."""
        return bool(self._furthest)

    def take(self) -> Key | None:
        """The next request; None if there is none, or if those made are too far ahead of the one that is due."""
        while self._waiting and self._is_beyond_end(self._waiting[0]):
            heapq.heappop(self._waiting)
        ahead = self._out + len(self._answers) >= self._ahead
        if self._waiting and (not ahead or self._waiting[0] == self._due):
            key = heapq.heappop(self._waiting)
            if key[1]:
                self._push_next(key)
        elif not self._waiting and self._next_file < len(self._files) and not ahead:
            key = (self._next_file, 0)
            self._next_file += 1
        else:
            return None
        self._out += 1
        return key

    def _push_next(self, key: Key) -> None:
        index, number = key
        if self._furthest[index] <= number:
            self._furthest[index] = number + 1
            heapq.heappush(self._waiting, (index, number + 1))

    def request(self, key: Key) -> str:
        """What to ask a process."""
        index, number = key
        if not number:
            return self._files[index]
        return SEPARATOR.join((self._files[index], str(number), self._begins.get(index, f"0{SEPARATOR}1")))

    def put(self, key: Key, answer: Answer) -> None:
        """An answer has come."""
        index, number = key
        self._out -= 1
        if self._is_beyond_end(key):
            return
        self._deaths[index] = 0
        self._answers[key] = answer
        if number and "end" in answer:
            self._ends[index] = number
        elif number and "offset" in answer:
            self._begins[index] = SEPARATOR.join((answer["offset"], answer["first"]))
        elif not number and "container" in answer:
            self._push_next(key)

    def fail(self, key: Key, reason: Reason) -> None:
        """The process that had the request has died."""
        deaths = self._deaths[key[0]] + 1
        answer = {"reason": str(reason), "message": FAILURE_MESSAGES[reason]}
        answer |= {"member": f"number {key[1]}"} if key[1] else {}
        self.put(key, answer | ({"end": reason} if key[1] and deaths >= MAX_DEATHS_IN_A_ROW else {}))
        self._deaths[key[0]] = deaths

    def put_back(self, keys: deque[Key]) -> None:
        """Requests that were made and not begun."""
        self._out -= len(keys)
        for key in keys:
            heapq.heappush(self._waiting, key)

    def due_answer(self) -> tuple[int, Answer] | None:
        """The answer that is due, with the index of its file; None if it has not come."""
        answer = self._answers.pop(self._due, None)
        if answer is None:
            return None
        index, number = self._due
        if number and "end" in answer:
            self._answers = {key: kept for key, kept in self._answers.items() if key[0] != index}
            self._due = (index + 1, 0)
        else:
            self._due = (index, number + 1) if number or "container" in answer else (index + 1, 0)
        return index, answer

    def _is_beyond_end(self, key: Key) -> bool:
        return key[0] in self._ends and key[1] > self._ends[key[0]]
