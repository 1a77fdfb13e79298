"""More texts to train the labeller of lines on: pages as other extractors leave them, each line labelled by what we make of the page.

    python -m training.second_hand_texts pages.jsonl.gz … --out more.jsonl.gz

A page a line: id, url, html; wanted and unwanted segments, where there are, overrule. The page's labeller sees markup, so it knows what
the text's cannot: the texts are second-hand gold, and weigh half as much. Needs inscriptis, resiliparse, trafilatura.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import inscriptis
import trafilatura
from resiliparse.extract.html2text import extract_plain_text

from ingest import Rejected, clean

_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+")
CONVERTERS: dict[str, Callable[[str], str]] = {
    "resiliparse": lambda html: extract_plain_text(html, main_content=True, preserve_formatting=True),
    "inscriptis": inscriptis.get_text,
    "trafilatura": lambda html: trafilatura.extract(html, include_comments=True, favor_recall=True) or "",
}
RUN = 4  # words in a row that tell where a line is from
MOST, LEAST = 0.7, 0.15
"""Share of a line's runs in the body from which it is kept, and up to which it is residue; between them it is neither."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with gzip.open(args.out, "wt") as out:
        for path in args.pages:
            with gzip.open(path, "rt") as lines:
                for line in lines:
                    out.writelines(json.dumps(text) + "\n" for text in texts(json.loads(line)))


def texts(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The page as each converter leaves it; none where we find no article."""
    try:
        record = clean(page["html"].encode(), url=page["url"])
    except Rejected:
        return
    body, title = _words(record.body), _words(record.headline or "")
    runs = {tuple(body[i : i + RUN]) for i in range(len(body) - RUN + 1)}
    lines = {tuple(_words(line)) for line in record.body.split("\n")}

    def label(line: str) -> str:
        words = _words(line)
        if not line.strip():
            return "blank"
        if words == title:
            return "title"
        if len(words) <= RUN:
            return "keep" if tuple(words) in lines else "strip"
        mine = [tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)]
        share = sum(run in runs for run in mine) / len(mine)
        found = "keep" if share >= MOST else "strip" if share <= LEAST else "neutral"
        told = {"keep": page.get("unwanted", ()), "strip": page.get("wanted", ())}.get(found, ())
        return "neutral" if any(segment in line for segment in told) else found

    for name, convert in CONVERTERS.items():
        yield {
            "id": f"{page['id']}-{name}",
            "domain": (urlsplit(page["url"]).hostname or "").removeprefix("www."),
            "converter": name,
            "news": False,
            "lines": [{"text": line.strip(), "label": label(line)} for line in convert(page["html"]).split("\n")],
        }


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


if __name__ == "__main__":
    main()
