"""One set of characters that no record holds, however it is looked for."""

from __future__ import annotations

from ingest.core.parse.decode import _NEEDS_CLEANING, decode
from ingest.core.text.characters import UNSAFE_CHARACTERS, to_single_line
from ingest.core.text.scripts import UNSPACED_CHARACTER, UNSPACED_SCRIPTS
from ingest.core.text.strings import absolute_url, clean_line

PLANE = [chr(code) for code in range(1 << 16) if not 0xD800 <= code < 0xE000]
UNSAFE = [character for character in PLANE if UNSAFE_CHARACTERS.fullmatch(character)]


def test_the_quick_look_at_bytes_finds_what_the_slow_one_does() -> None:
    found = {one for one in PLANE if _NEEDS_CLEANING.search(f"a{one}b".encode())}
    assert found == set(UNSAFE)


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
