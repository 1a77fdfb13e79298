"""Claims from the labelled blocks: the fields of the record that the labels fill."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ingest.core.metadata.authors import looks_like_person, parse_authors
from ingest.core.metadata.credits import clean_credit, split_caption
from ingest.core.metadata.date_reader import DateReader
from ingest.core.metadata.validate import drop_invalid
from ingest.core.model import JUDGED, Claim, Label, LabelledBlock, Origin
from ingest.core.packs import Rulebook
from ingest.core.text.date_lines import date_line
from ingest.core.text.dates import marker
from ingest.core.text.lines import is_title
from ingest.core.text.scripts import UNSPACED_CHARACTER
from ingest.core.text.strings import is_article_url, registered_domain
from ingest.core.text.wordlists import word_set

LABEL_TO_FIELD = {
    Label.HEADLINE: "headline",
    Label.SUBHEADLINE: "subheadline",
    Label.BYLINE: "byline",
    Label.CAPTION: "images",
    Label.CREDIT: "images",
    Label.RELATED: "related",
    Label.COPYRIGHT_NOTICE: "copyright_notice",
    Label.USAGE_TERMS: "usage_terms",
}
"""The field that each label fills; other labels fill none and appear in `removed` only."""

MAX_DATELINE_BLOCKS = 3
"""Number of blocks of the body in which a dateline may be: a heading or a standfirst may come before it."""

MIN_LISTED_WORDS = 3
"""Words from which a line under "Related" names an article and not a section."""

SITE_TAGS = frozenset({"nav", "header", "footer"})
ARTICLE_TAGS = frozenset({"article", "main"})
"""Elements whose lists belong to the site, unless they are inside one that belongs to the article."""

_OWNER = re.compile(
    r"(?:©|ⓒ|\([cC]\)|(?i:copyright))[\s,:]*(?:©\s*|\([cC]\)\s*)?(?:by\s+)?"
    r"(?:(?:19|20)\d\d(?:\s?[-–—,]\s?(?:19|20)?\d\d)*[\s,.:–—-]*(?:by\s+)?(?P<behind>[^\W\d_][^.,;|©()\d\n]{1,60})"
    r"|(?P<before>[^\W\d_][^.,;|©()\d\n]{1,60}?)[\s,.:–—-]*(?:19|20)\d\d)"
)
_RIGHTS = (
    r"(?i:all rights|alle rechte|tous droits|todos los derechos|derechos reservados|tutti i diritti|todos os direitos|wszelkie prawa|"
    r"alle rechten|все права|(?:усі|всі) права|με επιφύλαξη|tüm hakları|všechna práva|minden jog|toate drepturile|無断|版权|版權|무단)"
)
_OWNER_WITHOUT_YEAR = re.compile(
    rf"(?:©|ⓒ|\([cC]\))\s*(?P<behind>[^\W\d_][^.,;|©()\d\n]{{1,60}}?)[\s,.:|–—-]*{_RIGHTS}(?P<before>\A)?"
)
_RIGHTS_BEHIND = re.compile(rf"[\s,.:|–—-]+{_RIGHTS}")
_AGENCY = re.compile(r"(?i:\b(?:agency|agentur|agencia|agenzia|agence|agência|agencja)\b)|通信社?$|통신$|[Аа]гентств")
_TAG_SEPARATOR = re.compile(r"\s*[,;|#、，·•]+\s*")


def claims_from_blocks(
    labelled: Sequence[LabelledBlock], rulebook: Rulebook, origin: Origin, url: str | None = None
) -> list[Claim]:
    """Claims of the blocks, of the packs for their publisher, and of the dateline, as far as they are valid for their
    fields.

    `url`: where the article was published.
    """
    return list(drop_invalid(_claims(labelled, rulebook, origin, url)))


def _claims(labelled: Sequence[LabelledBlock], rulebook: Rulebook, origin: Origin, url: str | None) -> Iterator[Claim]:
    by_label: dict[Label, list[LabelledBlock]] = {}  # grouped once, so that each reader sees only its own blocks
    for row in labelled:
        by_label.setdefault(row.label, []).append(row)
    images = _images(labelled) if by_label.keys() & {Label.CAPTION, Label.CREDIT} else []
    related = _related(by_label.get(Label.RELATED, ()))
    for field, values in (("images", images), ("related", related)):
        if values:
            yield Claim(field, values, origin)
    for label in (Label.COPYRIGHT_NOTICE, Label.USAGE_TERMS):
        if lines := dict.fromkeys(row.block.text for row in by_label.get(label, ())):
            yield Claim(LABEL_TO_FIELD[label], " ".join(lines), origin)
    if Label.TAGS in by_label and (keywords := list(dict.fromkeys(_tags(labelled)))):
        yield Claim("keywords", keywords, origin)
    reader = DateReader((), [url] if url else [], lambda: _dated_lines(labelled))
    for row in _nearest_first(labelled) if by_label.keys() & (_READERS.keys() | {Label.DATE}) else ():
        if row.label is Label.DATE or (row.label is Label.HEADLINE and "published" in row.captured):
            yield from _date(row, origin, reader)
        if row.label in _READERS and not (
            row.label is Label.BYLINE and _is_outside_article(row)
        ):  # "By company type" is a menu
            yield from (Claim(field, value, origin) for field, value in _READERS[row.label](row))
    yield from _publishers(by_label.get(Label.COPYRIGHT_NOTICE, ()), rulebook, origin, url)
    opening = (row.block.text for row in by_label.get(Label.BODY, ()))
    if dateline := next(
        (found for text in islice(opening, MAX_DATELINE_BLOCKS) if (found := rulebook.dateline(text))), None
    ):
        if reporters := dateline.pop(
            "authors", None
        ):  # in wire copy: "[서울=뉴시스] 홍길동 기자 =", "中新社北京3月4日电 (记者 张三)"
            yield Claim("authors", parse_authors(reporters, loose=True), origin)
        if dateline:
            yield Claim("dateline", dateline, origin)


def _publishers(
    rights: Sequence[LabelledBlock], rulebook: Rulebook, origin: Origin, url: str | None
) -> Iterator[Claim]:
    """The publisher: a known one, or the one named in a text's copyright lines; the domain always comes from its
    address.
    """
    if pack := rulebook.publisher:
        yield Claim("publisher", {"name": pack.name, "domain": pack.domains[0] if pack.domains else None}, "pack")
    elif origin == "text":
        owner, site = _owner(rights), registered_domain(url)
        known = rulebook.known(owner) if owner else None
        if known and site in (None, known["domain"]):
            yield Claim("publisher", known, origin)
        elif owner or site:
            yield Claim("publisher", {"name": None if known else owner, "domain": site}, origin)


def _nearest_first(labelled: Sequence[LabelledBlock]) -> list[LabelledBlock]:
    """The rows of a text, those around its headline first: a date there is the article's, one at the end or in a menu
    may not be.
    """
    if labelled[0].block.markup is not None:
        return list(labelled)
    labelled = _without_comments(labelled)
    at = [i for i, row in enumerate(labelled) if row.rule == "structure/headline" or row.label is Label.HEADLINE]
    if not at:
        return list(labelled)
    first = next((i for i in range(at[0], len(labelled)) if labelled[i].label is Label.BODY), len(labelled))
    last = max((i for i in at if i < first), default=at[0])
    order = (*range(last, first), *range(last - 1, -1, -1), *range(first, len(labelled)))
    return [labelled[i] for i in order]


def _without_comments(labelled: Sequence[LabelledBlock]) -> Sequence[LabelledBlock]:
    """The rows of a text as far as the comments of its readers, which have days and names of their own."""
    last = max((i for i, row in enumerate(labelled) if row.label is Label.BODY), default=-1)
    after = (i for i in range(last + 1, len(labelled)) if labelled[i].label is Label.COMMENTS)
    return labelled[: next(after, len(labelled))]


def _images(labelled: Sequence[LabelledBlock]) -> list[dict[str, str | None]]:
    """Captions and credits; a credit on a line of its own belongs to the caption above it, if that has none."""
    images: list[dict[str, str | None]] = []
    above: Label | None = None
    for row in labelled:
        if row.label is Label.CAPTION:
            images.append(_caption(row))
        elif row.label is Label.CREDIT:
            credit = _credit(row) or split_caption(row.block.text)[1] or row.block.text
            if credit.strip(" :：").lower() in word_set("credits", "before"):
                continue  # "Photo" in a menu names nobody
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
    """The credit captured by a rule, without the marker and brackets that the pattern may include."""
    return clean_credit(row.captured["credit"]) if row.captured.get("credit") else None


def _related(rows: Sequence[LabelledBlock]) -> list[Mapping[str, str | None]]:
    """Headline and address of each related article; links to sections and services are excluded, whatever the page
    calls them.
    """
    related: list[Mapping[str, str | None]] = []
    for row in rows:
        linked = row.block.markup.links if row.block.markup else ()
        page = (
            row.block.markup is not None and row.block.markup.element is not None
        )  # otherwise Markdown, which has no menus
        links = [link for link in linked if not page or is_article_url(link.url)]
        if headline := row.captured.get("headline"):
            if not linked and headline == row.block.text and not _is_headline_like(headline, MIN_LISTED_WORDS):
                continue  # "Politics" under "Related" is a menu
            if links or not linked:
                url = row.captured.get("url") or next((link.url for link in links), None)
                related.append({"headline": headline, "url": url})
        elif row.rule not in JUDGED or not _is_outside_article(row):
            if row.rule in JUDGED and not linked and row.block.kind != "heading" and _is_headline_like(row.block.text):
                related.append({"headline": row.block.text, "url": None})
            related += [{"headline": link.text, "url": link.url} for link in links if _is_headline_like(link.text, 3)]
    return related


def _owner(rows: Sequence[LabelledBlock]) -> str | None:
    """The owner that the copyright lines name beside a year; never an agency, whose text or photo another publisher may
    show.
    """
    for row in rows:
        match = _OWNER.search(row.block.text) or _OWNER_WITHOUT_YEAR.search(row.block.text)
        if match and (name := match["before"] or match["behind"]):
            name = _RIGHTS_BEHIND.split(name)[0].strip(" ,.;:-–—|/\"'«»“”")
            if len(name) > 1 and not _is_agency(name) and any(c.isupper() or not c.isascii() for c in name):
                return name
    return None


def _is_agency(name: str) -> bool:
    """True for a news agency; a company may own what it publishes."""
    return name.lower() in word_set("people", "newsrooms") or bool(_AGENCY.search(name))


def _is_headline_like(text: str, min_words: int = 5) -> bool:
    """True for a title as long as a headline, in words or pairs of wide characters: shorter ones are credits, menus,
    buttons.
    """
    long = len(text.split()) >= min_words or len(UNSPACED_CHARACTER.findall(text)) >= 2 * min_words + 2
    return is_title(text) and text.count("|") < 2 and long


def _tags(labelled: Sequence[LabelledBlock]) -> Iterator[str]:
    """The tags after or below a marker; on a page only below the start of the article, because the site's menus come
    before it.
    """
    begun = False
    for row in labelled:
        begun = begun or row.label is Label.BODY
        if row.label is Label.TAGS and (said := row.captured.get("keywords")):
            markup = row.block.markup
            if markup is None:
                yield from filter(None, _TAG_SEPARATOR.split(said))
            elif begun and not _is_outside_article(row):
                parted = [link.text for link in markup.links] or _TAG_SEPARATOR.split(said)
                yield from (tag for tag in parted if tag and tag.lower() not in word_set("places", "no_tags"))


def _is_outside_article(row: LabelledBlock) -> bool:
    """True if a block is in the site's own part of the page; an article may have a header of its own."""
    around = row.block.markup.element.self_and_ancestors() if row.block.markup and row.block.markup.element else ()
    return next((element.tag for element in around if element.tag in SITE_TAGS | ARTICLE_TAGS), "") in SITE_TAGS


def _byline(row: LabelledBlock) -> Iterator[tuple[str, Any]]:
    yield "byline", row.block.text
    written_by = parse_authors(row.captured.get("authors", "") if row.captured else row.block.text, loose=True)
    if authors := [name for name in written_by if looks_like_person(name) or not name.isascii()]:
        yield "authors", authors


def _dated_lines(labelled: Sequence[LabelledBlock]) -> Iterator[str]:
    """Lines that show the order of day and month in this text: those labelled as dates, and others with nothing but a
    date.
    """
    return (row.block.text for row in labelled if row.label is Label.DATE or date_line(row.block.text))


def _date(row: LabelledBlock, origin: Origin, reader: DateReader) -> Iterator[Claim]:
    """The dates of the line, or of the text that a rule captured, with the field given by the words before them."""
    line = row.block.text
    plain = (
        row.rule == "model" and row.block.markup is None
    )  # a line that the labeller calls a date may belong to a ticker
    captured = (date_line(line) or {}) if plain else row.captured
    for field in ("published", "modified"):
        said = captured.get(field) or ("" if plain or captured or field == "modified" else line)
        before = (
            marker(line.partition(said)[0]) if said and said in line else None
        )  # otherwise a date in its standard form
        yield from reader.all(said, origin, field=before or field)
    if signed := parse_authors(row.captured.get("authors", ""), loose=True):
        yield Claim("authors", signed, origin)


_READERS = {
    Label.HEADLINE: lambda row: [("headline", row.captured.get("headline") or row.block.text)],
    Label.SUBHEADLINE: lambda row: [("subheadline", row.block.text)],
    Label.BYLINE: _byline,
}
