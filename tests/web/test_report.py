"""The report: what it counts, what it flags, and that names are shown as text."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import lxml.html
import pytest
from click.testing import CliRunner

from ingest import Record
from ingest.cli import cli
from ingest.service.publisher_changes import drift, silence
from ingest.web.report import report_page, summarize

GOLDEN = Path(__file__).parents[1] / "golden/000_47fd47bebe7271c0.json"
SEED = Record.model_validate_json(GOLDEN.read_bytes())
EVIL = "<script>alert(1)</script>"


def run(days: int = 45) -> tuple[list[dict[str, object]], list[Record]]:
    """One article a day of three publishers: one as ever, one whose template changed, one that fell silent."""
    lines, records = [], []
    for day in range(days):
        time = (dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC) + dt.timedelta(days=day)).isoformat(timespec="milliseconds")
        for name in ("steady", "changed", "silent"):
            if name == "silent" and day > 20:
                continue
            ours = hashlib.sha256(f"{name}{day}".encode()).hexdigest()
            gone = "x " * (200 if name == "changed" and day > 34 else 40 + 3 * (day % 7))
            removed = {"label": "promo", "rule": "common/newsletter", "text": gone}
            records.append(
                Record.model_validate(
                    SEED.model_dump()
                    | {"id": ours, "publisher": {"name": name}, "body": "yes " * 100, "removed": [removed]}
                )
            )
            lines.append(
                {"time": time, "name": f"{name}{EVIL}", "id": ours, "outcome": "stored", "reason": None, "ms": day}
            )
        lines.append(
            {"time": time, "name": "x.pdf", "id": None, "outcome": "refused", "reason": "unsupported_format", "ms": 1}
        )
    return lines, records


def test_publishers_that_changed_or_fell_silent_are_flagged() -> None:
    stats = summarize(*run(), rules=["common/newsletter", "common/share-list"])
    flags = {p.name: (p.drift is not None, p.silent_days) for p in stats.publishers}
    assert flags == {"steady": (False, None), "changed": (True, None), "silent": (False, 24)}
    assert stats.outcomes == {"stored": 45 + 45 + 21, "refused": 45}
    assert stats.reasons == {"unsupported_format": 45}
    assert (stats.records, stats.labels, stats.unused_rules) == (111, {"promo": 111}, ("common/share-list",))
    assert [line["ms"] for line in stats.slowest][:3] == [44, 44, 43]
    assert len(stats.by_time) == 45


@pytest.mark.parametrize(
    ("before", "lately", "flagged"),
    [
        ([0.3, 0.4] * 20, [0.35] * 10, False),
        ([0.3, 0.4] * 20, [0.6] * 10, True),
        ([0.3, 0.4] * 20, [0.9] * 4 + [0.35] * 6, False),
        ([0.3] * 40, [0.34] * 10, False),
        ([0.3, 0.4] * 10, [0.9] * 10, False),
    ],
    ids=["same", "changed", "four outliers", "too little", "too few"],
)
def test_drift_is_detected_only_if_significant(before: list[float], lately: list[float], flagged: bool) -> None:  # noqa: FBT001
    assert (drift([*before, *lately]) is not None) is flagged


def test_a_weekly_is_not_silent_between_two_numbers() -> None:
    weekly = [f"2026-{month}-{day:02}" for month in ("09", "10") for day in (1, 8, 15, 22, 29)]
    assert silence(weekly, "2026-11-10") is None
    assert silence(weekly, "2026-11-20") == 22
    assert silence(weekly[:3], "2026-11-20") is None


def test_twenty_publishers_and_the_flagged_ones_are_shown_and_the_rest_folded() -> None:
    lines, records = run()
    for number in range(30):
        ours = hashlib.sha256(str(number).encode()).hexdigest()
        copies = {"id": ours, "publisher": {"name": f"small {number:02}"}, "body": "yes", "removed": []}
        records.append(Record.model_validate(SEED.model_dump() | copies))
    tree = lxml.html.document_fromstring(report_page(summarize(lines, records)))
    [shown, folded] = [
        table.xpath(".//tbody/tr/td[1]") for table in tree.xpath("//div[contains(@aria-label, 'ublishers')]")
    ]
    names = [cell.text_content() for cell in shown]
    assert names[:3] == ["changed", "silent", "steady"]
    assert len(names) == 22
    assert [cell.text_content() for cell in folded] == [f"small {number:02}" for number in range(19, 30)]
    assert len(tree.xpath("//details[summary='11 more publishers']//table")) == 1


def test_a_day_is_shown_by_hour_also_those_without_files() -> None:
    lines = [
        {
            "time": f"2026-11-22T{hour}:10:00.000+00:00",
            "name": "x",
            "id": None,
            "outcome": "refused",
            "reason": "no_article",
        }
        for hour in ("22", "23", "23")
    ]
    stats = summarize([*lines, {**lines[0], "time": "2026-11-23T03:00:00.000+00:00"}], [])
    assert [sum(counts.values()) for counts in stats.by_time.values()] == [1, 2, 0, 0, 0, 1]
    assert [*stats.by_time][2] == "2026-11-23T00"
    assert "Files by hour" in report_page(stats)


def test_names_are_shown_as_text() -> None:
    tree = lxml.html.document_fromstring(report_page(summarize(*run()), {}.get))
    assert not tree.xpath("//script | //img | //@style | //*[@src]")
    assert f"steady{EVIL}" in tree.text_content()
    flags = [flag.text_content() for flag in tree.xpath("//ul[@class='flags']/li")]
    assert [flag.split()[0] for flag in flags] == ["changed", "silent"]
    assert len(tree.xpath("//*[name()='rect'][@class='refused']")) == 45


def test_the_command_reads_journal_and_records_and_links_pages(tmp_path: Path) -> None:
    lines, records = run()
    (tmp_path / "spool").mkdir()
    (tmp_path / "out/ab").mkdir(parents=True)
    folder = tmp_path / "a:b #1 100%"
    folder.mkdir()
    (tmp_path / "spool/journal.jsonl").write_text("\n".join(map(json.dumps, lines)) + '\n{"torn": ')
    (tmp_path / "out/records.jsonl").write_text("\n".join(record.to_json() for record in records[1:]))
    (tmp_path / "out/ab/one.json").write_text(records[0].to_json(indent=2))
    (tmp_path / "out/other.json").write_text("{}")
    (tmp_path / "out/copy.json").write_text(records[0].to_json())
    changed = [record.id for record in records if record.publisher and record.publisher.name == "changed"][-1]
    (folder / f"{changed}.html").touch()
    flags = [
        "--spool",
        tmp_path / "spool",
        "--out",
        tmp_path / "out",
        "-o",
        tmp_path / "r.html",
        "--pages",
        folder,
    ]
    done = CliRunner().invoke(cli, ["report", *map(str, flags)])
    assert done.output.endswith("r.html: 111 records, 156 lines of the journal\n")
    hrefs = lxml.html.fromstring((tmp_path / "r.html").read_text()).xpath("//@href")
    assert hrefs == [f"a%3Ab%20%231%20100%25/{changed}.html"] * 3, (
        "where it is flagged, in its row, and among the slowest"
    )
    empty = CliRunner().invoke(cli, ["report", "--spool", str(tmp_path / "no"), "--out", str(tmp_path / "no")])
    assert empty.exit_code == 2
