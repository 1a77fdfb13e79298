"""What a source is: one article, or a member of a container; and what its container says about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.core.containers import HEAD_BYTES
from ingest.core.containers.registry import sniff
from ingest.core.metadata.rights import header_rights
from ingest.core.model import Claim, ContainerDescription
from ingest.core.text.characters import escape_for_display
from ingest.errors import Reason, Rejected

if TYPE_CHECKING:
    from ingest.core.containers import Member
    from ingest.core.limits import Limits

MAX_MEMBER_CHARACTERS = 500
"""Of a member's identifier in the record: a path in an archive may be any length."""
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


def refuse_container(content: bytes, limits: Limits) -> None:
    """Raise `Rejected` (container) for unpacked content that holds several articles."""
    found = sniff(content[:HEAD_BYTES], limits)
    if found and found.holds_many:
        raise Rejected(Reason.CONTAINER, f"The file is {found.title}, and one article was asked for.")


def header_claims(member: Member) -> tuple[Claim, ...]:
    """What the HTTP headers of a page say of its use."""
    rights = header_rights(member.headers) if member.headers else None
    return (Claim("rights", rights, "meta"),) if rights else ()


def container_description(member: Member, container: str | None) -> ContainerDescription:
    """Where a member is from, as its record says it. `container`: the name of its container."""
    return ContainerDescription(
        container and escape_for_display(container),
        escape_for_display(member.member)[:MAX_MEMBER_CHARACTERS] or "?",
        member.offset,
        member.fetched if member.fetched and _RFC_3339.fullmatch(member.fetched) else None,
    )
