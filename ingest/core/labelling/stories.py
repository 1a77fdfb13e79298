"""A second whole article on the page: the next story, which readers reach by scrolling on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.labelling.dom_features import name_groups
from ingest.core.labelling.outline import base, outwards
from ingest.core.model import Label
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.outline import Outline
    from ingest.core.model import Element

LEAST_PROSE = 2
"""Fewest paragraphs of a story, both this one and the other."""
SIGNED_WITHIN = 4
"""Number of blocks after a heading within which a story has its byline or its date."""
MOST_HEADINGS = 40
MIN_TITLE_LINK_DENSITY = 0.8
"""Share of a heading in a link from which it leads to a page of its own."""
TITLES = ("h1", "h2")


def other_stories(page: Outline, titles: Sequence[str]) -> set[int]:
    """The blocks of the body that belong to another story than the one in the page's title.

    Such a story is in an element with the same tag and class as the one around this article, begins with a heading of
    its own, and is an `article`, has a heading of the headline's rank, or has its own byline and date. A part of one
    article meets none of these.
    """
    headline = _headline(page, titles)
    if headline is None:
        return set()
    prose = page.prose
    ours = list(outwards(page.blocks[headline]))
    depth = {element: at for at, element in enumerate(ours)}
    found: set[int] = set()
    headings = [
        at for at, block in enumerate(page.blocks) if block.markup and block.markup.tag in TITLES and at != headline
    ]
    for at in headings[:MOST_HEADINGS]:
        if at in found or page.verdicts[at].label in (Label.HEADLINE, Label.DUPLICATE):
            continue
        theirs = list(outwards(page.blocks[at]))
        joint = next((i for i, element in enumerate(theirs) if element in depth), None)
        if not joint or (mine := depth[theirs[joint]]) == 0:
            continue
        one, other = ours[mine - 1], theirs[joint - 1]
        if (one.tag, one.class_attr) != (other.tag, other.class_attr) or not (one.class_attr or one.tag == "article"):
            continue
        inside = [i for i in range(len(page.blocks)) if page.inside(i, other)]
        kept = [i for i in prose if page.inside(i, one)]
        if (
            len([i for i in prose if i in set(inside)]) >= LEAST_PROSE
            and len(kept) >= LEAST_PROSE
            and next((i for i in inside if page.body[i] or i == at), at) == at
            and _stands_alone(page, headline, at, other)
        ):
            found.update(i for i in inside if page.body[i])
    return found


def _headline(page: Outline, titles: Sequence[str]) -> int | None:
    """The heading that matches a title of the page."""
    wanted = {match_key(title) for title in dict.fromkeys(titles)} - {""}
    headings = [at for at, block in enumerate(page.blocks) if block.markup and block.markup.tag in ("h1", "h2", "h3")]
    return next(
        (
            at
            for at in headings[:MOST_HEADINGS]
            if page.verdicts[at].label is Label.HEADLINE or match_key(page.blocks[at].text) in wanted
        ),
        None,
    )


def _stands_alone(page: Outline, headline: int, at: int, story: Element) -> bool:
    """True if a heading opens a separate story rather than a part of one."""
    one, other = page.blocks[headline].markup, page.blocks[at].markup
    if story.tag == "article" or (
        one and other and (one.tag == other.tag or other.link_density > MIN_TITLE_LINK_DENSITY)
    ):
        return True
    near = page.blocks[at + 1 : at + 1 + SIGNED_WITHIN]
    heads, member = name_groups()
    return any(
        heads[group] in ("author", "date")
        for block in near
        if (element := base(block)) is not None
        for word in element.name_tokens
        for group in member.get(word, ())
    )
