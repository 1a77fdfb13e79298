"""The pages of the desk. Each is whole without its script, which only keeps the first one fresh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ingest.report.chart import amount, columns
from ingest.serve.ledger import MINUTES, Ledger, Settled
from ingest.serve.sight import Quarantined
from ingest.sheet import Inside, Node, Sheet, node, table

SHEET = Sheet.of(Path(__file__).parent, served=True)
LAST = 8
PAGE = 50
ROOMS = (("/", "Now"), ("/records", "Records"), ("/quarantine", "Quarantine"))

Facts = Mapping[str, Any]


def now(facts: Facts, ledger: Ledger) -> str:
    """How the service is doing."""
    why: Sequence[str] = facts["why"]
    words = "Something does not move." if why else _moving(facts, ledger)
    verdict = node("p", words, id="verdict", role="status", class_="verdict wrong" if why else "verdict")
    parts: list[Node | None] = [
        node("ul", *(node("li", reason) for reason in why), class_="flags") if why else None,
        _cards(facts, ledger),
        _section("Files by minute, refused ones on top", columns(hour := _hour(ledger)), _axis(hour))
        if ledger.minutes
        else None,
        _section("The last files", _rows(islice(ledger.newest(), LAST))) if ledger.last else None,
        _section("Where the time goes", _stages(ledger)) if ledger.stages else None,
        _section("Who works", _workers(facts, ledger)) if facts.get("desks") else None,
    ]
    follow = node(
        "label",
        node("input", type="checkbox", id="follow", checked=""),
        " Keep this page fresh",
        class_="follow",
        hidden="",
    )
    live = node("div", *parts, id="live")
    return _page("Now", "/", facts, node("div", node("h1", "Now"), follow, class_="line"), verdict, live)


def records(facts: Facts, ledger: Ledger, query: str, page: int) -> str:
    """Records, the newest first, or those that a search finds."""
    found = list(islice(ledger.records(query), PAGE * (page - 1), PAGE * page + 1))
    box = node("input", type="search", name="q", id="q", value=query, dir="auto", maxlength="200")
    label = node("label", "Headline, publisher or file name", for_="q")
    form = node(
        "form", label, node("div", box, node("button", "Search"), class_="line"), role="search", action="/records"
    )
    none = "No record has these words." if query else "There is no record yet."
    listed = _rows(found[:PAGE]) if found else node("p", none)
    return _page(
        "Records", "/records", facts, node("h1", "Records"), form, listed, _pager(query, page, len(found) > PAGE)
    )


def quarantine(
    facts: Facts, sources: Mapping[str, Quarantined], reason: str | None, *, keyed: bool, said: str = ""
) -> str:
    """What was refused, with its reasons; with a token also the ways to send it through again or delete it."""
    counts: Mapping[str, int] = facts.get("quarantined", {})
    chips = [_chip(f"all {sum(counts.values())}", "/quarantine", chosen=reason is None)]
    chips += [
        _chip(f"{_spoken(name)} {count}", f"/quarantine?{urlencode({'reason': name})}", chosen=reason == name)
        for name, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]
    shown = [(t, s) for t, s in sorted(sources.items(), reverse=True) if reason in {None, s.why.get("reason")}]
    listed = node("ul", *(_refused(token, source, keyed=keyed) for token, source in shown[:PAGE]), class_="rows")
    more = node("p", f"And {len(shown) - PAGE:,} older ones.") if len(shown) > PAGE else None
    parts = [
        node("h1", "Quarantine"),
        node("p", said, role="status", class_="verdict") if said else None,
        node("ul", *chips, class_="chips", aria_label="By reason"),
    ]
    if not shown:
        return _page("Quarantine", "/quarantine", facts, *parts, node("p", "Nothing lies here."))
    if not keyed:
        hint = "To send sources through again, or to delete them: ingest failed retry, ingest failed purge; or give the desk a token."
        return _page("Quarantine", "/quarantine", facts, *parts, listed, more, node("p", hint, class_="soft"))
    form = node("form", listed, more, _keys(), method="post", action="/quarantine")
    return _page("Quarantine", "/quarantine", facts, *parts, form)


def message(facts: Facts, title: str, words: str, *inside: Inside) -> str:
    """A page that says one thing."""
    return _page(title, "", facts, node("h1", title), node("p", words), *inside)


def kept(facts: Facts, row: Settled, why: str) -> str:
    """What is known of a record whose source cannot be explained any more."""
    return message(facts, row.title, f"Its lines cannot be shown: {why}", _rows([row]))


def _page(title: str, here: str, facts: Facts, *inside: Inside) -> str:
    links = [
        node("li", node("a", words, href=address, aria_current="page" if address == here else None))
        for address, words in ROOMS
    ]
    nav = node("nav", node("ul", *links), aria_label="Desk")
    skip = node("a", "Skip to the content", href="#content", class_="skip")
    reading = (
        node("p", "The journal is still being read: counts will grow.", role="status") if facts.get("behind") else None
    )
    return SHEET.write(
        f"{title} · news-ingest",
        skip,
        node("header", node("a", "news-ingest", href="/", class_="brand"), nav),
        node("main", reading, *inside, id="content", tabindex="-1"),
    )


def _moving(facts: Facts, ledger: Ledger) -> str:
    waiting = facts["inbox"] + facts["claimed"]
    if not ledger.last:
        return "Nothing has come yet." if not waiting else f"All is well: {_files(waiting)} under way."
    return f"All is well: {_files(waiting)} under way." if waiting else "All is well: nothing waits."


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _cards(facts: Facts, ledger: Ledger) -> Node | None:
    if "inbox" not in facts:
        return None
    totals: dict[str, int] = {"stored": 0, "refused": 0}
    for (outcome, _), count in ledger.outcomes.items():
        totals[outcome] = totals.get(outcome, 0) + count
    share = ledger.share_lately
    redis = facts.get("redis")
    free = min(facts["free_disk"].values(), default=0)
    cards: list[tuple[str, str, str]] = [
        ("in the inbox", f"{facts['inbox']:,}", _since(facts["oldest_inbox_seconds"])),
        ("being cleaned", f"{facts['claimed']:,}", _since(facts["oldest_claimed_seconds"])),
        *([("tasks in Redis", f"{redis['waiting']:,}", f"{redis['memory_mib']:g} MiB of memory")] if redis else []),
        ("stored", f"{totals['stored']:,}", f"last at {ledger.last[11:19]} UTC" if ledger.last else ""),
        ("refused", f"{totals['refused']:,}", f"{sum(facts['quarantined'].values()):,} in quarantine"),
        ("of their words removed", "–" if share is None else f"{share:.0%}", "the newest 100 records"),
        ("of disk free", f"{free / (1 << 30):,.1f} GiB", ""),
    ]
    listed = node("dl", class_="cards")
    for name, figure, note in cards:
        listed.append(node("div", node("dt", name), node("dd", figure, node("small", note) if note else None)))
    return listed


def _since(seconds: int) -> str:
    if not seconds:
        return ""
    told = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
    return f"the oldest for {told}"


def _hour(ledger: Ledger) -> dict[str, Mapping[str, int]]:
    """Outcomes of each minute of the hour that ended with the last file, also of those that had none."""
    end = datetime.fromisoformat(ledger.last[:16])
    minutes = (f"{end - timedelta(minutes=back):%Y-%m-%dT%H:%M}" for back in range(MINUTES - 1, -1, -1))
    return {minute: ledger.minutes.get(minute, {}) for minute in minutes}


def _axis(hour: Mapping[str, Mapping[str, int]]) -> Node:
    first, *_, last = (minute[5:].replace("T", " ") for minute in hour)
    most = max(sum(counts.values()) for counts in hour.values())
    return node("p", *(node("span", each) for each in (first, f"{most:,} at most", last)), class_="axis")


def _stages(ledger: Ledger) -> Node:
    mean = {stage: 1000 * total / count for stage, (count, total) in ledger.stages.items()}
    most = max(mean.values()) or 1
    rows = [(stage, f"{ms:,.1f} ms", amount(ms / most)) for stage, ms in mean.items()]
    return table(("stage", "mean", ""), rows, numbers=(1,))


def _workers(facts: Facts, ledger: Ledger) -> Node:
    rows: list[Sequence[Inside]] = []
    for desk in facts["desks"]:
        host = str(desk.notes.get("host"))
        if desk.notes.get("role") == "child":
            continue
        mine = [d for d in facts["desks"] if d.notes.get("role") == "child" and d.notes.get("host") == host]
        busy = sum("path" in d.notes for d in mine)
        counts = ", ".join(f"{n:,} {outcome}" for (outcome, who), n in sorted(ledger.outcomes.items()) if who == host)
        beat = f"{desk.age:.0f} s ago"
        rows.append((node("bdi", host), str(desk.notes.get("role")), beat, f"{busy} of {len(mine)}", counts or "–"))
    heads = ("machine", "role", "heard of", "children busy", "files of this machine")
    return node("div", table(heads, rows), class_="wide", tabindex="0", role="region", aria_label="Who works")


def _rows(rows: Iterable[Settled]) -> Node:
    return node("ul", *(_row(row) for row in rows), class_="rows")


def _row(row: Settled) -> Node:
    address = f"/records/{row.id}" if row.stored else f"/quarantine/{row.token}"
    facts = [
        row.publisher,
        None if row.stored else f"refused: {_spoken(row.reason or '')}",
        None if row.share is None else f"{row.share:.0%} removed",
        f"{row.ms:,.0f} ms",
    ]
    time = node("time", row.time[:19].replace("T", " "), datetime=row.time)
    return node(
        "li",
        node("a", row.title, href=address, dir="auto", class_="title"),
        node("span", time, *(part for fact in facts if fact for part in (" · ", node("bdi", fact))), class_="soft"),
        class_=None if row.stored else "no",
    )


def _refused(token: str, source: Quarantined, *, keyed: bool) -> Node:
    why = source.why
    place = node("a", str(why.get("place") or token), href=f"/quarantine/{token}", dir="auto", class_="title")
    tick = node("input", type="checkbox", name="source", value=token, aria_label=f"Choose {why.get('place') or token}")
    tries = [f"{len(why[kind])} {kind}" for kind in ("attempts", "deaths") if why.get(kind)]
    facts = [str(why.get("time", ""))[:19].replace("T", " "), why.get("publisher"), *tries]
    told = " · ".join(str(fact) for fact in facts if fact)
    return node(
        "li",
        tick if keyed else None,
        node(
            "div",
            place,
            node(
                "span",
                node("b", _spoken(str(why.get("reason")))),
                node("bdi", f": {why.get('message') or 'no more is known'}"),
            ),
            node("span", told, class_="soft"),
        ),
        class_="no",
    )


def _keys() -> Node:
    """What may be done with the chosen sources."""
    purge = node("button", "Delete for good", name="act", value="purge", class_="danger")
    box = node("input", type="password", name="token", id="token", required="", autocomplete="current-password")
    return node(
        "fieldset",
        node("legend", "With the chosen sources"),
        node("label", "Token", for_="token"),
        box,
        node("button", "Send through again", name="act", value="retry"),
        node("details", node("summary", "Delete …"), node("p", "They and their reasons will be gone."), purge),
        class_="keys",
    )


def _chip(words: str, address: str, *, chosen: bool) -> Node:
    return node("li", node("a", words, href=address, aria_current="true" if chosen else None, class_="chip"))


def _pager(query: str, page: int, more: bool) -> Node | None:  # noqa: FBT001
    def link(words: str, number: int) -> Node:
        asked = {"q": query} if query else {}
        return node("a", words, href=f"/records?{urlencode(asked | {'page': str(number)})}")

    links = [link("← newer", page - 1) if page > 1 else None, link("older →", page + 1) if more else None]
    return node("nav", *links, class_="line", aria_label="Pages") if any(x is not None for x in links) else None


def _section(title: str, *inside: Inside) -> Node:
    return node("section", node("h2", title), *inside)


def _spoken(name: str) -> str:
    return name.replace("_", " ")
