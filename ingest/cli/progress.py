"""Progress of a command: a bar on a terminal, otherwise a line every few seconds; always on standard error."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ingest.core.text.characters import escape_for_display

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.progress import TaskID

LOG_INTERVAL_SECONDS = 5.0
"""Time between two lines where there is no bar."""


class Progress:
    """Silent progress. `step` is to be called with the result of each file and each member (`sandboxed.each_with_members`)."""

    def step(self, result: Mapping[str, str]) -> None:
        """One more file or member."""

    def say(self, line: str) -> None:
        """Print a line on standard error, above the bar if there is one."""
        click.echo(line, err=True)


@contextmanager
def progress(total: int, *, prints_records: bool) -> Iterator[Progress]:
    """The progress of cleaning `total` files; of a single one it says nothing, unless that is a container.

    `prints_records`: on standard output. A bar would break them up where that is the same terminal.
    """
    if sys.stderr.isatty() and not (prints_records and sys.stdout.isatty()):
        with _bar(total) as bar:
            yield bar
    else:
        yield _Lines(total)


@contextmanager
def _bar(total: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress as Bar
    from rich.progress import TextColumn, TimeRemainingColumn

    columns = (*Bar.get_default_columns()[:3], TextColumn("{task.fields[count]}"), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        files = bar.add_task("cleaning", total=total, count="", visible=total > 1)
        members: list[TaskID] = []

        class Shown(Progress):
            count = 0

            def say(self, line: str) -> None:
                bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

            def step(self, result: Mapping[str, str]) -> None:
                if "container" in result:
                    self.count = 0
                    name = escape(escape_for_display(result["name"]))
                    members[:] = [bar.add_task(name, total=int(result["size"]), count="")]
                elif "member" in result:
                    self.count += 1
                    for task in members:
                        at = int(result["at"]) if "at" in result else None
                        bar.update(task, completed=at, count=f"{self.count:,} members")
                else:
                    for task in members:
                        bar.remove_task(task)
                    members.clear()
                    bar.advance(files)

        yield Shown()


class _Lines(Progress):
    """A line every few seconds, where there is no bar."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._members = total, 0, 0
        self._printed = time.monotonic()

    def step(self, result: Mapping[str, str]) -> None:
        """See `Progress`."""
        self._members = 0 if "container" in result else self._members + ("member" in result)
        self._done += not {"container", "member"} & result.keys()
        silent = self._total == 1 and not self._members
        if time.monotonic() - self._printed >= LOG_INTERVAL_SECONDS and not silent:
            self._printed = time.monotonic()
            of_members = f", {self._members:,} members of the next" if self._members else ""
            print(f"{self._done} of {self._total}{of_members}", file=sys.stderr, flush=True)  # noqa: T201
