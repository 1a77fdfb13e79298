"""Markdown or text under a front matter: YAML between lines of dashes, TOML between plus signs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ingest.core.containers.document import Document, no_text
from ingest.core.containers.xml import known
from ingest.core.model import Rejected
from ingest.core.parse.encoding import decode_bytes
from ingest.errors import Reason

if TYPE_CHECKING:
    from ingest.core.limits import Limits

MAX_FRONT_MATTER_CHARACTERS = 1 << 16
"""A longer one is none: those of articles have some hundred characters."""
_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_KEYS = {
    "headline": ("headline", "title"), "subheadline": ("subtitle", "subheadline", "standfirst", "dek"), "authors": ("authors", "author"), "byline": ("byline",),
    "published": ("published", "date", "publishdate", "pubdate"), "modified": ("modified", "updated", "lastmod", "last_modified_at"),
    "language": ("lang", "language", "locale"), "section": ("section", "category"), "keywords": ("keywords", "tags"),
    "publisher": ("publisher",), "url": ("canonical_url", "canonical", "url"), "copyright_notice": ("copyright",), "status": ("status",),
    "usage_terms": ("usage_terms",), "urgency": ("urgency",),
}  # fmt: skip
"""By field of the record, the keys that static site generators and newsrooms use for it, the most exact first."""


def read_front_matter(content: bytes, limits: Limits) -> Document:
    """The text under a front matter with what that says; raises `Rejected` where the front matter is damaged or no text follows."""
    del limits
    text, encoding, _ = decode_bytes(content)
    text = text.lstrip("\ufeff \t\r\n").replace("\r\n", "\n").replace("\r", "\n")
    lines = text[:MAX_FRONT_MATTER_CHARACTERS].split("\n")
    fence = lines[0].rstrip()
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() in _FENCES[fence]), None)
    if end is None:
        raise Rejected(Reason.DAMAGED_FORMAT, "The front matter has no end.")
    written = "\n".join(lines[1:end])
    body = text[sum(len(line) + 1 for line in lines[: end + 1]) :]
    if not body.strip():
        raise no_text("a front matter without a text")
    values = _toml(written) if fence == "+++" else _yaml(written)
    return Document("front-matter", body, "text/plain", _claims(values), encoding)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Rejected(Reason.DAMAGED_FORMAT, f"The front matter is no TOML: {str(error)[:200]}.") from None


def _yaml(text: str) -> dict[str, Any]:
    import yaml  # noqa: PLC0415  for the few texts that have one

    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Rejected(
            Reason.DAMAGED_FORMAT, f"The front matter is no YAML: {' '.join(str(error).split())[:200]}."
        ) from None
    return value if isinstance(value, dict) else {}


def _claims(values: Mapping[Any, Any]) -> dict[str, Any]:
    """The values of known keys, whatever their case; what has another shape than the field is left out where claims are read."""
    by_key = {str(key).lower(): value for key, value in values.items()}
    found = {field: next((by_key[key] for key in keys if by_key.get(key)), None) for field, keys in _KEYS.items()}
    if by_key.get("draft") is True and not found["status"]:
        found["status"] = "withheld"
    if isinstance(found["section"], list):
        found["section"] = found["section"][0] if len(found["section"]) == 1 else None
    return known(**{field: value for field, value in found.items() if _is_plain(value)})


def _is_plain(value: Any, depth: int = 3) -> bool:
    """Whether a value has the size and depth of a field's: aliases of YAML can make a small text huge."""
    if isinstance(value, list | tuple):
        return depth > 0 and len(value) <= 200 and all(_is_plain(part, depth - 1) for part in value)
    if isinstance(value, dict):
        return (
            depth > 0
            and len(value) <= 50
            and all(isinstance(key, str) and _is_plain(part, depth - 1) for key, part in value.items())
        )
    return isinstance(value, str | int | float) or hasattr(value, "isoformat")
