"""A page: one parse, then one walk (`walk`) that gives its blocks and what its claims are read from."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.caching import in_own_thread
from ingest.limits import MAX_SHARED_PARSER_CHARACTERS
from ingest.parse.claims import page_claims
from ingest.parse.depth import shallow
from ingest.parse.region import main_region
from ingest.parse.walk import BLOCK, walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import Block, Claim


def read_page(html: str, *, url: str | None) -> tuple[tuple[Block, ...], tuple[Claim, ...], Callable[[], str | None]]:
    """All blocks of a page, in document order, what its metadata claim, and a finder of its main region, to be asked if need be.

    A page without an element gives none of them.
    """
    if len(html) <= MAX_SHARED_PARSER_CHARACTERS:
        return _read_page(html, url)
    blocks, claims, region = in_own_thread(partial(_read_page, html, url))
    return blocks, claims, partial(in_own_thread, region)


def _read_page(html: str, url: str | None) -> tuple[tuple[Block, ...], tuple[Claim, ...], Callable[[], str | None]]:
    tree = parse_tree(html)
    if tree is None:
        return (), (), str
    blocks, survey = walk(tree, url)
    return blocks, page_claims(survey, url=url), partial(main_region, tree)


def parse_tree(html: str) -> HtmlElement | None:
    """The one parse. `huge_tree`: without it everything after nesting depth 256 vanishes silently; with it, after 2,048."""
    parser = HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False, encoding="utf-8")
    parser.set_element_class_lookup(_PLAIN)
    source = _unended(html.encode("utf-8", "replace").replace(b"\0", b"\xef\xbf\xbd"))
    try:
        tree = document_fromstring(source, parser=parser)
        fault = parser.error_log.last_error
        if fault and fault.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:  # it went no further
            tree = document_fromstring(shallow(source.decode(), BLOCK).encode(), parser=parser)
    except etree.ParserError:  # nothing but white space or comments
        return None
    return tree


def _unended(html: bytes) -> bytes:
    """The page without its end tags, if it goes on behind them, as browsers have it; the parser would drop the rest.

    A template that closes the page with its menu lost the article on 2 of 1,149 pages.
    """
    end = html.find(b"</html>")
    return _ENDS.sub(b"", html) if end >= 0 and _PART.search(html, end) else html


_ENDS = re.compile(rb"</(?:html|body)>")
_PART = re.compile(rb"<(?:p|div|article|section|main)\b", re.IGNORECASE)
_PLAIN = etree.ElementDefaultClassLookup(element=HtmlElement)
"""Every element is an HtmlElement: lxml.html's own lookup calls Python for each to tell forms and inputs apart."""
