"""Decoding: encodings, decompression, and which bytes are refused."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingest import Rejected, clean
from ingest.core.limits import LIMITS
from ingest.core.parse.decode import decode, unpack
from ingest.core.parse.double_encoding import mend_double_encoding
from ingest.core.text.characters import UNSAFE_CHARACTERS, to_nfc

RUSSIAN = "МОСКВА, 3 мая. Президент подписал указ о мерах поддержки, сообщает пресс-служба. Документ вступает в силу со дня подписания."
UKRAINIAN = "Президент України провів зустріч із представниками міжнародних організацій. Сторони обговорили ґрунтовні питання безпеки."
GERMAN = (
    "Die Regierung hat am Dienstag über die künftige Förderung beraten. Für viele Städte wäre es ein großer Schritt."
)
FRENCH = "Le président a annoncé mardi une série de mesures concernant l’énergie. « C’est une étape décisive », a-t-il déclaré."
POLISH = "Premier poinformował we wtorek o nowych środkach wsparcia. Zdaniem ekspertów to ważny krok, który może przynieść dalsze zmiany."
CHINESE = "新华社北京4月24日电 会议强调，要继续推动经济社会发展，双方就加强合作交换意见。"
TAIWANESE = "總統府發言人表示，政府將持續推動經濟改革，並與民間企業合作，改善投資環境。"
JAPANESE = "政府は火曜日、新しい経済対策を発表した。首相は記者会見で、国民生活を守ることが重要だと述べた。"
KOREAN = "정부는 화요일 새로운 경제 대책을 발표했다. 총리는 기자회견에서 국민 생활을 지키는 것이 중요하다고 말했다."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "windows-1251"), (RUSSIAN, "koi8-r"), (UKRAINIAN, "windows-1251"), (UKRAINIAN, "koi8-u"), (GERMAN, "windows-1252"),
        (FRENCH, "windows-1252"), (POLISH, "windows-1250"), (CHINESE, "gb18030"), (TAIWANESE, "big5"), (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"), (KOREAN, "euc-kr"), (f"{JAPANESE}\n\n{KOREAN}", "utf-16-le"), (RUSSIAN, "utf-16-be"),
    ],
)  # fmt: skip
def test_encodings_are_detected(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding))[:2] == (text, encoding)


def test_a_page_that_declares_gb2312_but_is_utf8_is_read_as_utf8() -> None:
    page = f'<html><head><meta charset="gb2312"></head><body><p>{CHINESE}</p></body></html>'
    assert decode(page.encode())[1] == "utf-8"
    assert decode(page.encode("gb18030"))[:2] == (page, "gb18030")


def test_one_broken_sequence_does_not_make_utf8_something_else() -> None:
    assert decode(RUSSIAN.encode() + b"\xff") == (RUSSIAN + "\ufffd", "utf-8", {"encoding": "damaged"})


def test_line_ends_control_characters_and_unicode_forms_are_normalised() -> None:
    assert (
        to_nfc(decode("a\r\nb\rc\u2028d\x00\x1b[31m\u202eе\u0301cafe\u0301".encode())[0]) == "a\nb\nc\nd[31mе\u0301café"
    )


@given(st.text(st.sampled_from("\r\n\x0b\x1b\x7f\x85\x9f\u2028\u202e\u2066\ufeff\ufff9\ufffe\uffff\xa0\u2026\u20ac\uffe9") | st.characters(codec="utf-8"), max_size=9))  # fmt: skip
def test_each_control_character_is_removed_at_any_position(text: str) -> None:
    assume("\0" not in text)
    plain = UNSAFE_CHARACTERS.sub("", re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", f"a{text}"))
    assume(not mend_double_encoding(f"a{text}")[1])  # what reads as UTF-8 once more is a law of its own
    assert decode(f"a{text}".encode())[0] == plain


REFUSED = {
    b"": "empty",
    b" \n\t ": "empty",
    b"\xef\xbb\xbf": "empty",
    b"%PDF-1.7 whatever": "damaged_format",
    b"PK\x03\x04....": "container",
    b"\x89PNG\r\n\x1a\n....": "unsupported_format",
    json.dumps({"title": "x"}).encode(): "unsupported_format",
    b'{"a": 1}\n{"a": 2}\n': "unsupported_format",
    b"filedesc://a.arc 0.0.0.0 20140301000000 text/plain 76\n1 0 Crawl\n": "unsupported_format",
    b'<?xml version="1.0"?><rss><channel/></rss>': "container",
    bytes(range(256)) * 4: "undecodable",
    gzip.compress(b"text", mtime=0)[:-9]: "undecodable",
    b"\x1f\x8b\x08broken": "undecodable",
    gzip.compress(gzip.compress(b"text", mtime=0), mtime=0): "unsupported_format",
    gzip.compress(b" " * (LIMITS.unpacked_bytes + 1), mtime=0): "too_large",
}


@pytest.mark.parametrize("raw", REFUSED, ids=lambda raw: repr(raw[:12]))
def test_input_that_is_no_text_is_refused(raw: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        clean(raw)
    assert refusal.value.reason == REFUSED[raw]


def test_decompression_is_bounded_by_the_content_not_the_stream() -> None:
    assert unpack(gzip.compress(b"a" * 100), limit=100) == b"a" * 100
    with pytest.raises(Rejected, match="larger"):
        unpack(gzip.compress(b"a" * 101), limit=100)


ENGLISH = (
    "The swing bridge was shut to all traffic on Monday after inspectors found rust in three beams, the council said. "
    * 3
)
DAMAGED = {"encoding": "damaged"}


@pytest.mark.parametrize("strays", [b"\xe9", b"\x92\xff\xb4"])
@pytest.mark.parametrize("text", [ENGLISH, GERMAN * 3, RUSSIAN * 2])
def test_stray_bytes_do_not_change_the_detected_encoding(text: str, strays: bytes) -> None:
    head = '<meta charset="utf-8"><p>'
    for start in ("", head):
        raw = b"".join([(start + text).encode(), *(b" x" + bytes([each]) + b"y " for each in strays), text.encode()])
        assert decode(raw)[1:] == ("utf-8", DAMAGED)


def test_a_page_that_wrongly_declares_utf8_is_decoded_by_detection() -> None:
    assert decode(f'<meta charset="utf-8"><p>{FRENCH}'.encode("cp1252"))[1] == "windows-1252"


@pytest.mark.parametrize(
    ("label", "text", "codec", "encoding"),
    [
        ("ISO-8859-8-I", "גשר הולכי הרגל ייפתח", "iso8859-8", "iso-8859-8-i"), ("logical", "גשר הולכי הרגל", "iso8859-8", "iso-8859-8-i"),
        ("windows-874", "สะพานปิด", "cp874", "windows-874"), ("x-sjis", JAPANESE, "cp932", "shift_jis"),
        ("x-user-defined", FRENCH, "cp1252", "windows-1252"), ("x-mac-ukrainian", RUSSIAN, "mac-cyrillic", "x-mac-cyrillic"),
        ("csISO2022JP", JAPANESE, "iso2022_jp", "iso-2022-jp"), ("hz-gb-2312", CHINESE, "hz", "hz-gb-2312"),
    ],
)  # fmt: skip
def test_every_encoding_label_of_the_standard_is_known(label: str, text: str, codec: str, encoding: str) -> None:
    page = f'<!-- <meta charset="koi8-r"> --><meta charset="{label}"><p>{text}'
    assert decode(page.encode(codec))[:2] == (page, encoding)


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "cp1251", "cp1250"])
def test_text_that_was_encoded_twice_is_repaired(codec: str) -> None:
    sound = RUSSIAN if codec == "cp1251" else "Für “Städte” – größer’s Żółć."
    twice = "".join(bytes([b]).decode(codec, "ignore") or chr(b) for b in sound.encode())
    assert decode(f"<p>© Ex</p><p>{twice}</p>".encode()) == (
        f"<p>© Ex</p><p>{sound}</p>",
        "utf-8",
        {"double_encoding": "mended"},
    )


@pytest.mark.parametrize(
    "text", ["Le CAFÉ» de la «RÉPUBLIQUE»", "MĘŻCZYZNA I ĆWIERĆ", RUSSIAN, "Рік і Сім", "AÇÃO “SÃO”"]
)
def test_correct_text_is_not_repaired(text: str) -> None:
    assert decode(text.encode()) == (text, "utf-8", {})
