"""Which of two times came first, on a machine whose clock may have been set back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

MAX_CLOCK_SKEW_SECONDS = 60.0
"""Seconds that another host's clock may be ahead of ours; what is further ahead was written before ours was set back."""


def age_key() -> Callable[[float], tuple[bool, float]]:
    """A key that sorts times by what came first: those from the future were taken before the clock was set back, so they are
    older than all that are not.
    """
    latest = time.time() + MAX_CLOCK_SKEW_SECONDS
    return lambda at: (at <= latest, at)


def timestamp() -> str:
    """The current time as journals and reasons write it."""
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
