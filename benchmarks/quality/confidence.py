"""Whether a record's confidences are right: which values are, by the gold, and how reliable the confidences in them prove.

A value is right where it says what the gold says: a headline once folded, or where the gold is another headline that the record has
(`alternative_headlines`) and the value is one that the page shows; authors as a set; a day in its own zone or in UTC; a publisher by
its domain or by a name like its domain; a body if 85 % of its words and of the article's are the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.quality.corpus import words
from benchmarks.quality.fields import days
from ingest.core.text.normalize import match_key

BINS = 10
MIN_SAME_WORDS = 0.85
"""Share of the body's words, and of the article's, that must be the same."""
MIN_BEGINNING = 0.6
"""Share of the gold headline that a text's headline must be, where it is its beginning: a site's name may be cut off."""


class Reliability(NamedTuple):
    """How good confidences are. `error`: expected calibration error over ten bins of equal width. `caught`: of the wrong values the
    share among the least sure fifth. `bins`: lower bound, values, mean confidence and share right of each bin that has values.
    """

    values: int
    right: float
    error: float
    caught: float
    bins: tuple[tuple[float, int, float, float], ...]


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Reliability of confidences, each with whether its value is right; at least one is wanted."""
    count, bins, error = len(right), [], 0.0
    for number in range(BINS):
        inside = [at for at, p in enumerate(confidence) if min(int(p * BINS), BINS - 1) == number]
        if inside:
            mean = sum(confidence[at] for at in inside) / len(inside)
            share = sum(right[at] for at in inside) / len(inside)
            error += abs(mean - share) * len(inside) / count
            bins.append((number / BINS, len(inside), round(mean, 3), round(share, 3)))
    order = sorted(range(count), key=confidence.__getitem__)
    wrong = [at for at in order if not right[at]]
    least = set(order[: round(count / 5)])
    caught = sum(at in least for at in wrong) / max(1, len(wrong))
    return Reliability(count, sum(right) / count, error, caught, tuple(bins))


def right_values(
    record: Mapping[str, Any], kind: str, domain: str, gold: Mapping[str, Any], shown: Sequence[str]
) -> dict[str, bool]:
    """For each field that has a value and of which the gold says something: whether the value is right.

    `kind`: "page" or "text"; `shown`: the titles that the page shows; `gold`: title, authors, date, and bodies or labelled lines.
    """
    found: dict[str, bool] = {}
    if record["headline"] and gold.get("title"):
        found["headline"] = _headline(record, kind, gold, shown)
    if record["authors"] and gold.get("authors") is not None:
        found["authors"] = {match_key(a) for a in record["authors"]} == {match_key(a) for a in gold["authors"]} - {""}
    if record["published"] and gold.get("date"):
        found["published"] = not days(record["published"]).isdisjoint(days(gold["date"]))
    if record["publisher"]:
        name, own = record["publisher"]["name"], record["publisher"]["domain"]
        key, label = match_key(name or ""), match_key(domain.split(".", maxsplit=1)[0])
        found["publisher"] = own == domain if own else bool(key) and (key in label or label in key)
    if gold.get("lines"):
        found["body"] = _body_of_lines(record["body"], gold["lines"])
    elif gold.get("bodies"):
        texts = [record["body"], f"{record['headline'] or ''}\n{record['body']}"]  # some gold begins with the headline
        found["body"] = any(
            _same(text, body) for body in gold["bodies"] for text in texts[: 1 if gold.get("title") else 2]
        )
    return found


def _headline(record: Mapping[str, Any], kind: str, gold: Mapping[str, Any], shown: Sequence[str]) -> bool:
    key, wanted = match_key(record["headline"]), match_key(gold["title"])
    titles = [wanted, *(match_key(line["text"]) for line in gold.get("lines", ()) if line["label"] == "title")]
    if key in titles:
        return True
    if kind == "text":
        return any(
            len(key) >= 12 and title.startswith(key) and len(key) >= MIN_BEGINNING * len(title) for title in titles
        )
    others = {match_key(title) for title in record["alternative_headlines"]}
    return wanted in others and key in map(match_key, shown)


def _same(text: str, body: Sequence[str]) -> bool:
    ours, theirs = Counter(words(text)), Counter(words("\n".join(body)))
    return (ours & theirs).total() >= MIN_SAME_WORDS * max(ours.total(), theirs.total())


def _body_of_lines(body: str, lines: Sequence[Mapping[str, str]]) -> bool:
    """Against labelled lines: what is neither to keep nor to strip (titles, neutral ones) is neither missed nor wrong."""
    ours = Counter(words(body))
    keep = Counter(words("\n".join(line["text"] for line in lines if line["label"] == "keep")))
    strip = Counter(words("\n".join(line["text"] for line in lines if line["label"] == "strip")))
    kept = (ours & keep).total()
    extra = ((ours - keep) & strip).total()
    return kept >= MIN_SAME_WORDS * keep.total() and extra <= (1 - MIN_SAME_WORDS) * ours.total()


def table(title: str, found: Reliability) -> str:
    """A line for people."""
    cells = "  ".join(f"{low:.1f}: {n} {mean:.2f}/{share:.2f}" for low, n, mean, share in found.bins)
    return (
        f"{title:22} {found.values:5}  right {found.right:.3f}  ECE {found.error:.3f}  "
        f"wrong in the least sure fifth {found.caught:.2f}  |  {re.sub('  +', '  ', cells)}"
    )
