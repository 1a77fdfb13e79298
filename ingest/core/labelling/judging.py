"""Work that asks for a judgement of a text's lines and goes on with it, so that the lines of several texts can be judged at once.

A function of steps yields the lines and gets the judgement sent. Most of what a short text costs are calls of numpy, each of which takes
1 to 2 µs whether for ten lines or for a thousand.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ingest.core.labelling.text_classifier import Judgement, examine, examine_together
from ingest.core.model import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.core.model import Block

P = ParamSpec("P")
T = TypeVar("T")
Steps = Generator["Sequence[Block]", Judgement, T]
"""Yields the lines of a text, at least one; is sent their judgement; returns its result."""

Failure = Rejected | TypeError | ValueError
"""What a work may raise: an article is refused, or what was given is none."""


def alone(steps: Callable[P, Steps[T]]) -> Callable[P, T]:
    """The function of steps as one that gives its result."""

    @wraps(steps)
    def run(*args: P.args, **named: P.kwargs) -> T:
        return finish(steps(*args, **named))

    return run


def finish(work: Steps[T], judge: Callable[[Sequence[Block]], Judgement] = examine) -> T:
    """The result of a work whose lines are judged one text at a time."""
    try:
        lines = next(work)
        while True:
            lines = work.send(judge(lines))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the steps return


def together(works: Sequence[Steps[T]]) -> list[T | Failure]:
    """The result of each, or the error that it raised, with the lines of all judged at once."""
    results: dict[int, T | Failure] = {}
    asked = [(at, lines) for at, work in enumerate(works) if (lines := _advance(at, work, None, results))]
    while asked:
        judged = examine_together([lines for _, lines in asked])
        answers = zip(asked, judged, strict=True)
        asked = [(at, lines) for (at, _), each in answers if (lines := _advance(at, works[at], each, results))]
    return [results[at] for at in range(len(works))]


def _advance(
    at: int, work: Steps[T], judged: Judgement | None, results: dict[int, T | Failure]
) -> Sequence[Block] | None:
    """The next lines that a work asks about; None once it has its result, which is put into `results`."""
    try:
        return next(work) if judged is None else work.send(judged)
    except StopIteration as end:
        results[at] = end.value
    except (Rejected, TypeError, ValueError) as error:
        results[at] = error
    return None
