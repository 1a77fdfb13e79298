"""The evidence of a record: everything that the confidence in its fields is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.core.model import Article, Claim, LabelledBlock


class Evidence(NamedTuple):
    """The article, its labelled blocks, every claim about it, and the claim that each field was filled from."""

    article: Article
    labelled: Sequence[LabelledBlock]
    claims: Sequence[Claim]
    chosen: Mapping[str, Claim]

    @property
    def is_page(self) -> bool:
        """True if the source is HTML."""
        return self.article.source.media_type == "text/html"
