"""Files through warm children, in their order: one that hangs, crashes or eats all memory costs itself alone."""

from __future__ import annotations

import select
from collections import deque
from contextlib import nullcontext
from typing import TYPE_CHECKING

from ingest.child import WINDOW, Child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingest.record import Record

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
    "killed": "The process that read it was killed from outside.",
}
"""What became of a file's child, for people."""


def warm() -> Callable[..., Record]:
    """The core's `clean`, with its models and packs loaded, so that children share them."""
    from ingest.pipeline import clean  # noqa: PLC0415 - half a second that `ingest --help` need not pay

    clean(
        b"A short text, long enough to be read.\n\nIt has two paragraphs, and all that cleaning needs is loaded now.\n"
    )
    return clean


def in_children(files: Sequence[str], jobs: int, work: Callable[[str], dict[str, str]]) -> Iterator[dict[str, str]]:
    """What `work` says of each file, in their order; where it says nothing, a reason and a message. `work` is not to raise."""
    waiting = deque(range(len(files)))
    answers: dict[int, dict[str, str]] = {}

    def hire() -> Child:
        return Child(lambda: nullcontext(work), time_limit=TIME_LIMIT, memory_limit=MEMORY_LIMIT)

    holds: dict[Child, deque[int]] = {hire(): deque() for _ in range(jobs)}
    try:
        for due in range(len(files)):
            while due not in answers:
                for child, numbers in holds.items():
                    while waiting and len(numbers) < WINDOW and waiting[0] < due + AHEAD * jobs:
                        numbers.append(waiting.popleft())
                        child.give(files[numbers[-1]])
                busy = [child for child in holds if child.hand]
                ready, _, _ = select.select(busy, [], [], max(0.0, min(child.left() for child in busy)))
                for child in busy:
                    if child.left() <= 0:
                        child.kill()
                    said = child.answers() if child in ready else []
                    if said is not None:
                        answers |= {holds[child].popleft(): answer for answer in said}
                        continue
                    numbers = holds.pop(child)
                    fault = child.bury()
                    answers[numbers.popleft()] = {"reason": fault, "message": FAULTS[fault]}
                    waiting.extendleft(reversed(numbers))
                    holds[hire()] = deque()
            yield answers.pop(due)
    finally:
        for child in holds:
            child.kill()
            child.bury()
