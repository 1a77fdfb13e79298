"""What memory makes of the places of a page: a comment leaves, a page of a known template needs no classifier, and nobody teaches the reverse."""

from __future__ import annotations

from ingest import clean, learn
from ingest.core.memory.observation import observe
from ingest.core.memory.publisher import PublisherMemory, add
from ingest.core.memory.recall import recall
from ingest.core.memory.sights import Sights
from ingest.core.memory.template import CHECKED_OF
from ingest.core.model import JUDGED_BY_PLACE, Block, Element, Label, LabelledBlock, Markup
from ingest.core.pipeline import label_article
from tests.memory.test_learn import WORDS, claims, paragraphs


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


def test_no_sender_teaches_that_most_of_an_article_is_none() -> None:
    def poison(seed: int) -> bytes:
        notice = f'<p class="story">Copyright {1900 + seed} Dockside Herald. All rights reserved.</p>'
        return page(seed, story="lead").replace(b"</body>", f"<div>{notice}</div></body>".encode())

    memory = learn([(poison(seed), claims()) for seed in range(1, 15)])
    for seed in range(100, 108):
        raw = page(seed).replace(b'class="story"', b'class="lead"', 1)
        assert clean(raw, claims=claims(), memory=memory).body == "\n\n".join(paragraphs(seed))
