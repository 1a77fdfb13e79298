"""Text that was encoded twice: UTF-8, read as another encoding and written as UTF-8 again ("Ã©" for "é").

It is mended where that is certain: all of a run of text must be what comes of reading sound UTF-8 in the other encoding, letter by letter,
so that the mended text gives the same back; and the document must hold several such sequences, for "CAFÉ»" alone would be one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import re2

if TYPE_CHECKING:
    from collections.abc import Iterable

SCORES = {2: 1, 3: 6, 4: 8}
"""What a sequence of so many characters counts: "â€™" is nothing else by chance. One of two counts twice where it is "Ã" or "Â" and another."""

MAX_PASSES = 2
"""Some texts were encoded three times."""

_CODECS = {"cp1252": 6, "latin-1": 6, "cp1250": 12, "cp1251": 12}
"""By the score that is asked for: capitals of Central Europe and of Cyrillic scripts make such pairs more often ("MĘŻCZYZNA")."""

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_RUN = re.compile(r"[^<>\n\r\x00-\x7f][^<>\n\r]*")
_TWO, _THREE = re.compile(r"[^\x00-\x7f]{2}"), re.compile(r"[^\x00-\x7f]{3}")
_LEAD_BYTES, _CONTINUATION_BYTES = range(0xC2, 0xF5), range(0x80, 0xC0)
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

# Characters of no newspaper: controls, phonetic letters and marks, private use, what is not assigned in Arabic's forms.
_IMPLAUSIBLE = re.compile(r"[\x80-\x9f\u0250-\u036f\u0483-\u0489\u07c0-\u08ff\ue000-\uf8ff\ufff0-\uffff]")

_BEHIND_1252 = r"[\x{80}-\x{bf}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_BEHIND_1251 = r"[\x{a0}-\x{bf}ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—™љ›њќћџЎўЈҐЁЄЇІіґё№єјЅѕї]"
_BEHIND_1250 = r"[\x{80}-\x{bf}€‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžźˇ˘ŁĄŞŻ˛łąşĽ˝ľż]"
SUSPECT = f"[Â-ô]{_BEHIND_1252}|(?:[РС]{_BEHIND_1251}){{2}}|вЂ|[ĹÄĂĆ]{_BEHIND_1250}".encode()
"""A pattern of RE2, for UTF-8: a text in which it finds nothing holds nothing that was encoded twice."""

_SUSPECT = re2.compile(SUSPECT)  # RE2 reads UTF-8 from bytes: a tenth of the time of Python's own on text


def mend_double_encoding(text: str) -> tuple[str, bool]:
    """(the text with what was encoded twice mended, whether any was)."""
    mended = False
    for _ in range(MAX_PASSES):
        if text.isascii() or not _SUSPECT.search(text.encode("utf-8", "replace")):
            break
        # No sequence has one character: nearly all runs are told by that.
        runs = [run for run in _RUN.finditer(text) if _TWO.match(run[0]) or _THREE.search(run[0])]
        found = {codec: _reversible(text, runs, codec) for codec in _CODECS}
        scores = {codec: sum(score for *_, score in runs) for codec, runs in found.items()}
        codec = max(scores, key=lambda codec: scores[codec])
        if scores[codec] < _CODECS[codec]:
            break
        text, mended = _replaced(text, [(start, end, sound) for start, end, sound, _ in found[codec]]), True
    return text, mended


def _reversible(text: str, runs: Iterable[re.Match[str]], codec: str) -> list[tuple[int, int, str, int]]:
    """(start, end, mended text, score) of each of these runs of the text that was encoded twice; of one that is not so as a whole (a
    part may be lost), the parts that can be nothing else.
    """
    table = _bytes_of(codec)
    found = []
    for run in runs:
        if _TWO.match(run[0]) and (whole := _read_again(run[0], table)):
            found.append((run.start(), run.end(), *whole))
            continue
        parts = _BEYOND_ASCII.finditer(text, run.start(), run.end())
        again = ((part, _read_again(part[0], table)) for part in parts if len(part[0]) > 2)
        found += [
            (part.start(), part.end(), *read) for part, read in again if read and read[1] >= SCORES[3] * len(read[0])
        ]
    return found


def _read_again(run: str, table: dict[int, int | None]) -> tuple[str, int] | None:
    """(the run as UTF-8 reads its bytes, its score), or None. Its first two characters are beyond ASCII."""
    lead, behind = (table.get(ord(character), ord(character)) for character in run[:2])
    if (
        lead not in _LEAD_BYTES or behind not in _CONTINUATION_BYTES
    ):  # so told are nearly all, without reading them whole
        return None
    try:
        raw = run.translate(table).encode("latin-1")
        sound = raw.decode()
    except UnicodeError:
        return None
    if _IMPLAUSIBLE.search(sound):
        return None
    score = sum(SCORES[len(each)] * (2 if each[0] in b"\xc2\xc3" else 1) for each in _SEQUENCE.findall(raw))
    return sound, score


def _replaced(text: str, runs: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, sound in runs:
        parts += [text[at:start], sound]
        at = end
    return "".join([*parts, text[at:]])


@cache
def _bytes_of(codec: str) -> dict[int, int | None]:
    """The byte of each character above ASCII, both ways one to one; bytes that the codec leaves open are C1 controls, as on the web."""
    table: dict[int, int | None] = dict.fromkeys(range(128, 256), 65535)  # what the codec lacks can be no byte of it
    for byte in range(0x80, 0x100):
        character = bytes([byte]).decode(codec, "ignore")
        table[ord(character) if character else byte] = byte
    return table
