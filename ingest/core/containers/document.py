"""One article as its format states it: the body as text or HTML, and the fields beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal

from ingest.core.limits import Limits
from ingest.core.model import Label
from ingest.errors import Reason, Rejected


@dataclass(frozen=True, slots=True)
class Document:
    """`content`: the body, as text or HTML. `claims`: by field of the record, each value as the format writes it."""

    format: str
    content: str
    media_type: Literal["text/plain", "text/html"]
    claims: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = "utf-8"
    """As the record has it (`source.encoding`)."""
    is_marked_up: bool = False
    """The format says what is body, so that no line of `content` is in doubt."""
    stated: tuple[tuple[Label, str], ...] = ()
    """Lines that are no body and are not in `content`, with what the format says they are."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else it holds, such as the names of attachments: for the record's `extra`."""


def no_text(what: str) -> Rejected:
    """The refusal of an item without a text. `what`: it, with its article."""
    return Rejected(Reason.NO_ARTICLE, f"The file holds no text of an article: it is {what}.")


def withdrawn(status: str | None) -> Rejected | None:
    """The refusal of an item without a text that says of itself or of another that it is canceled; None for any other status."""
    return Rejected(Reason.CANCELED, "The item is canceled, and holds no text.") if status == "canceled" else None


def whole(stream: BinaryIO, limits: Limits) -> bytes:
    """All that a stream holds, of a format that is read in one piece; raises `Rejected` (too_large) where that is more than a document
    may hold.
    """
    content = stream.read(limits.unpacked_bytes + 1)
    if len(content) > limits.unpacked_bytes:
        raise Rejected(Reason.TOO_LARGE, f"The content is larger than {limits.unpacked_bytes / 2**20:.3g} MiB.")
    return content


def several(what: str) -> Rejected:
    """The refusal of a content with more than one article. `what`: it, with its article."""
    return Rejected(Reason.CONTAINER, f"The file is {what} with several articles.")
