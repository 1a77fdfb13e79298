"""Quality of cleaned text files, compared with pinned floors.

    python -m benchmarks.quality.text FOLDER [--limit N] [--update] [--allow-regression]

FOLDER holds *.jsonl.gz, a text a line: url, lang, converter, news, lines [{text, label}] with labels keep, strip, title, neutral,
blank; keep and strip count. Every text is cleaned by `ingest.clean`, and its body once more with the headline and the publisher given.

strip_f1   F1 of the removed lines                 kept     share of the article's words in the body
unharmed   texts that lost at most a tenth         pure     share of the body's words that are the article's
exact      texts with no wrong line               steady   words of the bodies that a second cleaning leaves
headline   news that show it: read correctly       honest   news that do not show it: none is read; both without a URL
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.quality import floors
from ingest import Rejected, clean
from ingest.core.parse.double_encoding import mend_double_encoding
from ingest.core.text.characters import strip_unsafe
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Record

FLOORS = Path(__file__).with_name("text_floor.json")
NONLATIN = frozenset({"ru", "uk", "ja", "zh", "ko", "hi", "el", "ar", "he", "bg", "th", "ka"})
SLICES = {
    "seedlike": lambda text: text["news"] and text["converter"] == "resiliparse",
    "news": lambda text: text["news"],
    "all": lambda text: True,  # noqa: ARG005
    "multilingual": lambda text: text["lang"] != "en",
    "nonlatin": lambda text: text["lang"] in NONLATIN,
}
# A character of a script that is written without spaces counts as a word.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_]+")
_WANTED_FIRST = {"keep": 0, "title": 1, "neutral": 2, "strip": 3}


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, help="score this many texts, evenly spaced; their figures are not pinned")
    floors.add_arguments(parser)
    args = parser.parse_args()
    files = sorted(args.folder.glob("*.jsonl.gz"))
    texts = [json.loads(line) for path in files for line in gzip.decompress(path.read_bytes()).splitlines()]
    if args.limit:
        texts = texts[:: max(1, len(texts) // args.limit)]
    measured = figures([(text, score(text)) for text in texts]) | headline_figures(texts)
    if args.limit:
        files, args.update = [], False
        measured = {f"{name} (of {len(texts)})": cells for name, cells in measured.items()}
    return floors.check_floors(measured, files, FLOORS, update=args.update, allow_regression=args.allow_regression)


def score(text: dict[str, Any]) -> Counter[str]:
    """Counts of lines and words of one text."""
    mended = mend_double_encoding("\n".join(line["text"] for line in text["lines"]))[0].split("\n")
    labels = [line["label"] for line in text["lines"]]
    lines = [(" ".join(line.split()), label) for line, label in zip(mended, labels, strict=True) if line.strip()]
    record = _clean("\n".join(line["text"] for line in text["lines"]), text["url"])
    counts = counts_of(lines, record.body if record else "")
    if record:
        again = _clean(record.body, text["url"], headline=record.headline, publisher=record.publisher)
        counts["first"] = len(_WORD.findall(record.body))
        counts["second"] = len(_WORD.findall(again.body)) if again else 0
    return counts


def counts_of(lines: Sequence[tuple[str, str]], body: str) -> Counter[str]:
    """Counts of lines and words of a text of (line, label) in a body."""
    counts = Counter[str]()
    wrong = 0
    for (line, label), stays in zip(lines, _stays(lines, body), strict=True):
        words = len(_WORD.findall(line))
        gone = words * (1 - stays)
        counts["body"] += words - gone
        if label in ("keep", "strip"):
            outcome = "gone" if stays < 0.5 else "left"
            counts[f"{label}_{outcome}"] += 1
            counts[f"{label}_words"] += words
            counts[f"{label}_words_gone"] += gone
            wrong += (label == "keep") is (outcome == "gone")
    counts["exact"] = wrong == 0
    counts["unharmed"] = counts["keep_words_gone"] <= counts["keep_words"] / 10
    return counts


def figures(scored: Sequence[tuple[dict[str, Any], Counter[str]]]) -> floors.Cells:
    """The measures of each slice that has texts."""
    measured = {}
    for name, belongs in SLICES.items():
        part = [counts for text, counts in scored if belongs(text)]
        total = sum(part, Counter[str]())
        found, missed, wrong = total["strip_gone"], total["strip_left"], total["keep_gone"]
        if part:
            measured[name] = {
                "strip_f1": 2 * found / max(2 * found + missed + wrong, 1),
                "kept": 1 - total["keep_words_gone"] / max(total["keep_words"], 1),
                "unharmed": total["unharmed"] / len(part),
                "pure": 1 - (total["strip_words"] - total["strip_words_gone"]) / max(total["body"], 1),
                "exact": total["exact"] / len(part),
                "steady": total["second"] / max(total["first"], 1),
            }
    return measured


def headline_figures(texts: Sequence[dict[str, Any]]) -> floors.Cells:
    """Per converter, how often the headline is read where the text shows it, and none where it does not; from the text alone."""
    counts: dict[str, Counter[str]] = {}
    for text in (text for text in texts if text["news"]):
        record = _clean("\n".join(line["text"] for line in text["lines"]), None)
        found = record.headline if record else None
        shown = [line["text"] for line in text["lines"] if line["label"] == "title"]
        count = counts.setdefault(f"headline {text['converter']}", Counter())
        count["shown" if shown else "absent"] += 1
        if shown:
            count["right"] += bool(found and says(found, [*shown, text["title"] or ""]))
        else:
            count["honest"] += found is None or says(found, [text["title"] or ""])
    return {
        name: {
            measure: count[hit] / count[of]
            for measure, hit, of in (("headline", "right", "shown"), ("honest", "honest", "absent"))
            if count[of]
        }
        for name, count in counts.items()
    }


def says(found: str, golds: Sequence[str]) -> bool:
    """Whether a headline equals one of the gold's, or its beginning (without the name of a site or edition)."""
    key = match_key(found)
    wanted = [match_key(gold) for gold in golds]
    return any(
        key == gold or (len(key) >= 12 and gold.startswith(key) and len(key) >= 0.6 * len(gold)) for gold in wanted
    )


def _clean(text: str, url: str | None, **claims: Any) -> Record | None:
    try:
        return clean(text.encode(), url=url, claims={name: value for name, value in claims.items() if value})
    except Rejected:
        return None


def _stays(lines: Sequence[tuple[str, str]], body: str) -> list[float]:
    """The share of each line that is in the body: among equal lines the wanted one first; of joined lines each; of a split line its beginning."""
    keys = [_key(line) for line, _ in lines]
    spots: dict[str, list[int]] = {}
    for at in sorted(range(len(lines)), key=lambda at: (_WANTED_FIRST.get(lines[at][1], 4), at), reverse=True):
        spots.setdefault(keys[at], []).append(at)
    shares = [0.0] * len(lines)
    cut = []
    for line in map(_key, filter(str.strip, body.split("\n"))):
        if spots.get(line):
            shares[spots[line].pop()] = 1.0
        else:
            cut.append(line)
    for line in cut:
        rest = line
        while rest:  # lines that were joined, one after the other; then what is left of one that was split
            at = next(
                (i for i, whole in enumerate(keys) if not shares[i] and whole and f"{rest} ".startswith(f"{whole} ")),
                None,
            )
            if at is None:
                break
            shares[at] = 1.0
            rest = rest[len(keys[at]) :].strip()
        at = (
            next((i for i, whole in enumerate(keys) if not shares[i] and whole.startswith(rest)), None)
            if rest
            else None
        )
        if at is not None:
            shares[at] = len(rest.split()) / len(keys[at].split())
    return shares


def _key(line: str) -> str:
    """Key for comparing lines: their words, whatever cleaning did to punctuation, white space and soft hyphens."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", strip_unsafe(line)).casefold())) or line.strip()


if __name__ == "__main__":
    sys.exit(main())
