"""Hostile files: each becomes a record or a refusal, in bounded time, and no record can do harm where it is shown."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest

from ingest import Record, Rejected, clean
from ingest.core.limits import Limits
from ingest.core.model import RawArticle
from ingest.core.parse import parse
from ingest.core.text.characters import UNSAFE_CHARACTERS, escape_for_display
from tests.support import hostile

LARGE = bool(os.environ.get("HOSTILE_LARGE"))
"""10 MB lines, a million tags: a quarter of an hour."""
HANG = 120.0 if LARGE else 20.0
"""Seconds; far more than any of these files takes, so that only a hang is a failure."""

CORPUS = dict(hostile.corpus(large=LARGE))


class Cleaner:
    """A process that cleans what it is given; one that hangs or dies is replaced."""

    def __init__(self) -> None:
        self.process: Any = None

    def __call__(self, name: str, raw: bytes) -> dict[str, Any]:
        if self.process is None:
            self.line, theirs = multiprocessing.Pipe()
            self.process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
        self.line.send((name, raw))
        try:
            assert self.line.poll(HANG), f"{name!r} hangs"
            answer: dict[str, Any] = json.loads(self.line.recv_bytes())
        except (AssertionError, EOFError):
            self.end()
            raise
        return answer

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.join()
            self.process = None


def _serve(line: Connection) -> None:
    while True:
        name, raw = line.recv()
        try:
            line.send_bytes(clean(raw, name=name).to_json().encode())
        except Rejected as rejected:
            line.send_bytes(json.dumps({"rejected": rejected.reason, "message": rejected.message}).encode())


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Callable[[str, bytes], dict[str, Any]]]:
    clean(hostile.page(""))  # what is loaded here, its children need not load
    one = Cleaner()
    yield one
    one.end()


@pytest.mark.parametrize("name", CORPUS, ids=ascii)
def test_every_file_has_an_outcome(name: str, cleaner: Callable[[str, bytes], dict[str, Any]]) -> None:
    answer = cleaner(name, CORPUS[name])
    if "rejected" in answer:
        assert answer["rejected"].isidentifier()
        assert answer["message"].isprintable()
        return
    Record.model_validate(answer)
    for text in _texts({**answer, "body": answer["body"].split("\n")}):
        assert not UNSAFE_CHARACTERS.search(text)
        assert "\n" not in text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


@pytest.mark.parametrize(
    "text", ["a\nb", "\x1b]0;owned\x07", "\u202egpj.exe", "\udcff", "a\u2028b", "\x9b2J", "tab\there", "\ufeff"]
)
def test_a_file_name_cannot_control_the_terminal(text: str) -> None:
    assert escape_for_display(text).isprintable()
    assert escape_for_display(text) != text
    assert escape_for_display("Ёлка 新闻 é.txt") == "Ёлка 新闻 é.txt"


@pytest.mark.parametrize("depth", [200, 255, 257, 500, 2_047, 2_049, 10_000])
@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "table><tr><td"])
def test_deep_nesting_loses_no_word(depth: int, tag: str) -> None:
    """libxml2 drops what stands behind its 2,048th element in depth, lxml by default behind the 256th, and neither says so."""
    tags = tag.split("><")
    nested = "".join(f"<{name}>" for name in tags) * depth
    closed = "".join(f"</{name}>" for name in reversed(tags)) * depth
    raw = hostile.page(
        f"{nested}{hostile.PROSE} The deepest sentence of all.{closed}<p>The sentence behind it all.</p>"
    )
    article, _ = parse(RawArticle(raw))
    texts = [block.text for block in article.blocks]
    assert (
        texts.count(f"{hostile.PROSE} The deepest sentence of all.") == texts.count("The sentence behind it all.") == 1
    )
    assert not article.truncated


@pytest.mark.parametrize(
    ("limits", "raw"),
    [
        (Limits(blocks=3), hostile.ARTICLE.encode() * 2),
        (Limits(lines=3), hostile.ARTICLE.encode() * 2),
        (Limits(tags=14), hostile.page("<p>One.<p>Two.<p>Three.")),
    ],
)
def test_a_record_of_a_cut_source_says_so(limits: Limits, raw: bytes) -> None:
    assert clean(raw, limits=limits).provenance["body"] == "truncated"
    assert "body" not in clean(raw).provenance


def test_a_source_over_the_limit_is_refused() -> None:
    for raw in (hostile.ARTICLE.encode(), hostile.FIXED["plain.gz"]):
        with pytest.raises(Rejected, match="larger than") as refused:
            clean(raw, limits=Limits(unpacked_bytes=400))
        assert refused.value.reason == "too_large"


def test_every_stream_of_a_gzip_file_is_read() -> None:
    assert "The last word." in clean(hostile.FIXED["two-members.gz"]).body


def test_claims_hold_no_control_characters_and_no_deep_nesting() -> None:
    abyss: list[Any] = []
    for _ in range(5_000):
        abyss = [abyss]
    record = clean(hostile.ARTICLE.encode(), claims={"authors": ["a\nb\x1b[31m"], "images": abyss})
    assert record.authors == ("a b [31m",)
    assert record.images == ()
