"""One set of characters that no record holds, however it is looked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.core.parse.decode import _LINE_ENDS, _NEEDS_A_LOOK, _NEEDS_CLEANING, clean_text, decode
from ingest.core.parse.double_encoding import _SUSPECT
from ingest.core.text.characters import UNSAFE_CHARACTERS, count_line_words, count_words, to_single_line
from ingest.core.text.scripts import UNSPACED_CHARACTER, UNSPACED_SCRIPTS
from ingest.core.text.strings import absolute_url, clean_line

PLANE = [chr(code) for code in range(1 << 16) if not 0xD800 <= code < 0xE000]
UNSAFE = [character for character in PLANE if UNSAFE_CHARACTERS.fullmatch(character)]


def test_the_quick_look_at_bytes_finds_what_the_slow_one_does() -> None:
    found = {one for one in PLANE if _NEEDS_CLEANING.search(f"a{one}b".encode())}
    assert found == set(UNSAFE)


@given(st.text(st.sampled_from("aÃâР©€ë™ \r\n\x85\u200b\ufeff\x1f"), max_size=6))
def test_the_one_look_finds_what_two_do(text: str) -> None:
    said = text.encode()
    assert bool(_NEEDS_A_LOOK.search(said)) == bool(_SUSPECT.search(said) or _NEEDS_CLEANING.search(said))


@given(st.text(st.sampled_from(["a", "é", "\r", "\n", "\ud800", *UNSAFE[::7], *_LINE_ENDS]), max_size=9))
def test_cleaning_by_kinds_is_cleaning_by_the_pattern(text: str) -> None:
    lines = text.replace("\r\n", "\n").translate(dict.fromkeys(map(ord, _LINE_ENDS), "\n"))
    assert clean_text(text) == UNSAFE_CHARACTERS.sub("", lines)


@given(st.text(max_size=40))
def test_the_words_of_a_single_line_are_told_by_its_spaces(text: str) -> None:
    if line := to_single_line(text):
        assert count_line_words(line) == count_words(line)


def test_no_way_in_lets_one_through() -> None:
    for one in UNSAFE:
        assert not UNSAFE_CHARACTERS.search(decode(f"a{one}b".encode()).text)
        assert not UNSAFE_CHARACTERS.search(to_single_line(f"a{one}b"))
        assert clean_line(f"a{one}b") in {"ab", "a b"}
        assert absolute_url(f"https://a.example/b{one}c", None) in {None, "https://a.example/bc"}


def test_every_script_without_spaces_counts_in_half_words() -> None:
    for script, ranges in UNSPACED_SCRIPTS.items():
        assert all(UNSPACED_CHARACTER.fullmatch(chr(code)) for each in ranges for code in each), script
    assert not UNSPACED_CHARACTER.search("Ünïcode слово λέξη שלום مرحبا 한국어 हिन्दी")
