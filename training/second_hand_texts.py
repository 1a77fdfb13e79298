"""More training texts for the text classifier: pages as other extractors leave them, each line labelled by our record of the page.

    python -m training.second_hand_texts pages.jsonl.gz … --out more.jsonl.gz [--converter NAME …]
    python -m training.second_hand_texts pages.jsonl.gz … --out texts.jsonl.gz --gold      # for benchmarks.quality.memory

One page per line: id, url, html; wanted and unwanted segments, where given, override. The page classifier sees markup and so knows more than
the text classifier can: the texts are silver labels, and count half as much. With --gold the page's first accepted body labels the lines
instead, whose first paragraph is the headline; no model is trained on such texts. Needs inscriptis, resiliparse, trafilatura.
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
SHINGLE_WORDS = 4  # consecutive words by which a line is found in the body
MIN_KEEP_SHARE, MAX_STRIP_SHARE = 0.7, 0.15
"""Share of a line's shingles in the body from which it is kept, and up to which it is boilerplate; between them it is neither."""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--converter", action="append", choices=CONVERTERS)
    parser.add_argument("--gold", action="store_true")
    args = parser.parse_args()
    with gzip.open(args.out, "wt") as out:
        for path in args.pages:
            with gzip.open(path, "rt") as lines:
                for line in lines:
                    page = json.loads(line)
                    told = page["bodies"][0] if args.gold else _record(page)
                    if told:
                        address = {"url": page["url"]} if args.gold else {}
                        made = texts(page, told, args.converter or list(CONVERTERS), is_glued=args.gold)
                        out.writelines(json.dumps(text | address) + "\n" for text in made)


def _record(page: dict[str, Any]) -> list[str]:
    """The headline and the paragraphs of our record of a page; nothing where no article is found."""
    try:
        record = clean(page["html"].encode(), url=page["url"])
    except Rejected:
        return []
    return [record.headline or "", *record.body.split("\n")]


def texts(page: dict[str, Any], told: list[str], converters: list[str], *, is_glued: bool) -> Iterator[dict[str, Any]]:
    """The page as each converter leaves it. `told`: its headline and its paragraphs; `is_glued`: other lines of the head are joined to the first."""
    title, body = _words(told[0]), [word for line in told[1:] for word in _words(line)]
    shingles = {tuple(body[i : i + SHINGLE_WORDS]) for i in range(len(body) - SHINGLE_WORDS + 1)}
    lines = {tuple(_words(line)) for line in told[1:]}

    def label(line: str) -> str:
        words = _words(line)
        if not line.strip():
            return "blank"
        if words == title or (is_glued and len(words) > 1 and " ".join(words) in " ".join(title)):
            return "title"
        if len(words) <= SHINGLE_WORDS:
            return "keep" if tuple(words) in lines else "strip"
        own = [tuple(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)]
        share = sum(shingle in shingles for shingle in own) / len(own)
        found = "keep" if share >= MIN_KEEP_SHARE else "strip" if share <= MAX_STRIP_SHARE else "neutral"
        opposed = {"keep": page.get("unwanted", ()), "strip": page.get("wanted", ())}.get(found, ())
        return "neutral" if any(segment in line for segment in opposed) else found

    for name in converters:
        yield {
            "id": f"{page['id']}-{name}",
            "domain": (urlsplit(page["url"]).hostname or "").removeprefix("www."),
            "converter": name,
            "news": False,
            "lines": [
                {"text": line.strip(), "label": label(line)} for line in CONVERTERS[name](page["html"]).split("\n")
            ],
        }


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


if __name__ == "__main__":
    main()
