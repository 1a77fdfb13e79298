"""Stories: whether files of one story are found, and how often their relation is right.

    python -m benchmarks.quality.stories PAGES [--slice daniel] [--edits 400]

PAGES is a folder as `corpus.py` describes. Prints, for the pages as `ingest.clean` leaves them:
  pairs   precision and recall of pairs of one story; the truth is that the gold bodies of two pages share half of the smaller one's shingles
  false   joins among pairs whose gold bodies share less than a tenth
  edits   share of made-up second files (copies, excerpts, versions, wire corrections in ten languages) whose relation is right
"""

from __future__ import annotations

import argparse
import html
import random
import sys
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.quality.corpus import Page, pages
from benchmarks.quality.pages import record
from ingest import Rejected, clean
from ingest.core.memory.shingles import shingles
from ingest.core.memory.stories import compare
from ingest.core.memory.story_fingerprint import fingerprint
from ingest.core.model import Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAME_STORY, OTHER_STORY = 0.5, 0.1
"""Containment of two gold bodies from which, and below which, the truth is known."""
MIN_PARAGRAPHS, MIN_PARAGRAPH_CHARACTERS = 6, 60
"""Of an article that edits are made of."""
CHANGED_SHARE = 0.03
"""Words that a copy changes."""


class Article(NamedTuple):
    """What files are made of."""

    headline: str
    paragraphs: tuple[str, ...]


class Edit(NamedTuple):
    """Two files, the second made of the first, and what it is to it."""

    kind: str
    first: bytes
    second: bytes
    relation: Relation


def compare_pairs(found: list[Page]) -> None:
    """Print the measures `pairs` and `false`."""
    rows = [(page, ours) for page in found if page.bodies and (ours := record(page))]
    gold = [shingles("\n".join(max(page.bodies, key=len))) for page, _ in rows]
    mine = [fingerprint(ours, number) for number, (_, ours) in enumerate(rows)]
    shared = _common(gold)
    counts: Counter[str] = Counter()
    for one, other in combinations(range(len(rows)), 2):
        told = compare(mine[other], mine[one]) is not None
        share = shared[one, other] / max(1, min(len(gold[one]), len(gold[other])))
        counts["true"] += share >= SAME_STORY
        counts["told"] += told
        counts["right"] += told and share >= SAME_STORY
        counts["other"] += share < OTHER_STORY
        counts["false"] += told and share < OTHER_STORY
        if told != (share >= SAME_STORY):
            print(f"  {'told' if told else 'missed'} {share:.2f} {rows[one][0].id} {rows[other][0].id}")
    precision, recall = (counts["right"] / max(1, counts[of]) for of in ("told", "true"))
    print(f"pairs  {counts['true']} of one story: precision {precision:.3f}  recall {recall:.3f}")
    print(f"false  {counts['false']} of {counts['other']:,} pairs of different articles")


def _common(sets: list[frozenset[int]]) -> Counter[tuple[int, int]]:
    where: dict[int, list[int]] = defaultdict(list)
    for number, own in enumerate(sets):
        for one in own:
            where[one].append(number)
    return Counter(pair for numbers in where.values() for pair in combinations(numbers, 2))


def page(article: Article, *, modified: str = "2024-05-03T12:00:00Z") -> bytes:
    """A page that shows an article."""
    prose = "".join(f"<p>{html.escape(text)}</p>" for text in article.paragraphs)
    headline = html.escape(article.headline)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{headline}</title>'
        f'<meta property="article:modified_time" content="{modified}"></head>'
        f"<body><nav><a href='/'>Home</a></nav><main><article><h1>{headline}</h1>{prose}</article></main></body></html>"
    ).encode()


def wire(article: Article) -> bytes:
    """A plain text of an agency."""
    return "\n\n".join((article.headline, *article.paragraphs)).encode()


def _cut(article: Article, draw: random.Random) -> Article:
    kept = draw.randint(2, len(article.paragraphs) // 2)
    return article._replace(paragraphs=article.paragraphs[:kept])


def _reworded(article: Article, draw: random.Random) -> Article:
    def changed(text: str) -> str:
        return " ".join("so-called" if draw.random() < CHANGED_SHARE else word for word in text.split(" "))

    return article._replace(paragraphs=(*map(changed, article.paragraphs[:-1]), f"So-called: {article.paragraphs[-1]}"))


def _rewritten(article: Article, draw: random.Random) -> Article:
    at = draw.randrange(len(article.paragraphs))
    new = f"The paper has learned that the number was {draw.randint(20, 900)}, and that nobody had counted before Thursday."
    return article._replace(paragraphs=(*article.paragraphs[:at], new, *article.paragraphs[at + 1 :]))


def _extended(article: Article, draw: random.Random) -> Article:
    new = f"In the evening {draw.randint(20, 900)} people came to the square and asked for an answer before the week was over."
    return article._replace(paragraphs=(*article.paragraphs, new))


MARKERS = {
    Relation.CORRECTION: (
        "CORRECTED-{}", "CORRECTED: {}", "Correction: {}", "REFILE-{}", "Berichtigung: {}", "Korrektur: {}", "(Berichtigung) {}", "RECTIFICATIF - {}",
        "Corrección: {}", "RETTIFICA: {}", "Rättelse: {}", "Sprostowanie: {}", "Уточнение: {}", "ИСПРАВЛЕНИЕ: {}", "更正：{}", "【訂正】{}", "{} (CORRECTED)",
    ),
    Relation.UPDATE: ("UPDATE 1-{}", "UPDATE 2-{}", "UPDATE 3: {}", "WRAPUP 2-{}", "Aktualisierung: {}", "ACTUALIZACIÓN: {}", "Mise à jour: {}", "{} – Update"),
    Relation.KILL: ("KILL: {}", "WITHDRAWN: {}", "KILL - {}", "Zurückgezogen: {}", "ANNULATION: {}", "Аннулировано: {}", "撤稿：{}"),
}  # fmt: skip
NOTES = {
    Relation.CORRECTION: ("(Corrects the number in the third paragraph)", "Berichtigung: Im dritten Absatz muss es richtig heißen: zwölf."),
    Relation.UPDATE: ("(Updates with quotes, background)", "BC-EU--Story, 2nd Ld-Writethru,0432"),
    Relation.KILL: ("Please kill the story with the headline “{}”. There will be no substitute.",),
}  # fmt: skip


def made_edits(article: Article, draw: random.Random) -> Iterator[Edit]:
    """One edit of each kind."""
    later = "2024-05-04T09:00:00Z"
    yield Edit("the same text", page(article), wire(article), Relation.IDENTICAL)
    yield Edit("another's copy", page(article), page(_reworded(article, draw)), Relation.COPY)
    yield Edit("another's excerpt", page(article), page(_cut(article, draw)), Relation.EXCERPT)
    yield Edit("its own excerpt before", page(_cut(article, draw)), page(article), Relation.CONTAINS)
    yield Edit("a version", page(article), page(_rewritten(article, draw), modified=later), Relation.NEW_VERSION)
    yield Edit("a longer version", page(article), page(_extended(article, draw), modified=later), Relation.NEW_VERSION)
    yield Edit(
        "an older version", page(article, modified=later), page(_rewritten(article, draw)), Relation.EARLIER_VERSION
    )
    for relation, forms in MARKERS.items():
        form = draw.choice(forms)
        marked = (_rewritten if relation is Relation.CORRECTION else _extended)(article, draw)
        if relation is Relation.KILL:
            marked = article._replace(
                paragraphs=(
                    "The story was wrong; please do not use it.",
                    "We are sorry for the trouble that this makes for editors.",
                )
            )
        yield Edit(form, wire(article), wire(marked._replace(headline=form.format(article.headline))), relation)
        note = draw.choice(NOTES[relation]).format(article.headline)
        if relation is Relation.KILL:
            marked = Article("Notice to editors", (note, "We are sorry for the trouble that this makes for editors."))
        else:
            marked = marked._replace(paragraphs=(note, *marked.paragraphs))
        yield Edit(note, wire(article), wire(marked), relation)


URLS = {
    "another's copy": ("https://daily.example.org/n/4711-story", "https://other.example.com/2024/05/03/a-story-told"),
    "another's excerpt": ("https://daily.example.org/n/4711-story", "https://other.example.com/2024/05/03/a-story-told"),
    "its own excerpt before": ("https://other.example.com/2024/05/03/a-story-told", "https://daily.example.org/n/4711-story"),
    "a version": ("https://daily.example.org/n/4711-story", "https://daily.example.org/n/4711-story?utm_source=mail"),
    "a longer version": ("https://daily.example.org/n/4711-story", "https://daily.example.org/n/4712-story-again"),
    "an older version": ("https://daily.example.org/n/4711-story", "https://daily.example.org/n/4711-story"),
}  # fmt: skip
"""Addresses of the two files of an edit, by its kind; wire text has none."""


def judge(edit: Edit) -> str | None:
    """What was told of an edit instead of what it is; None where it is right, or its files are no articles."""
    urls = URLS.get(edit.kind, (None, None))
    try:
        first, second = (
            fingerprint(clean(raw, url=url), number)
            for number, (raw, url) in enumerate(zip((edit.first, edit.second), urls, strict=True))
        )
    except Rejected as rejected:
        return f"refused: {rejected.reason}"
    match = compare(second, first)
    told = match.relation if match else "nothing"
    return None if told == edit.relation else told


def articles(found: list[Page]) -> list[Article]:
    """Articles long enough to be edited, each headline once."""
    made = {}
    for one in found:
        ours = record(one) if one.bodies else None
        longest = max(one.bodies, key=len, default=())
        headline = (ours and ours.headline) or ""
        body = tuple(text for text in longest if len(text) >= MIN_PARAGRAPH_CHARACTERS and headline not in text)
        if headline and ours and len(body) >= MIN_PARAGRAPHS:
            made[headline] = Article(headline, body)
    return list(made.values())


def judge_edits(found: list[Article], count: int, show: Callable[[str], None] = print) -> None:
    """Print the measure `edits`, with what went wrong."""
    draw = random.Random(7)  # noqa: S311 - no secret
    right = all_ = 0
    wrong: Counter[str] = Counter()
    while all_ < count:
        for edit in made_edits(draw.choice(found), draw):
            told = judge(edit)
            right += told is None
            all_ += 1
            if told:
                wrong[f"{edit.relation} ({edit.kind}): {told}"] += 1
    for line, times in wrong.most_common():
        show(f"  {times} × {line}")
    show(f"edits  {right} of {all_} right: {right / all_:.3f}")


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--slice", action="append", default=[])
    parser.add_argument("--edits", type=int, default=400)
    args = parser.parse_args()
    found = pages(args.pages, args.slice)
    compare_pairs(found)
    judge_edits(articles(found), args.edits)
    return 0


if __name__ == "__main__":
    sys.exit(main())
