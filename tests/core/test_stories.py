"""Which articles tell one story, and what the later one is to the earlier: in all scripts, whatever the order."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.core.memory.shingles import containment, shingles
from ingest.core.memory.stories import compare, replaced, strongest
from ingest.core.memory.story_changes import changes_since
from ingest.core.memory.story_fingerprint import Fingerprint, fingerprint
from ingest.core.memory.story_markers import read_marker
from ingest.core.model import Relation
from ingest.core.record import BuildInfo, Item, Publisher, Record, SourceInfo
from tests.core.stories import ENGLISH, STORIES, Story

ALL = pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.lang}-{story.prose[0][:3]}")
HERE, THERE = "https://herald.example/2024/05/03/mill", "https://courier.example/news/4711-mill"


def record(body: tuple[str, ...] | list[str], headline: str | None = None, **fields: Any) -> Record:
    text = "\n\n".join(body)
    digest = hashlib.sha256(f"{text}{headline}{fields}".encode()).hexdigest()
    if "domain" in fields:
        fields["publisher"] = Publisher(domain=fields.pop("domain"))
    source = SourceInfo(media_type="text/plain", encoding="utf-8", bytes=1)
    return Record(
        id=digest, body=text, headline=headline, source=source, ingest=BuildInfo(version="0", packs=()), **fields
    )


def relation(new: Record, old: Record, *, new_came_last: bool = True) -> Relation | None:
    arrived = (2, 1) if new_came_last else (1, 2)
    match = compare(fingerprint(new, arrived[0]), fingerprint(old, arrived[1]))
    return match.relation if match else None


@ALL
def test_the_same_text_is_identical_both_ways(story: Story) -> None:
    one = record(story.prose, story.title, url=HERE)
    other = record([" ".join(text.upper().split(" ")).replace(".", " …") for text in story.prose], "Another", url=THERE)
    assert relation(one, other) is relation(other, one) is Relation.IDENTICAL


@ALL
def test_a_part_is_an_excerpt_and_the_whole_contains_it(story: Story) -> None:
    whole = record(story.prose, story.title, domain="herald.example")
    part = record(story.prose[:2], story.title, domain="courier.example")
    assert relation(part, whole) is Relation.EXCERPT
    assert relation(whole, part) is Relation.CONTAINS


@ALL
def test_an_edited_text_is_a_version_of_its_publisher_and_a_copy_of_another(story: Story) -> None:
    before = record(story.prose, story.title, domain="herald.example")
    edited = [*story.prose[:4], ENGLISH.prose[0] if story is not ENGLISH else STORIES[1].prose[0]]
    assert relation(record(edited, story.title, domain="herald.example"), before) is Relation.NEW_VERSION
    assert relation(record(edited, story.title, domain="courier.example"), before) is Relation.COPY
    assert (
        relation(record(edited, story.title, domain="herald.example"), before, new_came_last=False)
        is Relation.EARLIER_VERSION
    )


def test_the_time_of_the_change_decides_before_the_order_of_arrival() -> None:
    late = record(ENGLISH.prose, url=HERE, modified="2024-05-03T12:00:00Z")
    early = record(ENGLISH.prose[:4], url=HERE, modified="2024-05-03T11:00:00+02:00")
    assert relation(early, late) is Relation.EARLIER_VERSION
    assert relation(late, early) is Relation.NEW_VERSION


def test_one_address_tells_one_story_but_a_front_page_does_not() -> None:
    new, old = STORIES[1], STORIES[2]
    assert relation(record(new.prose, url=HERE), record(old.prose, url=f"{HERE}/?utm_source=mail")) is (
        Relation.NEW_VERSION
    )
    front = "https://herald.example/news"
    assert relation(record(new.prose, url=front), record(old.prose, url=front)) is None


def test_different_stories_are_told_apart() -> None:
    for one in STORIES:
        for other in STORIES:
            if one is not other:
                assert relation(record(one.prose, one.title), record(other.prose, other.title)) is None


def test_the_template_of_a_publisher_is_no_story() -> None:
    """Two pages of one site of which two thirds are what is left of the template."""
    template = [f"{text} {number}" for number, text in enumerate(ENGLISH.prose * 2)]
    one, other = (
        record([*template[:8], *story.prose[:3]], story.title, domain="herald.example") for story in STORIES[1:3]
    )
    assert containment(shingles(one.body), shingles(other.body)) > 0.5
    assert relation(one, other) is None


@pytest.mark.parametrize(
    ("headline", "kind", "number"),
    [
        ("UPDATE 2-{}", "update", 2), ("CORRECTED-UPDATE 1-{}", "correction", 1), ("KILL: {}", "kill", 0), ("{} (CORRECTED)", "correction", 0),
        ("CORRECTED {}", "correction", 0), ("(Berichtigung) {}", "correction", 0), ("Уточнение: {}", "correction", 0), ("【訂正】{}", "correction", 0),
        ("Mise à jour : {}", "update", 0), ("撤稿：{}", "kill", 0), ("{}, 2nd Ld-Writethru", "update", 2), ("تصحيح: {}", "correction", 0),
    ],
)  # fmt: skip
def test_a_marker_is_a_relation(headline: str, kind: str, number: int) -> None:
    marker, bare = read_marker(headline.format(ENGLISH.title), ())
    assert (marker, bare) == ((kind, number), ENGLISH.title)
    before = record(ENGLISH.prose, ENGLISH.title)
    after = record([*ENGLISH.prose[:4], "The price was wrong."], headline.format(ENGLISH.title))
    assert relation(after, before) == kind


def test_what_the_senders_system_says_counts_like_a_marker() -> None:
    one, other = STORIES[:2]
    before = record(one.prose, one.title, item=Item(id="urn:newsml:agency.example:20240503:4711", version="1"))
    again = {"item": Item(id="urn:newsml:agency.example:20240503:4711", take="1st Ld-Writethru")}
    assert relation(record(other.prose, other.title, **again), before) is Relation.UPDATE
    canceled = record(["Please disregard."], one.title, status="canceled")
    assert relation(canceled, record(one.prose, one.title)) is Relation.KILL
    numbered = [record(story.prose, story.title, item=Item(id="17")) for story in (one, other)]
    assert relation(numbered[0], numbered[1]) is None


def test_a_headline_that_lost_its_marker_still_has_it_where_it_stood() -> None:
    assert read_marker(ENGLISH.title, (), [f"{ENGLISH.title} – Update"]) == (("update", 0), ENGLISH.title)
    assert read_marker(ENGLISH.title, (), ["Update: another story"]) == (None, ENGLISH.title)


@pytest.mark.parametrize(
    "line",
    [
        "Update on the storm", "Kill-switch law passes", "Correctional officer jailed", "Updated: 5 May 2024, 12:30", "(Updated 5 May)",
        "The correction was: buy.", "A correction of the course is due, the mayor said.", "Killing the bill would cost millions",
    ],
)  # fmt: skip
def test_a_word_is_no_marker(line: str) -> None:
    assert read_marker(None, [line]) == (None, None)


def test_a_kill_names_its_story_by_the_headline() -> None:
    story = record(ENGLISH.prose, ENGLISH.title)
    notice = f"Please kill the story headlined “{ENGLISH.title}”. There will be no substitute."
    assert relation(record([notice], "Notice to editors"), story) is Relation.KILL
    assert relation(record(["The vote was not taken."], f"KILL: {ENGLISH.title}"), story) is Relation.KILL
    assert relation(story, record(["The vote was not taken."], f"KILL: {ENGLISH.title}")) is Relation.EARLIER_VERSION
    assert relation(record([notice], "Notice to editors"), record(STORIES[1].prose, STORIES[1].title)) is None


@given(st.lists(st.sampled_from(STORIES), min_size=1, max_size=12, unique=True), st.integers(1, 12))
def test_a_fingerprint_is_small_and_reads_back_as_it_was_written(stories: list[Story], times: int) -> None:
    body = [f"{text} {number}" for number in range(times) for story in stories for text in story.prose]
    made = fingerprint(record(body, stories[0].title, url=HERE), 7)
    read = Fingerprint.from_bytes(made.id, made.to_bytes())
    assert len(made.to_bytes()) <= 800
    assert (read.to_bytes(), read.stored_keys(), read.samples) == (made.to_bytes(), made.stored_keys(), made.samples)
    assert compare(made, read).relation is Relation.IDENTICAL  # type: ignore[union-attr]
    assert set(made.stored_keys()) & set(made.probed_keys())


@given(st.data())
def test_changes_account_for_every_paragraph(data: st.DataObject) -> None:
    old = data.draw(st.lists(st.sampled_from(ENGLISH.prose), min_size=1, max_size=6))
    new = data.draw(st.lists(st.sampled_from(ENGLISH.prose), min_size=1, max_size=6))
    found = changes_since({"body": "\n\n".join(old), "headline": "Before"}, record(new, "After"))
    assert sorted([*old, *found.added]) == sorted([*new, *found.removed])
    assert found.headline_before == "Before"


def test_the_nearest_replaced_article_counts_and_the_strongest_relations_are_kept() -> None:
    copies = [
        record([*ENGLISH.prose, f"Copy {number}."], ENGLISH.title, domain=f"paper{number}.example")
        for number in range(20)
    ]
    new = fingerprint(record(ENGLISH.prose, ENGLISH.title, domain="paper19.example"), 99)
    matches = [match for at, old in enumerate(copies) if (match := compare(new, fingerprint(old, at)))]
    assert len(matches) == 20
    assert replaced(matches) == copies[19].id
    assert strongest(matches)[-1].relation is Relation.NEW_VERSION
    assert len(strongest(matches)) == 16
