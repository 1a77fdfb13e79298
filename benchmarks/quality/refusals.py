"""How many pages without an article are refused, and how many with one.

    python -m benchmarks.quality.refusals PAGES [--slice NAME ...]

PAGES is a folder as `corpus.py` describes. Of each page whose body's gold is found in its elements, two others are made: one with
those elements cut out, comments, biographies and related links left; one with openings of other articles in their place, some
under a link, some cut short. To be looked at whenever the model of pages changes: `evidence/absence.py` weighs its certainty.
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

RUN = 3
"""Words that must follow one another to be found again in the gold."""

SHARE = 0.6
"""Share of such runs from which an element is a part of the body."""

FOUND = 0.85
"""Share of the gold's letters that must be found, so that nothing of the article is left."""

OPENING = (12, 28)
"""Words of an opening."""


def runs(text: str) -> set[tuple[str, ...]]:
    """All runs of words of a text."""
    tokens = words(text)
    return {tuple(tokens[at : at + RUN]) for at in range(len(tokens) - RUN + 1)}


def parts(tree: HtmlElement, body: str) -> list[HtmlElement]:
    """The outermost elements that say what the gold body says; none where too little of it is found."""
    whole, told = match_key(body), runs(body)
    found: dict[HtmlElement, str] = {}
    for element in tree.iter(etree.Element):
        if element.tag in {"html", "head", "body", "script", "style"} or any(
            a in found for a in element.iterancestors()
        ):
            continue
        text = element.text_content()
        key, own = match_key(text), runs(text)
        if key and ((len(key) > RUN and key in whole) or (len(own) > RUN and len(own & told) >= SHARE * len(own))):
            found[element] = key
    return list(found) if sum(map(len, dict.fromkeys(found.values()))) >= FOUND * len(whole) else []


def made(page: Page, openings: list[tuple[str, str]], chance: random.Random) -> list[str]:
    """The page without its article, and the page with openings in its place; nothing where the article is not found."""
    tree = parse_tree(page.html)
    body = parts(tree, " ".join(page.bodies[0])) if tree is not None else []
    if tree is None or not body:
        return []
    host = max(body, key=lambda element: len(element.text_content())).getparent()
    for element in body:
        element.getparent().remove(element)
    for script in tree.iter("script"):  # else the article is there yet, in JSON-LD
        script.text = (script.text or "").replace('"articleBody"', '"none"')
    cut = etree.tostring(tree, encoding="unicode", method="html")
    for title, opening in chance.sample(openings, min(len(openings), chance.randint(6, 14))):
        card = etree.SubElement(host, "div")
        etree.SubElement(etree.SubElement(card, "h3"), "a", href=f"/{match_key(title)[:40]}").text = title
        etree.SubElement(card, "p").text = opening + chance.choice((" …", ".", " [...]"))
    return [cut, etree.tostring(tree, encoding="unicode", method="html")]


def fate(html: str, url: str | None) -> str:
    """The reason of a refusal; "accepted" where there is none."""
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
    openings = [(t, " ".join(o[: chance.randint(*OPENING)])) for t, o in firsts if t and len(o) > OPENING[0]]
    fates: dict[str, Counter[str]] = {"whole": Counter(), "cut out": Counter(), "openings": Counter()}
    for page in found:
        fates["whole"][fate(page.html, page.url)] += 1
        others = made(page, openings, chance) if page.bodies and openings else []
        for kind, html in zip(("cut out", "openings"), others, strict=False):
            fates[kind][fate(html, page.url)] += 1
    for kind, counted in fates.items():
        refused = 1 - counted["accepted"] / max(1, counted.total())
        print(f"{kind:9} {counted.total():5} pages, refused {refused:.3f}  {dict(counted)}")


if __name__ == "__main__":
    main()
