"""What the spool remembers of a sink, in `<spool>/sinks/<name>/`: how far it is, its dead letters, and who delivers."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingest.service.journal_position import START, Position
from ingest.service.spool import durable

FOLDER = "sinks"


@dataclass(frozen=True, slots=True)
class SinkState:
    """How far a sink is."""

    position: Position = START
    sought: bool = False
    """Whether the position was asked for, and the sink's own does not count until it has a batch from here on."""
    delivered: int = 0
    """Lines delivered, repetitions included."""
    last_delivered: str | None = None
    """When, in RFC 3339."""
    last_token: str | None = None
    error: str | None = None
    """Why the last attempt failed; None if it did not."""
    error_since: str | None = None
    attempts: int = 0
    """Attempts that failed one after the other."""
    writes: int = 0
    """How often it was written: of two files the one that was written last counts."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A line that a sink rejected for good, and why."""

    time: str
    token: str
    id: str
    reason: str
    line: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a command asks of the process that holds the sink."""

    since: str | None = None
    retry: bool = False


@dataclass(slots=True)
class SinkFolder:
    """The folder of one sink. Whoever writes to it holds its lock."""

    spool_root: str
    name: str
    _lock: int = field(default=-1, init=False)

    @property
    def path(self) -> str:
        """The folder."""
        return os.path.join(self.spool_root, FOLDER, self.name)

    def at(self, name: str) -> str:
        """The path of a file in it."""
        return os.path.join(self.path, name)

    def try_lock(self) -> bool:
        """Take the lock, which the kernel releases when this process dies; False if another process has it. Raises OSError."""
        os.makedirs(self.path, exist_ok=True)
        handle = os.open(self.at("lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        if not durable.try_lock(handle):
            os.close(handle)
            return False
        self._lock = handle
        return True

    def unlock(self) -> None:
        """Release the lock."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def held(self) -> bool:
        """Whether a living process holds the lock."""
        return durable.is_locked(self.at("lock"))

    def read_state(self) -> SinkState:
        """How far the sink is; from the start, if nothing is known."""
        return max(map(self._read, ("state.json", "progress.json")), key=lambda state: state.writes)

    def _read(self, name: str) -> SinkState:
        stored = durable.read_json(self.at(name))
        if not isinstance(stored, dict):
            return SinkState()
        position = Position.from_json(json.dumps(stored.get("position"))) or START
        known = {name: stored[name] for name in SinkState.__dataclass_fields__ if name in stored}
        return replace(SinkState(), **known | {"position": position})

    def write_state(self, state: SinkState, *, synced: bool = True) -> SinkState:
        """Write it, and give it as written. `synced`: durably. Without that a kill does not take it, but a power cut may, which leaves
        the last one that was synced. Raises OSError.
        """
        state = replace(state, writes=state.writes + 1)
        content = json.dumps(asdict(state)).encode()
        if synced:
            durable.write_atomically(self.at("state.json"), content)
        else:
            with open(self.at("progress.json.new"), "wb") as file:
                file.write(content)
            os.rename(self.at("progress.json.new"), self.at("progress.json"))
        return state

    def dead_letters(self) -> list[DeadLetter]:
        """Each once, the oldest first; the newest reason counts."""
        found: dict[str, DeadLetter] = {}
        with contextlib.suppress(FileNotFoundError), open(self.at("dead.jsonl"), "rb") as file:
            for line in file:
                with contextlib.suppress(ValueError, TypeError):  # a kill may have cut the last line
                    letter = DeadLetter(**json.loads(line))
                    found[letter.line] = letter
        return list(found.values())

    def add_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Make them durable. Raises OSError."""
        if not letters:
            return
        handle = os.open(
            self.at("dead.jsonl"), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )
        with os.fdopen(handle, "ab") as file:
            file.write(b"\n" + _lines(letters))  # a kill may have cut the line before
            file.flush()
            os.fsync(handle)

    def replace_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Make these the dead letters. Raises OSError."""
        durable.write_atomically(self.at("dead.jsonl"), _lines(letters))

    def ask(self, request: Request) -> None:
        """Leave a request to the process that holds the lock. Raises OSError."""
        durable.write_atomically(self.at("request.json"), json.dumps(asdict(request)).encode())

    def take_request(self) -> Request | None:
        """The request that was left, if any; it is answered once `forget_request` was called."""
        asked: Any = durable.read_json(self.at("request.json"))
        return Request(asked.get("since"), bool(asked.get("retry"))) if isinstance(asked, dict) else None

    def forget_request(self) -> None:
        """The request has been answered."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.at("request.json"))


def _lines(letters: Sequence[DeadLetter]) -> bytes:
    return "".join(json.dumps(asdict(letter)) + "\n" for letter in letters).encode()
