"""Blocks that the classifier drops out of a run that it keeps, and the summary below the headline."""

from __future__ import annotations

import pytest

from ingest.core.labelling.structure import Stated, decide
from ingest.core.model import Label, Prediction
from ingest.core.pipeline import read_page

TEXT = "The ferry was late again on Tuesday, and those who waited on the pier had to stand in the rain for an hour."


def decided(main: str, dropped: dict[str, Prediction], head: str = "") -> dict[str, str]:
    """The rules that change something, by the first words of the block; all blocks are body but those that `dropped` names."""
    blocks, claims, _ = read_page(f"<html><head>{head}</head><body>{main}</body></html>", url=None)
    verdicts = [
        next(
            (verdict for start, verdict in dropped.items() if block.text.startswith(start)),
            Prediction(Label.BODY, 0.97),
        )
        for block in blocks
    ]
    changes = decide(blocks, verdicts, [True] * len(blocks), Stated.of(claims))
    return {blocks[at].text.split()[0]: rule for at, (_, rule) in changes.items()}


def off(confidence: float, label: Label = Label.NAVIGATION) -> Prediction:
    return Prediction(label, confidence)


@pytest.mark.parametrize("element", ["<p class=t>{}</p>", "<div>{}</div>", "<li>{}</li>"])
def test_a_block_among_kept_ones_of_its_kind_is_kept(element: str) -> None:
    texts = [f"{n}. {TEXT}" for n in range(8)]
    texts[4] = f"Mark {TEXT}"
    run = f"<div>{''.join(map(element.format, texts))}</div>"
    assert decided(run, {"Mark": off(0.8, Label.RELATED)}) == {"Mark": "structure/peer"}
    assert decided(run, {"Mark": off(0.93)}) == {}
    mostly_dropped = {f"{n}.": off(0.8) for n in (1, 2, 5)} | {"Mark": off(0.8)}
    assert decided(run, mostly_dropped) == {}
    elsewhere = run.replace(element.format(texts[4]), f"<section class=box>{element.format(texts[4])}</section>")
    assert decided(elsewhere, {"Mark": off(0.8, Label.RELATED)}) == {}


def test_a_line_of_code_among_kept_ones_is_kept() -> None:
    steps = "".join(f"<section><p>{n}. {TEXT}</p><pre>mark{n} --all</pre></section>" for n in range(5))
    assert decided(steps, {"mark2": off(0.9)}) == {"mark2": "structure/peer"}


def test_the_summary_below_the_headline_is_kept() -> None:
    dek = "Ferry passengers wait for an hour in the rain as the old engine fails for a third time"
    head = f'<meta name=description content="{dek}.">'
    page = f"<h1>Ferry late again</h1><div class=x>{dek}</div><div>{'<p>' + TEXT + '</p>'}</div>"
    dropped = {"Ferry late": off(0.99, Label.HEADLINE), "Ferry passengers": off(0.6)}
    assert decided(page, dropped, head) == {"Ferry": "structure/summary"}
    assert decided(page, dropped | {"Ferry passengers": off(0.9)}, head) == {}
    assert decided(page, dropped) == {}


def test_the_heading_of_a_kept_paragraph_is_kept() -> None:
    slides = "".join(f"<section><h2>Mark{n} of five</h2><p>{n}. {TEXT}</p></section>" for n in range(5))
    assert decided(f"<h1>Headline</h1>{slides}", {"Headline": off(0.99, Label.HEADLINE), "Mark2": off(0.9)}) == {
        "Mark2": "structure/heading"
    }
    assert decided(slides, {"Mark4": off(0.9)}) == {"Mark4": "structure/heading"}  # the last of several
    assert decided(f"<p>{TEXT}</p><div><h2>Mark</h2><p>{TEXT} Again.</p></div>", {"Mark": off(0.9)}) == {}
    linked = slides.replace("Mark2 of five", "<a href=/n/2>Mark2 of five</a>")
    assert decided(linked, {"Mark2": off(0.9)}) == {}
