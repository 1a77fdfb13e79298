"""News of wires in text: IPTC 7901 and ANPA 1312, framed by control characters: a heading, the text, the time of filing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.core.containers import Member
from ingest.core.containers.codes import announced, subjects, terms
from ingest.core.containers.document import Document, no_text, several, whole
from ingest.core.containers.xml import known
from ingest.core.metadata.authors import looks_like_person, parse_authors, strip_byline_marker
from ingest.core.model import Label
from ingest.core.parse.encoding import Decoded, decode_bytes
from ingest.core.text.characters import to_single_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ingest.core.limits import Limits

_START, _TEXT, _END = b"\x01", b"\x02", b"\x03"
_PRIORITIES = {"f": 1, "b": 2, "u": 3, "r": 4, "d": 5}
"""ANPA's letters for flash, bulletin, urgent, rush and deferred, as the numbers of IPTC 7901; the others (advances) say nothing of urgency."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_IPTC_HEADING = re.compile(
    r"(?:ZCZC\s+)?(?P<source>[A-Za-z]{2,4})(?P<number>\d{1,5})\s+(?P<urgency>[1-9])\s+(?P<category>[A-Za-z]{1,4})\s+(?P<words>\d{1,5})\b[ \t]*(?P<rest>.*)"
)
_ANPA_HEADING = re.compile(
    r"(?P<priority>[A-Za-z])\s+(?P<category>[A-Za-z0-9])\s+(?P<keyword>(?:[AaPpBb][MmPpCc]-)?.*?)\s+(?P<month>\d{1,2})-(?P<day>\d{1,2})\b(?:\s+(?P<words>\d{1,5}))?"
)
_IPTC_TIME = re.compile(
    r"(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)\s+(?:GMT|UTC|Z)\s+(?P<month>[A-Za-z]{3})[a-z]*\s+(?P<year>\d\d(?:\d\d)?)\b"
)
_ANPA_TRAILER = re.compile(r"[A-Z]{1,6}-[A-Z]{1,3}-\d\d-\d\d-\d\d \d{4}\s?GMT")
_ANPA_TIME = re.compile(r"\b(?P<month>\d\d)-(?P<day>\d\d)-(?P<year>\d\d)\s+(?P<hour>\d\d)(?P<minute>\d\d)\s?GMT")
_TAKE = re.compile(
    r"(?:\d{1,2}(?:st|nd|rd|th)\s*(?:L[de]?d|Lead|Add|Take|Sub|Insert)(?:[- ]?Writethru)?|\bWritethru|\btake\s+\d{1,2}|(?<=,)\s*(?:Ld|Lead|Add))\b",
    re.IGNORECASE,
)
_NOT_FOR_READERS = re.compile(
    r"\s*(?:\W{0,3}\s*)?(?:the following information is )?not (?:intended )?for publication\b", re.IGNORECASE
)
_EDITORS = re.compile(r"\(?\s*(?:EDS?(?:ITORS)?\b\s*:|Eds?:|EDITOR['’]?S?['’]? NOTE)")
_BYLINE = re.compile(r"(?:By|Von|Par|Por|Di|Da)\s+\S", re.IGNORECASE)
_COLUMNS = re.compile(r"\S\s{3,}\S")
MIN_WRAPPED_COLUMNS = 45
"""Columns of a line that was wrapped; a shorter one was ended."""
_SELECTOR = re.compile(r"\*[A-Za-z]?\d{3,5}")
_RUNNING_HEAD = re.compile(r"[^a-z]{2,40}")
"""A line above the headline in capitals: "1ST LEAD", "EXTRA"."""
_QUOTES = (("``", "“"), ("''", "”"))


class _Message(NamedTuple):
    heading: bytes
    text: bytes
    trailer: bytes


def read_wire(content: bytes, limits: Limits) -> Document:
    """The article of one message; raises `Rejected` where there are several, or no text."""
    del limits
    messages = list(_messages(content))
    if len(messages) > 1:
        raise several("a file of a news wire")
    if not messages:
        raise no_text("a heading of a news wire without a text")
    message = messages[0]
    decoded = decode_bytes(message.text) if message.text.strip() else Decoded("", "utf-8")
    frame = (part.decode("utf-8", "replace") for part in (message.heading, message.trailer))
    heading, trailer, text = (part.replace("\r\n", "\n").replace("\r", "\n") for part in (*frame, decoded.text))
    anpa = _anpa_lines(heading) if b"\x1f" in message.heading or re.search(rb"[\x11-\x14]", message.heading) else None
    return _anpa(anpa, text, trailer, decoded.encoding) if anpa else _iptc(heading, text, trailer, decoded.encoding)


def split_wire(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member]:
    """The messages of a file, each framed as it came."""
    del start
    for number, message in enumerate(_messages(whole(stream, limits)), 1):
        framed = _START + message.heading + _TEXT + message.text + _END + message.trailer + b"\x04"
        yield Member(framed, str(number))


def _messages(content: bytes) -> Iterator[_Message]:
    """The messages between the control characters, or the one in letters (ZCZC … NNNN)."""
    if _START not in content[:4_096]:
        heading, _, rest = content.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
        text, _, trailer = rest.partition(b"\nNNNN")
        yield _Message(heading, text, trailer)
        return
    for part in content.split(_START)[1:]:
        heading, framed, rest = part.partition(_TEXT)
        text, _, trailer = rest.partition(_END)
        if framed and text.strip():
            yield _Message(heading, text, trailer.partition(b"\x04")[0])


def _iptc(heading: str, text: str, trailer: str, encoding: str) -> Document:
    first, _, below = heading.strip().partition("\n")
    found = _IPTC_HEADING.match(first.strip())
    slug = to_single_line(below).strip("/ ") or None
    text, note = _without_note(text)
    above, headline, byline, body = _titled(text)
    known_parts = found.groupdict() if found else {}
    claims = known(
        headline=headline,
        byline=byline,
        published=_moment(_IPTC_TIME.search(trailer) or _IPTC_TIME.search(text[-200:])),
        urgency=known_parts.get("urgency"),
        subjects=subjects([(None, f"category:{known_parts['category']}")]) if found else [],
        item=known(
            id=known_parts["source"] + known_parts["number"] if found else None, slug=slug, take=above or _take(slug, known_parts.get("rest")), note=note,
        ),
        status=announced(title=headline or "", slug=slug or ""),
    )  # fmt: skip
    return _document("iptc7901", _unwrapped(body), claims, encoding, terms(above, note))


def _anpa(heading: dict[str, str], text: str, trailer: str, encoding: str) -> Document:
    """AP's way of marking: lines behind a caret are headlines and notes and end with "<" or "=", paragraphs are indented."""
    for written, meant in _QUOTES:
        text = text.replace(written, meant)
    marked, body = _anpa_parts(text.replace(" _ ", " — "))
    marked = [line for line in marked if not _SELECTOR.fullmatch(line)]
    slug = re.sub(r",\s*\d{1,5}$", "", marked[0]) if marked else None
    notes = [
        text for text in marked[1:] if _EDITORS.match(text) or text.startswith(("AP Photo", "AP Video", "AP Graphic"))
    ]
    titles = [text for text in marked[1:] if text not in notes]
    byline = next((text for text in titles if _is_byline(text)), None)
    headline = next((text for text in titles if text != byline), None) if titles and titles[0] != byline else None
    affiliation = titles[titles.index(byline) + 1 : titles.index(byline) + 2] if byline in titles else []
    rest = [text for text in titles if text not in {headline, byline, *affiliation}]
    note = terms(*notes)
    claims = known(
        headline=headline,
        byline=", ".join([byline, *affiliation]) if byline else None,
        authors=_authors(byline),
        published=_moment(_ANPA_TIME.search(trailer) or _ANPA_TIME.search(text[-200:])),
        urgency=str(_PRIORITIES.get(heading["priority"].lower(), "")),
        subjects=subjects([(None, f"anpa:{heading['category']}")]),
        item=known(id=heading.get("number"), slug=slug, take=_take(slug, heading["keyword"]), note=note),
        status=announced(title=headline or "", slug=slug or ""),
    )
    return _document("anpa1312", "\n\n".join(body), claims, encoding, note, rest)


def _document(
    name: str, body: str, claims: dict[str, Any], encoding: str, note: str | None, decks: list[str] | None = None
) -> Document:
    if not body.strip():
        raise no_text("a message of a news wire without a text")
    stated = tuple(
        (label, text)
        for label, text in (
            (Label.HEADLINE, claims.get("headline")), *((Label.SUBHEADLINE, deck) for deck in decks or ()), (Label.BYLINE, claims.get("byline")),
            (Label.LEGAL_NOTICE, note),
        )
        if text
    )  # fmt: skip
    return Document(name, body, "text/plain", claims, encoding, is_marked_up=True, stated=stated)


def _anpa_lines(heading: str) -> dict[str, str] | None:
    """The fields of an ANPA heading: "x0123", a separator and selectors on one line, priority, category and keyword on the next."""
    first, _, below = heading.strip("\x16 \n").partition("\n")
    number = re.match(r"[A-Za-z]?\d{1,5}", first.strip())
    rest = re.sub(r"[\x10-\x1f]+", " ", below or first)
    found = _ANPA_HEADING.match(rest.strip())
    return found.groupdict() | ({"number": number[0]} if number else {}) if found else None


def _anpa_parts(text: str) -> tuple[list[str], list[str]]:
    """(the marked lines before the first paragraph, the paragraphs and what else is marked between them)."""
    marked: list[str] = []
    paragraphs: list[str] = []
    for raw in text.split("\n"):
        line = re.sub(r"[\x00-\x08\x0b-\x1f]", "", raw)
        bare = line.strip().removeprefix("^").rstrip("<=> ").strip()
        if not bare or bare == "___" or _ANPA_TRAILER.fullmatch(bare):
            continue
        if not paragraphs and (line.startswith("^") or not (marked or line[:1] in "\t ")):
            marked.append(bare)
        elif line[:1] in "\t " or line.startswith("^") or not paragraphs:
            paragraphs.append(bare)
        else:
            paragraphs[-1] = f"{paragraphs[-1]} {bare}"
    if len(marked) > 1 and not paragraphs:  # all of it is marked: a bulletin
        return marked[:2], marked[2:] or marked[1:]
    return marked, paragraphs


def _without_note(text: str) -> tuple[str, str | None]:
    """(the text, what follows it for editors alone)."""
    lines = text.split("\n")
    at = next((at for at, line in enumerate(lines) if _NOT_FOR_READERS.match(line.strip("*#-= "))), len(lines))
    return "\n".join(lines[:at]), to_single_line(" ".join(lines[at:])) or None


def _titled(text: str) -> tuple[str | None, str | None, str | None, str]:
    """(line above the headline, headline, byline, the rest) of a text whose lines before the first empty one end with "=", as European
    agencies mark them.
    """
    opening, _, rest = text.lstrip("\n").partition("\n\n")
    lines = [line.strip() for line in opening.split("\n") if line.strip()]
    if not lines or not lines[-1].endswith("="):
        return None, None, None, text
    lines[-1] = lines[-1].rstrip("= ")
    byline = lines.pop() if len(lines) > 1 and _is_byline(lines[-1]) else None
    above = lines.pop(0) if len(lines) > 1 and _RUNNING_HEAD.fullmatch(lines[0]) else None
    return above, lines[-1] or None, byline, "\n\n".join([*lines[:-1], rest])


def _unwrapped(text: str) -> str:
    """The text with its paragraphs whole: lines end at some 65 columns, an indented or an empty one parts them; tables stay."""
    found: list[str] = []
    last = ""
    for raw in text.split("\n"):
        line = raw.rstrip()
        continues = (
            line and last and not line.startswith(("  ", "\t", "- ", "* ", "#")) and len(last) >= MIN_WRAPPED_COLUMNS
        )
        if continues and not _COLUMNS.search(line.strip()) and not _COLUMNS.search(last.strip()):
            found[-1] = f"{found[-1]} {line}"
        else:
            found.append(line)
        last = line
    return "\n".join(found)


def _is_byline(line: str) -> bool:
    """Whether a line names a writer behind its "By": "By Friday" names none."""
    return bool(_BYLINE.match(line)) and any(map(looks_like_person, _authors(line)))


def _authors(byline: str | None) -> list[str]:
    return list(parse_authors([stripped])) if byline and (stripped := strip_byline_marker(byline)) else []


def _take(*texts: str | None) -> str | None:
    return next((found[0].strip() for text in texts if text and (found := _TAKE.search(text))), None)


def _moment(found: re.Match[str] | None) -> str | None:
    if found is None:
        return None
    parts = found.groupdict()
    month = (
        int(parts["month"])
        if parts["month"].isdecimal()
        else _MONTHS.index(parts["month"].lower()) + 1
        if parts["month"].lower() in _MONTHS
        else 0
    )
    year = int(parts["year"])
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    try:
        return (
            datetime(year, month, int(parts["day"]), int(parts["hour"]), int(parts["minute"]), tzinfo=UTC)
            .isoformat()
            .replace("+00:00", "Z")
        )
    except ValueError:
        return None
