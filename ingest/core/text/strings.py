"""Strings that pages state, made presentable: one line, no markup, nothing that UTF-8 cannot hold."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

from ingest.core.limits import MAX_URL_CHARACTERS
from ingest.core.text.characters import UNSAFE_CHARACTERS, to_single_line

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_UNSEEN_TAGS = ["script", "style", "template"]
_BREAKING_TAGS = [
    "br",
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "td",
    "th",
    "tr",
    "table",
    "blockquote",
    "hr",
    "dd",
    "dt",
]


def clean_line(value: Any, limit: int = 2000) -> str | None:
    """A string value as one line of plain text in NFC; None if nothing is left or it is no string."""
    if not isinstance(value, str):
        return None
    text = value[: limit * 4]
    if "&" in text:
        text = unescape(unescape(text))  # metadata is often escaped twice
    if "<" in text and _TAG.search(text):
        text = _text_of_fragment(text)
    return cut(to_single_line(text), limit) or None


def _text_of_fragment(html: str) -> str:
    """What a reader sees of HTML inside a value: breaks and block-level elements part words, inline ones do not."""
    from bs4 import BeautifulSoup  # noqa: PLC0415  few values hold markup

    soup = BeautifulSoup(html, "html.parser")
    for element in soup.find_all(_UNSEEN_TAGS):
        element.decompose()
    for element in soup.find_all(_BREAKING_TAGS):
        element.insert_before(" ")
        element.insert_after(" ")
    return soup.get_text()


def cut(text: str, limit: int) -> str:
    """The text up to so many characters, ended where a word ends if it has any near there."""
    if len(text) <= limit:
        return text
    whole = text[: limit + 1].rpartition(" ")[0]
    return whole if len(whole) > limit // 2 else text[:limit]


def absolute_url(value: Any, base: str | None) -> str | None:
    """An absolute http(s) address without fragment, or None."""
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > MAX_URL_CHARACTERS:
        return None
    try:
        joined = urljoin(base, text) if base else text
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or UNSAFE_CHARACTERS.search(joined) or " " in joined:
        return None
    return parts._replace(fragment="").geturl()


def registered_domain(url: str | None) -> str | None:
    """The registered domain of an address by the public suffix list: `bbc.co.uk` of `www.bbc.co.uk`.

    Of a suffix that the list does not have, as of an intranet's, the last two labels.
    """
    if not url:
        return None
    from tld import get_fld, get_tld  # noqa: PLC0415  for pages alone

    found = get_fld(url, fail_silently=True)
    if isinstance(found, str):
        return found
    host = urlsplit(url).hostname or ""
    labels = host.split(".")
    unlisted = len(labels) > 1 and all(labels) and labels[-1].isalpha() and get_tld(url, fail_silently=True) is None
    return ".".join(labels[-2:]) if unlisted else None


def is_article_url(url: str) -> bool:
    """Whether an address is made of a headline or a number, as articles' are and sections' are not: "/2024/ferry-runs-aground"."""
    last = re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]
    return url.count("/") > 3 and (len(re.findall("[-_]", last)) > 1 or sum(c.isdigit() for c in last) > 3)
