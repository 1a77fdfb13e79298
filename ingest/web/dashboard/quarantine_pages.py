"""The view models of the quarantine's pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ingest.web.dashboard.pages import TEMPLATE, Facts, View
from ingest.web.dashboard.record_pages import ROWS_PER_PAGE, LinksView, add_links
from ingest.web.dashboard.snapshot import Quarantined
from ingest.web.html import readable_name


class RefusedWanted(NamedTuple):
    """Which refused sources are listed; None: any. `day`: of the refusal. `source`: one alone, by its token."""

    reason: str | None = None
    publisher: str | None = None
    day: str | None = None
    source: str | None = None

    def takes(self, token: str, why: Mapping[str, Any]) -> bool:
        """Whether a source is one of them."""
        return (
            self.reason in {None, why.get("reason")}
            and self.publisher in {None, why.get("publisher")}
            and (self.day is None or str(why.get("time", "")).startswith(self.day))
            and self.source in {None, token}
        )

    def address(self, **changed: str | None) -> str:
        """The address of the list, with some of it changed."""
        asked = {name: value for name, value in (self._asdict() | changed).items() if value}
        return "/quarantine" + (f"?{urlencode(asked, errors='replace')}" if asked else "")  # may hold a lone surrogate


class QuarantinedRow(NamedTuple):
    """One refused source."""

    token: str
    name: str
    reason: str
    message: str
    time: str
    details: str


class Choice(NamedTuple):
    """A link to some of the rows; `chosen` where they are those shown."""

    text: str
    address: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class QuarantineView(View):
    """Refused sources. `has_token`: they can be retried and purged here. `notice`: what was just done. `here`: this list's address."""

    notice: str
    reasons: tuple[Choice, ...]
    publishers: tuple[str, ...]
    reason: str
    publisher: str
    day: str
    rows: tuple[QuarantinedRow, ...]
    total: int
    newer: str | None
    older: str | None
    here: str
    has_token: bool


def quarantine(
    facts: Facts, sources: Mapping[str, Quarantined], wanted: RefusedWanted, page: int, *, keyed: bool, said: str = ""
) -> str:
    """What was refused, with its reasons; with a token also the buttons to retry or purge."""
    counts: Mapping[str, int] = facts.get("quarantined", {})
    reasons = [
        Choice(f"{readable_name(name)} {count}", wanted.address(reason=name, source=None), wanted.reason == name)
        for name, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]
    everything = Choice(f"all {sum(counts.values())}", wanted.address(reason=None, source=None), wanted.reason is None)
    shown = [(t, s) for t, s in sorted(sources.items(), reverse=True) if wanted.takes(t, s.why)]
    publishers = Counter(
        str(source.why["publisher"]) for source in sources.values() if source.why.get("publisher")
    ).most_common(200)
    start = ROWS_PER_PAGE * (page - 1)
    view = QuarantineView(
        behind=bool(facts.get("behind")),
        notice=said,
        reasons=(everything, *reasons),
        publishers=tuple(name for name, _ in publishers),
        reason=wanted.reason or "",
        publisher=wanted.publisher or "",
        day=wanted.day or "",
        rows=tuple(_row(token, source.why) for token, source in shown[start : start + ROWS_PER_PAGE]),
        total=len(shown),
        newer=_page(wanted, page - 1) if page > 1 else None,
        older=_page(wanted, page + 1) if len(shown) > start + ROWS_PER_PAGE else None,
        here=_page(wanted, page) if page > 1 else wanted.address(),
        has_token=keyed,
    )
    return TEMPLATE.render("dashboard_quarantine.html", view)


def with_links(page: bytes, token: str, why: Mapping[str, Any]) -> bytes:
    """An explain page with why the source was refused, and a link to where it is retried."""
    row = _row(token, why)
    view = LinksView(
        ("/quarantine", "Quarantine"),
        refusal=(row.reason, row.message),
        retry=RefusedWanted().address(source=token),
    )
    return add_links(page, view)


def _page(wanted: RefusedWanted, page: int) -> str:
    address = wanted.address()
    return f"{address}{'&' if '?' in address else '?'}page={page}"


def _row(token: str, why: Mapping[str, Any]) -> QuarantinedRow:
    tries = [f"{len(why[kind])} {kind}" for kind in ("attempts", "deaths") if why.get(kind)]
    return QuarantinedRow(
        token=token,
        name=str(why.get("place") or token),
        reason=readable_name(str(why.get("reason") or "unknown")),
        message=str(why.get("message") or "nothing more is known"),
        time=str(why.get("time") or "")[:19].replace("T", " "),
        details=" · ".join(str(detail) for detail in (why.get("publisher"), *tries) if detail),
    )
