"""Pictures of a page with their captions and credits."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from lxml.html import HtmlElement

from ingest.fold import fold
from ingest.lexicon import words
from ingest.parse.credits import MAX_CREDIT, MAX_WORDS, clean_credit, split_caption
from ingest.parse.dom import name_words, parts_of, text_of, texts
from ingest.parse.jsonld import Graph, Thing
from ingest.parse.strings import address, line
from ingest.parse.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_IMAGES = 200
Image = dict[str, str | None]
"""{caption, credit, url}"""

PARAGRAPH = 60  # characters of a paragraph that counts as prose
MAX_BOX = 1500  # characters around a picture that are still about it

_IMAGE_FILE = re.compile(r"^#|^javascript:|\.(?:jpe?g|png|webp|gif|avif|svg)\b", re.IGNORECASE)


def page_images(survey: Survey, graph: Graph, articles: list[Thing], *, base: str | None) -> list[Image]:
    """The article's pictures that have a caption or a credit, in the page's order.

    JSON-LD adds credits and addresses to captions that the page shows; its other captions are alt texts more often than not.
    """
    found: dict[str, Image] = {}
    for box, captions in _boxes(survey):
        if len(found) >= MAX_IMAGES:
            break
        _add(found, _pictured(box, captions, base))
    stated = [image for image in _stated(graph, articles, base) if image["caption"] or image["credit"]]
    shown = fold(" ".join(texts(survey.tree))) if stated else ""
    for image in stated:
        caption, credit = fold(image["caption"] or ""), fold(image["credit"] or "")
        twin = next(
            (i for key, i in found.items() if caption and (key.startswith(caption) or caption.startswith(key))), None
        )
        if twin is None and caption and caption in shown:
            _add(found, image)
        elif twin is not None:
            twin["credit"] = twin["credit"] or (image["credit"] if credit in shown else None)
            twin["url"] = twin["url"] or image["url"]
    return list(found.values())


def _add(found: dict[str, Image], image: Image) -> None:
    if image["caption"] or image["credit"]:
        kept = found.setdefault(fold(image["caption"] or "") or f"credit {fold(image['credit'] or '')}", image)
        for name in ("credit", "url"):
            kept[name] = kept[name] or image[name]


def _boxes(survey: Survey) -> Iterator[tuple[HtmlElement, list[HtmlElement]]]:
    """(picture with its surroundings, its caption elements) for each picture up to the article's last paragraph."""
    places = survey.order()
    weights: dict[HtmlElement, float] = {}
    prose: list[HtmlElement] = []
    for paragraph in survey.by_tag["p"]:
        if (length := len(paragraph.text_content())) >= PARAGRAPH:
            prose.append(paragraph)
            for above, ancestor in enumerate(_above(paragraph)):
                weights[ancestor] = weights.get(ancestor, 0) + length / (1 + above / 3)
    main = max(weights, key=lambda e: weights[e]) if weights else None
    last = max((places[p] for p in prose if main in _above(p)), default=len(places))
    classed = (e for e in survey.by_role["caption"] if _is_caption(e))
    several = {*survey.by_tag["figure"], *survey.by_tag["figcaption"], *classed}
    taken: set[HtmlElement] = set()
    for element in sorted((e for e in several if places[e] <= last), key=lambda e: places[e])[: 2 * MAX_IMAGES]:
        if element in taken:
            continue
        figure = element.tag == "figure"
        captions = [e for e in parts_of(element) if e.tag != "figure" and _is_caption(e)] if figure else [element]
        taken.update(captions, *(parts_of(c) for c in captions))
        box = element if figure else _with_image(element)
        if box is not None and not _foreign(box) and not survey.owned(box, "strange"):
            yield box, captions


def _above(element: HtmlElement) -> list[HtmlElement]:
    return list(islice(element.iterancestors(), 3))


def _is_caption(element: HtmlElement) -> bool:
    """A caption, by tag or by class word; or a figure, that may hold some."""
    if not isinstance(element.tag, str):
        return False
    if element.tag in {"figure", "figcaption"}:
        return True
    name = element.get("class")
    if not name or name_words(name).isdisjoint(words("credits", "caption_classes")):
        return False
    return next(element.iter("img", "iframe", "p") if element.tag == "div" else iter(()), None) is None


def _with_image(caption: HtmlElement) -> HtmlElement | None:
    """The nearest ancestor of a caption that holds a picture and little else."""
    node = caption
    for _ in range(4):
        node = node.getparent()
        if node is None or len(text_of(node, most=2 * MAX_BOX)) > MAX_BOX:
            return caption if caption.tag == "figcaption" else None
        if next(node.iter("img", "picture", "video"), None) is not None:
            return node
    return caption if caption.tag == "figcaption" else None


def _foreign(box: HtmlElement) -> bool:
    """A card that leads to another article, or a part of something else."""
    for link in (
        *box.iterancestors("a"),
        *(heading.getparent() for heading in parts_of(box, "h2", "h3", "h4") if heading.getparent().tag == "a"),
    ):
        if not _IMAGE_FILE.search(link.get("href") or "#"):
            return True
    return any(link.getparent().tag in {"h2", "h3", "h4"} for link in parts_of(box, "a"))


def _pictured(box: HtmlElement, captions: list[HtmlElement], base: str | None) -> Image:
    within = frozenset(captions)
    credits_ = _outermost(e for e in parts_of(box) if _is_credit(e) and e not in within)
    outer = frozenset(credits_)
    top = _outermost(captions)
    caption, credit = split_caption(" ".join(text_of(c) for c in top))
    said = next(filter(None, map(text_of, credits_)), "")
    before, own = split_caption(said)
    if own is None and len(said) <= MAX_CREDIT and len(said.split()) <= MAX_WORDS:
        before, own = None, clean_credit(said)
    if own and fold(own) not in fold(credit or ""):  # the element says more than the words do
        caption, inner = split_caption(" ".join(filter(None, (text_of(c, outer) for c in top))))
        caption, credit = caption or before, own or inner
    if not credit and box.tag == "figure" and len(rest := text_of(box, frozenset(top))) <= MAX_CREDIT:
        credit = split_caption(rest)[1]
    image = next(box.iter("img"), None)
    return {"caption": caption, "credit": credit, "url": address(_source(image), base) if image is not None else None}


def _outermost(elements: Iterable[HtmlElement]) -> list[HtmlElement]:
    """Those without what is inside another of them; they come in the page's order."""
    found: list[HtmlElement] = []
    inside: set[HtmlElement] = set()
    for element in elements:
        if element not in inside:
            found.append(element)
            inside.update(parts_of(element))
    return found


def _is_credit(element: HtmlElement) -> bool:
    name = element.get("class") or element.get("itemprop")
    if not name or not isinstance(element.tag, str) or element.tag in {"img", "figcaption", "picture", "figure"}:
        return False
    have = name_words(name)
    if not have.isdisjoint(words("credits", "credit_classes")):
        return True
    return (
        not have.isdisjoint(words("credits", "credit_classes_inside"))
        and next(element.iterancestors("figcaption"), None) is not None
    )


def _source(image: HtmlElement) -> str | None:
    for name in ("data-src", "data-original", "data-lazy-src", "src"):
        value = image.get(name)
        if value and not value.startswith("data:"):
            return str(value)
    several = image.get("srcset") or image.get("data-srcset") or ""
    return several.split(",")[-1].split()[0] if several.strip(" ,") else None


def _stated(graph: Graph, articles: list[Thing], base: str | None) -> Iterator[Image]:
    """Images of the article's JSON-LD that say more than an address."""
    for article in articles[:1]:
        for thing in [t for key in ("image", "associatedMedia") for t in graph.values(article, key)][:MAX_IMAGES]:
            if isinstance(thing, dict):
                caption, inner = split_caption(line(_first(thing.get("caption"))) or "")
                owners = (_first(thing.get(key)) for key in ("creditText", "copyrightHolder", "author", "creator"))
                credit = clean_credit(next(filter(None, map(line, owners)), ""))
                yield {
                    "caption": caption,
                    "credit": credit or inner,
                    "url": address(_first(thing.get("url") or thing.get("contentUrl")), base),
                }


def _first(value: Any) -> Any:
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get("name") if isinstance(value, dict) else value
