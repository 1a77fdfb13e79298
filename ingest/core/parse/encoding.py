"""Which encoding bytes are in: by their mark, by being UTF-8 (but for a few bytes), by declaration, and by evidence, in this order."""

from __future__ import annotations

import codecs
import re
from functools import cache
from typing import NamedTuple

from ingest.core.model import Rejected
from ingest.core.text.language_model import identify
from ingest.core.text.wordlists import load_wordlists
from ingest.errors import Reason

SNIFFED_BYTES = 4096
"""Bytes looked at for signatures and declarations; browsers look at 1,024, templates with long comments need more."""

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# In detection, of encodings that read the same bytes the superset stands for all. UTF-8 and UTF-16 were tried before.
DETECTION_CANDIDATES = (
    "cp1251", "koi8_u", "cp1252", "cp1250", "gb18030", "cp932", "euc_jp", "cp949", "big5", "cp1253", "cp1254", "cp1255", "cp1256",
)  # fmt: skip
LATIN = ("cp1252", "cp1250", "cp1254")
"""Those of scripts that write most letters in ASCII."""
SIMPLER_ENCODINGS = (("cp1250", "cp1252"), ("koi8_u", "koi8_r"))
"""Where both read the same, the second is named."""
ENCODING_NAMES = {"cp932": "shift_jis", "cp949": "euc-kr", "koi8_u": "koi8-u", "koi8_r": "koi8-r", "euc_jp": "euc-jp"}

MAX_STRAY_BYTES = 3
"""So few bytes are no evidence of any encoding, neither against UTF-8 …"""
MIN_BYTES_A_STRAY_BYTE = 50
"""… if the text around them is long; of "Größe" every third letter is one."""
MIN_SOUND_A_BROKEN = {"utf-8": 1, None: 2}
MIN_SOUND_A_BROKEN_DECLARED_OTHERWISE = 3
"""Well-formed sequences of UTF-8 for each broken one, from which on a text is UTF-8, by what it declares. In articles in other
encodings there are at most .38 for each broken one, .75 in EUC-KR and .88 in EUC-JP (1,700 articles in 18 encodings)."""
MAX_BROKEN_SHARE = 0.02
"""Of a declared encoding's bytes above ASCII those that it cannot read; with more it is another encoding."""
MAX_UNKNOWN_SHARE = 0.02
"""Of all bytes those that are in no encoding that was found; with more the file is no text."""
MIN_LONE_SHARE = 0.8
"""Of the runs of bytes above ASCII those of one byte, from which on a text is written in Latin letters."""

_MEANT = {"gbk": "gb18030", "utf-16be": "utf-8", "utf-16le": "utf-8", "x-user-defined": "windows-1252"}
"""What is read for a declaration: the superset; and a page that could be asked for its encoding was never in UTF-16."""
_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_WELL_FORMED = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]+")
# Encodings that shift within ASCII, which UTF-8 would read as gibberish: by the sequence that begins the shift.
_SHIFTED = (
    (re.compile(rb"\x1b\$[@B]"), "iso2022_jp_2", "iso-2022-jp"),
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr", "iso-2022-kr"),
)


class Decoded(NamedTuple):
    """`damaged`: bytes that the encoding does not know became U+FFFD."""

    text: str
    encoding: str
    damaged: bool = False


def decode_bytes(content: bytes, by_transport: str | None = None) -> Decoded:
    """The text of bytes and its encoding, by the name that the WHATWG gives it; `Rejected` (undecodable) where there is none.

    `by_transport`: a label that was sent with them: browsers believe it before what a page declares itself.
    """
    for bom, marked in BOMS:
        if content.startswith(bom):
            return _replaced(content[len(bom) :], marked, marked)
    if bare := _utf16_without_bom(content):
        return _replaced(content, bare, bare)
    if content.isascii() and (shifted := _shifted(content)):
        return shifted
    try:
        return Decoded(content.decode(), "utf-8")
    except UnicodeDecodeError:
        pass
    sent = labels().get((by_transport or "").strip().lower(), "")
    declared = _MEANT.get(sent, sent) or _declared_encoding(content)
    if _is_damaged_utf8(content, declared):
        return _replaced(content, "utf-8", "utf-8")
    if declared and declared not in {"utf-8", "replacement"}:
        read = _replaced(content, _codec(declared), declared)
        high = sum(map(len, _HIGH.findall(content)))
        if read.text.count("\ufffd") <= max(MAX_STRAY_BYTES, MAX_BROKEN_SHARE * high):
            return read
    if detected := _detect_encoding(content):
        return _replaced(content, detected, _encoding_name(detected))
    if declared and declared not in {"utf-8", "replacement"}:
        return _replaced(content, _codec(declared), declared)
    read = _replaced(content, "utf-8", "utf-8")
    if read.text.count("\ufffd") <= MAX_UNKNOWN_SHARE * len(content):
        return read
    raise Rejected(Reason.UNDECODABLE, "The file is in no encoding we know; is it text?")


def _replaced(content: bytes, codec: str, name: str) -> Decoded:
    try:
        return Decoded(content.decode(codec), name)
    except UnicodeDecodeError:
        return Decoded(content.decode(codec, "replace"), name, damaged=True)


def _utf16_without_bom(content: bytes) -> str | None:
    """UTF-16 without a mark: its line ends and spaces leave zero bytes on one side only."""
    head = content[: 16 * SNIFFED_BYTES]
    zeros = head.count(0)
    if zeros < 3 or zeros * 50 < len(head):  # a stray zero is a control character like any other
        return None
    even = head[::2].count(0)
    for encoding, others in (("utf-16-le", even), ("utf-16-be", zeros - even)):
        if others * 10 <= zeros:
            return encoding
    raise Rejected(Reason.UNDECODABLE, "The file holds zero bytes as no text does.")


def _shifted(content: bytes) -> Decoded | None:
    """ISO 2022 and HZ. Browsers show nothing of the Korean and Chinese ones, lest they hide a script; a record runs none."""
    for begin, codec, name in _SHIFTED if b"\x1b" in content else ():
        if begin.search(content):
            return _replaced(content, codec, name)
    if b"~{" in content and _declared_encoding(content) == "replacement":
        return _replaced(content, "hz", "hz-gb-2312")
    if b"\x1b$)A" in content or b"\x1b$)E" in content:
        raise Rejected(Reason.UNDECODABLE, "The file is in ISO-2022-CN, which is not read.")
    return None


def _is_damaged_utf8(content: bytes, declared: str | None) -> bool:
    """Whether text that is no sound UTF-8 is UTF-8 but for a few bytes. Browsers believe the declaration alone; many are wrong."""
    sound = len(_WELL_FORMED.findall(content))
    broken = content.decode(errors="replace").count("\ufffd") - content.count(b"\xef\xbf\xbd")
    wanted = MIN_SOUND_A_BROKEN.get(declared, MIN_SOUND_A_BROKEN_DECLARED_OTHERWISE)
    if sound >= wanted * broken:
        return True
    stray = broken <= MAX_STRAY_BYTES and broken * MIN_BYTES_A_STRAY_BYTE <= len(content)
    return stray and declared in {None, "utf-8"}


def _declared_encoding(content: bytes) -> str | None:
    """The encoding that a page declares, by the WHATWG's name for it; comments declare nothing."""
    found = _DECLARED.search(_COMMENT.sub(b"", content[:SNIFFED_BYTES]))
    if not found:
        return None
    name = labels().get((found[1] or found[2]).decode("ascii", "replace").lower())
    return _MEANT.get(name or "", name)


@cache
def labels() -> dict[str, str]:
    """Every label of the WHATWG Encoding Standard, and the name of the encoding that it means."""
    return {label: name for name, several in load_wordlists("encodings")["labels"].items() for label in several}


def _codec(name: str) -> str:
    """The codec of Python's that reads an encoding."""
    codec: str = load_wordlists("encodings")["codecs"].get(name, name)
    return codec


def _detect_encoding(content: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415  50 ms, for the few files that declare nothing

    head = content[: 64 * SNIFFED_BYTES]
    runs = _HIGH.findall(head)
    latin = sum(len(run) == 1 for run in runs) >= MIN_LONE_SHARE * len(runs)
    matches = list(from_bytes(head, cp_isolation=list(LATIN if latin else DETECTION_CANDIDATES), enable_fallback=False))
    if not matches:
        return None
    # Windows-1250 and 1252 read nearly the same bytes and score alike (French, Swedish, Hungarian): the language decides.
    tied = [match.encoding for match in matches if match.chaos <= matches[0].chaos + 0.02]
    best = max(tied, key=lambda encoding: identify(head.decode(encoding, "replace"))[1]) if len(tied) > 1 else tied[0]
    text = head.decode(best, "replace")
    return next(
        (plain for wide, plain in SIMPLER_ENCODINGS if wide == best and head.decode(plain, "replace") == text), best
    )


def _encoding_name(encoding: str) -> str:
    return ENCODING_NAMES.get(encoding) or (f"windows-{encoding[2:]}" if encoding.startswith("cp1") else encoding)
