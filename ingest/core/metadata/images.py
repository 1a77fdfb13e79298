"""Images of a page with their captions and credits."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from lxml import etree
from lxml.html import HtmlElement

from ingest.core.html.dom import class_tokens, descendants, element_text, iter_text
from ingest.core.html.page_index import PageIndex
from ingest.core.metadata.authors import strip_byline_marker
from ingest.core.metadata.credits import MAX_CREDIT_CHARACTERS, clean_credit, is_credit, split_caption
from ingest.core.metadata.jsonld import Graph, JsonObject, types_of
from ingest.core.text.dates import read_day
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import UNSPACED_CHARACTER
from ingest.core.text.strings import absolute_url, clean_line
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_IMAGES = 200
ImageFields = dict[str, str | None]
"""{caption, credit, url}"""

MIN_PARAGRAPH_CHARACTERS = 60  # characters from which a paragraph counts as prose
MIN_ARTICLE_CHARACTERS = 600  # fewest characters of an article's paragraphs
MAX_CAPTION_CHARACTERS = 300  # most characters of a caption
MIN_HINT_CHARACTERS = 20  # fewest characters of a tooltip or alternative text that may hold a credit
MAX_DATED_CAPTION_CHARACTERS = 60  # most characters of a line that contains little besides a date
MAX_BOX_CHARACTERS = 1500  # most characters of text around an image that is still about it

_NO_CAPTION_TAGS = ("a", "button", "form", "time", "ul", "h1", "h2", "h3", "h4")
"""Elements in boxes that contain more than an image and its caption."""
_text_length = etree.XPath("string-length()")  # without a copy of the text
_IMAGE_FILE = re.compile(r"^#|^javascript:|\.(?:jpe?g|png|webp|gif|avif|svg)\b", re.IGNORECASE)


def page_images(index: PageIndex, graph: Graph, articles: list[JsonObject], *, base: str | None) -> list[ImageFields]:
    """The article's images with a caption or a credit, in document order.

    JSON-LD adds credits and addresses to captions that the page shows; its other captions are alternative texts more
    often than not.
    """
    found: dict[str, ImageFields] = {}
    for box, captions in _picture_boxes(index):
        if len(found) >= MAX_IMAGES:
            break
        _add(found, _read_box(box, captions, base))
    stated = [image for image in _jsonld_images(graph, articles, base) if image["caption"] or image["credit"]]
    shown = match_key(" ".join(run.text for run in index.runs)) if stated else ""
    for image in stated:
        caption, credit = match_key(image["caption"] or ""), match_key(image["credit"] or "")
        twin = next(
            (i for key, i in found.items() if caption and (key.startswith(caption) or caption.startswith(key))), None
        )
        if twin is None and caption and caption in shown:
            _add(found, image)
        elif twin is not None:
            twin["credit"] = twin["credit"] or (image["credit"] if credit in shown else None)
            twin["url"] = twin["url"] or image["url"]
    return list(found.values())


def _add(found: dict[str, ImageFields], image: ImageFields) -> None:
    if image["caption"] or image["credit"]:
        kept = found.setdefault(
            match_key(image["caption"] or "") or f"credit {match_key(image['credit'] or '')}", image
        )
        for name in ("credit", "url"):
            kept[name] = kept[name] or image[name]


def _picture_boxes(index: PageIndex) -> Iterator[tuple[HtmlElement, list[HtmlElement]]]:
    """(image with its surroundings, its caption elements) for each image up to the article's last paragraph."""
    positions = index.positions()
    weights: dict[HtmlElement, float] = {}
    prose: list[tuple[HtmlElement, float, list[HtmlElement]]] = []
    for paragraph in index.by_tag["p"]:
        if (length := cast("float", _text_length(paragraph))) >= MIN_PARAGRAPH_CHARACTERS:
            around = list(islice(paragraph.iterancestors(), 3))
            prose.append((paragraph, length, around))
            for above, ancestor in enumerate(around):
                weights[ancestor] = weights.get(ancestor, 0) + length / (1 + above / 3)
    main = max(weights, key=lambda e: weights[e]) if weights else None
    own = [(paragraph, length) for paragraph, length, around in prose if main in around]
    enough = (
        sum(length for _, length in own) >= MIN_ARTICLE_CHARACTERS
    )  # otherwise the article is in elements other than <p>
    last = max(positions[paragraph] for paragraph, _ in own) if enough else len(positions)
    classed = (e for e in index.by_role["caption"] if _is_caption(e))
    several = {*index.by_tag["figure"], *index.by_tag["figcaption"], *classed}
    taken: set[HtmlElement] = set()
    for element in sorted((e for e in several if positions[e] <= last), key=lambda e: positions[e])[: 2 * MAX_IMAGES]:
        if element in taken:
            continue
        figure = element.tag == "figure"
        captions = [e for e in descendants(element) if e.tag != "figure" and _is_caption(e)] if figure else [element]
        taken.update(captions, *(descendants(c) for c in captions))
        box = element if figure else _box_of_caption(element)
        if box is not None and not _is_foreign(box) and not index.is_foreign(box, "strange"):
            taken.update(descendants(box))
            yield box, captions
    first = min((positions[h] for h in index.by_tag["h1"][:1]), default=0)
    said: dict[HtmlElement, str] = {}
    for image in index.by_tag["img"]:
        if image in taken or not first < positions[image] < last:
            continue
        box = _unlabelled_box(image, said)
        if box is not None and not _is_foreign(box) and not index.is_foreign(box):
            yield box, []


def _is_caption(element: HtmlElement) -> bool:
    """True for a caption, by tag or by class word, and for a figure, which may contain one."""
    if not isinstance(element.tag, str):
        return False
    if element.tag in {"figure", "figcaption"}:
        return True
    name = element.get("class")
    have = class_tokens(name or "")
    if have.isdisjoint(word_set("credits", "caption_classes")) or not have.isdisjoint(
        word_set("credits", "no_caption")
    ):
        return False
    if _is_credit(element):  # "captionCredit"
        return False
    return next(element.iter("img", "iframe", "p") if element.tag == "div" else iter(()), None) is None


def _box_of_caption(caption: HtmlElement) -> HtmlElement | None:
    """The nearest ancestor of a caption that contains an image and little else."""
    node = caption
    for _ in range(4):
        node = node.getparent()
        if node is None or len(element_text(node, max_characters=2 * MAX_BOX_CHARACTERS)) > MAX_BOX_CHARACTERS:
            return caption if caption.tag == "figcaption" else None
        if next(node.iter("img", "picture", "video"), None) is not None:
            return node
    return caption if caption.tag == "figcaption" else None


def _unlabelled_box(image: HtmlElement, said: dict[HtmlElement, str]) -> HtmlElement | None:
    """The nearest ancestor of an image with text, if it is a box around the image and its text is as long as captions
    are.

    `said`: the cached text of ancestors of images; without it, thousands of empty elements beside an image would be
    read again for each image.
    """
    for node in islice(image.iterancestors(), 5):
        if node not in said:
            said[node] = element_text(node, max_characters=2 * MAX_CAPTION_CHARACTERS)
        if text := said[node]:
            fit = (
                node.tag in {"div", "section", "aside"}
                and len(text) <= MAX_CAPTION_CHARACTERS
                and _is_descriptive(text)
            )
            named = class_tokens(f"{node.get('class') or ''} {image.get('class') or ''}") & word_set(
                "credits", "no_caption"
            )
            return node if fit and not named and next(descendants(node, *_NO_CAPTION_TAGS), None) is None else None
    return None


def _is_descriptive(text: str) -> bool:
    """True if the text beside an image describes it: not a byline, date, price or "8 min read"."""
    wordy = (
        sum(len(word) > 1 and word[0].isalpha() for word in text.split()) > 3
        or len(UNSPACED_CHARACTER.findall(text)) > 7
    )
    return (
        wordy
        and strip_byline_marker(text) is None
        and (len(text) > MAX_DATED_CAPTION_CHARACTERS or read_day(text) is None)
    )


def _is_foreign(box: HtmlElement) -> bool:
    """True for a card that links to another article, or a part of something else."""
    for link in (
        *box.iterancestors("a"),
        *(heading.getparent() for heading in descendants(box, "h2", "h3", "h4") if heading.getparent().tag == "a"),
    ):
        if not _IMAGE_FILE.search(link.get("href") or "#"):
            return True
    return any(link.getparent().tag in {"h2", "h3", "h4"} for link in descendants(box, "a"))


def _read_box(box: HtmlElement, captions: list[HtmlElement], base: str | None) -> ImageFields:
    if not captions and box.tag != "figure":
        return _read_unlabelled_box(box, base)
    within = frozenset(captions)
    credits_ = _outermost(e for e in descendants(box) if _is_credit(e) and e not in within)
    outer = frozenset(credits_)
    top = _outermost(captions)
    caption, credit = split_caption(" ".join(element_text(c) for c in top))
    said = next(filter(None, map(element_text, credits_)), "")
    before, own = (None, clean_credit(said)) if len(said) <= MAX_CREDIT_CHARACTERS else split_caption(said)
    if own:
        caption, inner = split_caption(" ".join(filter(None, (element_text(c, outer) for c in top))))
        caption, credit = caption or before, own or inner
    if not credit and box.tag == "figure" and len(rest := element_text(box, frozenset(top))) <= MAX_CREDIT_CHARACTERS:
        credit = split_caption(rest)[1]
    image = next(box.iter("img"), None)
    if caption and not credit and image is not None:
        credit = _credit_from_hints(image)
    if caption and strip_byline_marker(caption) is not None and read_day(caption):  # the article's own byline
        caption = None
    return {
        "caption": caption,
        "credit": credit,
        "url": absolute_url(_image_source(image), base) if image is not None else None,
    }


def _credit_from_hints(image: HtmlElement) -> str | None:
    """The credit at the end of an image's tooltip or alternative text."""
    hints = (clean_line(image.get(name)) for name in ("title", "alt"))
    return next(
        filter(None, (split_caption(hint)[1] for hint in hints if hint and len(hint) > MIN_HINT_CHARACTERS)), None
    )


def _read_unlabelled_box(box: HtmlElement, base: str | None) -> ImageFields:
    """An image in a box without a descriptive class name: the text below it, and the credit where that has an element
    of its own.
    """
    said = [" ".join(text.split()) for text in iter_text(box) if text and not text.isspace()]
    apart = next((text for text in (said[0], said[-1]) if len(said) > 1 and is_credit(text)), None)
    if apart:
        caption, credit = split_caption(" ".join(text for text in said if text != apart))[0], clean_credit(apart)
    else:
        caption, credit = split_caption(" ".join(said))
    image = next(box.iter("img"), None)
    return {
        "caption": caption,
        "credit": credit,
        "url": absolute_url(_image_source(image), base) if image is not None else None,
    }


def _outermost(elements: Iterable[HtmlElement]) -> list[HtmlElement]:
    """The elements that are not inside another of them, given in document order."""
    found: list[HtmlElement] = []
    inside: set[HtmlElement] = set()
    for element in elements:
        if element not in inside:
            found.append(element)
            inside.update(descendants(element))
    return found


def _is_credit(element: HtmlElement) -> bool:
    name = element.get("class") or element.get("itemprop")
    if not name or not isinstance(element.tag, str) or element.tag in {"img", "figcaption", "picture", "figure"}:
        return False
    have = class_tokens(name)
    if any(part in name.lower() for part in word_set("credits", "credit_parts")):
        return True
    if not have.isdisjoint(word_set("credits", "credit_classes")):
        return True
    return (
        not have.isdisjoint(word_set("credits", "credit_classes_inside"))
        and next(element.iterancestors("figcaption"), None) is not None
    )


def _image_source(image: HtmlElement) -> str | None:
    for name in ("data-src", "data-original", "data-lazy-src", "src"):
        value = image.get(name)
        if value and not value.startswith("data:"):
            return str(value)
    several = image.get("srcset") or image.get("data-srcset") or ""
    return several.split(",")[-1].split()[0] if several.strip(" ,") else None


def _jsonld_images(graph: Graph, articles: list[JsonObject], base: str | None) -> Iterator[ImageFields]:
    """Images in the article's JSON-LD with more than an address."""
    own = [t for article in articles[:1] for key in ("image", "associatedMedia") for t in graph.values(article, key)]
    for thing in [*own, *(t for t in graph.top_objects if "imageobject" in types_of(t))][:MAX_IMAGES]:
        if isinstance(thing, dict):
            caption, inner = split_caption(clean_line(_first(thing.get("caption") or thing.get("description"))) or "")
            owners = (_first(thing.get(key)) for key in ("creditText", "copyrightHolder", "author", "creator"))
            credit = clean_credit(next(filter(None, map(clean_line, owners)), ""))
            yield {
                "caption": caption,
                "credit": credit or inner,
                "url": absolute_url(_first(thing.get("url") or thing.get("contentUrl")), base),
            }


def _first(value: Any) -> Any:
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get("name") if isinstance(value, dict) else value
