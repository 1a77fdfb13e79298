"""Checks of valid packs that need a clock, or records of other articles: slow and shadowed rules, rules that remove prose."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.cli.files import is_own
from ingest.core.limits import MAX_RULE_TEXT_CHARACTERS
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.core.packs import Packs, Rule

SLOW_SECONDS = 0.02
"""A rule that takes this long for one text is slow: a tenth of the time after which it is not tried again in an article."""

MAX_SELECTOR_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What is known of one article: its publisher, the paragraphs of its body, and all blocks that were removed."""

    name: str
    domain: str | None
    publisher: str | None
    body: tuple[str, ...]
    removed: tuple[str, ...]


def read_known_articles(folder: Path) -> list[KnownArticle]:
    """The records of a folder, one JSON file each; links are named and skipped. Raises ValueError or KeyError for a file that is not a record."""
    found = []
    for path in filter(is_own, sorted(folder.glob("*.json"))):
        record = json.loads(path.read_text(encoding="utf-8"))
        publisher = record["publisher"] or {}
        body = tuple(line for line in record["body"].split("\n") if line)
        removed = tuple(row["text"] for row in record["removed"])
        found.append(KnownArticle(path.stem, publisher.get("domain"), publisher.get("name"), body, removed))
    return found


def audit_rules(packs: Packs, known: Sequence[KnownArticle]) -> list[str]:
    """What is wrong with rules of valid packs, one line each: slow ones, shadowed ones, those that would remove prose."""
    return [*_slow(packs, known), *_slow_selectors(packs), *_shadowed(packs), *_strips_prose(packs, known)]


def _where(rule: Rule) -> str:
    return f"{rule.id} (line {rule.line})"


def _slow(packs: Packs, known: Sequence[KnownArticle]) -> Iterator[str]:
    """Each rule on every text, and on its own examples stretched to the maximum length, the worst case of backtracking."""
    given = {text for article in known for text in (*article.body, *article.removed)}
    for pack in packs.all:
        for rule in pack.rules:
            stretched = {long for text in (*rule.hits, *rule.misses) for long in _stretched(text)}
            seconds, text = max((_best_seconds(rule, text), text) for text in given | stretched)
            if seconds >= SLOW_SECONDS:
                yield f"{_where(rule)}: slow, {seconds * 1000:.0f} ms for {text[:60]!r} … ({len(text)} characters)"


def _slow_selectors(packs: Packs) -> Iterator[str]:
    """Each selector on a page of 10,000 elements, side by side and 100 deep; a usual one takes 1 ms."""
    rules = [rule for pack in packs.all for rule in pack.selectors]
    if not rules:
        return
    from lxml.html import document_fromstring

    beside = '<div class="a b" id="i"><p class="c"><a href="/">x</a></p></div>' * 2000
    deep = ('<div class="a"><ul>' * 50 + "<li>x</li>" + "</ul></div>" * 50) * 40
    page = document_fromstring(f"<html><body>{beside}{deep}</body></html>")
    for rule in rules:
        began = time.thread_time()
        rule.select(page)
        if (seconds := time.thread_time() - began) > MAX_SELECTOR_SECONDS:
            yield f"{rule.id} (line {rule.line}): slow, {seconds * 1000:.0f} ms for a page of 10,000 elements"


def _stretched(text: str) -> Iterator[str]:
    """The text repeated, and the text with its longest word repeated; neither has an end that a rule matches."""
    word = max(text.split(), key=len)
    stem = "".join(filter(str.isalnum, word)) or word
    before, _, after = text.partition(stem)
    yield (f"{text} " * MAX_RULE_TEXT_CHARACTERS)[: MAX_RULE_TEXT_CHARACTERS - 1] + "\t"
    yield (
        f"{before}{(stem * MAX_RULE_TEXT_CHARACTERS)[: MAX_RULE_TEXT_CHARACTERS - len(text)]}{after}"[
            : MAX_RULE_TEXT_CHARACTERS - 1
        ]
        + "\t"
    )


def _best_seconds(rule: Rule, text: str) -> float:
    """Processor seconds, the best of three runs if the first is slow, so that a busy machine makes no rule slow."""
    return min(_search_seconds(rule, text) for _ in range(2)) if _search_seconds(rule, text) >= SLOW_SECONDS else 0.0


def _search_seconds(rule: Rule, text: str) -> float:
    began = time.thread_time()
    with suppress(TimeoutError):
        rule.pattern.search(text)
    return time.thread_time() - began


def _shadowed(packs: Packs) -> Iterator[str]:
    """Rules that lose all of their own examples to earlier rules: they can never win."""
    for pack in packs.all:
        rulebook = packs.rulebook(pack.domains[0] if pack.domains else None, pack.name, [])
        for rule in pack.rules:
            winners = [hit.rule for hit in rulebook.hits(rule.hits) if hit]
            if len(winners) == len(rule.hits) and rule not in winners:
                yield f"{_where(rule)}: shadowed by {_where(winners[0])}, which matches all its examples"


def _strips_prose(packs: Packs, known: Sequence[KnownArticle]) -> Iterator[str]:
    """Rules that would remove something that is known to be body."""
    for article in known:
        rulebook = packs.rulebook(article.domain, article.publisher, [*article.body, *article.removed])
        for text, hit in zip(article.body, rulebook.hits(article.body), strict=True):
            if hit and hit.rule.label is not Label.BODY:
                yield f"{_where(hit.rule)}: would remove {text[hit.start :][:80]!r} from the body of {article.name}"
