"""What the blocks of a page are: the publisher's rules for elements, the classifier, the form of the page, and what memory knows.

Imported for pages alone: a process that reads texts needs nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ingest.core.labelling import page_classifier
from ingest.core.labelling.declared import is_undrawn, stands_in_json
from ingest.core.labelling.refusal import find_refusal
from ingest.core.labelling.remembered import accept, remembered
from ingest.core.labelling.selected import apply_selectors
from ingest.core.labelling.structure import Stated, decide
from ingest.core.model import LabelledBlock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest.core.labelling.page_classifier import PageJudgement
    from ingest.core.labelling.tokens import Floats
    from ingest.core.memory.sights import Sights
    from ingest.core.memory.template import Template
    from ingest.core.model import Article, Block, Prediction
    from ingest.core.packs.selector import SelectorRule

    ExaminePage = Callable[..., PageJudgement]
    """`page_classifier.examine`, or what remembers its answers."""


class PageVerdicts(NamedTuple):
    """A verdict on each block of a page. `is_declared`: the article stands in the page's JSON-LD. `template`: what memory judged the page by."""

    verdicts: Sequence[Prediction]
    is_declared: bool
    template: Template | None


def judge_page(
    article: Article,
    blocks: Sequence[Block],
    rows: list[LabelledBlock | None],
    headline: str | None,
    find_main_region: Callable[[], str | None] | None,
    sights: Sights | None,
    selected: Mapping[int, SelectorRule],
    examine_page: ExaminePage | None = None,
) -> PageVerdicts:
    """The verdicts on a page. `rows`: the decisions of the packs; changed in place. `sights`: what memory knows of the blocks. The other
    arguments are those of `label_blocks`. Raises `Rejected` where a page has no article.
    """
    apply_selectors(blocks, rows, {id(article.blocks[at]): rule for at, rule in selected.items()})
    verdicts: Sequence[Prediction]
    lengths: Floats | None = None
    if template := _template(sights, blocks, article.id):
        verdicts = template.verdicts
    else:
        examine = examine_page or page_classifier.examine
        verdicts, lengths = examine(blocks, article.claims, headline, find_main_region)
    titles = [claim.value for claim in article.claims if claim.field == "headline"]
    decided = decide(blocks, verdicts, [row is None for row in rows], Stated.of(article.claims))
    for at, (kind, rule) in decided.items():
        rows[at] = LabelledBlock(blocks[at], kind, rule)
    verdicts = [
        prediction._replace(label=decided[at][0]) if at in decided else prediction
        for at, prediction in enumerate(verdicts)
    ]
    verdicts = accept(remembered(sights, blocks, rows, verdicts, headline), rows, verdicts)
    if stands_in_json(article, blocks, verdicts):
        return PageVerdicts(verdicts, is_declared=True, template=template)
    undrawn = is_undrawn(article, blocks, verdicts)
    scripted = article.has_script
    if refused := find_refusal(blocks, verdicts, titles, undrawn=undrawn, has_script=scripted, lengths=lengths):
        raise refused
    return PageVerdicts(verdicts, is_declared=False, template=template)


def _template(known: Sights | None, blocks: Sequence[Block], page_id: str) -> Template | None:
    if known is None:
        return None
    from ingest.core.memory.template import judge  # noqa: PLC0415  for those who keep a memory

    return judge(known, blocks, page_id)
