"""Rules of a pack that choose elements of a page by a CSS selector, for what a publisher marks in HTML and not in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import datetime as dt

    from lxml.html import HtmlElement

    from ingest.core.model import Label

MAX_SELECTOR_CHARACTERS = 200


class SelectorError(ValueError):
    """A selector cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class SelectorRule:
    """A selector that proves what the blocks inside an element are. `id` is "pack/rule"; `field`: what their text fills, beside its label.

    `hits` and `misses` are snippets of HTML in which it selects an element with text, and in which it selects none.
    """

    id: str
    selector: str
    xpath: Any
    label: Label
    field: str | None
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    valid_until: dt.date | None = None
    line: int = 0

    def select(self, tree: HtmlElement) -> list[HtmlElement]:
        """The elements of a page, in document order."""
        return cast("list[HtmlElement]", self.xpath(tree))


def compile_selector(selector: str) -> Any:
    """The selector as compiled XPath. Raises `SelectorError`."""
    import cssselect  # noqa: PLC0415  for packs that have selectors
    from lxml import etree  # noqa: PLC0415

    if len(selector) > MAX_SELECTOR_CHARACTERS:
        raise SelectorError(f"it has more than {MAX_SELECTOR_CHARACTERS} characters")
    if ":contains" in selector:
        raise SelectorError(":contains is not CSS; use a [[rule]] for words")
    try:
        return etree.XPath(cssselect.HTMLTranslator().css_to_xpath(selector))
    except (cssselect.SelectorError, etree.XPathError, NotImplementedError) as error:
        raise SelectorError(str(error).rstrip(".") or "it cannot be read") from error


def select_first(rules: tuple[SelectorRule, ...], tree: HtmlElement) -> dict[HtmlElement, SelectorRule]:
    """Each selected element with the first rule that selects it."""
    chosen: dict[HtmlElement, SelectorRule] = {}
    for rule in rules:
        for element in rule.select(tree):
            chosen.setdefault(element, rule)
    return chosen


def selects_text(xpath: Any, snippet: str) -> bool:
    """Whether a compiled selector chooses an element with text in a snippet of HTML."""
    from lxml import etree  # noqa: PLC0415
    from lxml.html import document_fromstring  # noqa: PLC0415

    try:
        return any((element.text_content() or "").strip() for element in xpath(document_fromstring(snippet)))
    except etree.ParserError:  # nothing but white space
        return False


def selector_problems(rule: SelectorRule) -> list[str]:
    """What is wrong with the proof of a rule, one line each."""
    problems = [f"{rule.id}: nothing is selected in {hit!r}" for hit in rule.hits if not selects_text(rule.xpath, hit)]
    problems += [
        f"{rule.id}: something is selected in {miss!r}" for miss in rule.misses if selects_text(rule.xpath, miss)
    ]
    return problems
