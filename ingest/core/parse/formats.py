"""Formats that are written in plain letters and are no article as they stand, told by their content. Those of `containers.documents` are
read, the others refused by name.

Each is known by what its own standard demands at its beginning, so that no article is taken for one: 1,838 pages and 1,837 texts measured.
"""

from __future__ import annotations

import re

HEAD_CHARACTERS = 4_096
MAX_HEADERS_CHARACTERS = 1 << 14
"""Characters of a message's headers in which those are looked for that tell it: signatures of relays fill some 8,000."""
LEAST_HEADERS = 3
"""Header lines in a row that a message begins with."""
LEAST_KEYS = 2
"""Known keys of a front matter."""

_WIRE = re.compile(
    rb"(?:\xef\xbb\xbf)?[\s\x00\x16]*\x01(?P<heading>[^\x01\x02]{3,400})\x02|(?:\xef\xbb\xbf)?[\s\x00]*\x16\x16\x01(?P<cut>[^\x02]{0,400})"
)
"""IPTC 7901 and ANPA 1312: start of heading, the heading, start of text; or two idle characters before the heading."""
_ANPA_HEADING = re.compile(rb"\s*[A-Za-z]?\d{3,4}\s*\x1f|[^\n]*[\x11-\x14]", re.DOTALL)
"""ANPA 1312: service level and number, then a unit separator; device controls in the second line."""
_WIRE_HEADING = re.compile(r"\s*(?:ZCZC\s+)?[A-Z]{2,4}\d{3,4}\s+[1-9]\s+[A-Z]{3}\s+\d{3,4}\b(?=[^\n]{0,60}\n)")
"""The heading of IPTC 7901 once its control characters are lost: source, number, urgency, category, words."""

_HEADER = re.compile(r"([!-9;-~]{2,60}):[ \t]*(.*)")
_BY_SOFTWARE = frozenset({
    "message-id", "mime-version", "received", "return-path", "delivered-to", "dkim-signature", "content-transfer-encoding",
    "x-mailer", "x-originating-ip", "authentication-results", "arc-seal", "snapshot-content-location", "list-unsubscribe",
})  # fmt: skip
"""Header fields that programs write and people do not: a press release says who it is from, to whom, and about what."""
_MOMENT = re.compile(r"(?:[A-Z][a-z]{2}, *)?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)? (?:[+-]\d{4}|[A-Z]{2,4})\b")
_MBOX = re.compile(r"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ")

_PROLOGUE = re.compile(
    r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE\s[^<>\[]*+(?:\[[^\]]*+\]\s*)?>)*+", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)((?:\s[^<>]*)?)/?>")
_XML = {
    "nitf": "nitf", "newsml": "newsml", **dict.fromkeys(("newsitem", "newsmessage", "packageitem"), "newsml-g2"),
    **dict.fromkeys(("conceptitem", "knowledgeitem", "planningitem", "catalogitem"), "newsml-g2"),
    **dict.fromkeys(("sports-content", "sportsml"), "sportsml"), **dict.fromkeys(("rss", "feed", "rdf"), "feed"), "opml": "opml",
    **dict.fromkeys(("urlset", "sitemapindex"), "sitemap"),
}  # fmt: skip
DESCRIPTIONS = {
    "nitf": "an article in NITF", "newsml": "an item of NewsML 1", "newsml-g2": "an item of NewsML-G2", "sportsml": "SportsML", "feed": "a feed",
    "opml": "a list of feeds", "sitemap": "a site map", "front-matter": "a text with front matter", "mail": "a mail", "mbox": "a mailbox",
    "mhtml": "a web archive (MHTML)", "iptc7901": "a message of a news wire (IPTC 7901)", "anpa1312": "a message of a news wire (ANPA 1312)",
    "calendar": "a calendar", "address-card": "an address card", "subtitles": "subtitles", "postscript": "PostScript",
}  # fmt: skip
"""What to call a format in a message, by its name."""
_XHTML = "http://www.w3.org/1999/xhtml"

HTML_TAGS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "applet",
        "area",
        "article",
        "aside",
        "audio",
        "b",
        "base",
        "basefont",
        "bdi",
        "bdo",
        "big",
        "blink",
        "blockquote",
        "body",
        "br",
        "button",
        "canvas",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "data",
        "datalist",
        "dd",
        "del",
        "details",
        "dfn",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "frame",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hgroup",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "legend",
        "li",
        "link",
        "main",
        "map",
        "mark",
        "marquee",
        "menu",
        "meta",
        "meter",
        "nav",
        "nobr",
        "noframes",
        "noscript",
        "object",
        "ol",
        "optgroup",
        "option",
        "output",
        "p",
        "param",
        "picture",
        "pre",
        "progress",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "script",
        "search",
        "section",
        "select",
        "slot",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "template",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "track",
        "tt",
        "u",
        "ul",
        "var",
        "video",
        "wbr",
    ]
)

_FENCES = {"---": re.compile(r"([A-Za-z][\w-]*)\s*:(?:\s|$)"), "+++": re.compile(r"([A-Za-z][\w-]*)\s*=")}
_KEYS = frozenset({
    "title", "subtitle", "date", "author", "authors", "byline", "layout", "tags", "category", "categories", "slug", "draft", "description",
    "summary", "excerpt", "lang", "language", "locale", "published", "publishdate", "updated", "lastmod", "modified", "image", "permalink",
    "url", "type", "keywords", "headline", "section", "weight", "aliases", "cover", "source",
})  # fmt: skip
_CONTINUED = re.compile(r"\s|[-#\[\])}]|$")

_OPENINGS = (
    ("BEGIN:VCALENDAR", "calendar"),
    ("BEGIN:VCARD", "address-card"),
    ("WEBVTT", "subtitles"),
    ("%!PS", "postscript"),
)


def wire_format(content: bytes) -> str | None:
    """What a file is by the control characters of news wires, of which text has none."""
    found = _WIRE.match(content, 0, HEAD_CHARACTERS)
    if not found:
        return None
    return "anpa1312" if _ANPA_HEADING.match(found["heading"] or found["cut"] or b"") else "iptc7901"


def text_format(text: str) -> str | None:
    """The name of a text's format, if it is no article as it stands; None: nothing of these."""
    head = text[:HEAD_CHARACTERS].lstrip("\ufeff \t\n")
    first = head[:1]
    if first == "<":
        return _xml(text)
    if first in "-+":
        return "front-matter" if _has_front_matter(head) else None
    for opening, what in _OPENINGS:
        if head.startswith(opening):
            return what
    if _WIRE_HEADING.match(head):
        return "iptc7901"
    return _message(text[:MAX_HEADERS_CHARACTERS].lstrip("\ufeff \t\n"), is_cut=len(text) > MAX_HEADERS_CHARACTERS)


def _xml(text: str) -> str | None:
    start = _PROLOGUE.match(text.lstrip("\ufeff"))
    root = _ROOT.match(text.lstrip("\ufeff"), start.end() if start else 0)
    return _XML.get(root[2].lower()) if root else None


def is_foreign_xml(text: str) -> bool:
    """Whether a text is XML of a vocabulary that HTML is no part of: its first element is none of HTML's, and has the declaration of
    XML before it, a name in mixed case, or its end at the end of the text.
    """
    head = text[:HEAD_CHARACTERS].lstrip("\ufeff \t\n")
    if not head.startswith("<"):
        return False
    start = _PROLOGUE.match(text.lstrip("\ufeff"))
    root = _ROOT.match(text.lstrip("\ufeff"), start.end() if start else 0)
    if root is None or root[2].lower() in HTML_TAGS or "-" in root[2]:
        return False
    if head.startswith("<?xml") or not (root[2].islower() or root[2].isupper()):
        return True
    return re.search(rf"</(?:[\w.-]+:)?{re.escape(root[2])}\s*>\s*\Z", text[-HEAD_CHARACTERS:]) is not None


def _message(head: str, *, is_cut: bool = False) -> str | None:
    """A mail or a web archive: header lines alone up to the first empty line, some of them as programs write them."""
    if _MBOX.match(head):
        return "mbox"
    names: dict[str, str] = {}
    for line in head.split("\n")[: -1 if is_cut else None]:
        field = _HEADER.fullmatch(line)
        if field:
            names[field[1].lower()] = field[2]
        elif not line.strip() or not names or line[0] not in " \t":
            if line.strip():
                return None  # prose before any empty line
            break
    if len(names) < LEAST_HEADERS:
        return None
    if "snapshot-content-location" in names or "multipart/related" in names.get("content-type", "").lower():
        return "mhtml"
    dated = "@" in names.get("from", "") and _MOMENT.match(names.get("date", "")) is not None
    return "mail" if not _BY_SOFTWARE.isdisjoint(names) or dated else None


def _has_front_matter(head: str) -> bool:
    lines = head.split("\n")
    key = _FENCES.get(lines[0].rstrip())
    if key is None:
        return False
    known = 0
    for line in lines[1:]:
        if line.rstrip() in (lines[0].rstrip(), "..."):
            return known >= LEAST_KEYS
        found = key.match(line)
        if not found and not _CONTINUED.match(line):
            return False
        known += bool(found and found[1].lower() in _KEYS)
    return False


def unprefixed(text: str) -> str:
    """XHTML whose elements bear a prefix (`<h:p>`) without it, as a reader of HTML knows them."""
    if not text[:HEAD_CHARACTERS].lstrip("\ufeff \t\n").startswith("<"):
        return text
    start = _PROLOGUE.match(text)
    root = _ROOT.match(text, start.end() if start else 0)
    if root is None or not root[1] or root[2].lower() != "html" or _XHTML not in root[3]:
        return text
    return re.sub(rf"(</?){re.escape(root[1])}:", r"\1", text)
