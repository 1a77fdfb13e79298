"""JSON Lines and JSON of crawlers: one object a line, an array of objects, an object with such an array, or one object alone."""

from __future__ import annotations

import codecs
import io
import json
import re
from typing import TYPE_CHECKING, Any, BinaryIO

from ingest.core.containers import Member, RefusedMember
from ingest.core.containers.json_fields import looks_like_page, to_member
from ingest.errors import Reason, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.containers import Part
    from ingest.core.limits import Limits

LIST_KEYS = ("articles", "items", "results", "data", "documents", "docs", "pages", "posts", "news", "entries")
"""Under which a service's answer has its articles."""
CHUNK_BYTES = 1 << 20
MAX_ESCAPES = 6
"""Bytes of JSON for one byte of a page, at most: `\\u00e9` for two, `\\u001b` for one."""
_BOM = b"\xef\xbb\xbf"
_KEY = re.compile(r'\s*[{,]\s*"((?:[^"\\]|\\.){1,80})"\s*:\s*')
_LIST = re.compile(rb'"(' + "|".join(LIST_KEYS).encode() + rb')"\s*:\s*\[')
_BLANK = b" \t\r\n"
_DECODER = json.JSONDecoder()


def is_json_of_pages(head: bytes) -> bool:
    """Whether the beginning of a JSON text, unpacked, is that of pages: the keys of its first object say so, as far as they are seen."""
    text = head.removeprefix(_BOM).decode("utf-8", "ignore").lstrip()
    if text.startswith("["):
        return looks_like_page(_keys(text[1:].lstrip()))
    if not text.startswith("{"):
        return False
    if looks_like_page(_keys(text)):
        return True
    found = _LIST.search(head)
    return found is not None and looks_like_page(_keys(head[found.end() :].decode("utf-8", "ignore").lstrip()))


def is_mapped(head: bytes, fields: tuple[tuple[str, str], ...]) -> bool:
    """Whether the first object has a key where `Limits.json_fields` says that pages have their HTML or text."""
    wanted = {path.partition(".")[0] for field, path in fields if field in {"html", "text"}}
    text = head.removeprefix(_BOM).decode("utf-8", "ignore").lstrip().removeprefix("[").lstrip()
    return bool(wanted & _keys(text))


def _keys(text: str) -> set[str]:
    """The keys of the object that a text begins with; a value that the text cuts off ends them."""
    keys: set[str] = set()
    at = 0
    while found := _KEY.match(text, at):
        keys.add(found[1])
        try:
            _, at = _DECODER.raw_decode(text, found.end())
        except (ValueError, RecursionError):
            break
    return keys


def read(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Part]:
    """The articles of a JSON text. Of JSON Lines `start` is the beginning of a line. See `containers.Read`."""
    if start:
        stream.seek(start)
        return (yield from _articles(b"", stream, limits, start))
    head = stream.read(CHUNK_BYTES)
    body = head.removeprefix(_BOM).lstrip(_BLANK)
    begin = 0 if body.startswith(b"[") else _list_begins(body, limits)
    if begin is None and _is_lines(body, len(head) < CHUNK_BYTES):
        return (yield from _articles(head, stream, limits, 0))
    values = _alone(stream, body, limits) if begin is None else _elements(stream, body[begin:], limits)
    for number, value in enumerate(values, 1):
        yield _one(value, number, None, limits)


def _list_begins(body: bytes, limits: Limits) -> int | None:
    """Where the list of articles begins in an object that is none itself."""
    found = _LIST.search(body)
    if found is None or limits.json_fields or looks_like_page(_keys(body.decode("utf-8", "ignore"))):
        return None
    return found.end() - 1


def _is_lines(body: bytes, whole: bool) -> bool:  # noqa: FBT001
    """Whether the first line is a JSON value by itself; one that is longer than what is seen must be."""
    line, end, _ = body.partition(b"\n")
    if not end and not whole:
        return b"\n" not in body
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _articles(head: bytes, stream: BinaryIO, limits: Limits, start: int) -> Iterator[Part]:
    """One a line. `head`: what was read of the stream, which begins at `start`."""
    most = MAX_ESCAPES * limits.unpacked_bytes
    offset = start
    for line, size in _lines(head, stream, most):
        here, name = offset, f"byte {offset}"
        offset += size
        plain = line.removeprefix(_BOM).strip(_BLANK)
        if size > most:
            yield RefusedMember(name, Reason.TOO_LARGE, f"The line is longer than {most >> 20} MiB.", offset=here)
        elif plain:
            try:
                value = json.loads(plain)
            except (ValueError, RecursionError) as error:
                message = f"The line is no JSON: {str(error)[:200]}."
                yield RefusedMember(name, Reason.DAMAGED_CONTAINER, message, offset=here)
            else:
                yield _one(value, name, here, limits)


def _lines(head: bytes, stream: BinaryIO, most: int) -> Iterator[tuple[bytes, int]]:
    """Lines and their sizes in bytes; of a line that is longer than `most` the beginning alone."""
    tail = b""
    for line in io.BytesIO(head):
        if line.endswith(b"\n"):
            yield line, len(line)
        else:
            tail = line
    while line := tail + stream.readline(most + 1):
        tail, size = b"", len(line)
        if size > most:
            last = line
            while not last.endswith(b"\n") and (last := stream.readline(CHUNK_BYTES)):
                size += len(last)
        yield line, size


def _one(value: Any, name: int | str, offset: int | None, limits: Limits) -> Member | RefusedMember:
    return to_member(value, name, offset, limits.json_fields, limits.unpacked_bytes)


def _alone(stream: BinaryIO, body: bytes, limits: Limits) -> Iterator[Any]:
    rest = stream.read(MAX_ESCAPES * limits.unpacked_bytes)
    try:
        yield json.loads(body + rest)
    except (ValueError, RecursionError) as error:
        raise _damaged(error) from None


def _elements(stream: BinaryIO, body: bytes, limits: Limits) -> Iterator[Any]:
    """The elements of an array, of which one at a time is held. `body` begins with its bracket."""
    most = MAX_ESCAPES * limits.unpacked_bytes
    decoder = _Text(stream, body)
    decoder.skip("[")
    while decoder.next_is_not("]"):
        yield decoder.value(most)
        decoder.skip(",")


class _Text:
    """A JSON text of which a part is held: it grows by doubling until a value is whole, so that a long one is not read over and over."""

    def __init__(self, stream: BinaryIO, body: bytes) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = self._decode.decode(body)
        self._at = 0

    def skip(self, character: str) -> None:
        """Step over a character, if it is the next one that is not blank."""
        if not self.next_is_not(character):
            self._at += 1

    def next_is_not(self, character: str) -> bool:
        """Whether the next character that is not blank is another. Raises `Rejected` where there is none."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at] != character
            if not self._grow(CHUNK_BYTES):
                raise _damaged("it ends inside a list")

    def value(self, most: int) -> Any:
        """The next value."""
        while True:
            try:
                value, self._at = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                held = len(self._text) - self._at
                if held > most:
                    raise Rejected(
                        Reason.TOO_LARGE, f"A value of the JSON text is longer than {most >> 20} MiB."
                    ) from None
                if not self._grow(max(CHUNK_BYTES, held)):
                    raise _damaged(error) from None
            else:
                return value

    def _grow(self, size: int) -> bool:
        part = self._stream.read(size)
        self._text = self._text[self._at :] + self._decode.decode(part, not part)
        self._at = 0
        return bool(part)


def _damaged(error: object) -> Rejected:
    return Rejected(Reason.DAMAGED_CONTAINER, f"The JSON text is cut off or damaged: {str(error)[:200]}.")
