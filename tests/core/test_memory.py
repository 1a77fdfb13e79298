"""A document only uses its own memory: no long string of a sender outlives it in the process."""

from __future__ import annotations

import ast
import ctypes
import gc
import random
import statistics
import string
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from ingest import clean

INGEST = Path(__file__).parents[2] / "ingest"

OWN_KEYS = {
    "adapters/rows.py:memory_of",
    "core/caching.py:cache_short_texts",
    "core/labelling/line_shape.py:_qualified_names",
    "core/labelling/page_classifier.py:_forest",
    "core/labelling/refusal.py:_phrases",
    "core/labelling/tokens.py:_hash_powers",
    "core/text/dates.py:_read",  # 256 texts of at most 1,000 characters
    "core/metadata/keywords.py:said",  # by elements of one page, and gone with it
    "core/packs/changes.py:pack_changes",  # four pairs of packs
    "core/packs/matcher.py:load_packs",
    "core/parse/double_encoding.py:_bytes_of",
    "core/preload.py:_warm_up",  # by the function that cleans
    "core/record.py:field_type",
    "core/text/wordlists/__init__.py:load_wordlists",
    "core/text/wordlists/__init__.py:word_set",
    "service/enqueue.py:_open_prepared",
    "service/environment.py:_warn_of_old_names",
    "service/ticket.py:open_cached",
}
"""Functions whose answers are remembered by keys of our own: names of tables and columns, folders, settings."""

PROSE = "<p>The swing bridge was shut to all traffic on Monday after inspectors found rust in three beams, the council said.</p>"
PAGES, SIZE = 20, 400_000


def test_no_cache_is_keyed_by_what_a_sender_wrote() -> None:
    found = set()
    for path in INGEST.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef) or not node.args.args:
                continue
            names = {n.id for d in node.decorator_list for n in ast.walk(d) if isinstance(n, ast.Name)}
            inside = {n.id for s in node.body for n in ast.walk(s) if isinstance(n, ast.Name)}
            if names & {"cache", "lru_cache"} or "lru_cache" in inside:
                found.add(f"{path.relative_to(INGEST)}:{node.name}")
    assert found <= OWN_KEYS


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("what", ["attributes", "head"])
def test_memory_stays_flat_over_pages_of_which_each_text_is_new(what: str) -> None:
    """Each page has 400 KB that no other has; the class attributes alone once left some 3 MB of each page behind."""
    run = subprocess.run(
        [sys.executable, __file__, what], capture_output=True, text=True, timeout=120, check=False, cwd=INGEST.parent
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 0.2 * SIZE / 2**20, "MiB that each page leaves behind"


def _page(what: str, number: int) -> bytes:
    draw = random.Random(number)  # noqa: S311  no secret
    alphabet = string.ascii_lowercase + "  "

    def text(length: int) -> str:
        return "".join(draw.choices(alphabet, k=length))

    def dashed(length: int) -> str:
        return text(length).replace(" ", "-")

    def each(form: str, times: int) -> str:
        room = SIZE // (times * max(1, form.count("{t}") + form.count("{d}")))
        parts = []
        for at in range(times):
            filled = form.replace("{n}", f"{number}x{at}")
            while "{t}" in filled:
                filled = filled.replace("{t}", text(room), 1)
            while "{d}" in filled:
                filled = filled.replace("{d}", dashed(room), 1)
            parts.append(filled)
        return "".join(parts)

    head = body = ""
    if what == "attributes":
        body = each(
            '<div class="{t}" id="{t}" role="{t}" itemprop="{t}"><p>It was said.</p><time>3 May 2024</time></div>', 10
        )
        body += each('<figure class="{t}"><a rel="{t}" href="/{d}"><img src="/{d}.jpg" alt="{t}"></a></figure>', 10)
        body += "".join(f"<x{number}y{at} z{number}y{at}{'q' * 60}=1>w</x{number}y{at}>" for at in range(3_000))
    else:
        names = (
            "author",
            "keywords",
            "og:title",
            "og:url",
            "og:site_name",
            "article:published_time",
            "og:locale",
            "{t}",
        )
        head = "".join(each(f'<meta name="{name}" content="{{t}}">', 20)[: SIZE // 4] for name in names)
        head += f'<base href="https://x.example/{dashed(SIZE // 4)}"><link rel=canonical href="https://x.example/{dashed(SIZE)}">'
        head += f'<script type="application/ld+json">{{"@type":"Article","author":"{text(SIZE // 4)}","url":"https://e.example/{dashed(9000)}"}}</script>'
    return f"<html><head><title>Bridge shut</title>{head}</head><body><h1>Bridge {number} shut</h1>{PROSE * 5}{body}</body></html>".encode()


def _resident() -> float:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) / 256


if __name__ == "__main__":
    after = []
    for count in range(PAGES):
        clean(_page(sys.argv[1], count), url=f"https://www.example.org/{count}")
        after.append(_resident())
    half = list(enumerate(after[PAGES // 2 :]))
    # The Theil-Sen slope: neither an arena that the allocator takes once nor a full cache that is emptied is a leak.
    slope = statistics.median((later - earlier) / (j - i) for (i, earlier), (j, later) in combinations(half, 2))
    sys.stdout.write(str(slope))
