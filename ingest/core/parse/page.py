"""A page: one parse, then one walk (`segment`) that gives its blocks and the index from which its metadata is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from html import unescape
from typing import TYPE_CHECKING

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.core.caching import in_own_thread
from ingest.core.html.elements import BLOCK_TAGS
from ingest.core.html.flatten import flatten_deep_nesting
from ingest.core.html.main_region import find_main_region
from ingest.core.html.page_state import is_drawn
from ingest.core.html.segment import segment
from ingest.core.limits import MAX_SHARED_PARSER_CHARACTERS
from ingest.core.model import Block, Markup
from ingest.core.text.characters import to_single_line

if TYPE_CHECKING:
    from ingest.core.html.page_index import PageIndex


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page, parsed: `blocks` in document order, and the tree for those who read more of it.

    `index` is None where the page has no element. `declared`: the blocks of the one article that its JSON-LD holds. `drawn`: it
    shows hardly a word, and a script would draw the rest.
    """

    blocks: tuple[Block, ...] = ()
    index: PageIndex | None = None
    declared: tuple[Block, ...] = ()
    drawn: bool = False
    is_large: bool = False
    """Whether its tree is to be made and read in a thread of its own (`caching.in_own_thread`)."""

    @property
    def has_script(self) -> bool:
        """Whether it has a script that could draw something."""
        scripts = self.index.by_tag["script"] if self.index else ()
        return any("json" not in (script.get("type") or "").lower() for script in scripts)

    def find_main_region(self) -> str | None:
        """The text that a main-region finder keeps, a line a block; None where the page is too deep or too large for it.

        It takes longer than all else together, so it is asked only about pages that the blocks leave in doubt.
        """
        if self.index is None:
            return ""
        find = partial(find_main_region, self.index.tree)
        return in_own_thread(find) if self.is_large else find()


def parse_page(html: str, *, url: str | None) -> ParsedPage:
    """The page, parsed. `url`: where it was fetched, for its relative addresses."""
    tree = parse_tree(html)
    if tree is None:
        return ParsedPage()
    blocks, index = segment(tree, url)
    is_large = len(html) > MAX_SHARED_PARSER_CHARACTERS
    return ParsedPage(blocks, index, declared_blocks(index.declared), is_drawn(index, blocks), is_large)


def declared_blocks(text: str) -> tuple[Block, ...]:
    """The paragraphs of an article as JSON-LD has it: in HTML, or in lines."""
    if _MARKUP.search(text):
        tree = parse_tree(f"<div>{text if '<' in text else unescape(text)}</div>")
        blocks = segment(tree, None)[0] if tree is not None else ()
        return tuple(block._replace(markup=Markup("p")) for block in blocks)
    lines = (to_single_line(unescape(line)) for line in text.split("\n"))
    return tuple(Block(line, markup=Markup("p")) for line in lines if line)


_MARKUP = re.compile(r"(?:<|&lt;)(?:p|br|div|h[1-6]|ul|ol|a|strong|em)\b", re.IGNORECASE)


def parse_tree(html: str) -> HtmlElement | None:
    """The one parse. `huge_tree`: without it everything after nesting depth 256 vanishes silently; with it, after 2,048."""
    parser = HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False, encoding="utf-8")
    parser.set_element_class_lookup(_ELEMENT_CLASS)
    source = _strip_early_end_tags(html.encode("utf-8", "replace").replace(b"\0", b"\xef\xbf\xbd"))
    try:
        tree = document_fromstring(source, parser=parser)
        fault = parser.error_log.last_error
        if fault and fault.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:  # it went no further
            tree = document_fromstring(flatten_deep_nesting(source.decode(), BLOCK_TAGS).encode(), parser=parser)
    except etree.ParserError:  # nothing but white space or comments
        return None
    return tree


def _strip_early_end_tags(html: bytes) -> bytes:
    """The page without its end tags, if it goes on behind them, as browsers have it; the parser would drop the rest. `</br>` is a break.

    A template that closes the page with its menu lost the article on 2 of 1,149 pages.
    """
    odd = _ODD_END.search(html)
    if odd and odd[1].lower() == b"br":
        html = _END_BREAK.sub(b"<br", html)
    end = _END_TAGS.search(html, odd.start()) if odd else None
    return _END_TAGS.sub(b"", html) if end and _GOES_ON.match(html, end.end()) else html


_ODD_END = re.compile(rb"</(br|html|body)\b", re.IGNORECASE)
"""On most pages the one that ends it: a single search, as fast as one for plain bytes."""
_END_TAGS = re.compile(rb"</(?:html|body)[\s/]*>", re.IGNORECASE)
_GOES_ON = re.compile(
    rb"(?:\s|<!--.*?-->|</(?:html|body)[\s/]*>|<script\b.*?</script\s*>)*+[^\s]", re.IGNORECASE | re.DOTALL
)
_END_BREAK = re.compile(rb"</br\b", re.IGNORECASE)
_ELEMENT_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)
"""Every element is an HtmlElement: lxml.html's own lookup calls Python for each to tell forms and inputs apart."""
