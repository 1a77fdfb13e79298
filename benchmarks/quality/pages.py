"""Quality of cleaned pages, compared with pinned floors.

    python -m benchmarks.quality.pages PAGES [--slice NAME ...] [--update] [--allow-regression]

PAGES is a folder as `corpus.py` describes. Scores `ingest.clean` on every page; exit status 1 where a figure lies below its floor in
pages_floor.json. --update pins the measured figures and refuses to lower a floor, unless --allow-regression is given too.
The floors are in-sample, on the pages that the model was trained on, and guard against regressions; `training.page_model --folds 5`
gives the honest figures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import mean

from benchmarks.quality import floors
from benchmarks.quality.corpus import Page, pages, scores
from benchmarks.quality.fields import field_scores
from ingest import Record, Rejected, clean

FLOORS = Path(__file__).with_name("pages_floor.json")


def record(page: Page) -> Record | None:
    """The record of a page; None where it is refused."""
    try:
        return clean(page.html.encode("utf-8", "replace"), url=page.url)
    except Rejected:
        return None


def measure(found: list[Page]) -> floors.Cells:
    """Scores of each slice, body and fields, and the share of its pages that are not refused; every page has an article."""
    rows = [(page, record(page)) for page in found]
    measured = scores((page, ours.body if ours else "") for page, ours in rows)
    for name, cells in measured.items():
        own = [(page, ours) for page, ours in rows if page.slice == name]
        cells["accepted"] = mean(ours is not None for _, ours in own)
        stated = [field_scores(page.stated, ours) for page, ours in own]
        cells |= {field: mean(row[field] for row in stated if field in row) for field in sorted(set().union(*stated))}
    return measured


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--slice", action="append", default=[])
    floors.add_arguments(parser)
    args = parser.parse_args()
    files = sorted(args.pages.glob("*.jsonl.gz"))
    return floors.check_floors(
        measure(pages(args.pages, args.slice)),
        files,
        FLOORS,
        update=args.update,
        allow_regression=args.allow_regression,
    )


if __name__ == "__main__":
    sys.exit(main())
