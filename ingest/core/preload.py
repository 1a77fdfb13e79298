"""What the service asks of the core: one function that cleans, loaded before worker processes are forked, so that they share its memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CleanFunction = Callable[..., Any]
"""`pipeline.clean`, or what stands in for it in a test; a record, or `Rejected`."""


def preload() -> CleanFunction:
    """`pipeline.clean`, with its models and packs loaded."""
    from ingest.core.pipeline import clean  # noqa: PLC0415 - half a second that `ingest --help` need not pay

    clean(
        b"A short text, long enough to be read.\n\nIt has two paragraphs, and all that cleaning needs is loaded now.\n"
    )
    return clean
