"""How many pages without an article are refused, and how many with one (false refusals).

    python -m benchmarks.quality.refusals PAGES [--slice NAME ...]

PAGES is a folder as `corpus.py` describes. From each page whose gold body is found in its elements, two others are made: one with
those elements cut out, comments, biographies and related links left; one with the openings of other articles in their place, some
under a link, some cut short. Run it whenever the page model changes: `ingest/core/labelling/refusal.py` depends on its confidence.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from benchmarks.quality.corpus import Page, pages, words
from ingest import Rejected, clean
from ingest.core.parse.page import parse_tree
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SHINGLE_WORDS = 3
"""Consecutive words that are looked up together in the gold."""

MIN_SHINGLE_SHARE = 0.6
"""Share of an element's shingles that must stand in the gold for it to be a part of the body."""

MIN_FOUND_SHARE = 0.85
"""Share of the gold's letters that must be found, so that nothing of the article remains after the cut."""

OPENING_WORDS = (12, 28)
"""Least and most words of an opening."""


def shingles(text: str) -> set[tuple[str, ...]]:
    """All shingles of a text."""
    tokens = words(text)
    return {tuple(tokens[at : at + SHINGLE_WORDS]) for at in range(len(tokens) - SHINGLE_WORDS + 1)}


def parts(tree: HtmlElement, body: str) -> list[HtmlElement]:
    """The outermost elements that hold the text of the gold body; none where too little of it is found."""
    whole, gold = match_key(body), shingles(body)
    found: dict[HtmlElement, str] = {}
    for element in tree.iter(etree.Element):
        if element.tag in {"html", "head", "body", "script", "style"} or any(
            a in found for a in element.iterancestors()
        ):
            continue
        text = element.text_content()
        key, own = match_key(text), shingles(text)
        if key and (
            (len(key) > SHINGLE_WORDS and key in whole)
            or (len(own) > SHINGLE_WORDS and len(own & gold) >= MIN_SHINGLE_SHARE * len(own))
        ):
            found[element] = key
    return list(found) if sum(map(len, dict.fromkeys(found.values()))) >= MIN_FOUND_SHARE * len(whole) else []


def without_article(page: Page, openings: list[tuple[str, str]], chance: random.Random) -> list[str]:
    """The page without its article, and the page with openings in its place; nothing where the article is not found."""
    tree = parse_tree(page.html)
    body = parts(tree, " ".join(page.bodies[0])) if tree is not None else []
    if tree is None or not body:
        return []
    host = max(body, key=lambda element: len(element.text_content())).getparent()
    for element in body:
        element.getparent().remove(element)
    for script in tree.iter("script"):  # or the article would still be there, in JSON-LD
        script.text = (script.text or "").replace('"articleBody"', '"none"')
    cut = etree.tostring(tree, encoding="unicode", method="html")
    for title, opening in chance.sample(openings, min(len(openings), chance.randint(6, 14))):
        card = etree.SubElement(host, "div")
        etree.SubElement(etree.SubElement(card, "h3"), "a", href=f"/{match_key(title)[:40]}").text = title
        etree.SubElement(card, "p").text = opening + chance.choice((" …", ".", " [...]"))
    return [cut, etree.tostring(tree, encoding="unicode", method="html")]


def outcome(html: str, url: str | None) -> str:
    """The reason of the refusal, or "accepted"."""
    try:
        clean(html.encode("utf-8", "replace"), url=url)
    except Rejected as rejected:
        return rejected.reason
    return "accepted"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--slice", action="append", default=[])
    args = parser.parse_args()
    found = pages(args.pages, args.slice)
    chance = random.Random(1)  # noqa: S311  # the same pages at each run
    firsts = ((page.stated.get("title"), page.bodies[0][0].split()) for page in found if page.bodies and page.bodies[0])
    openings = [
        (t, " ".join(o[: chance.randint(*OPENING_WORDS)])) for t, o in firsts if t and len(o) > OPENING_WORDS[0]
    ]
    outcomes: dict[str, Counter[str]] = {"whole": Counter(), "cut out": Counter(), "openings": Counter()}
    for page in found:
        outcomes["whole"][outcome(page.html, page.url)] += 1
        others = without_article(page, openings, chance) if page.bodies and openings else []
        for kind, html in zip(("cut out", "openings"), others, strict=False):
            outcomes[kind][outcome(html, page.url)] += 1
    for kind, counted in outcomes.items():
        refused = 1 - counted["accepted"] / max(1, counted.total())
        print(f"{kind:9} {counted.total():5} pages, refused {refused:.3f}  {dict(counted)}")


if __name__ == "__main__":
    main()
