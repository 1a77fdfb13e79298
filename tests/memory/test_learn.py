"""What is learned of a publisher, and what `clean` makes of it: its lines leave, its formulas and its copies of one story stay."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from ingest import Memory, Record, clean, learn
from ingest.core.learn import observed, remember
from ingest.core.memory.observation import observe
from ingest.core.memory.publisher import MAX_LINES, RECENT_STORIES, PublisherMemory, add
from ingest.core.memory.recall import recall
from ingest.core.memory.sights import Sights
from ingest.core.memory.snapshot import _within
from ingest.core.memory.template import CHECKED_OF
from ingest.core.model import JUDGED_BY_PLACE, Block, Element, Label, LabelledBlock, Markup
from ingest.core.pipeline import label_article
from ingest.errors import InvalidMemory

WORDS = [
    "harbour",
    "council",
    "budget",
    "teacher",
    "winter",
    "railway",
    "orchard",
    "mayor",
    "engine",
    "protest",
    "bridge",
    "doctor",
    "ticket",
    "forest",
    "museum",
    "storm",
    "candidate",
    "village",
    "hospital",
    "ferry",
    "tunnel",
    "market",
    "school",
    "festival",
    "reservoir",
    "worker",
    "library",
    "concert",
    "archive",
    "station",
    "pilot",
    "garden",
    "border",
    "lawyer",
]
VERBS = [
    "opened",
    "closed",
    "praised",
    "delayed",
    "repaired",
    "visited",
    "rejected",
    "expanded",
    "surveyed",
    "reviewed",
]
FORMULA = "The ministry did not immediately respond to a request for comment."
NOTICE = "Copying of materials from the Dockside Herald for other sites is allowed with an active link to the page in the first paragraph."
HEAD = ("Herald today", "Money and work", "Letters page")
TAIL = (
    "Read the paper edition",
    NOTICE,
    "The view of the editors may differ from that of the writers of these pages, who keep their rights.",
)


def paragraphs(seed: int, count: int = 6) -> list[str]:
    """Paragraphs of invented prose, each seed's its own."""
    pick = random.Random(seed)  # noqa: S311

    def sentence() -> str:
        return f"The {pick.choice(WORDS)} of {pick.choice(WORDS).title()} {pick.choice(VERBS)} a {pick.choice(WORDS)} near the {pick.choice(WORDS)} on day {seed}."

    return [" ".join(sentence() for _ in range(4)) for _ in range(count)]


def text(body: list[str], seed: int, *, head: tuple[str, ...] = HEAD, tail: tuple[str, ...] = TAIL) -> bytes:
    title = f"{WORDS[seed % len(WORDS)].title()} {VERBS[seed % 10]} after {WORDS[(7 * seed + 3) % len(WORDS)]} dispute number {seed}"
    return "\n\n".join((*head, title, *body, *tail)).encode()


def claims(domain: str = "herald.example") -> dict[str, str]:
    return {"url": f"https://{domain}/story"}


def known(count: int = 12, domain: str = "herald.example") -> Memory:
    return learn([(text(paragraphs(seed), seed), claims(domain)) for seed in range(1, count + 1)])


def removed_by_memory(record: Record) -> set[str]:
    return {row.text for row in record.removed if row.rule.startswith("memory/")}


def test_what_comes_back_leaves_and_the_record_names_the_memory() -> None:
    raw, memory = text(body := paragraphs(99), 99), known()
    without, record = clean(raw, claims=claims()), clean(raw, claims=claims(), memory=memory)
    assert NOTICE in without.body
    assert record.body == "\n\n".join(body)
    assert NOTICE in removed_by_memory(record)
    assert record.ingest.memory == memory.version
    assert without.ingest.memory is None
    assert clean(raw, claims=claims(), memory=memory) == record


def test_nothing_is_lost() -> None:
    raw = text(paragraphs(99), 99)
    record = clean(raw, claims=claims(), memory=known())
    lines = [line for line in raw.decode().split("\n") if line]
    assert sorted([*record.body.split("\n\n"), *(row.text for row in record.removed)]) == sorted(lines)


def test_a_formula_a_quotation_and_a_head_stay() -> None:
    quotation = (
        "“We will rebuild the harbour before the winter, and nobody will pay for it twice,” said the mayor of the town."
    )
    mixed = []
    for seed in range(1, 13):
        body = paragraphs(seed)
        body.insert(3, "What happened")
        if seed % 6 == 0:
            body += [FORMULA, quotation]
        mixed.append((text(body, seed), claims()))
    body = paragraphs(99)
    body[3:3] = ["What happened"]
    body += [FORMULA, quotation]
    record = clean(text(body, 99), claims=claims(), memory=learn(mixed))
    assert record.body == "\n\n".join(body)


def test_a_line_whose_middle_changes_leaves_around_the_prose_alone() -> None:
    def with_topics(seed: int) -> list[str]:
        topic = WORDS[seed % len(WORDS)]
        return [*paragraphs(seed), f"Topics of this piece: {topic}"]

    memory = learn([(text(with_topics(seed), seed), claims()) for seed in range(1, 6)])
    body = with_topics(99)
    body.insert(2, "Topics of this piece: roof")
    record = clean(text(body, 99), claims=claims(), memory=memory)
    [row] = [row for row in record.removed if row.rule == "memory/form"]
    assert row.text == body[-1]
    assert body[2] in record.body


def block(words: str, place: str) -> Block:
    return Block(words, markup=Markup("p", element=Element("p", place, parent=Element("div"))))


def test_a_place_that_never_held_an_article_holds_none() -> None:
    def blocks_of(seed: int) -> list[Block]:
        remark = f"Remark {WORDS[seed % len(WORDS)]} number {seed}, and what I think of it is this: {WORDS[3 * seed % len(WORDS)]}."
        return [block(each, "story") for each in paragraphs(seed)] + [block(remark, "remark")]

    def labelled(seed: int, remark: Label) -> list[LabelledBlock]:
        *body, last = blocks_of(seed)
        return [*(LabelledBlock(each, Label.BODY, "model") for each in body), LabelledBlock(last, remark, "model")]

    for usual, gone in ((Label.COMMENTS, {6}), (Label.BODY, set())):
        memory = PublisherMemory("herald.example")
        for seed in range(1, 6):
            memory = add(memory, observe("herald.example", labelled(seed, usual)))
        blocks = blocks_of(99)
        everywhere = [True] * len(blocks)
        assert set(recall(Sights.of(memory, blocks), blocks, everywhere, [0.0] * len(blocks), everywhere, None)) == gone


def page(seed: int, story: str = "story") -> bytes:
    body = "".join(f'<p class="{story}">{each}</p>' for each in paragraphs(seed))
    menu = "".join(
        f'<li class="menu"><a href="/{each.lower()}">{each} pages</a></li>' for each in ("News", "Sport", "Work")
    )
    return f"""<html lang="en"><head><title>Dispute number {seed}</title></head><body><ul>{menu}</ul><div><h1>Dispute number {seed}</h1>
        {body}</div><div class="foot"><p class="notice">Printed in {WORDS[seed % len(WORDS)]} street, {seed} times a year.</p></div></body></html>""".encode()


def test_a_page_of_a_known_template_is_judged_by_its_places() -> None:
    memory = learn([(page(seed), claims()) for seed in range(1, 15)])
    ways = {}
    for seed in range(100, 140):
        record = clean(page(seed), claims=claims(), memory=memory)
        by_place = any(row.rule == JUDGED_BY_PLACE for row in record.removed)
        assert record.body == clean(page(seed), claims=claims()).body == "\n\n".join(paragraphs(seed))
        ways[int(record.id[:8], 16) % CHECKED_OF == 0] = by_place
    assert ways == {False: True, True: False}, "one page in eight goes the long way"
    unknown = clean(page(99, story="other"), claims=claims(), memory=memory)
    assert not any(row.rule == JUDGED_BY_PLACE for row in unknown.removed)


def test_what_memory_judges_it_does_not_learn_from() -> None:
    memory = learn([(page(seed), claims()) for seed in range(1, 15)])
    before = memory.publishers["herald.example"]
    articles = (label_article(page(seed), claims=claims(), memory=memory) for seed in range(100, 140))
    later = next(each for each in articles if any(row.rule == JUDGED_BY_PLACE for row in each.labelled))
    after = add(before, observe("herald.example", later.labelled))
    assert after.stories == before.stories + 1
    assert set(after.lines["label"].tolist()) == set(before.lines["label"].tolist())
    assert not (after.lines["body"] > after.lines["stories"]).any()


def test_another_publisher_is_left_alone() -> None:
    raw = text(paragraphs(99), 99)
    assert (
        clean(raw, claims=claims("other.example"), memory=known()).body
        == clean(raw, claims=claims("other.example")).body
    )


def test_one_story_in_many_versions_teaches_nothing() -> None:
    story = paragraphs(5, 10)
    versions = [
        (text([*story[:7], f"Update number {at}: the count rose again.", *story[7:]], 5), claims()) for at in range(20)
    ]
    memory = learn(versions)
    raw = text([*story, "Nothing else was known."], 5)
    assert memory.publishers["herald.example"].stories == 1
    assert clean(raw, claims=claims(), memory=memory).body == clean(raw, claims=claims()).body


def test_a_story_that_was_learned_is_not_its_own_witness() -> None:
    memory = learn([(text(paragraphs(seed), seed), claims()) for seed in (1, 2)])
    for seed in (1, 2):
        assert all(
            paragraph in clean(text(paragraphs(seed), seed), claims=claims(), memory=memory).body
            for paragraph in paragraphs(seed)
        )


def test_a_text_that_names_no_publisher_is_found_by_its_lines() -> None:
    memory = known()
    assert NOTICE in removed_by_memory(clean(text(paragraphs(99), 99), memory=memory))
    anonymous = learn([(text(paragraphs(seed), seed), None) for seed in range(1, 9)], memory=known(1, "else.example"))
    assert NOTICE in removed_by_memory(clean(text(paragraphs(99), 99), memory=anonymous))


def test_a_snapshot_is_read_as_it_was_written() -> None:
    memory = known()
    content = memory.save()
    again = Memory.load(content)
    assert again.save() == content
    assert again.version == memory.version == known().version
    for broken in (b"", content[:-1], content.replace(b"herald", b"harald"), b"\0" + content):
        with pytest.raises(InvalidMemory):
            Memory.load(broken)


def test_a_publisher_can_be_forgotten() -> None:
    memory = learn([(text(paragraphs(30), 30), claims("two.example"))], memory=known(), day=20_000)
    assert set(memory.without("herald.example").publishers) == {"two.example"}
    assert set(memory.newer_than(20_000).publishers) == {"herald.example"}  # of an unknown day


def test_a_changed_template_is_noticed_and_unlearned() -> None:
    memory = PublisherMemory("herald.example")
    old = tuple(f"The old notice number {at} of the paper" for at in "abcdefgh")
    new = tuple(f"Another notice number {at} of this site" for at in "abcdefgh")
    for seed in range(1, 50):
        seen = observed(text(paragraphs(seed), seed, tail=old if seed < 30 else new), claims())
        assert seen
        memory = add(memory, seen, day=seed)
    assert memory.changes == 1
    assert 30 < memory.changed < 45
    record = clean(text(paragraphs(99), 99, tail=old), claims=claims(), memory=Memory({memory.name: memory}))
    assert not removed_by_memory(record) & set(old)


def test_it_stays_small() -> None:
    memory = PublisherMemory("herald.example")
    for seed in range(1, 120):
        seen = observed(text(paragraphs(seed, 30), seed), claims())
        assert seen
        memory = add(memory, seen)
    assert len(memory.lines) <= MAX_LINES
    assert len(memory.sketches) == RECENT_STORIES
    assert all(one["key"] < other["key"] for one, other in pairwise(memory.lines))
    [thin] = _within([memory], 6_000)
    assert len(Memory({thin.name: thin}).save()) <= 6_500
    assert thin.lines["stories"].max() == memory.lines["stories"].max()


def test_learning_in_parts_knows_as_much() -> None:
    seen = [each for seed in range(1, 13) if (each := observed(text(paragraphs(seed), seed), claims()))]
    whole, parts = remember(seen), remember(seen[6:], memory=remember(seen[:6]))
    lines = [
        {int(row["key"]): int(row["stories"]) for row in each.publishers["herald.example"].lines}
        for each in (whole, parts)
    ]
    assert lines[0] == lines[1]
