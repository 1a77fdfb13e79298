"""What the record is made of: the formats of its values, and its parts about stories."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from ingest.core.model import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

Text = Annotated[str, StringConstraints(min_length=1)]
Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$"),
    Field(description="RFC 3339 with offset; a day known without an hour stays a day."),
]
Status = Literal["usable", "embargoed", "withheld", "canceled"]
Permission = Literal["reserved", "allowed"]
Urgency = Annotated[int, Field(ge=1, le=9)]
Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"), Field(description="BCP 47")
]


def _parsable_url(url: str) -> str:
    urlsplit(url)  # raises ValueError: "http://[" is no address
    return url


RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$"), AfterValidator(_parsable_url)]


class RecordModel(BaseModel):
    """A part of the record. The string under a field describes it in the JSON Schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Adds the descriptions. They are read here, and not when the class is made: pydantic reads the source of each class for them, a
        ninth of what importing the record takes.
        """
        schema = handler(core_schema)
        fields = handler.resolve_ref_schema(schema)["properties"]
        for name, text in _field_docstrings(cls):
            if handler.resolve_ref_schema(fields[name]).get("description") != text:  # else its part says so
                fields[name].setdefault("description", text)
        return schema


def _field_docstrings(noun: type) -> Iterator[tuple[str, str]]:
    """Each field of a class that has a string under it, and the string."""
    (tree,) = ast.parse(inspect.getsource(noun)).body
    for field, below in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ()):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            yield field.target.id, inspect.cleandoc(ast.literal_eval(below.value))


class SameAs(RecordModel):
    """An earlier record of the same story."""

    id: RecordId
    """The `id` of that record."""
    relation: Relation
    """What this record is to that one."""


class Changes(RecordModel):
    """What a new version changed."""

    added: tuple[Text, ...] = ()
    """Paragraphs of this body that the earlier one does not have, in order; a paragraph that only moved is none of them."""
    removed: tuple[Text, ...] = ()
    """Paragraphs of the earlier body that this one does not have, in order."""
    headline_before: Text | None = None
    """The earlier headline, where it was another."""
