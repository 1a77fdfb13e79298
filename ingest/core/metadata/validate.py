"""Validation of values for the fields of a record, and salvage of their valid parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from ingest.core.model import Claim
from ingest.core.record import field_type
from ingest.core.text.characters import UNSAFE_CHARACTERS

MAX_VALUE_DEPTH = 4
"""Greatest depth of a field's value: a list of objects of texts, and one more."""


def drop_invalid(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Claims that are valid for their field and not empty; pages may claim anything, and invalid claims are dropped."""
    for claim in claims:
        value = safe_value(claim.value)
        if isinstance(value, list) and not is_valid(claim.field, value):
            value = [part for part in value if is_valid(claim.field, [part])]
        if value and is_valid(claim.field, value):
            yield Claim(claim.field, value, claim.origin, claim.rival)


def is_valid(field: str, value: Any) -> bool:
    """True if a value has the shape of a field."""
    try:
        field_type(field).validate_python(value)
    except (ValidationError, KeyError):
        return False
    return True


def salvage(field: str, value: Any) -> tuple[Any, bool]:
    """(the valid part of a safe value, or None; whether that is all of it): of lists the valid items, of objects the
    valid keys.
    """
    if is_valid(field, value):
        return value, True
    if isinstance(value, list):
        parts = [kept for part in value if (kept := _part(field, part))]
        return parts or None, False
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if is_valid(field, {key: part})} or None, False
    return None, False


def _part(field: str, part: Any) -> Any:
    if is_valid(field, [part]):
        return part
    return {k: v for k, v in part.items() if is_valid(field, [{k: v}])} if isinstance(part, dict) else None


def safe_value(value: Any, depth: int = MAX_VALUE_DEPTH) -> Any:
    """The value in its JSON form, without control characters, lone surrogates and superfluous white space in any
    string.
    """
    if not depth:
        return None
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, str):
        return (
            value.strip()
            if value.isprintable() and "  " not in value
            else " ".join(UNSAFE_CHARACTERS.sub(" ", value).split())
        )
    if isinstance(value, Mapping):
        return {key: safe_value(part, depth - 1) or None for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [safe for part in value if (safe := safe_value(part, depth - 1))]
    return value
