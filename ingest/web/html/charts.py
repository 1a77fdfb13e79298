"""Plots as plain SVG: no library, no inline style, words for those who do not see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import median

from ingest.web.html import Node, element

WIDTH, HEIGHT = 600, 120
SPARK_WIDTH, SPARK_HEIGHT, SPARK_POINTS = 160, 28, 60


def stacked_columns(by_time: Mapping[str, Mapping[str, int]]) -> Node:
    """Files by time, refused ones on top of stored ones."""
    most = max((sum(counts.values()) for counts in by_time.values()), default=1)
    step = WIDTH / max(len(by_time), 1)
    bars = []
    for place, (time, counts) in enumerate(by_time.items()):
        bottom = float(HEIGHT)
        for outcome in ("stored", "refused"):
            tall = HEIGHT * counts.get(outcome, 0) / most
            bottom -= tall
            if tall:
                bars.append(
                    _bar(
                        place * step,
                        bottom,
                        min(step * 0.85, 60),
                        tall,
                        outcome,
                        f"{time}: {counts[outcome]} {outcome}",
                    )
                )
    return element(
        "svg",
        *bars,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        class_="columns",
        role="img",
        aria_label=f"Files by time, {most} at most",
    )


def _bar(left: float, top: float, wide: float, tall: float, kind: str, words: str) -> Node:
    return element(
        "rect",
        element("title", words),
        x=f"{left:.1f}",
        y=f"{top:.1f}",
        width=f"{wide:.1f}",
        height=f"{tall:.1f}",
        class_=kind,
    )


def sparkline(articles: Sequence[ArticleShare]) -> Node | None:
    """The median share removed by day, as a line between nothing and everything; None where there is but one day."""
    days = [
        (day, median(share for _, share, _ in group))
        for day, group in groupby((a for a in articles if a[0]), key=lambda article: article[0][:10])
    ][-SPARK_POINTS:]
    if len(days) < 2:
        return None
    step = SPARK_WIDTH / (len(days) - 1)
    points = " ".join(f"{i * step:.1f},{SPARK_HEIGHT * (1 - share):.1f}" for i, (_, share) in enumerate(days))
    words = f"From {days[0][0]} to {days[-1][0]}: {days[0][1]:.0%} first, {days[-1][1]:.0%} last"
    line = element("polyline", element("title", words), points=points)
    box = f"-2 -2 {SPARK_WIDTH + 4} {SPARK_HEIGHT + 4}"
    return element("svg", line, viewBox=box, class_="spark", role="img", aria_label=words)


def share_bar(share: float) -> Node:
    """A bar beside a number; `share` of the widest, 0 to 1."""
    bar = element("rect", width=f"{100 * share:.1f}", height="10")
    return element("svg", bar, viewBox="0 0 100 10", preserveAspectRatio="none", class_="amount", aria_hidden="true")


ArticleShare = tuple[str, float, str]
"""When it was settled (RFC 3339, or "" if the journal does not say), the share of its words that was removed, 0 to 1, its id."""
