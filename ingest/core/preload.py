"""What the service asks of the core: one function that cleans, loaded before worker processes are forked, so that they share its memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

CleanFunction = Callable[..., Any]
"""`pipeline.clean`, or what stands in for it in a test; a record, or `Rejected`."""

TEXT = b"A short text, long enough to be read.\n\nIt has two paragraphs, and all that cleaning needs is loaded now.\n"
PAGE = b"<html><head><title>A short page</title></head><body><h1>A short page</h1>%b</body></html>" % (
    4 * b"<p>It has paragraphs that are long enough to be read, and all that cleaning a page needs is loaded now.</p>"
)


def preload() -> CleanFunction:
    """`pipeline.clean`, with its models, packs and libraries loaded."""
    from ingest.core.pipeline import clean  # noqa: PLC0415 - half a second that `ingest --help` need not pay

    _warm_up(clean)
    return clean


@cache
def _warm_up(clean: CleanFunction) -> None:
    """Clean a text and a page, once in a process and those that it forks: each child would load 22 MiB for its first page."""
    clean(TEXT)
    clean(PAGE)
