"""Pictures of a page with their captions and credits; and the cut between a caption and its credit, for any text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lxml.html import HtmlElement

from ingest.fold import fold
from ingest.lexicon import alternatives, words
from ingest.parse.dom import name_words, owner, text_of
from ingest.parse.jsonld import Graph, Thing
from ingest.parse.people import names
from ingest.parse.strings import address, line

MAX_IMAGES = 200
MAX_CREDIT = 100  # characters; longer "credits" are sentences
Image = dict[str, str | None]
"""{caption, credit, url}"""

_TRIM = " \t\r\n-–—|•·/,;:"
_BRACKET = re.compile(r"\s*[(\[（【]\s*([^()\[\]（）【】]{2,120}?)\s*[)\]）】]\s*\.?\s*$")
_SENTENCE_END = re.compile(r"(?<=[.!?…。」”\"])\s*(?=\S)")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    before = alternatives({w.rstrip(":：") for w in words("credits", "before")})
    agency = alternatives(words("credits", "agencies"))
    marker = rf"(?:(?:{before})\s*(?:[/&+]\s*(?:{before})\s*)?[:：]\s*(?:©\s*)?|(?:photos?|images?|pictures?|photography|illustrations?|courtesy|foto)\s+(?:by|courtesy of|courtesy|of|via|von|de|di|door|av)\s+|(?:©|\(c\)|ⓒ)\s*)"
    return (
        re.compile(rf"^\s*{marker}(?P<credit>.+)$", re.IGNORECASE),
        re.compile(rf"(?<!\w){marker}(?P<credit>[^:：]{{2,{MAX_CREDIT}}})$", re.IGNORECASE),
        re.compile(rf"(?:^|[\s/|,–—-])(?:{agency})\.?$", re.IGNORECASE),
    )


def split_caption(text: str) -> tuple[str | None, str | None]:
    """Caption and credit of the words under a picture: the caption without its credit, the credit without its marker."""
    text = " ".join(text.split())
    whole, tail, agency = _patterns()
    bracket = _BRACKET.search(text)
    if bracket and (credit := _credit(bracket[1])):
        return _caption(text[: bracket.start()]), credit
    if (match := whole.match(text)) and len(match["credit"]) <= MAX_CREDIT:
        return None, _name(match["credit"])
    for match in list(tail.finditer(text))[-1:]:
        return _caption(text[: match.start()]), _name(match["credit"])
    last = _SENTENCE_END.split(text)[-1]
    if (
        len(last) <= MAX_CREDIT
        and len(last.split()) <= 8
        and last != text
        and agency.search(last)
        and not last.endswith("!")
    ):
        return _caption(text[: len(text) - len(last)]), _name(last)
    if len(text) <= MAX_CREDIT and len(text.split()) <= 6 and agency.search(text):
        return None, _name(text)
    return _caption(text), None


def _credit(text: str) -> str | None:
    """The credit in the words of a bracket at a caption's end, if they are one."""
    whole, _, agency = _patterns()
    if match := whole.match(text):
        return _name(match["credit"])
    return _name(text) if agency.search(text) and len(text.split()) <= 8 else None


def _name(text: str) -> str | None:
    whole = _patterns()[0]
    text = text.strip(_TRIM).strip()
    if match := whole.match(text):  # "Photo: © NAME"
        text = match["credit"]
    text = text.strip(_TRIM).strip()
    return text[:-1] if text.endswith(".") and text.count(".") == 1 else text or None


def _caption(text: str) -> str | None:
    text = text.strip().rstrip("-–—|•·/,;:([（【").strip()
    return text or None


def page_images(tree: HtmlElement, graph: Graph, articles: list[Thing], *, base: str | None) -> list[Image]:
    """The article's pictures that have a caption or a credit, in the page's order; then those that only JSON-LD describes."""
    found: dict[str, Image] = {}
    for element in tree.iter("figure", "figcaption"):
        if element.tag == "figcaption" and any(a.tag == "figure" for a in element.iterancestors("figure")):
            continue
        if len(found) >= MAX_IMAGES or _foreign(element):
            continue
        _add(found, _of_figure(element, base))
    for image in _stated(graph, articles, base):
        _add(found, image)
    return list(found.values())


def _add(found: dict[str, Image], image: Image) -> None:
    caption, credit = image["caption"], image["credit"]
    if not caption and not credit:
        return
    key = fold(caption or "") or f"credit {image['url'] or credit}"
    kept = found.setdefault(key, image)
    for name in ("credit", "url"):
        kept[name] = kept[name] or image[name]


def _foreign(element: HtmlElement) -> bool:
    if owner(element):
        return True
    node = element.getparent()
    for _ in range(4):
        if node is None:
            break
        if node.tag in {"a", "li"}:
            return True
        node = node.getparent()
    return next(element.iter("h1", "h2", "h3", "h4"), None) is not None  # a card, or the header of the article


def _of_figure(figure: HtmlElement, base: str | None) -> Image:
    boxes = [figure] if figure.tag == "figcaption" else list(figure.iter("figcaption"))
    credits_ = [e for e in figure.iterdescendants() if _is_credit(e)]
    outer = frozenset(e for e in credits_ if not any(a in credits_ for a in e.iterancestors()))
    caption = " ".join(filter(None, (text_of(b, outer) for b in boxes if b not in outer)))
    credit = next(filter(None, (text_of(e) for e in credits_ if e in outer)), None)
    image = next(figure.iter("img"), None)
    return _image(caption, credit, address(_source(image), base) if image is not None else None)


def _image(caption: str | None, credit: str | None, url: str | None) -> Image:
    text, inner = split_caption(line(caption) or "")
    if credit and (clean := line(credit, MAX_CREDIT * 2)):
        before, own = split_caption(clean)
        credit = own or before
    return {"caption": text, "credit": credit or inner, "url": url}


def _is_credit(element: HtmlElement) -> bool:
    name = element.get("class") or element.get("itemprop")
    return (
        bool(name)
        and isinstance(element.tag, str)
        and element.tag not in {"img", "figcaption", "picture", "figure"}
        and bool(name_words(name) & words("credits", "credit_classes"))
    )


def _source(image: HtmlElement) -> str | None:
    for name in ("data-src", "data-original", "data-lazy-src", "src"):
        value = image.get(name)
        if value and not value.startswith("data:"):
            return str(value)
    several = image.get("srcset") or image.get("data-srcset") or ""
    return several.split(",")[-1].split()[0] if several.strip(" ,") else None


def _stated(graph: Graph, articles: list[Thing], base: str | None) -> list[Image]:
    """Images of the article's JSON-LD that say more than an address."""
    images: list[Image] = []
    for article in articles:
        for thing in [t for key in ("image", "associatedMedia") for t in graph.values(article, key)][:MAX_IMAGES]:
            if isinstance(thing, dict):
                credit = (
                    line(_first(thing.get("creditText")))
                    or line(_first(thing.get("copyrightHolder")))
                    or "; ".join(names(_first(thing.get("author") or thing.get("creator"))))
                    or None
                )
                images.append(
                    _image(
                        line(_first(thing.get("caption"))),
                        credit,
                        address(_first(thing.get("url") or thing.get("contentUrl")), base),
                    )
                )
    return images


def _first(value: Any) -> Any:
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get("name") if isinstance(value, dict) else value
