"""`Memory`: what is known about all publishers, as one immutable snapshot, and its form as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.core.memory.observation import Sketch
from ingest.core.memory.publisher import LINE, PublisherMemory, most_repeated
from ingest.errors import InvalidMemory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.core.memory.shingles import Hashes

MAGIC = b"news-ingest memory 1\n"
"""With this begins a file; another format has another number."""
MAX_BYTES = 64 << 20
"""Of a snapshot: what is known least surely is left out of a larger one."""
VERSION_DIGITS, DIGEST_CHARACTERS = 16, 64
ANONYMOUS = "~"
"""With this begins the name of a publisher that has no domain and is known by its lines alone."""
MIN_SHARED_LINES = 2
"""Lines that only one publisher has, from which a text that names none is this publisher's."""
MIN_LEAD = 2
"""How many times as many of them it must have as any other."""
_COUNTED = ("stories", "number", "day", "fit", "changes", "changed")


@dataclass(frozen=True, eq=False)
class Memory:
    """What publishers repeat over their different articles. Made by `learn`; `clean` takes it as evidence.

    Two memories with the same `version` are the same.
    """

    publishers: Mapping[str, PublisherMemory] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def version(self) -> str:
        """16 hexadecimal digits of the SHA-256 of the snapshot: a record names it."""
        return self.save()[len(MAGIC) :][:VERSION_DIGITS].decode()

    def of(self, publisher: str | None) -> PublisherMemory | None:
        """What is known about a publisher, by its registered domain."""
        return self.publishers.get(publisher) if publisher else None

    def find(self, keys: Hashes) -> PublisherMemory | None:
        """The publisher of a text that names none, by the keys of its distinctive lines; None where they are nobody's, or two share them."""
        index, owners, names = self._index
        at = np.searchsorted(index, keys := np.unique(keys))
        found = at < len(index)
        found[found] = index[at[found]] == keys[found]
        counts = np.bincount(owners[at[found]], minlength=1)
        best, *others = np.sort(counts)[::-1].tolist()
        if best < MIN_SHARED_LINES or (others and best < MIN_LEAD * others[0]):
            return None
        return self.publishers[names[int(counts.argmax())]]

    @cached_property
    def _index(self) -> tuple[Hashes, NDArray[np.intp], tuple[str, ...]]:
        """(keys of lines that one publisher alone repeats, ascending; the number of each one's publisher; the publishers' names)."""
        names = tuple(self.publishers)
        rows = [
            known.lines["key"][known.lines["stories"] > (not is_anonymous(name))]
            for name, known in self.publishers.items()
        ]
        keys = np.concatenate([np.zeros(0, np.uint64), *rows])
        owners = np.repeat(np.arange(len(names)), [len(each) for each in rows])
        order = np.argsort(keys, kind="stable")
        keys, owners = keys[order], owners[order]
        single = np.ones(len(keys), bool)
        single[1:] &= keys[1:] != keys[:-1]
        single[:-1] &= keys[:-1] != keys[1:]
        return keys[single], owners[single], names

    def without(self, publisher: str) -> Memory:
        """The same, but for what is known about one publisher."""
        return Memory(_by_name(known for name, known in self.publishers.items() if name != publisher))

    def with_publishers(self, changed: Iterable[PublisherMemory]) -> Memory:
        """The same with some publishers' memories replaced or added."""
        return Memory(_by_name({**self.publishers, **{each.name: each for each in changed}}.values()))

    def newer_than(self, day: int) -> Memory:
        """Without publishers whose newest article is of that day or before it (days since 1970); of an unknown day they stay."""
        return Memory(_by_name(known for known in self.publishers.values() if not 0 < known.day <= day))

    def save(self) -> bytes:
        """The snapshot, at most 64 MiB; the same knowledge gives the same bytes."""
        publishers = _within(list(self.publishers.values()), MAX_BYTES)
        heads = [_head(known) for known in publishers]
        head = json.dumps({"publishers": heads}, ensure_ascii=False, separators=(",", ":")).encode()
        parts = [len(head).to_bytes(8, "little"), head]
        for known in publishers:
            parts.append(known.lines.tobytes())
            parts += [part.astype("<u4").tobytes() for sketch in known.sketches for part in sketch[1:]]
        content = b"".join(parts)
        return MAGIC + sha256(content).hexdigest().encode() + b"\n" + content

    @classmethod
    def load(cls, content: bytes) -> Memory:
        """The memory that `save` wrote. Raises `InvalidMemory` for anything else."""
        begin = len(MAGIC) + DIGEST_CHARACTERS + 1
        digest = content[len(MAGIC) : begin - 1]
        if not content.startswith(MAGIC) or sha256(memoryview(content)[begin:]).hexdigest().encode() != digest:
            raise InvalidMemory("this is no snapshot of a memory, or it is damaged")
        try:
            memory = cls(_by_name(_read(content, begin)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidMemory("this snapshot of a memory was written by another version") from error
        memory.__dict__["version"] = digest[:VERSION_DIGITS].decode()
        return memory


def is_anonymous(name: str) -> bool:
    """Whether this publisher has no domain and is known by its lines alone."""
    return name.startswith(ANONYMOUS)


def _by_name(publishers: Iterable[PublisherMemory]) -> Mapping[str, PublisherMemory]:
    return MappingProxyType({known.name: known for known in sorted(publishers, key=lambda known: known.name)})


def _head(known: PublisherMemory) -> dict[str, Any]:
    return {
        "name": known.name,
        **{name: getattr(known, name) for name in _COUNTED},
        "lines": len(known.lines),
        "sketches": [[sketch.scale, *map(len, sketch[1:])] for sketch in known.sketches],
    }


def _read(content: bytes, begin: int) -> Iterable[PublisherMemory]:
    at = begin + 8
    size = int.from_bytes(content[begin:at], "little")
    heads = json.loads(content[at : at + size])["publishers"]
    at += size
    for head in heads:
        lines = np.frombuffer(content, LINE, head["lines"], at)
        at += lines.nbytes
        sketches = []
        for scale, *sizes in head["sketches"]:
            parts = [np.frombuffer(content, "<u4", size, at + 4 * sum(sizes[:part])) for part, size in enumerate(sizes)]
            at += 4 * sum(sizes)
            sketches.append(Sketch(scale, *parts))
        yield PublisherMemory(
            name=head["name"],
            lines=lines,
            sketches=tuple(sketches),
            **{name: head[name] for name in _COUNTED},
        )
    if at != len(content):
        raise ValueError(at)


def _bytes(known: PublisherMemory) -> int:
    sketches = sum(sum(part.nbytes for part in sketch[1:]) + 16 for sketch in known.sketches)
    return known.lines.nbytes + sketches + 200 + len(known.name.encode())


def _within(publishers: list[PublisherMemory], limit: int) -> list[PublisherMemory]:
    """The same, thinned until it fits: first what was seen once, then the older sketches, then the lines in the fewest stories."""
    for seen_once, sketches, most in ((5, 40, 3000), (0, 16, 800), (0, 8, 250), (0, 6, 180), (0, 4, 120), (0, 2, 50)):
        if sum(map(_bytes, publishers)) <= limit:
            return publishers
        publishers = [_thinned(known, seen_once, sketches, most) for known in publishers]
    publishers = sorted(publishers, key=lambda known: (-known.stories, known.name))
    total = np.cumsum([_bytes(known) for known in publishers])
    return sorted(publishers[: int((total <= limit).sum())], key=lambda known: known.name)


def _thinned(known: PublisherMemory, seen_once: int, sketches: int, most: int) -> PublisherMemory:
    """Lines seen once only of the newest `seen_once` stories, and at most `most` of the others."""
    lines = known.lines[(known.lines["stories"] > 1) | (known.lines["last"] > known.number - seen_once)]
    return replace(known, lines=most_repeated(lines, most), sketches=known.sketches[-sketches:])
