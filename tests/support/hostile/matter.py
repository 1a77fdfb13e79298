"""The material that hostile files are made of."""

from __future__ import annotations

import json
from typing import Any

PROSE = (
    "The council approved the budget for the coming year on Monday after a debate that lasted for nine hours. "
    "Several members had asked for more time to study the figures, which were published a week before the vote."
)
ARTICLE = f"Council approves budget\n\n{PROSE}\n\n{PROSE[::-1]}.\n"


def page(body: str, head: str = "", *, attributes: str = "") -> bytes:
    """A page with an article in it and something hostile beside it."""
    return (
        f"<!doctype html><html{attributes}><head><meta charset=utf-8>{head}</head><body><h1>Council approves budget</h1>"
        f"<article><p>{PROSE}</p>{body}<p>{PROSE}</p></article></body></html>"
    ).encode("utf-8", "surrogatepass")


def linked_data(value: Any) -> str:
    """A JSON-LD script, by value or as written."""
    return f'<script type="application/ld+json">{value if isinstance(value, str) else json.dumps(value)}</script>'
