"""The memory of publishers as the service uses it: workers note what they saw, the watcher learns from it, all workers read the result.

    worker ──▶ <spool>/.memory/seen/<token> ──watcher──▶ <spool>/.memory/current ──▶ workers

One writer and one file that is replaced as a whole. What a process was killed over is seen again or forgotten, and a story that is learned
from twice counts once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from ingest.errors import InvalidMemory, TransientError
from ingest.service.formats import MemoryState
from ingest.service.reloaded import Reloaded
from ingest.service.spool import durable, filenames

if TYPE_CHECKING:
    from ingest.core.memory.observation import Observation
    from ingest.core.memory.snapshot import Memory
    from ingest.core.pipeline import LabelledArticle

log = logging.getLogger(__name__)

LEARN_SECONDS = 30.0
"""Between two times of learning."""
MAX_SHARE_OF_TIME = 0.02
"""Of the watcher's time that learning may take: with 10,000 publishers a snapshot takes half a second to write."""
MAX_OBSERVATIONS = 2000
"""Articles learned from at once."""
MAX_WAITING = 20_000
"""Notes that wait: beyond them workers note nothing, for no watcher takes them."""
NOTES_BETWEEN_CHECKS = 100
"""Notes of one worker between two looks at how many wait."""
MAX_STORIES_OF_SENDER = 40
"""Articles of one publisher that one sender teaches on one day."""
MAX_UNPROVEN_STORIES_OF_SENDER = 4
"""The same for articles that do not name the publisher themselves: their sender alone says whose they are."""
FORGET_DAYS = 400
"""Days after which a publisher is forgotten of whom nothing came."""
MAX_CHANGES_SHOWN = 20
SECONDS_OF_DAY = 86_400


class MemorySnapshot:
    """The folder `.memory` of a spool."""

    def __init__(self, spool_root: str) -> None:
        self.folder = os.path.join(spool_root, ".memory")
        self.current = os.path.join(self.folder, "current")
        self.seen = os.path.join(self.folder, "seen")
        self.resets = os.path.join(self.folder, "reset")
        self._state = os.path.join(self.folder, "state.json")

    def state(self) -> MemoryState:
        """How much is known, and which templates changed."""
        found = durable.read_json(self._state)
        if isinstance(found, dict):
            return found  # type: ignore[return-value]
        return {"version": None, "publishers": 0, "stories": 0, "bytes": 0, "left_out": 0, "changes": 0, "changed": []}

    def load(self) -> Memory | None:
        """The memory in use; None where nothing is known yet. Raises OSError, `InvalidMemory`."""
        from ingest.core.memory.snapshot import Memory  # noqa: PLC0415 - for those who clean

        try:
            with open(self.current, "rb") as file:
                return Memory.load(file.read())
        except FileNotFoundError:
            return None

    def write(self, memory: Memory, left_out: int = 0) -> None:
        """Replace the memory in use. For its one writer. Raises OSError."""
        os.makedirs(self.folder, exist_ok=True)
        content = memory.save()
        durable.write_atomically(self.current, content, staging=self.folder)
        known = sorted(memory.publishers.values(), key=lambda each: (-each.changed, each.name))
        changed = [
            {"publisher": each.name, "day": time.strftime("%Y-%m-%d", time.gmtime(each.changed * SECONDS_OF_DAY))}
            for each in known
            if each.changed
        ]
        state = MemoryState(
            version=memory.version,
            publishers=len(known),
            stories=sum(each.stories for each in known),
            bytes=len(content),
            left_out=self.state()["left_out"] + left_out,
            changes=sum(each.changes for each in known),
            changed=changed[:MAX_CHANGES_SHOWN],  # type: ignore[typeddict-item]
        )
        durable.write_atomically(self._state, json.dumps(state).encode(), staging=self.folder)

    def ask_to_forget(self, publisher: str) -> None:
        """Have the writer forget a publisher. Raises OSError."""
        os.makedirs(self.resets, exist_ok=True)
        name = hashlib.sha256(publisher.encode("utf-8", "replace")).hexdigest()
        durable.write_atomically(os.path.join(self.resets, name), json.dumps(publisher).encode(), staging=self.folder)


class CurrentMemory(Reloaded["Memory"]):
    """The memory in use, as the watcher wrote it last; None where nothing is known yet. A call raises `TransientError` where it cannot be read."""

    def __init__(self, spool_root: str) -> None:
        self._snapshot = MemorySnapshot(spool_root)
        super().__init__(self._snapshot.current, self._read)

    def _read(self) -> Memory | None:
        try:
            return self._snapshot.load()
        except InvalidMemory as error:  # of another version, which the watcher will replace
            log.warning("the memory of publishers is not used: %s", error)
            return None
        except OSError as error:
            raise TransientError(f"cannot read the memory of publishers: {error}") from error


class Observer:
    """Notes what a worker saw of the articles that it cleaned."""

    def __init__(self, spool_root: str) -> None:
        self._seen = MemorySnapshot(spool_root).seen
        self._last: LabelledArticle | None = None
        self._kept = 0
        self._full = False

    def look(self, article: LabelledArticle) -> None:
        """The article that is being cleaned."""
        self._last = article

    def keep(self, name: str) -> None:
        """Its record is stored: note what was seen. `name`: of its source, as in `claimed`. A note that cannot be written is lost."""
        from ingest.core.learn import observe_article  # noqa: PLC0415 - for those who clean

        article, self._last = self._last, None
        if article is None:
            return
        content = observe_article(article, sender=sender_of(name)).pack()
        with suppress(OSError):
            if self._kept % NOTES_BETWEEN_CHECKS == 0:
                os.makedirs(self._seen, exist_ok=True)
                self._full = len(os.listdir(self._seen)) >= MAX_WAITING
            self._kept += 1
            if self._full:
                return
            target = os.path.join(self._seen, filenames.token_of(name))
            with open(f"{target}.tmp", "wb") as file:
                file.write(content)
            os.rename(f"{target}.tmp", target)


def sender_of(name: str) -> str:
    """Who sent a source: the first folder of its path below the inbox; "" where it lay in the inbox itself."""
    folder, separator, _ = filenames.display_path(name).partition("/")
    return folder if separator else ""


class MemoryKeeper:
    """Learns from what workers saw: the one writer of the memory, inside the watcher."""

    def __init__(self, spool_root: str) -> None:
        self.snapshot = MemorySnapshot(spool_root)
        self._due = 0.0
        self._day = 0
        self._taught: Counter[tuple[str, str, bool]] = Counter()
        """Articles of (publisher, sender, whether proven) today."""

    def maintain(self, *, force: bool = False) -> None:
        """Learn, if it is time. Raises OSError."""
        if not force and time.monotonic() < self._due:
            return
        began = time.monotonic()
        self._learn()
        taken = time.monotonic() - began
        self._due = time.monotonic() + max(LEARN_SECONDS, taken / MAX_SHARE_OF_TIME)

    def _learn(self) -> None:
        resets = _paths(self.snapshot.resets)
        notes = _paths(self.snapshot.seen)[:MAX_OBSERVATIONS]
        if not resets and not notes:
            return
        from ingest.core.learn import remember  # noqa: PLC0415 - half a second, for a watcher that learns
        from ingest.core.memory.snapshot import Memory  # noqa: PLC0415

        today = int(time.time()) // SECONDS_OF_DAY
        if today != self._day:
            self._day, self._taught = today, Counter()
        try:
            memory = self.snapshot.load() or Memory()
        except InvalidMemory as error:
            log.warning("the memory of publishers is begun anew: %s", error)
            memory = Memory()
        before = {name: known.changes for name, known in memory.publishers.items()}
        for path in resets:
            publisher = durable.read_json(path)
            if isinstance(publisher, str):
                memory = memory.without(publisher)
                log.info("forgotten: %s", publisher)
        seen = [each for path in notes if (each := _read(path))]
        taken = [each for each in seen if self._may_teach(each)]
        memory = remember(taken, memory=memory, day=today).newer_than(today - FORGET_DAYS)
        self.snapshot.write(memory, len(seen) - len(taken))
        for name, known in memory.publishers.items():
            if known.changes > before.get(name, 0):
                log.warning("the template of a publisher has changed, and the old one is unlearned: %s", name)
        for path in (*notes, *resets):
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _may_teach(self, seen: Observation) -> bool:
        if seen.publisher is None:
            return True
        key = (seen.publisher, seen.sender, seen.proven)
        self._taught[key] += 1
        return self._taught[key] <= (MAX_STORIES_OF_SENDER if seen.proven else MAX_UNPROVEN_STORIES_OF_SENDER)


def forget_publisher(spool_root: str, publisher: str) -> bool:
    """Have a publisher forgotten: now, or soon by the watcher that holds the spool. Whether it was now. Raises OSError."""
    keeper = MemoryKeeper(spool_root)
    keeper.snapshot.ask_to_forget(publisher)
    handle = os.open(os.path.join(spool_root, ".keeper"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        if not durable.try_lock(handle):
            return False
        keeper.maintain(force=True)
        return True
    finally:
        os.close(handle)


def _paths(folder: str) -> list[str]:
    """The files of a folder that are whole, oldest first."""
    with suppress(FileNotFoundError):
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if "." not in name]
    return []


def _read(path: str) -> Observation | None:
    from ingest.core.memory.observation import Observation  # noqa: PLC0415

    try:
        return Observation.unpack(durable.read_whole(path, durable.MAX_JSON_BYTES))
    except (OSError, ValueError):  # of a process that was killed, or not ours
        return None
