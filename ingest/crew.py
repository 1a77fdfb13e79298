"""A crew of warm children: hands out tickets, notices who dies of what, and charges the document that was in hand.

The embedded runner has one crew for the machine; each process of a Celery worker has a crew of one. A death costs the document
in hand an attempt and nobody else anything: the other tickets go on with the next child.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.child import WINDOW
from ingest.cleaner import Cleaner
from ingest.job import Clean, Fault, Job, open_job, settle
from ingest.journal import Journal
from ingest.model import Refused
from ingest.recovery import heal
from ingest.settings import Settings
from ingest.spool import Spool, Unusable, desk, files, names

log = logging.getLogger("ingest")

FAULT_PAUSE = 2.0  # seconds between two looks whether the surroundings work again
GRACE = 10.0  # seconds; a desk or an unfinished file younger than this may just be being made, or mended by its parent

WHY = {
    "time_limit": "cleaning took longer than INGEST_TIME_LIMIT",
    "memory_limit": "cleaning took more memory than INGEST_MEMORY_LIMIT",
    "crash": "the child that cleaned it crashed",
    "killed": "every child that cleaned it was killed from outside",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A ticket that has come to its end, and the name of its outcome."""

    path: str
    outcome: str


class Crew:
    """Give it tickets, call `step` until they have ended."""

    def __init__(self, settings: Settings, clean: Clean, *, size: int) -> None:
        self.fault: str | None = None
        self._settings = settings
        self._clean = clean
        self._size = size
        self._job: Job = open_job(settings, clean=clean)
        self._children: list[Cleaner] = []
        self._waiting: deque[str] = deque()
        self._selector = selectors.DefaultSelector()
        self._not_before = 0.0
        self._look_again = 0.0

    def __contains__(self, path: object) -> bool:
        return path in self._waiting or any(path in child.hand for child in self._children)

    def __len__(self) -> int:
        return len(self._waiting) + sum(len(child.hand) for child in self._children)

    @property
    def room(self) -> int:
        """How many more tickets keep everybody busy."""
        return max(0, 2 * WINDOW * self._size - len(self))

    def listen(self, handle: int, call: Callable[[], None]) -> None:
        """Wake `step` also when this handle can be read."""
        self._selector.register(handle, selectors.EVENT_READ, call)

    def give(self, path: str) -> None:
        """One more ticket."""
        self._waiting.append(path)

    def take_back(self) -> list[str]:
        """The tickets that no child has begun to clean."""
        back = list(self._waiting)
        self._waiting.clear()
        return back

    def step(self, timeout: float) -> list[Ended]:
        """Let the children work for at most `timeout` seconds; gives the tickets that ended."""
        self._mend()
        self._hand_out()
        waits = [timeout, *(max(0.0, child.left()) for child in self._children if child.hand)]
        if self._waiting and (self.fault or self._not_before > time.monotonic()):
            waits.append(0.2)
        ended: list[Ended] = []
        for key, _ in self._selector.select(min(waits)):
            if isinstance(key.data, Cleaner):
                ended.extend(self._hear(key.data))
            else:
                key.data()
        for child in self._children:
            if child.hand and child.left() <= 0:
                child.kill()
        return ended

    def _mend(self) -> None:
        if self.fault and time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + FAULT_PAUSE
            if hindered(self._settings) is None:
                log.warning("the surroundings work again: going on")
                self.fault = None

    def _hand_out(self) -> None:
        if self.fault or time.monotonic() < self._not_before:
            return
        while self._waiting:
            fit = [child for child in self._children if len(child.hand) < WINDOW and not self._tired(child)]
            child = min(fit, key=lambda child: len(child.hand), default=None)
            if (child is None or child.hand) and len(self._children) < self._size:
                child = self._hire()
            if child is None:
                return
            child.give(self._waiting.popleft())

    def _tired(self, child: Cleaner) -> bool:
        return child.answered + len(child.hand) >= self._settings.recycle

    def _hire(self) -> Cleaner | None:
        try:
            child = Cleaner(self._settings, self._clean)
        except OSError as error:
            self._stumble(f"cannot start a child: {error}")
            return None
        self._children.append(child)
        self._selector.register(child, selectors.EVENT_READ, child)
        return child

    def _hear(self, child: Cleaner) -> Iterator[Ended]:
        in_hand = list(child.hand)
        said = child.answers()
        if said is None:
            yield from self._bury(child)
            return
        for path, answer in zip(in_hand, said, strict=False):
            if fault := answer.get("fault"):
                self._stumble(fault)
                self._waiting.append(path)  # last: should it be this document alone, the others go on
            else:
                yield Ended(path, answer["outcome"])
        if not child.hand and self._tired(child):
            yield from self._bury(child)

    def _stumble(self, fault: str) -> None:
        if self.fault is None:
            log.error("paused: %s", fault)
            self._look_again = time.monotonic() + FAULT_PAUSE
        self.fault = fault

    def _bury(self, child: Cleaner) -> Iterator[Ended]:
        self._selector.unregister(child)
        self._children.remove(child)
        why = child.bury()
        seen = desk.look(child.desk)
        in_hand = seen.notes.get("path") if seen else None
        for path in reversed(child.hand):
            if path != in_hand:
                self._waiting.appendleft(path)
        if in_hand is None and child.hand:
            self._not_before = time.monotonic() + 1.0  # it died before it began: do not fork in a circle
            if wrong := hindered(self._settings):
                self._stumble(wrong)
        try:
            if seen:
                heal(seen, self._job.spool, self._job.journal)
            if in_hand in child.hand:
                yield from self._charge(str(in_hand), why)
        except (OSError, Fault) as error:
            self._stumble(str(error))
            if in_hand in child.hand:
                self._waiting.append(str(in_hand))

    def _charge(self, path: str, why: str) -> Iterator[Ended]:
        if not self._job.spool.holds(path):
            yield Ended(path, "settled")  # it died after the deed
            return
        kind = "deaths" if why == "killed" else "attempts"
        count = self._job.spool.charge(path, kind, why)
        log.warning("a child died", extra={"fields": {"path": path, "why": why, kind: count}})
        bound = self._settings.attempts if kind == "attempts" else self._settings.deaths
        if count < bound:
            self._waiting.append(path)
            return
        yield Ended(path, settle(self._job, path, Refused(why, f"{WHY[why]}, {count} times"), {"id": None}).name)

    def close(self, *, patience: float = 0.0) -> None:
        """Let each child end the document in hand for so many seconds, then end it. What is left stays claimed."""
        self._waiting.clear()
        until = time.monotonic() + patience
        while any(child.hand for child in self._children) and time.monotonic() < until:
            self.step(until - time.monotonic())
            self._waiting.clear()
        for child in list(self._children):
            if child.hand:
                child.kill()
            for _ in self._bury(child):
                pass
        self._selector.close()


def mourn(settings: Settings, spool: Spool, journal: Journal) -> None:
    """Clear the desks of whole trees that died; what was in hand there is charged with a death."""
    for seen in desk.desks(spool.root):
        if seen.alive or seen.age < GRACE:
            continue
        path = seen.notes.get("path")
        heal(seen, spool, journal)
        if not isinstance(path, str) or not spool.holds(path):
            continue
        if (count := spool.charge(path, "deaths", "killed")) >= settings.deaths:
            settle(
                open_job(settings, clean=_never),
                path,
                Refused("killed", f"{WHY['killed']}, {count} times"),
                {"id": None},
            )


def _never(*_: object, **__: object) -> None:
    raise AssertionError("only a child cleans")


def hindered(settings: Settings) -> str | None:
    """Why nothing can be written, in words that say how to mend it; None if all is well. Tries, and leaves nothing."""
    if wrong := unwritable(settings.out) or unwritable(settings.spool):
        return wrong
    try:
        Spool(settings.spool).prepare()
    except Unusable as error:
        return str(error)
    return None


def unwritable(folder: Path) -> str | None:
    """The same of one folder."""
    probe = str(folder / f".probe-{names.new_token()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(probe, "wb") as file:  # not synced: this is asked every few seconds, and a full disk says so at once
            file.write(b"\0" * 65_536)
    except OSError as error:
        return files.trouble(folder, error)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(probe)
    return None
