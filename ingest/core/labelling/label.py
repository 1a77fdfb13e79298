"""Assign a label to each block. Pass 1 looks at each block separately, pass 2 at its neighbours.

The first source that decides wins:
    packs (certain) ▶ structure (the headline and its repeats, lists after a marker) ▶ memory ▶ the learned labeller (general)

No rule uses the absolute position of a block: removing text changes positions, and cleaning a text twice must give the same result.
"""

from __future__ import annotations

import re
from itertools import islice, pairwise
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING

from ingest.core.labelling.headline_labels import label_headlines
from ingest.core.labelling.headlines import NO_CHOICE, Choice, choose_headline
from ingest.core.labelling.judging import Steps, alone
from ingest.core.labelling.remembered import accept, is_byline_or_date, remembered
from ingest.core.labelling.text_classifier import examine
from ingest.core.labelling.text_structure import settle
from ingest.core.labelling.title_text import without_kicker
from ingest.core.model import JUDGED_BY_MODEL, JUDGED_BY_PLACE, Article, Block, Label, LabelledBlock
from ingest.core.text.lines import MAX_TITLE_CHARACTERS, is_prose, is_title
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import SENTENCE_STOPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest.core.labelling.page_labels import ExaminePage
    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.memory.publisher import PublisherMemory
    from ingest.core.memory.sights import Sights
    from ingest.core.memory.template import Template
    from ingest.core.model import Prediction
    from ingest.core.packs import Hit, Rulebook
    from ingest.core.packs.selector import SelectorRule

MAX_TAG_CHARACTERS = 40
MAX_TAILS = 8
"""Most notices joined into one sentence without a separator: Yonhap's chain has five."""

DECLARED = "structure/json-ld"
"""The id of the rule that took the body from the page's JSON-LD."""

HEADLINE = "structure/headline"
"""The id of the rule that found the headline."""

FORMAT = "structure/format"
"""The id of the rule that took a label from the format's own markup."""

_SITE_LABELS = frozenset({
    Label.SHARE, Label.NAVIGATION, Label.TAGS, Label.COMMENTS, Label.WIDGET, Label.ADVERTISEMENT,
})  # fmt: skip
"""What a site puts around an article, and no format into its body: there such a word ("Line", "Up next") is a heading or a cell."""

_LIST_FIELDS = {Label.RELATED: "headline", Label.TAGS: "keywords"}  # the field filled by a line under a marker

_SENTENCE_GAP = re.compile(rf"""[{SENTENCE_STOPS}]["'”’»」』)]*\s*""")


def label_block_steps(
    article: Article,
    rulebook: Rulebook,
    headline: str | None,
    find_main_region: Callable[[], str | None] | None = None,
    known: PublisherMemory | None = None,
    selected: Mapping[int, SelectorRule] = MappingProxyType({}),
    examine_page: ExaminePage | None = None,
) -> Steps[tuple[LabelledBlock, ...]]:
    """All blocks, in order, with their labels. `headline`: as claimed; None lets the first title-like line of a text
    file be the headline. `find_main_region`: the text that a main-region finder keeps of the page. `known`: what memory
    knows about the publisher. `selected`: the publisher's rules for elements, by the numbers of the blocks inside them. `examine_page`:
    the classifier of pages.

    Raises `Rejected` where a page has no article.
    """
    if article.is_marked_up:
        return (yield from _label_marked_up(article, rulebook, headline))
    blocks, rows = ruled(article.blocks, rulebook, headline)
    sights = _sights(known, blocks)
    if article.source.media_type != "text/plain":
        from ingest.core.labelling.page_labels import judge_page  # noqa: PLC0415  30 ms, for pages alone

        judged_page = judge_page(article, blocks, rows, headline, find_main_region, sights, selected, examine_page)
        verdicts, template = judged_page.verdicts, judged_page.template
        if judged_page.is_declared:
            return _declared(article, blocks, rows, verdicts, headline, template)
        label_headlines(blocks, rows, headline)
        return _filled(blocks, rows, verdicts, template)
    if not blocks:
        return ()
    judged, certainty = (yield blocks), 1.0
    verdicts = judged.verdicts
    if not headline:
        choice = choose(article, blocks, rows, judged, rulebook)
        headline, certainty = _headline(choice, blocks, rows), choice.certainty
    label_headlines(blocks, rows, headline, certainty)
    found = remembered(sights, blocks, rows, verdicts, headline)
    accept({at: row for at, row in found.items() if not is_byline_or_date(row.block.text)}, rows, verdicts)
    settle(blocks, rows, judged, headline)
    verdicts = accept(found, rows, verdicts)
    return _filled(blocks, rows, verdicts)


label_blocks = alone(label_block_steps)


def _sights(known: PublisherMemory | None, blocks: Sequence[Block]) -> Sights | None:
    """What memory knows of the blocks, if it knows the publisher."""
    if known is None or not blocks:
        return None
    from ingest.core.memory.sights import Sights  # noqa: PLC0415  for those who keep a memory

    return Sights.of(known, blocks)


def _label_marked_up(article: Article, rulebook: Rulebook, headline: str | None) -> Steps[tuple[LabelledBlock, ...]]:
    """The blocks of an article whose format says what is body: the lines that it states, then those that a pack's rule or their form
    decides, and body.
    """
    stated = [
        LabelledBlock(block, label, FORMAT, captured={"headline": block.text} if label is Label.HEADLINE else {})
        for block, label in zip(article.blocks, article.stated_labels, strict=False)
    ]
    blocks, rows = ruled(article.blocks[len(stated) :], rulebook, headline)
    rows = [None if row and row.label in _SITE_LABELS else row for row in rows]
    certainty = 1.0
    if not headline and blocks and article.source.media_type == "text/plain":
        choice = choose(article, blocks, rows, (yield blocks), rulebook)
        headline, certainty = _headline(choice, blocks, rows), choice.certainty
    label_headlines(blocks, rows, headline, certainty)
    body = (
        row or LabelledBlock(block, Label.CAPTION if block.kind == "caption" else Label.BODY, FORMAT)
        for block, row in zip(blocks, rows, strict=True)
    )
    return (*stated, *body)


def _declared(
    article: Article,
    blocks: Sequence[Block],
    rows: list[LabelledBlock | None],
    verdicts: Sequence[Prediction],
    headline: str | None,
    template: Template | None,
) -> tuple[LabelledBlock, ...]:
    """The page's blocks, none of them body, and the article from its JSON-LD."""
    label_headlines(blocks, rows, headline)
    for at, (block, prediction) in enumerate(zip(blocks, verdicts, strict=True)):
        row = rows[at]
        if prediction.label is Label.BODY and (row is None or row.label is Label.BODY):
            rows[at] = LabelledBlock(block, Label.DUPLICATE, DECLARED)
    declared = [LabelledBlock(block, Label.BODY, DECLARED) for block in article.declared]
    return (*_filled(blocks, rows, verdicts, template), *declared)


def _filled(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    verdicts: Sequence[Prediction],
    template: Template | None = None,
) -> tuple[LabelledBlock, ...]:
    """The decided rows, and for the rest the verdict of the classifier, or of the template."""
    counts = template.counts if template else [None] * len(blocks)
    rule = JUDGED_BY_PLACE if template else JUDGED_BY_MODEL
    return tuple(
        row or LabelledBlock(block, prediction.label, rule, prediction.confidence, counts=count)
        for block, row, prediction, count in zip(blocks, rows, verdicts, counts, strict=True)
    )


def headline_choice(article: Article, rulebook: Rulebook) -> Choice:
    """The candidates for a text file's headline, computed again for explanations."""
    blocks, rows = ruled(article.blocks, rulebook, None)
    return choose(article, blocks, rows, examine(blocks), rulebook) if blocks else NO_CHOICE


def choose(
    article: Article,
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    rulebook: Rulebook,
) -> Choice:
    """Which line of a text file is its headline, if any; the titles of a digest, each above a dateline, belong to its
    items.
    """
    titled = (above for above, below in pairwise(blocks) if rulebook.dateline(below.text) and not is_prose(above.text))
    if len(list(islice(titled, 2))) > 1:
        return NO_CHOICE
    url = next((claim.value for claim in article.claims if claim.field == "url"), None)
    return choose_headline(blocks, rows, judged, url, rulebook.dateline)


def _headline(choice: Choice, blocks: Sequence[Block], rows: list[LabelledBlock | None]) -> str | None:
    """The text of the chosen line. One that a marker above it has claimed for a list, or a date joined to it, loses that label; one
    without its kicker is the headline as a whole line.
    """
    best = choice.bare()
    if best is None:
        return None
    won = choice.candidates[best]
    own = blocks[won.at]
    text = without_kicker(won.text, lambda: "\n".join([block.text for block in blocks if block is not own]))
    row = rows[won.at]
    if row is not None:
        rows[won.at] = row._replace(label=Label.HEADLINE, captured={**row.captured, "headline": text})
    elif text != won.text:
        rows[won.at] = LabelledBlock(own, Label.HEADLINE, HEADLINE, choice.certainty, {"headline": text})
    return text


def ruled(
    blocks: Sequence[Block], rulebook: Rulebook, headline: str | None
) -> tuple[list[Block], list[LabelledBlock | None]]:
    """The blocks with joined tails split off, and the pack rule that decides each one."""
    split, hits = _split_tails(blocks, rulebook)
    glued = [
        (i, hit)
        for i, block in enumerate(split)
        if not block.markup and hits[i] is None and (hit := _glued_marker(block, rulebook))
    ]
    return split, _apply_rules(split, hits, glued, headline)


def _glued_marker(block: Block, rulebook: Rulebook) -> Hit | None:
    """The rule of a list whose marker ends a paragraph of a text: "… he said. Read also:"."""
    if block.text[-1] not in ":：" or not (end := list(_SENTENCE_GAP.finditer(block.text))):
        return None
    hit = rulebook.hits([block.text[end[-1].end() :]])[0]
    return hit if hit and hit.rule.span == "list" else None


def _split_tails(blocks: Sequence[Block], rulebook: Rulebook) -> tuple[list[Block], list[Hit | None]]:
    """The blocks with joined tails split off, and the rule that won each of them, if any."""
    found = rulebook.hits([block.text for block in blocks])
    if not any(hit.start for hit in found if hit):
        return list(blocks), found
    split: list[Block] = []
    hits: list[Hit | None] = []
    for block, hit in zip(blocks, found, strict=True):
        tails: list[tuple[Block, Hit]] = []
        head, won = block, hit
        while won and won.start and len(tails) < MAX_TAILS:
            tails.append((head._replace(text=head.text[won.start :].strip(), after_blank_line=False), won))
            head = head._replace(text=head.text[: won.start].rstrip())
            won = rulebook.hits([head.text])[0]
        split += [head, *(tail for tail, _ in reversed(tails))]
        hits += [won, *(tail_hit for _, tail_hit in reversed(tails))]
    return split, hits


def _apply_rules(
    blocks: Sequence[Block], hits: Sequence[Hit | None], glued: Sequence[tuple[int, Hit]], headline: str | None
) -> list[LabelledBlock | None]:
    """The decisions of the packs: the block that each rule matches, and the blocks below it within the rule's span."""
    key = match_key(headline or "")
    rows: list[LabelledBlock | None] = [
        LabelledBlock(block, hit.rule.label, hit.rule.id, captured=hit.captured) if hit else None
        for block, hit in zip(blocks, hits, strict=True)
    ]
    wide = [(here, hit) for here, hit in enumerate(hits) if hit and hit.rule.span in ("list", "rest")]
    wide = sorted((*wide, *glued), key=itemgetter(0))
    backwards = range(len(blocks) - 1, -1, -1) if wide else ()
    prose = next((i for i in backwards if rows[i] is None and is_prose(blocks[i].text)), -1)
    for here, hit in wide:
        below = range(here + 1, len(blocks))
        if hit.rule.span == "list":
            longest = MAX_TAG_CHARACTERS if hit.rule.label is Label.TAGS else MAX_TITLE_CHARACTERS
            stop = next((i for i in below if rows[i] or not _is_list_line(blocks[i], key, longest)), len(blocks))
            below = range(here + 1, stop)
        elif prose > here:
            continue
        for i in below:
            if rows[i] is None:
                field = _LIST_FIELDS.get(hit.rule.label)
                captured = {field: blocks[i].text} if field else {}
                rows[i] = LabelledBlock(blocks[i], hit.rule.label, hit.rule.id, captured=captured)
        if hit.rule.span == "rest":  # nothing remains for other rules below
            break
    return rows


def _is_list_line(block: Block, headline: str, longest: int) -> bool:
    """True if a line may be a tag or a title in a list: on a page it is a link, and it is not this article's headline."""
    linked = block.markup is None or block.markup.link_density > 0.5
    return (
        linked
        and len(block.text) <= longest
        and is_title(block.text)
        and not is_prose(block.text)
        and match_key(block.text) != headline
    )
