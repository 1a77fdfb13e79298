"""Which of two times came first, on a machine whose clock may have been set back."""

from __future__ import annotations

import time

FUTURE = 60.0
"""Seconds that another host's clock may be ahead of ours; what is further ahead was written before ours was set back."""


def came_first(one: float, other: float, now: float | None = None) -> bool:
    """Whether `one` lies before `other`. Times from the future were taken before the clock was set back: they are older than
    all that is not.
    """
    latest = (time.time() if now is None else now) + FUTURE
    return (one <= latest, one) < (other <= latest, other)
