"""Progress of a command: a bar on a terminal, otherwise a line every few seconds; always on standard error."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOG_INTERVAL_SECONDS = 5.0
"""Time between two lines where there is no bar."""


@contextmanager
def progress(total: int) -> Iterator[Callable[[], None]]:
    """Yield a function to call after each file; silent for a single file."""
    if total == 1:
        yield lambda: None
    elif sys.stderr.isatty() and not sys.stdout.isatty():  # a bar would break up records on the same terminal
        with _bar(total) as step:
            yield step
    else:
        yield _lines(total)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task("cleaning", total=total)
        yield lambda: bar.advance(task)


def _lines(total: int) -> Callable[[], None]:
    done, printed = 0, time.monotonic()

    def step() -> None:
        nonlocal done, printed
        done += 1
        if time.monotonic() - printed >= LOG_INTERVAL_SECONDS:
            printed = time.monotonic()
            print(f"{done} of {total}", file=sys.stderr, flush=True)  # noqa: T201

    return step
