"""What the labelled blocks say about the article: each label's room in the record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ingest.label import is_title
from ingest.lexicon import words
from ingest.model import Claim, Label, LabelledBlock, Origin
from ingest.packs import Rulebook
from ingest.parse.credits import clean_credit, split_caption
from ingest.parse.dates import written
from ingest.parse.people import looks_personal, names
from ingest.parse.strings import leads_to_article
from ingest.signs import WIDE

FIELDS = {
    Label.HEADLINE: "headline",
    Label.SUBHEADLINE: "subheadline",
    Label.BYLINE: "byline",
    Label.CAPTION: "images",
    Label.CREDIT: "images",
    Label.RELATED: "related",
    Label.COPYRIGHT_NOTICE: "copyright_notice",
    Label.USAGE_TERMS: "usage_terms",
}
"""The field that a label fills; the other labels fill none and stand in `removed` alone."""

OPENING = 3
"""Blocks of the body in which a dateline is looked for: a heading or a standfirst may stand before it."""

ASIDE = frozenset({"nav", "header", "footer"})
ARTICLE = frozenset({"article", "main"})
"""Elements whose lists are the site's, unless they stand in one that is the article's."""

_BETWEEN_TAGS = re.compile(r"\s*[,;|#、，·•]+\s*")


def block_claims(labelled: Sequence[LabelledBlock], rulebook: Rulebook, origin: Origin) -> Iterator[Claim]:
    """Claims of the blocks themselves, of the packs that know their publisher, and of the dateline."""
    rooms: dict[Label, list[LabelledBlock]] = {}  # each is looked through for what it says, not all for each
    for row in labelled:
        rooms.setdefault(row.label, []).append(row)
    images = _images(labelled) if rooms.keys() & {Label.CAPTION, Label.CREDIT} else []
    related = _related(rooms.get(Label.RELATED, ()))
    for field, values in (("images", images), ("related", related)):
        if values:
            yield Claim(field, values, origin)
    for label in (Label.COPYRIGHT_NOTICE, Label.USAGE_TERMS):
        if lines := dict.fromkeys(row.block.text for row in rooms.get(label, ())):
            yield Claim(FIELDS[label], " ".join(lines), origin)
    if Label.TAGS in rooms and (keywords := list(dict.fromkeys(_tags(labelled)))):
        yield Claim("keywords", keywords, origin)
    for row in labelled if rooms.keys() & _SAYS.keys() else ():
        if row.label in _SAYS and not (row.label is Label.BYLINE and _aside(row)):  # "By company type" is a menu
            yield from (Claim(field, value, origin) for field, value in _SAYS[row.label](row))
    if pack := rulebook.publisher:
        yield Claim("publisher", {"name": pack.name, "domain": pack.domains[0] if pack.domains else None}, "pack")
    opening = (row.block.text for row in rooms.get(Label.BODY, ()))
    if dateline := next((found for text in islice(opening, OPENING) if (found := rulebook.dateline(text))), None):
        if reporters := dateline.pop(
            "authors", None
        ):  # a wire's: "[서울=뉴시스] 홍길동 기자 =", "中新社北京3月4日电 (记者 张三)"
            yield Claim("authors", names(reporters, loose=True), origin)
        if dateline:
            yield Claim("dateline", dateline, origin)


def _images(labelled: Sequence[LabelledBlock]) -> list[dict[str, str | None]]:
    """A credit on a line of its own belongs to the caption above it, if that has none."""
    images: list[dict[str, str | None]] = []
    above: Label | None = None
    for row in labelled:
        if row.label is Label.CAPTION:
            images.append(_caption(row))
        elif row.label is Label.CREDIT:
            credit = _credit(row) or split_caption(row.block.text)[1] or row.block.text
            if above is Label.CAPTION and not images[-1]["credit"]:
                images[-1]["credit"] = credit
            else:
                images.append({"caption": row.captured.get("caption"), "credit": credit})
        above = row.label
    return images


def _caption(row: LabelledBlock) -> dict[str, str | None]:
    if row.captured.get("caption"):
        return {"caption": row.captured["caption"], "credit": _credit(row)}
    caption, credit = split_caption(row.block.text)
    return {"caption": caption, "credit": _credit(row) or credit}


def _credit(row: LabelledBlock) -> str | None:
    """What a rule captured as credit, without the marker and the brackets that its pattern let in."""
    return clean_credit(row.captured["credit"]) if row.captured.get("credit") else None


def _related(rows: Sequence[LabelledBlock]) -> list[Mapping[str, str | None]]:
    """Headline and address of each; links to sections and services are none, whatever a page calls them."""
    related: list[Mapping[str, str | None]] = []
    for row in rows:
        linked = row.block.markup.links if row.block.markup else ()
        page = row.block.markup is not None and row.block.markup.place is not None  # else Markdown, which has no menus
        links = [link for link in linked if not page or leads_to_article(link.url)]
        if headline := row.captured.get("headline"):
            if links or not linked:
                url = row.captured.get("url") or next((link.url for link in links), None)
                related.append({"headline": headline, "url": url})
        elif row.rule != "model" or not _aside(row):
            if row.rule == "model" and not linked and _says_enough(row.block.text):
                related.append({"headline": row.block.text, "url": None})
            related += [{"headline": link.text, "url": link.url} for link in links if _says_enough(link.text, 3)]
    return related


def _says_enough(text: str, least: int = 5) -> bool:
    """Whether it is a title as long as a headline, in words or pairs of wide signs: others are credits, menus, buttons."""
    long = len(text.split()) >= least or len(WIDE.findall(text)) >= 2 * least + 2
    return is_title(text) and text.count("|") < 2 and long


def _tags(labelled: Sequence[LabelledBlock]) -> Iterator[str]:
    """What stands behind or under a marker; of a page only below where the article begins: the site's menus go before it."""
    begun = False
    for row in labelled:
        begun = begun or row.label is Label.BODY
        if row.label is Label.TAGS and (said := row.captured.get("keywords")):
            markup = row.block.markup
            if markup is None:
                yield from filter(None, _BETWEEN_TAGS.split(said))
            elif begun and not _aside(row):
                parted = [link.text for link in markup.links] or _BETWEEN_TAGS.split(said)
                yield from (tag for tag in parted if tag and tag.lower() not in words("places", "no_tags"))


def _aside(row: LabelledBlock) -> bool:
    """Whether a block stands in the site's own part of the page; an article may have a header itself."""
    around = row.block.markup.place.outwards() if row.block.markup and row.block.markup.place else ()
    return next((place.tag for place in around if place.tag in ASIDE | ARTICLE), "") in ASIDE


def _byline(row: LabelledBlock) -> Iterator[tuple[str, Any]]:
    yield "byline", row.block.text
    written_by = names(row.captured.get("authors", "") if row.captured else row.block.text, loose=True)
    if authors := [name for name in written_by if looks_personal(name) or not name.isascii()]:
        yield "authors", authors


def _headline(row: LabelledBlock) -> Iterator[tuple[str, Any]]:
    yield "headline", row.captured.get("headline") or row.block.text
    if "published" in row.captured:
        yield from _date(row)


def _date(row: LabelledBlock) -> Iterator[tuple[str, Any]]:
    for field in ("published", "modified"):
        if when := written(row.captured.get(field) or ("" if row.captured or field == "modified" else row.block.text)):
            yield field, when
    if signed := names(row.captured.get("authors", ""), loose=True):
        yield "authors", signed


_SAYS = {
    Label.HEADLINE: _headline,
    Label.SUBHEADLINE: lambda row: [("subheadline", row.block.text)],
    Label.BYLINE: _byline,
    Label.DATE: _date,
}
