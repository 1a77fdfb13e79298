"""Scripts that are written without spaces between words: the one table of them."""

from __future__ import annotations

import re

KANA = ((0x3040, 0x30FF),)
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))

UNSPACED_SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "Thai and Lao": ((0x0E00, 0x0EFF),),
    "Burmese": ((0x1000, 0x109F), (0xAA60, 0xAA7F)),
    "Khmer": ((0x1780, 0x17FF),),
    "Tai Le and New Tai Lue": ((0x1950, 0x19DF),),
    "Tai Tham": ((0x1A20, 0x1AAF),),
    "Javanese": ((0xA980, 0xA9FF),),  # with the Burmese letters of its last rows
    "kana": KANA,
    "Han": HAN,
}
"""Script → its code points of the first plane, first and last; Han beyond it is 0x20000 to 0x3FFFF."""

UNSPACED_RANGES = tuple(sorted(each for ranges in UNSPACED_SCRIPTS.values() for each in ranges))


def character_set(*ranges: tuple[int, int]) -> str:
    """For the inside of a character class."""
    return "".join(f"\\u{first:04x}-\\u{last:04x}" for first, last in ranges)


UNSPACED_SET = character_set(*UNSPACED_RANGES)
HAN_SET = character_set(*HAN)
HAN_AND_KANA_SET = character_set(*KANA, *HAN)
WIDE_PUNCTUATION_SET = character_set((0x3000, 0x303F))

SYLLABIC_CHARACTER = re.compile("[\\u1200-\\u137f\\uac00-\\ud7a3]")
"""A character of Hangul or of the Ethiopic script: a syllable, so that words have fewer of them."""
STEM_SYLLABLES = 2
"""Number of first syllables by which two words count as the same: particles follow a noun of two."""

SENTENCE_STOPS = ".!?…։؟۔।॥။።፧។៕།。．！？｡"
"""The marks that end a sentence, in all scripts; Thai and Lao have none."""

UNSPACED_CHARACTER = re.compile(f"[{UNSPACED_SET}{WIDE_PUNCTUATION_SET}]")
"""A character of such a script, or the wide punctuation between them: one says as much as half a word."""
