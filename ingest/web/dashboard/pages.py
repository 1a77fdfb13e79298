"""The pages of the desk. Each is whole without its script, which only keeps the first one fresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ingest.web.dashboard.journal_index import MAX_MINUTES, JournalIndex, SettledFile
from ingest.web.dashboard.snapshot import Quarantined
from ingest.web.html import Child, Node, PageTemplate, element, table
from ingest.web.html.charts import share_bar, stacked_columns

TEMPLATE = PageTemplate.of(Path(__file__).parent, served=True)
LAST_FILES = 8
ROWS_PER_PAGE = 50
SECTIONS = (("/", "Now"), ("/records", "Records"), ("/quarantine", "Quarantine"))

Facts = Mapping[str, Any]


def now(facts: Facts, index: JournalIndex) -> str:
    """How the service is doing."""
    why: Sequence[str] = facts["why"]
    words = "Something does not move." if why else _all_well(facts, index)
    verdict = element("p", words, id="verdict", role="status", class_="verdict wrong" if why else "verdict")
    parts: list[Node | None] = [
        element("ul", *(element("li", reason) for reason in why), class_="flags") if why else None,
        _cards(facts, index),
        _section("Files by minute, refused ones on top", stacked_columns(hour := _hour(index)), _axis(hour))
        if index.minutes
        else None,
        _section("The last files", _rows(islice(index.newest(), LAST_FILES))) if index.last else None,
        _section("Where the time goes", _stages(index)) if index.stages else None,
        _section("Who works", _workers(facts, index)) if facts.get("desks") else None,
    ]
    follow = element(
        "label",
        element("input", type="checkbox", id="follow", checked=""),
        " Keep this page fresh",
        class_="follow",
        hidden="",
    )
    live = element("div", *parts, id="live")
    return _page("Now", "/", facts, element("div", element("h1", "Now"), follow, class_="line"), verdict, live)


def records(facts: Facts, index: JournalIndex, query: str, page: int) -> str:
    """Records, the newest first, or those that a search finds."""
    found = list(islice(index.records(query), ROWS_PER_PAGE * (page - 1), ROWS_PER_PAGE * page + 1))
    box = element("input", type="search", name="q", id="q", value=query, dir="auto", maxlength="200")
    label = element("label", "Headline, publisher or file name", for_="q")
    form = element(
        "form", label, element("div", box, element("button", "Search"), class_="line"), role="search", action="/records"
    )
    none = "No record has these words." if query else "There is no record yet."
    listed = _rows(found[:ROWS_PER_PAGE]) if found else element("p", none)
    return _page(
        "Records",
        "/records",
        facts,
        element("h1", "Records"),
        form,
        listed,
        _pager(query, page, len(found) > ROWS_PER_PAGE),
    )


def quarantine(
    facts: Facts, sources: Mapping[str, Quarantined], reason: str | None, *, keyed: bool, said: str = ""
) -> str:
    """What was refused, with its reasons; with a token also the ways to send it through again or delete it."""
    counts: Mapping[str, int] = facts.get("quarantined", {})
    chips = [_chip(f"all {sum(counts.values())}", "/quarantine", chosen=reason is None)]
    chips += [
        _chip(f"{_readable_name(name)} {count}", f"/quarantine?{urlencode({'reason': name})}", chosen=reason == name)
        for name, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]
    shown = [(t, s) for t, s in sorted(sources.items(), reverse=True) if reason in {None, s.why.get("reason")}]
    listed = element(
        "ul", *(_refused(token, source, keyed=keyed) for token, source in shown[:ROWS_PER_PAGE]), class_="rows"
    )
    more = element("p", f"And {len(shown) - ROWS_PER_PAGE:,} older ones.") if len(shown) > ROWS_PER_PAGE else None
    parts = [
        element("h1", "Quarantine"),
        element("p", said, role="status", class_="verdict") if said else None,
        element("ul", *chips, class_="chips", aria_label="By reason"),
    ]
    if not shown:
        return _page("Quarantine", "/quarantine", facts, *parts, element("p", "Nothing lies here."))
    if not keyed:
        hint = "To send sources through again, or to delete them: ingest failed retry, ingest failed purge; or give the desk a token."
        return _page("Quarantine", "/quarantine", facts, *parts, listed, more, element("p", hint, class_="soft"))
    form = element("form", listed, more, _actions(), method="post", action="/quarantine")
    return _page("Quarantine", "/quarantine", facts, *parts, form)


def message(facts: Facts, title: str, words: str, *inside: Child) -> str:
    """A page that says one thing."""
    return _page(title, "", facts, element("h1", title), element("p", words), *inside)


def kept(facts: Facts, row: SettledFile, why: str) -> str:
    """What is known of a record whose source cannot be explained any more."""
    return message(facts, row.title, f"Its lines cannot be shown: {why}", _rows([row]))


def _page(title: str, here: str, facts: Facts, *inside: Child) -> str:
    links = [
        element("li", element("a", words, href=address, aria_current="page" if address == here else None))
        for address, words in SECTIONS
    ]
    nav = element("nav", element("ul", *links), aria_label="Desk")
    skip = element("a", "Skip to the content", href="#content", class_="skip")
    reading = (
        element("p", "The journal is still being read: counts will grow.", role="status")
        if facts.get("behind")
        else None
    )
    return TEMPLATE.render(
        f"{title} · news-ingest",
        skip,
        element("header", element("a", "news-ingest", href="/", class_="brand"), nav),
        element("main", reading, *inside, id="content", tabindex="-1"),
    )


def _all_well(facts: Facts, index: JournalIndex) -> str:
    waiting = facts["inbox"] + facts["claimed"]
    if not index.last:
        return "Nothing has come yet." if not waiting else f"All is well: {_files(waiting)} under way."
    return f"All is well: {_files(waiting)} under way." if waiting else "All is well: nothing waits."


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _cards(facts: Facts, index: JournalIndex) -> Node | None:
    if "inbox" not in facts:
        return None
    totals: dict[str, int] = {"stored": 0, "refused": 0}
    for (outcome, _), count in index.outcomes.items():
        totals[outcome] = totals.get(outcome, 0) + count
    share = index.recent_share
    redis = facts.get("redis")
    free = min(facts["free_disk"].values(), default=0)
    cards: list[tuple[str, str, str]] = [
        ("in the inbox", f"{facts['inbox']:,}", _oldest_age(facts["oldest_inbox_seconds"])),
        ("being cleaned", f"{facts['claimed']:,}", _oldest_age(facts["oldest_claimed_seconds"])),
        *([("tasks in Redis", f"{redis['waiting']:,}", f"{redis['memory_mib']:g} MiB of memory")] if redis else []),
        ("stored", f"{totals['stored']:,}", f"last at {index.last[11:19]} UTC" if index.last else ""),
        ("refused", f"{totals['refused']:,}", f"{sum(facts['quarantined'].values()):,} in quarantine"),
        ("of their words removed", "–" if share is None else f"{share:.0%}", "the newest 100 records"),
        ("of disk free", f"{free / (1 << 30):,.1f} GiB", ""),
    ]
    listed = element("dl", class_="cards")
    for name, figure, note in cards:
        listed.append(
            element("div", element("dt", name), element("dd", figure, element("small", note) if note else None))
        )
    return listed


def _oldest_age(seconds: int) -> str:
    if not seconds:
        return ""
    told = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
    return f"the oldest for {told}"


def _hour(index: JournalIndex) -> dict[str, Mapping[str, int]]:
    """Outcomes of each minute of the hour that ended with the last file, also of those that had none."""
    end = datetime.fromisoformat(index.last[:16])
    minutes = (f"{end - timedelta(minutes=back):%Y-%m-%dT%H:%M}" for back in range(MAX_MINUTES - 1, -1, -1))
    return {minute: index.minutes.get(minute, {}) for minute in minutes}


def _axis(hour: Mapping[str, Mapping[str, int]]) -> Node:
    first, *_, last = (minute[5:].replace("T", " ") for minute in hour)
    most = max(sum(counts.values()) for counts in hour.values())
    return element("p", *(element("span", each) for each in (first, f"{most:,} at most", last)), class_="axis")


def _stages(index: JournalIndex) -> Node:
    mean = {stage: 1000 * total / count for stage, (count, total) in index.stages.items()}
    most = max(mean.values()) or 1
    rows = [(stage, f"{ms:,.1f} ms", share_bar(ms / most)) for stage, ms in mean.items()]
    return table(("stage", "mean", ""), rows, numbers=(1,))


def _workers(facts: Facts, index: JournalIndex) -> Node:
    rows: list[Sequence[Child]] = []
    for desk in facts["desks"]:
        host = str(desk.notes.get("host"))
        if desk.notes.get("role") == "child":
            continue
        mine = [d for d in facts["desks"] if d.notes.get("role") == "child" and d.notes.get("host") == host]
        busy = sum("path" in d.notes for d in mine)
        counts = ", ".join(f"{n:,} {outcome}" for (outcome, who), n in sorted(index.outcomes.items()) if who == host)
        beat = f"{desk.age:.0f} s ago"
        rows.append((element("bdi", host), str(desk.notes.get("role")), beat, f"{busy} of {len(mine)}", counts or "–"))
    heads = ("machine", "role", "heard of", "children busy", "files of this machine")
    return element("div", table(heads, rows), class_="wide", tabindex="0", role="region", aria_label="Who works")


def _rows(rows: Iterable[SettledFile]) -> Node:
    return element("ul", *(_row(row) for row in rows), class_="rows")


def _row(row: SettledFile) -> Node:
    address = f"/records/{row.id}" if row.stored else f"/quarantine/{row.token}"
    facts = [
        row.publisher,
        None if row.stored else f"refused: {_readable_name(row.reason or '')}",
        None if row.share is None else f"{row.share:.0%} removed",
        f"{row.ms:,.0f} ms",
    ]
    time = element("time", row.time[:19].replace("T", " "), datetime=row.time)
    return element(
        "li",
        element("a", row.title, href=address, dir="auto", class_="title"),
        element(
            "span", time, *(part for fact in facts if fact for part in (" · ", element("bdi", fact))), class_="soft"
        ),
        class_=None if row.stored else "no",
    )


def _refused(token: str, source: Quarantined, *, keyed: bool) -> Node:
    why = source.why
    place = element("a", str(why.get("place") or token), href=f"/quarantine/{token}", dir="auto", class_="title")
    tick = element(
        "input", type="checkbox", name="source", value=token, aria_label=f"Choose {why.get('place') or token}"
    )
    tries = [f"{len(why[kind])} {kind}" for kind in ("attempts", "deaths") if why.get(kind)]
    facts = [str(why.get("time", ""))[:19].replace("T", " "), why.get("publisher"), *tries]
    told = " · ".join(str(fact) for fact in facts if fact)
    return element(
        "li",
        tick if keyed else None,
        element(
            "div",
            place,
            element(
                "span",
                element("b", _readable_name(str(why.get("reason")))),
                element("bdi", f": {why.get('message') or 'no more is known'}"),
            ),
            element("span", told, class_="soft"),
        ),
        class_="no",
    )


def _actions() -> Node:
    """What may be done with the chosen sources."""
    purge = element("button", "Delete for good", name="act", value="purge", class_="danger")
    box = element("input", type="password", name="token", id="token", required="", autocomplete="current-password")
    return element(
        "fieldset",
        element("legend", "With the chosen sources"),
        element("label", "Token", for_="token"),
        box,
        element("button", "Send through again", name="act", value="retry"),
        element("details", element("summary", "Delete …"), element("p", "They and their reasons will be gone."), purge),
        class_="keys",
    )


def _chip(words: str, address: str, *, chosen: bool) -> Node:
    return element("li", element("a", words, href=address, aria_current="true" if chosen else None, class_="chip"))


def _pager(query: str, page: int, more: bool) -> Node | None:  # noqa: FBT001
    def link(words: str, number: int) -> Node:
        asked = {"q": query} if query else {}
        return element("a", words, href=f"/records?{urlencode(asked | {'page': str(number)})}")

    links = [link("← newer", page - 1) if page > 1 else None, link("older →", page + 1) if more else None]
    return element("nav", *links, class_="line", aria_label="Pages") if any(x is not None for x in links) else None


def _section(title: str, *inside: Child) -> Node:
    return element("section", element("h2", title), *inside)


def _readable_name(name: str) -> str:
    return name.replace("_", " ")
