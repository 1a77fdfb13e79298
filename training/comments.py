"""Readers' comments and teasers of other articles, invented from the sentences of real articles, to be grafted below other articles.

A comment is told from an article by its form: who wrote it and when, in a short line above or below; an address to somebody; sentences
that lack a full stop or a capital letter, or end in more than one mark. `LANGUAGES` holds the forms; the words come from articles.
"""

from __future__ import annotations

import random
import re
import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SENTENCE = re.compile(r"[^.!?;·…]+[.!?;·…]*")
MAX_COMMENTS = 8
MAX_SENTENCES = 4
MAX_TEASERS = 4
CASE_KEPT = 0.4
"""Share of comments that start with a capital letter as an article does."""
MARK_KEPT = 0.35
"""Share of comments whose last sentence ends as in an article."""
SIGNED = 0.75
"""Share of threads in which each comment has a line of its own with its author and time."""
ADDRESSED = 0.5
"""Share of comments that start by addressing somebody."""

INSIDE = 0.6
"""Share of the additions that stand within the article's element."""
BLOCK_TAGS = ("p", "p", "div", "div", "td", "blockquote", "li")
"""Elements that comments and teasers stand in."""

Story = tuple[str, "Sequence[str]"]
"""The headline and the paragraphs of an article."""


class Below(NamedTuple):
    """What is appended to a page: texts with their share in links; whether they stand within the article's element; in which tags."""

    texts: Sequence[tuple[str, float]]
    inside: bool
    tag: str


def below_article(stories: Sequence[Story], language: str, page_id: str) -> Iterator[Below]:
    """For every other page a thread of comments, for every third one teasers, made of earlier articles in the page's language."""
    chance, number = random.Random(page_id), zlib.crc32(page_id.encode())  # noqa: S311
    added: list[list[tuple[str, float]]] = []
    if stories and number % 2 == 0:
        added.append([(text, 0.0) for text in comments(chance.choice(stories)[1], language, chance)])
    if len(stories) >= MAX_TEASERS and number % 3 == 0:
        added.append(teasers(chance.sample(stories, MAX_TEASERS), chance))
    for texts in filter(None, added):
        yield Below(texts, chance.random() < INSIDE, chance.choice(BLOCK_TAGS))


class Forms(NamedTuple):
    """How comments are written in a language: names, lines of author and time, addresses, and last words."""

    names: tuple[str, ...]
    lines: tuple[str, ...]
    openings: tuple[str, ...]
    endings: tuple[str, ...]


LANGUAGES = {
    "en": Forms(
        ("dave_k", "Marianne", "oldtimer55", "Pete", "NorthernGirl", "Sam W.", "guest", "truth seeker"),
        ("{name} says:", "{name} {hours} hours ago", "{name}, {day}/{month}/{year} at {hour}:{minute}", "Posted by {name} on {month}/{day}/{year} {hour}:{minute}"),
        ("@{name} you must be joking,", "I agree with {name},", "so you think", "why don't you", "sorry but", "lol", "well said {name}!", "thanks for this,"),
        ("!!!", " :)", " ...", "??", " imho", ""),
    ),
    "pl": Forms(
        ("kasia81", "gość", "Zenek", "~obserwator", "mama2", "Tomek z Łodzi", "ewa", "realista"),
        ("~{name} {hours} godz. temu", "{name} {year}-{month}-{day} {hour}:{minute}", "{name} napisał(a):", "gość: {name}, {day}.{month}.{year}, {hour}:{minute}"),
        ("a ty skąd to wiesz,", "zgadzam się z tobą {name},", "do {name}:", "człowieku,", "a ja uważam że", "dokładnie,", "moim zdaniem", "ludzie,"),
        ("!!!", " ;)", "...", "???", " pozdrawiam", ""),
    ),
    "ru": Forms(
        ("Сергей", "гость", "Marina77", "Злой дядя", "Ольга В.", "прохожий", "alex", "Дед Пихто"),
        ("{name}, {day}.{month}.{year} {hour}:{minute}", "{name} пишет:", "{name} ({day}.{month}.{year} - {hour}:{minute})", "{name} {hours} ч. назад"),
        ("{name}, а вы сами-то", "согласен с вами,", "да ладно вам,", "а я считаю что", "ну и что,", "вы бы лучше", "люди,", "ага,"),
        ("!!!", ")))", "...", "???", " имхо", ""),
    ),
    "el": Forms(
        ("Γιώργος", "ανώνυμος", "kostas_p", "Μαρία Θ.", "πολίτης", "nikos", "Ελένη", "περαστικός"),
        ("{name} είπε...", "{name} {day}/{month}/{year} {hour}:{minute}", "Ο/Η {name} έγραψε:", "Από {name}, {day}-{month}-{year}, {hour}:{minute}"),
        ("ρε {name},", "συμφωνώ μαζί σου,", "εσύ δηλαδή", "μπράβο σας,", "εγώ πιστεύω ότι", "έλεος,", "ρε παιδιά", "καλά,"),
        ("!!!", " :)", "....", ";;;", " ντροπή", ""),
    ),
    "de": Forms(
        ("Klaus", "Gast", "waldfee", "Bernd S.", "Nachdenklich", "petra63", "Skeptiker", "Hamburger"),
        ("{name} schreibt:", "{name} vor {hours} Stunden", "{name}, {day}.{month}.{year}, {hour}:{minute} Uhr", "von {name} am {day}.{month}.{year} um {hour}:{minute}"),
        ("@{name} du glaubst wohl", "sehe ich auch so,", "ihr habt ja keine Ahnung,", "und was ist mit dir,", "also ich finde", "na ja,", "danke {name},", "ach so,"),
        ("!!!", " ;-)", "...", "??", " mfg", ""),
    ),
}  # fmt: skip


def language_of(text: str) -> str | None:
    """The language of `LANGUAGES` that a text is most likely in, by its letters and its commonest words; None: in none of them."""
    letters = re.findall(r"[^\W\d_]", text[:2000])
    if not letters:
        return None
    for name, first, last in (("ru", "Ѐ", "ӿ"), ("el", "Ͱ", "Ͽ")):
        if sum(first <= letter <= last for letter in letters) > len(letters) / 2:
            return name
    words = re.findall(r"\w+", text[:2000].lower())
    common = {
        "en": {"the", "of", "and", "that", "was"},
        "de": {"der", "die", "und", "das", "nicht"},
        "pl": {"w", "na", "nie", "się", "że"},
    }
    found = {name: sum(word in some for word in words) / max(len(words), 1) for name, some in common.items()}
    best = max(found, key=found.__getitem__)
    return best if found[best] > 0.05 else None


def comments(texts: Sequence[str], language: str, chance: random.Random) -> list[str]:
    """The blocks of a thread of comments, made of the sentences of an article in the language."""
    forms = LANGUAGES[language]
    sentences = [part.strip() for text in texts for part in _SENTENCE.findall(text) if len(part.split()) > 2]
    if not sentences:
        return []
    signed, line = chance.random() < SIGNED, chance.choice(forms.lines)
    blocks: list[str] = []
    for _ in range(chance.randint(2, MAX_COMMENTS)):
        first = chance.randrange(len(sentences))
        said = _worded(sentences[first : first + chance.randint(1, MAX_SENTENCES)], forms, chance)
        blocks += [_filled(line, forms, chance), said] if signed else [said]
    return blocks


def _worded(sentences: Sequence[str], forms: Forms, chance: random.Random) -> str:
    text = " ".join(sentences)
    if chance.random() < ADDRESSED:
        text = f"{_filled(chance.choice(forms.openings), forms, chance)} {text[:1].lower()}{text[1:]}"
    if chance.random() > CASE_KEPT:
        text = text.lower()
    if chance.random() > MARK_KEPT:
        text = text.rstrip(".!?;·… ") + chance.choice(forms.endings)
    return text


def _filled(form: str, forms: Forms, chance: random.Random) -> str:
    return form.format(
        name=chance.choice(forms.names),
        hours=chance.randint(1, 23),
        day=f"{chance.randint(1, 28):02}",
        month=f"{chance.randint(1, 12):02}",
        year=chance.randint(2008, 2025),
        hour=f"{chance.randint(0, 23):02}",
        minute=f"{chance.randint(0, 59):02}",
    )


def teasers(stories: Sequence[Story], chance: random.Random) -> list[tuple[str, float]]:
    """The blocks of a list of other articles, each with its share in links: a headline and the first paragraph or two of each."""
    linked = chance.random()
    blocks: list[tuple[str, float]] = []
    for headline, texts in stories[:MAX_TEASERS]:
        blocks.append((headline, 1.0 if linked < 0.7 else 0.0))
        blocks += [(text, 0.0) for text in texts[: chance.randint(1, 2)]]
    return blocks
