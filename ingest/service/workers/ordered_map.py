"""Maps files through worker processes, in order: a file that hangs, crashes or takes all memory costs itself alone."""

from __future__ import annotations

import select
from collections import deque
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
FAILURE_MESSAGES = {
    Reason.TIME_LIMIT: f"It took longer than {TIME_LIMIT_SECONDS:.0f} s.",
    Reason.MEMORY_LIMIT: f"It took more than {MEMORY_LIMIT_MIB} MiB of memory.",
    Reason.CRASH: "It broke the process that read it.",
    Reason.KILLED: "The process that read it was killed from outside.",
}
"""What ended a file's process, for people."""


def map_in_workers(files: Sequence[str], jobs: int, work: Callable[[str], dict[str, str]]) -> Iterator[dict[str, str]]:
    """What `work` says of each file, in their order; where it says nothing, a reason and a message. `work` is not to raise."""
    waiting = deque(range(len(files)))
    answers: dict[int, dict[str, str]] = {}

    def spawn() -> WorkerProcess:
        return WorkerProcess(lambda: nullcontext(work), time_limit=TIME_LIMIT_SECONDS, memory_limit=MEMORY_LIMIT_MIB)

    holds: dict[WorkerProcess, deque[int]] = {spawn(): deque() for _ in range(jobs)}
    try:
        for due in range(len(files)):
            while due not in answers:
                for child, numbers in holds.items():
                    while waiting and len(numbers) < MAX_PENDING and waiting[0] < due + MAX_AHEAD_PER_WORKER * jobs:
                        numbers.append(waiting.popleft())
                        child.submit(files[numbers[-1]])
                busy = [child for child in holds if child.pending]
                ready, _, _ = select.select(busy, [], [], max(0.0, min(child.seconds_left() for child in busy)))
                for child in busy:
                    if child.seconds_left() <= 0:
                        child.kill()
                    said = child.receive() if child in ready else []
                    if said is not None:
                        answers |= {holds[child].popleft(): answer for answer in said}
                        continue
                    numbers = holds.pop(child)
                    fault = child.reap()
                    answers[numbers.popleft()] = {"reason": fault, "message": FAILURE_MESSAGES[fault]}
                    waiting.extendleft(reversed(numbers))
                    holds[spawn()] = deque()
            yield answers.pop(due)
    finally:
        for child in holds:
            child.kill()
            child.reap()
