"""Words of invented articles."""

from __future__ import annotations

NOUNS = [
    "harbour",
    "council",
    "teacher",
    "winter",
    "railway",
    "mayor",
    "engine",
    "bridge",
    "doctor",
    "ticket",
    "forest",
    "museum",
    "storm",
    "village",
    "ferry",
    "market",
    "school",
]
