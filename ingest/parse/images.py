"""Pictures of a page with their captions and credits."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from lxml.html import HtmlElement

from ingest.fold import fold
from ingest.lexicon import words
from ingest.parse.credits import MAX_CREDIT, clean_credit, is_credit, split_caption
from ingest.parse.dates import read_day
from ingest.parse.dom import name_words, parts_of, text_of, texts
from ingest.parse.jsonld import Graph, Thing, kinds
from ingest.parse.people import marked
from ingest.parse.strings import address, line
from ingest.parse.survey import Survey
from ingest.signs import WIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_IMAGES = 200
Image = dict[str, str | None]
"""{caption, credit, url}"""

PARAGRAPH = 60  # characters of a paragraph that counts as prose
ENOUGH = 600  # characters of an article's paragraphs
MAX_CAPTION = 300  # characters
LEAST_HINT = 20  # characters of a text that says less than a caption with its credit
DATED = 60  # characters of a line that holds little beside a date
MAX_BOX = 1500  # characters around a picture that are still about it

_NO_CAPTION = ("a", "button", "form", "time", "ul", "h1", "h2", "h3", "h4")
"""Elements that boxes around a picture have if they are more than the picture and what is said under it."""
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
    shown = fold(" ".join(run.text for run in survey.runs)) if stated else ""
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
    prose: list[tuple[HtmlElement, int, list[HtmlElement]]] = []
    for paragraph in survey.by_tag["p"]:
        if (length := len(paragraph.text_content())) >= PARAGRAPH:
            around = list(islice(paragraph.iterancestors(), 3))
            prose.append((paragraph, length, around))
            for above, ancestor in enumerate(around):
                weights[ancestor] = weights.get(ancestor, 0) + length / (1 + above / 3)
    main = max(weights, key=lambda e: weights[e]) if weights else None
    own = [(paragraph, length) for paragraph, length, around in prose if main in around]
    enough = sum(length for _, length in own) >= ENOUGH  # else the article stands in other elements than <p>
    last = max(places[paragraph] for paragraph, _ in own) if enough else len(places)
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
            taken.update(parts_of(box))
            yield box, captions
    first = min((places[h] for h in survey.by_tag["h1"][:1]), default=0)
    said: dict[HtmlElement, str] = {}
    for image in survey.by_tag["img"]:
        if image in taken or not first < places[image] < last:
            continue
        box = _silent_around(image, said)
        if box is not None and not _foreign(box) and not survey.owned(box):
            yield box, []


def _is_caption(element: HtmlElement) -> bool:
    """A caption, by tag or by class word; or a figure, that may hold some."""
    if not isinstance(element.tag, str):
        return False
    if element.tag in {"figure", "figcaption"}:
        return True
    name = element.get("class")
    have = name_words(name or "")
    if have.isdisjoint(words("credits", "caption_classes")) or not have.isdisjoint(words("credits", "no_caption")):
        return False
    if _is_credit(element):  # "captionCredit"
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


def _silent_around(image: HtmlElement, said: dict[HtmlElement, str]) -> HtmlElement | None:
    """The nearest ancestor of a picture that says something, if it is a box around it and says as much as captions do.

    `said`: what the ancestors of other pictures say; thousands of empty elements beside each would be read again for each.
    """
    for node in islice(image.iterancestors(), 5):
        if node not in said:
            said[node] = text_of(node, most=2 * MAX_CAPTION)
        if text := said[node]:
            fit = node.tag in {"div", "section", "aside"} and len(text) <= MAX_CAPTION and _tells(text)
            named = name_words(f"{node.get('class') or ''} {image.get('class') or ''}") & words("credits", "no_caption")
            return node if fit and not named and next(parts_of(node, *_NO_CAPTION), None) is None else None
    return None


def _tells(text: str) -> bool:
    """Whether words beside a picture tell of it: no byline, date, price or "8 min read"."""
    wordy = sum(len(word) > 1 and word[0].isalpha() for word in text.split()) > 3 or len(WIDE.findall(text)) > 7
    return wordy and marked(text) is None and (len(text) > DATED or read_day(text) is None)


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
    if not captions and box.tag != "figure":
        return _unnamed(box, base)
    within = frozenset(captions)
    credits_ = _outermost(e for e in parts_of(box) if _is_credit(e) and e not in within)
    outer = frozenset(credits_)
    top = _outermost(captions)
    caption, credit = split_caption(" ".join(text_of(c) for c in top))
    said = next(filter(None, map(text_of, credits_)), "")
    before, own = (None, clean_credit(said)) if len(said) <= MAX_CREDIT else split_caption(said)
    if own:
        caption, inner = split_caption(" ".join(filter(None, (text_of(c, outer) for c in top))))
        caption, credit = caption or before, own or inner
    if not credit and box.tag == "figure" and len(rest := text_of(box, frozenset(top))) <= MAX_CREDIT:
        credit = split_caption(rest)[1]
    image = next(box.iter("img"), None)
    if caption and not credit and image is not None:
        credit = _hinted(image)
    if caption and marked(caption) is not None and read_day(caption):  # the article's own byline
        caption = None
    return {"caption": caption, "credit": credit, "url": address(_source(image), base) if image is not None else None}


def _hinted(image: HtmlElement) -> str | None:
    """The credit that a picture's tooltip or its alternative text ends with."""
    hints = (line(image.get(name)) for name in ("title", "alt"))
    return next(filter(None, (split_caption(hint)[1] for hint in hints if hint and len(hint) > LEAST_HINT)), None)


def _unnamed(box: HtmlElement, base: str | None) -> Image:
    """A picture in a box without any telling name: what is said under it, and who made it where that stands apart."""
    said = [" ".join(text.split()) for text in texts(box) if text and not text.isspace()]
    apart = next((text for text in (said[0], said[-1]) if len(said) > 1 and is_credit(text)), None)
    if apart:
        caption, credit = split_caption(" ".join(text for text in said if text != apart))[0], clean_credit(apart)
    else:
        caption, credit = split_caption(" ".join(said))
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
    if any(part in name.lower() for part in words("credits", "credit_parts")):
        return True
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
    own = [t for article in articles[:1] for key in ("image", "associatedMedia") for t in graph.values(article, key)]
    for thing in [*own, *(t for t in graph.tops if "imageobject" in kinds(t))][:MAX_IMAGES]:
        if isinstance(thing, dict):
            caption, inner = split_caption(line(_first(thing.get("caption") or thing.get("description"))) or "")
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
