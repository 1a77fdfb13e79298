"""Handing articles over from Python: tickets, and many at once."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import Rejected, Ticket, enqueue, enqueue_many
from ingest.errors import Reason
from ingest.service import runner
from ingest.service.broker import Broker
from ingest.service.settings import Settings
from tests.support.processes import Redis, article, lines_of, plain

Make = Callable[..., Settings]


def test_a_ticket_knows_its_outcome(make: Make) -> None:
    settings = make(journal_bytes=4096)
    ticket = enqueue(article(1).encode(), settings=settings)
    assert ticket.outcome() is None
    with pytest.raises(TimeoutError, match=ticket.path):
        ticket.wait(0.05)
    refused = enqueue(b"BUG", settings=settings)
    others = enqueue_many((article(number).encode() for number in range(2, 20)), settings=settings)
    runner.up(settings, once=True, clean=plain)
    assert len(list(settings.spool.glob("journal-*.jsonl"))) > 0  # its line may lie in a file that was set aside
    line = ticket.wait(1)
    assert (line["outcome"], line["id"]) == ("stored", ticket.id)
    assert refused.wait(1)["reason"] == Reason.BUG
    assert {other.wait(1)["outcome"] for other in others if isinstance(other, Ticket)} == {"stored"}
    assert Ticket(ticket.id, ticket.path, settings) == ticket


def test_many_are_given_in_order_and_a_bad_one_stops_none(make: Make, tmp_path: Path) -> None:
    settings = make(max_bytes=2000, max_unpacked=2000)
    (tmp_path / "file.txt").write_text(article(2), "utf-8")
    given = enqueue_many(
        [
            {"source": article(1).encode(), "url": "https://news.example/1", "claims": {"section": "World"}},
            gzip.compress(b"a" * 5000),
            tmp_path / "file.txt",
        ],
        settings=settings,
    )
    first, bad, last = given
    assert isinstance(bad, Rejected)
    assert bad.reason is Reason.TOO_LARGE
    runner.up(settings, once=True, clean=plain)
    assert {line["name"] for line in lines_of(settings)} == {"article", "file.txt"}
    assert isinstance(first, Ticket)
    assert isinstance(last, Ticket)
    assert first.wait(1)["outcome"] == last.wait(1)["outcome"] == "stored"


def test_what_came_before_an_error_is_queued(make: Make, redis: Redis) -> None:
    settings = make(broker_url=redis.url)

    def failing() -> object:
        yield article(1).encode()
        raise ConnectionError("the feed is away")

    with pytest.raises(ConnectionError):
        enqueue_many(failing(), settings=settings)  # type: ignore[arg-type]
    assert Broker(settings).statistics()["waiting"] == 1
