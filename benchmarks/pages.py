"""Quality of cleaned pages, held to floors.

    python benchmarks/pages.py PAGES [--slice NAME ...] [--update] [--allow-regression]

PAGES is a folder as `gold.py` describes. Scores `ingest.clean` on every page; exit status 1 where a figure lies under its floor in
pages_floor.json (by more than .0005, what another version of a library may cost). The floors hold for the files of pages whose
SHA-256 stands beside them; other pages are scored and not judged. --update writes what was measured as the new floors and refuses
to lower one, unless --allow-regression says that it is meant.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gold import Page, fingerprint, pages, scores

from ingest import Rejected, clean

FLOORS = Path(__file__).with_name("pages_floor.json")
SLACK = 0.0005


def body(page: Page) -> tuple[str, str | None]:
    """The body that we make of a page, and the reason where we refuse it."""
    try:
        return clean(page.html.encode("utf-8", "replace"), url=page.url).body, None
    except Rejected as refused:
        return "", refused.reason


def measure(found: list[Page]) -> dict[str, dict[str, float]]:
    """Scores of each slice, and the share of its pages that are not refused; every page has an article."""
    rows = [(page, *body(page)) for page in found]
    measured = scores((page, text) for page, text, _ in rows)
    for name, cells in measured.items():
        reasons = [reason for page, _, reason in rows if page.slice == name]
        cells["accepted"] = sum(reason is None for reason in reasons) / len(reasons)
    return measured


def lower(measured: dict[str, dict[str, float]], floors: dict[str, dict[str, float]]) -> list[str]:
    """The figures under their floors, told."""
    return [
        f"{name} {measure_} {measured[name][measure_]:.4f} under {floor:.4f}"
        for name, cells in floors.items()
        for measure_, floor in cells.items()
        if name in measured and measured[name].get(measure_, 0.0) < floor - SLACK
    ]


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--slice", action="append", default=[])
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--allow-regression", action="store_true")
    args = parser.parse_args()
    pinned = json.loads(FLOORS.read_text()) if FLOORS.exists() else {"pages": {}, "floors": {}}
    measured = measure(pages(args.pages, args.slice))
    for name, cells in measured.items():
        print(f"{name:18}", "  ".join(f"{measure_} {value:.4f}" for measure_, value in cells.items()))
    files = fingerprint(args.pages)
    known = {
        name: cells
        for name, cells in pinned["floors"].items()
        if pinned["pages"].get(f"{name}.jsonl.gz") == files.get(f"{name}.jsonl.gz")
    }
    missed = lower(measured, known)
    print(*missed, sep="\n", end="\n" if missed else "")
    if args.update:
        if missed and not args.allow_regression:
            print(
                "Nothing was written: a floor would be lowered (--allow-regression says that it is meant).",
                file=sys.stderr,
            )
            return 1
        floors = pinned["floors"] | {
            name: {k: round(v, 4) for k, v in cells.items()} for name, cells in measured.items()
        }
        hashes = pinned["pages"] | {f"{name}.jsonl.gz": files[f"{name}.jsonl.gz"] for name in measured}
        FLOORS.write_text(json.dumps({"pages": hashes, "floors": floors}, indent=2, sort_keys=True) + "\n")
        return 0
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
