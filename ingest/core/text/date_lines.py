"""Lines of a text that say little but a date: "27.02.2024. 06:20h", "Harbour Voices | Wed, 3 May 2024, 12:57 GMT"."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ingest.core.caching import cache_short_texts
from ingest.core.text.dates import find_labelled_dates
from ingest.core.text.scripts import UNSPACED_CHARACTER
from ingest.core.text.wordlists import alternation, load_wordlists

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DATE_LINE_CHARACTERS = 100
MAX_OTHER_WORDS = 4
"""Words of a date line that name no time: the name of a site, of a series, of a section."""
MAX_DATE_CHARACTERS = 32
MAX_CHARACTERS_BEHIND_YEAR = 8
MIN_CAPTION_WORDS = 6

_DIGITS = re.compile(r"\d")
_NUMBERS = re.compile(r"\d+(?:st|nd|rd|th|h|ª|º)?", re.IGNORECASE)
_UNSPACED_DATE = re.compile(r"[年月日時分秒년월일시분초]|오전|오후|午前|午後|上午|下午")
_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"[!?。！？।]$|[^\W\d_]{5,}\.$")
_CLOCK_WORDS = (
    "am", "pm", "uhr", "h", "gmt", "utc", "est", "edt", "cst", "cdt", "pst", "pdt", "bst", "cet", "cest", "msk", "ist", "jst", "kst",
    "sast", "et", "pt", "at", "um", "kl", "o", "alle", "ore", "às", "a", "las", "les", "à", "min", "мск", "год", "хв", "ч", "час",
    "в", "о", "on", "am", "il", "el", "le", "den", "dne", "den", "klo", "saat", "date", "datum", "fecha", "data", "дата",
)  # fmt: skip


@cache_short_texts
def date_line(text: str) -> Mapping[str, str] | None:
    """What a line dates, "published" and "modified"; None where it says more than a date line does. A day whose numbers can mean
    another one is given as the line has it.
    """
    if len(text) > MAX_DATE_LINE_CHARACTERS or not _DIGITS.search(text) or _SENTENCE_END.search(text):
        return None
    found: dict[str, str] = {}
    for field, day in find_labelled_dates(text):
        found.setdefault(field, text if day.rival else day.when)
    return found if found and _other_words(text) <= (0 if text.endswith(".") else MAX_OTHER_WORDS) else None


def is_dated_caption(text: str) -> bool:
    """Whether a line says what a picture shows and when: it ends with a day, and no sentence does."""
    return ends_with_date(text) and len(text.split()) >= MIN_CAPTION_WORDS


def ends_with_date(text: str) -> bool:
    """Whether the end of a line is a day with its year, as in a caption, and no full stop follows."""
    if not _DIGITS.search(text, max(len(text) - MAX_CHARACTERS_BEHIND_YEAR, 0)):
        return False
    at = max(text.rfind(","), len(text) - MAX_DATE_CHARACTERS)
    tail = text[max(text.rfind(",", 0, max(at, 0)), len(text) - MAX_DATE_CHARACTERS, 0) :]
    return (
        bool(re.search(r"(?:19|20)\d\d(?:\s?(?:年|р\.?|г\.?|года|року))?$", text))
        and any(find_labelled_dates(tail))
        and _other_words(tail) <= MAX_OTHER_WORDS
    )


def _other_words(text: str) -> int:
    """Words that belong to no date or hour; of scripts that write no spaces, each five characters are two."""
    plain = _UNSPACED_DATE.sub(" ", _NUMBERS.sub(" ", text))
    plain = _known().sub(" ", plain)
    wide = len(UNSPACED_CHARACTER.findall(plain))
    return len(_WORD.findall(UNSPACED_CHARACTER.sub(" ", plain))) + 2 * wide // 5


@cache
def _known() -> re.Pattern[str]:
    tables = load_wordlists("dates")
    months = [name for several in tables["months"].values() for name in several]
    phrases = {
        *months,
        *tables["glue"],
        *tables["updated"],
        *tables["published"],
        *tables["weekdays"],
        *_CLOCK_WORDS,
        *_SHORT_DAYS,
    }
    return re.compile(rf"(?<!\w)(?:{alternation(phrases)})(?!\w)\.?", re.IGNORECASE)


_SHORT_DAYS = (
    "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "mo", "di", "mi", "do", "fr", "sa", "so", "lun", "mar",
    "mer", "jeu", "ven", "sam", "dim", "mié", "jue", "vie", "sáb", "dom", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "нд",
    "понеділок", "вівторок", "середа", "четвер", "п'ятниця", "субота", "неділя", "pazartesi", "salı", "çarşamba", "perşembe", "cuma",
    "cumartesi", "pazar", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag", "mandag", "tirsdag", "lørdag", "søndag",
    "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "segunda", "terça", "quarta", "quinta", "sexta",
    "sábado", "δευτέρα", "τρίτη", "τετάρτη", "πέμπτη", "παρασκευή", "σάββατο", "κυριακή", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس",
    "الجمعة", "السبت", "الأحد", "सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार", "रविवार",
)  # fmt: skip
