"""The geometry of charts, which the macros of charts.html draw as plain SVG: no library, no inline style, with text alternatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 600, 120
SPARK_WIDTH, SPARK_HEIGHT, MAX_SPARK_POINTS = 160, 28, 60
MAX_BAR_WIDTH = 60

DayShare = tuple[str, float]
"""A day, "2026-11-22", and the median share of its articles' words that was removed, 0 to 1."""


class Bar(NamedTuple):
    """One bar of a column chart, in units of its view box, and what it says."""

    x: float
    y: float
    width: float
    height: float
    outcome: str
    text: str


class ColumnChart(NamedTuple):
    """Files by time. `most`: of one column. `first`, `last`: the ends of the axis."""

    bars: tuple[Bar, ...]
    most: int
    first: str
    last: str
    width: int = WIDTH
    height: int = HEIGHT


class Sparkline(NamedTuple):
    """A line through `points`, and what it says."""

    points: str
    text: str
    width: int = SPARK_WIDTH
    height: int = SPARK_HEIGHT


def column_chart(by_time: Mapping[str, Mapping[str, int]], first: str, last: str) -> ColumnChart:
    """Files by time, refused ones on top of stored ones. `by_time`: in order, at least one."""
    most = max(sum(counts.values()) for counts in by_time.values())
    step = WIDTH / len(by_time)
    bars = []
    for position, (time, counts) in enumerate(by_time.items()):
        y = float(HEIGHT)
        for outcome in ("stored", "refused"):
            if count := counts.get(outcome, 0):
                height = HEIGHT * count / most
                y -= height
                width = min(step * 0.85, MAX_BAR_WIDTH)
                bars.append(Bar(position * step, y, width, height, outcome, f"{time}: {count} {outcome}"))
    return ColumnChart(tuple(bars), most, first, last)


def sparkline(days: Sequence[DayShare]) -> Sparkline | None:
    """The median share removed by day, between nothing and everything; None where there is but one day."""
    if len(days) < 2:
        return None
    step = SPARK_WIDTH / (len(days) - 1)
    points = " ".join(f"{i * step:.1f},{SPARK_HEIGHT * (1 - share):.1f}" for i, (_, share) in enumerate(days))
    return Sparkline(points, f"From {days[0][0]} to {days[-1][0]}: {days[0][1]:.0%} first, {days[-1][1]:.0%} last")
