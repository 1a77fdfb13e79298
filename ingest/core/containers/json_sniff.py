"""Which JSON holds an article in a standard format, by its beginning."""

from __future__ import annotations

import re

_KEY = re.compile(r'"([@$\w-]{2,40})"\s*:')
_NINJS = frozenset({
    "versioncreated", "versionCreated", "pubstatus", "pubStatus", "body_text", "body_html", "body_xhtml", "bodies", "headlines", "standard",
    "$standard", "representationtype", "representationType", "usageterms", "usageTerms", "copyrightholder", "copyrightHolder",
})  # fmt: skip
LEAST_NINJS_KEYS = 1
"""Keys of ninjs alone, beside `uri`, which every version demands; beside the `guid` that some newsrooms write instead, three."""


def format_of(text: str) -> str | None:
    """The format's name: "ninjs", "json-ld" or None. `text`: the beginning of a JSON document."""
    keys = set(_KEY.findall(text))
    if "@context" in keys and "schema.org" in text and "articleBody" in text:
        return "json-ld"
    least = LEAST_NINJS_KEYS if "uri" in keys else 3 if "guid" in keys else len(_NINJS)
    return "ninjs" if len(keys & _NINJS) >= least else None
