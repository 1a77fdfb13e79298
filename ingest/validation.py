"""Whether a value may stand in a field of the record, and what of it may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from ingest.model import Claim
from ingest.record import SHAPES
from ingest.signs import UNSAFE

NESTED = 4
"""How deep a field's value goes: a list of objects of texts, and one more."""


def valid(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Claims that fit their field and say something; a page may claim anything, so what does not fit is left out."""
    for claim in claims:
        value = safe_value(claim.value)
        if isinstance(value, list) and not fits(claim.field, value):
            value = [part for part in value if fits(claim.field, [part])]
        if value and fits(claim.field, value):
            yield Claim(claim.field, value, claim.origin, claim.rival)


def fits(field: str, value: Any) -> bool:
    """Whether a value has the shape of a field."""
    try:
        SHAPES[field].validate_python(value)
    except (ValidationError, KeyError):
        return False
    return True


def salvage(field: str, value: Any) -> tuple[Any, bool]:
    """(what of a safe value fits the field, or None; whether that is all of it): of lists the parts that fit, of objects the keys."""
    if fits(field, value):
        return value, True
    if isinstance(value, list):
        parts = [kept for part in value if (kept := _part(field, part))]
        return parts or None, False
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if fits(field, {key: part})} or None, False
    return None, False


def _part(field: str, part: Any) -> Any:
    if fits(field, [part]):
        return part
    return {k: v for k, v in part.items() if fits(field, [{k: v}])} if isinstance(part, dict) else None


def safe_value(value: Any, depth: int = NESTED) -> Any:
    """The value in its JSON shape, without control characters, lone surrogates and superfluous white space in any string."""
    if not depth:
        return None
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, str):
        return value.strip() if value.isprintable() and "  " not in value else " ".join(UNSAFE.sub(" ", value).split())
    if isinstance(value, Mapping):
        return {key: safe_value(part, depth - 1) or None for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [safe for part in value if (safe := safe_value(part, depth - 1))]
    return value
