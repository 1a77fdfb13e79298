"""Separation of caption and credit: "The harbour. (Photo: Jane Doe/AFP)" gives "The harbour." and "Jane Doe/AFP"."""

from __future__ import annotations

import re
from functools import cache

from ingest.core.limits import MAX_RULE_TEXT_CHARACTERS
from ingest.core.metadata.authors import is_personal, looks_like_person, parse_authors
from ingest.core.text.normalize import match_key
from ingest.core.text.wordlists import alternation, word_set

MAX_CREDIT_CHARACTERS = 100  # characters; longer "credits" are sentences
MAX_CREDIT_WORDS = 8

_TRIMMED = " \t\r\n-–—|•·/,;:"
_BRACKET = re.compile(r"\s*[(\[（【]\s*([^()\[\]（）【】]{2,120}?)\s*[)\]）】]\s*\.?\s*$")
_OPENING = re.compile(r"^[(\[（【]([^()\[\]（）【】]+)[)\]）】].*$")
_NOISE = re.compile(
    r"\S+@\S+\.\w+|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b.*$|^(?:foto|photo|fotos|photos|bild|fotograf)\s+(?=[^\W\d_a-z])",
    re.IGNORECASE,
)
_COPYRIGHT = re.compile(r"(?<=\w)\s*/?\s*copyright\b.*$", re.IGNORECASE)  # "Jane Doe/Copyright 2024 The Agency"
_SENTENCE_END = re.compile(r"(?<=[.!?…。।۔؟」”\"])(?<![\s.][A-Z]\.)\s*(?=\S)")
_PART_END = re.compile(r"(?:^|[.!?…。।۔؟」”»\")|–—(/,;-])\s*$")
_NAME_BEHIND_SEPARATOR = re.compile(r"^(?P<caption>.*\S)\s+(?P<separator>[/|–—-])\s*(?P<credit>[^/|]{2,60})$")
_NO_MAKER = re.compile(
    r"\d|(?:[日月年时時前机機]|から|[でをにはがもと]|ドローン|航空|[가-힣][이가은는을를에])$"
)  # "7月5日摄": when and how


@cache
def _rights_pattern() -> re.Pattern[str]:
    return re.compile(rf"\.?\s*(?:{alternation(word_set('credits', 'rights'))})\.?$", re.IGNORECASE)


@cache
def _name_before_marker() -> re.Pattern[str]:
    behind = alternation(word_set("credits", "behind"))
    return re.compile(rf"(?:^|[。.！？!?」”＝=、，\s])(?P<credit>[^。.！？!?」”＝=、，:：]{{2,20}}?)\s*(?:{behind})$")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    unspaced = alternation(word_set("credits", "before_slash"))
    before = alternation({w.rstrip(":：") for w in word_set("credits", "before")})
    agency = alternation(word_set("credits", "agencies"))
    rights = alternation({*word_set("credits", "rights"), "copyright"})
    by = "by|courtesy of|courtesy|of|via|von|de|di|door|av"
    marker = (
        rf"(?:(?:{before})\s*(?:[/&+]\s*(?:{before})\s*)?[:：=＝]\s*(?:©\s*)?"
        rf"|(?:{unspaced})\s*[/／・]\s*"
        rf"|(?:{rights})\s+(?:(?:©|\(c\))\s*)?(?:(?:19|20)\d\d\s+)?"
        rf"|(?:photos?|images?|pictures?|photography|illustrations?|courtesy|foto)\s+(?:{by})\s+|(?:©|\(c\)|ⓒ)\s*)"
    )
    return (
        re.compile(rf"^\s*{marker}(?P<credit>.+)$", re.IGNORECASE),
        re.compile(rf"(?<!\w){marker}(?P<credit>[^:：]{{2,{MAX_CREDIT_CHARACTERS}}})$", re.IGNORECASE),
        re.compile(
            rf"(?:^|[\s/|,–—-])(?:{agency})(?:\s+(?:file|files|photo|photos|file photo|archive))?\.?$|^(?:{agency})\s*[/|,–—-]",
            re.IGNORECASE,
        ),
        re.compile(rf"(?:{alternation(word_set('credits', 'behind'))})$"),
    )


def split_caption(text: str) -> tuple[str | None, str | None]:
    """Caption and credit from the text below an image: the caption without its credit, the credit without its marker."""
    text = " ".join(text.split())
    if len(text) > MAX_RULE_TEXT_CHARACTERS:  # no caption; 5 MB of "Photo:" took 15 s
        return text, None
    whole, tail, agency, _ = _patterns()
    bracket = _BRACKET.search(text)
    if bracket and (credit := _credit_in_brackets(text[: bracket.start()], bracket[1])):
        return _clean_caption(text[: bracket.start()]), credit
    if (match := whole.match(text)) and _may_be_credit(match["credit"]):
        return None, clean_credit(match["credit"])
    for match in list(tail.finditer(text))[::-1]:
        if _opens_credit(text, match):
            return _clean_caption(text[: match.start()]), clean_credit(match["credit"])
    if (match := _name_before_marker().search(text)) and _is_maker(match["credit"]):
        return _clean_caption(text[: match.start("credit")].rstrip("＝=、， ")), clean_credit(match["credit"])
    front, bar, end = text.rpartition(" | ")  # "The harbour | Jane Doe/AFP"
    if bar and is_credit(end.strip()):
        return _clean_caption(front), clean_credit(end)
    last = _SENTENCE_END.split(text)[-1]
    if _is_short(last) and agency.search(last) and last != text:
        return _clean_caption(text[: len(text) - len(last)]), clean_credit(last)
    if (match := _NAME_BEHIND_SEPARATOR.match(text)) and _is_name_behind(**match.groupdict()):
        return _clean_caption(match["caption"]), clean_credit(match["credit"])
    if _is_short(text) and len(text.split()) < MAX_CREDIT_WORDS and agency.search(text):
        return None, clean_credit(text)
    return _clean_caption(text), None


def _may_be_credit(text: str) -> bool:
    """Whether what follows a marker is as short as a credit; without capitals "الصورة: …" is before captions too."""
    cased = text.lower() != text.upper()
    return len(text) <= MAX_CREDIT_CHARACTERS and (cased or len(text.split()) <= MAX_CREDIT_WORDS)


def _opens_credit(text: str, match: re.Match[str]) -> bool:
    """Whether a marker opens a part of the text or is capitalised: "…takes a picture of the dock" has none.

    In scripts without capitals a marker counts behind a space if so few words follow as a name and its agency have.
    """
    first = text[match.start()]
    if first.isupper() or not first.isalpha() or _PART_END.search(text[: match.start()]):
        return True
    return first.lower() == first.upper() and len(match["credit"].split()) <= MAX_CREDIT_WORDS // 2


def _is_maker(text: str) -> bool:
    """Whether what stands before "摄", "撮影" or "제공" is a name, perhaps with a job: no day, place or device."""
    return not _NO_MAKER.search(text) and any(is_personal(name) for name in parse_authors(text))


def _is_name_behind(caption: str, separator: str, credit: str) -> bool:
    """Whether a separator parts a caption from a name: "The lake, on Monday. / JANE DOE", but not "Jane Doe / AFP"."""
    if not caption.endswith((".", "!", "?", "…", "”", "»", "。", "।", "۔")):
        words = _SENTENCE_END.split(caption)[-1].split()
        sentence = "," in " ".join(words) or len(words) >= MAX_CREDIT_WORDS // 2
        # "… in Atlanta Jo Mole / The Post / Getty": the name before the slash belongs to the credit
        if separator != "/" or not sentence or " / " in caption or looks_like_person(" ".join(words[-2:])):
            return False
    agency = _patterns()[2]
    named = bool(agency.search(credit)) or any(is_personal(name) for name in parse_authors(credit, loose=True))
    return _is_short(credit) and len(credit.split()) <= MAX_CREDIT_WORDS // 2 and named


def clean_credit(text: str) -> str | None:
    """A credit without its marker, brackets and "All rights reserved"; None if nothing remains."""
    text = _OPENING.sub(r"\1", _rights_pattern().sub("", " ".join(text.split())))[: 2 * MAX_CREDIT_CHARACTERS].strip(
        _TRIMMED
    )
    for _ in range(2):
        if match := _patterns()[0].match(text):  # "Photo: © NAME"
            text = match["credit"].strip(_TRIMMED)
    text = _COPYRIGHT.sub("", _NOISE.sub("", text)).strip(_TRIMMED)
    if any(text.count(left) != text.count(right) for left, right in ("()", "[]")):
        text = re.split(r"[()\[\]]", text)[0].strip(_TRIMMED) or text.strip("()[] ")
    if text.endswith(".") and text.count(".") == 1:
        text = text[:-1]
    maker, symbol, owner = text.partition(" © ")
    if symbol and match_key(maker) == match_key(owner):
        text = maker
    return text if match_key(text) and text.lower() not in word_set("credits", "before") else None


def _is_short(text: str) -> bool:
    return (
        len(text) <= MAX_CREDIT_CHARACTERS and len(text.split()) <= MAX_CREDIT_WORDS and not text.endswith(("!", "?"))
    )


def is_credit(text: str) -> bool:
    """True if a separate text below an image names its creator: a marker, an agency, a name, "NAME/AGENCY"."""
    whole, _, agency, _ = _patterns()
    return _is_short(text) and bool(whole.match(text) or agency.search(text) or looks_like_person(text) or "/" in text)


def _credit_in_brackets(caption: str, text: str) -> str | None:
    """The credit inside a bracket at a caption's end, if it is one."""
    whole, _, agency, behind = _patterns()
    if match := whole.match(text):
        return clean_credit(match["credit"])
    if (name := behind.sub("", text)) != text:
        return clean_credit(name)
    if _is_short(text) and agency.search(text):
        return clean_credit(text)
    # "The mayor speaks. (Jane Doe)": after the full stop a name can only be a credit
    ended = caption.endswith((".", "!", "?", "”", "。"))
    return (
        text
        if ended and (looks_like_person(text) or ("/" in text and len(text.split()) <= MAX_CREDIT_WORDS // 2))
        else None
    )


@cache
def _caption_labels() -> re.Pattern[str]:
    return re.compile(
        rf"^(?:(?:{alternation(word_set('credits', 'labels'))})(?:\s*[:：]\s*|\s+(?=[A-Z])))+(?=.)", re.IGNORECASE
    )


def _clean_caption(text: str) -> str | None:
    text = (
        _caption_labels().sub("", text.strip(), count=1) if ":" in text[:60] or "caption" in text[:60].lower() else text
    )
    text = text.strip().rstrip(_TRIMMED + "([（【©").strip()
    return text if text and text.lower() not in word_set("credits", "before") else None
