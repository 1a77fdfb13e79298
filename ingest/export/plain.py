"""The article for people and for models: text, and Markdown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ingest.core.text.characters import UNSAFE_CHARACTERS
from ingest.export.uri import to_uri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.record import Image, Record

_MARKUP_CHARACTERS = re.compile(
    r"([\\`*\[\]<>&|~]|(?<![^\W_])_|_(?![^\W_]))"
)  # an underscore inside a word is no markup
_BLOCK_START = re.compile(r"^(#{1,6}|[-+=]|\d{1,9}(?=[.)]))(?=[\s.)=-]|$)")
_BULLET = re.compile(r"^[-*•‣▪◦–—·]\s+")
_NUMBER = re.compile(r"^\d{1,2}[.)]\s")


def text(record: Record) -> str:
    """Headline, subheadline and body, with a blank line between them, and nothing else; what may not be published begins with a word
    that says so.
    """
    return "\n\n".join(part for part in (_hold(record), record.headline, record.subheadline, record.body) if part)


def _hold(record: Record) -> str | None:
    """Why the article may not be published, if it may not."""
    if record.status in {None, "usable"}:
        return None
    until = f" until {record.embargoed}" if record.status == "embargoed" and record.embargoed else ""
    return f"{record.status.upper()}{until}"


def markdown(record: Record) -> str:
    """The article with its metadata; none of the text can turn into markup (CommonMark 0.31)."""
    return "\n\n".join(_parts(record))


def _parts(record: Record) -> Iterator[str]:
    if hold := _hold(record):
        yield f"**{escape(hold)}**"
    if record.headline:
        yield f"# {escape(record.headline)}"
    if record.subheadline:
        yield f"**{escape(record.subheadline)}**"
    publisher = record.publisher and (record.publisher.name or record.publisher.domain)
    signed = (record.byline or ", ".join(record.authors), publisher, record.published)
    if line := " · ".join(escape(part) for part in signed if part):
        yield line
    for run in record.body.split("\n\n"):
        lines = run.split("\n")
        yield escape(run) if len(lines) == 1 else "\n".join(map(_list_line, lines))
    if any(image.caption or image.url for image in record.images):
        yield "---"
        yield from (_figure(image) for image in record.images if image.caption or image.url)
    if record.related:
        yield "---"
        yield "\n".join(
            f"- {_link(link.headline or link.url or '', link.url)}"
            for link in record.related
            if link.headline or link.url
        )
    if rights := [escape(part) for part in (record.copyright_notice, record.usage_terms) if part]:
        yield "---"
        yield from rights
    if record.extra:  # as an indented code block, which no content can end
        yield "---"
        written = json.dumps(record.extra, ensure_ascii=False, indent=2)
        yield "\n".join(f"    {UNSAFE_CHARACTERS.sub(_escaped, line)}" for line in written.split("\n"))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def escape(line: str) -> str:
    """One line of text as Markdown that renders as the same text."""
    return _BLOCK_START.sub(_escaped_start, _MARKUP_CHARACTERS.sub(r"\\\1", line))


def _escaped_start(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdecimal() else f"\\{found[1]}"


def _list_line(line: str) -> str:
    if number := _NUMBER.match(line):
        return f"{number[0]}{escape(line[number.end() :])}"
    return f"- {escape(_BULLET.sub('', line))}"


def _figure(image: Image) -> str:
    """The picture by its URL, then its caption and credit."""
    address = to_uri(image.url) if image.url else None
    credit = f"({escape(image.credit)})" if image.credit else ""
    words = " ".join(part for part in (escape(image.caption or ""), credit) if part)
    return "\n\n".join(part for part in (f"![]({_target(address)})" if address else "", words) if part)


def _link(words: str, url: str | None) -> str:
    address = to_uri(url) if url else None
    return f"[{escape(words)}]({_target(address)})" if address else escape(words)


def _target(address: str) -> str:
    """Brackets would end the link."""
    return address.replace("(", "%28").replace(")", "%29")
