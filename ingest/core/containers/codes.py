"""What agencies write in codes, as the record has it: subjects, status, times."""

from __future__ import annotations

import re
from typing import Any

from ingest.core.metadata.given import claimed_moment

_NEWSCODES = re.compile(r"https?://cv\.iptc\.org/newscodes/(mediatopic|subjectcode)/(\w+)/?$")
_ALIASES = {"mediatopic": "medtop", "subjectcode": "subj"}
_ADDRESSES = {alias: f"http://cv.iptc.org/newscodes/{name}/" for name, alias in _ALIASES.items()}
_BASIC_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})?$")
_HELD = {"usable": "usable", "withheld": "withheld", "canceled": "canceled", "cancelled": "canceled", "killed": "canceled",
         "embargoed": "embargoed"}  # fmt: skip


_EMBARGO = re.compile(
    r"\W*(?:(?:under|strictly|strictly under)\s+)?(?:embargo(?:ed)?|sperrfrist)\s*(?::|\]|[-–—]\s|\b(?:until|till|bis|jusqu|hasta|fino)\b)|\W*(?-i:EMBARGOED|SPERRFRIST)\b",
    re.IGNORECASE,
)
_KILL = re.compile(
    r"\W*(?:(?:MANDATORY|BULLETIN|STORY|PHOTO) KILL\b|(?:KILL|ELIMINATION|ANNULATION)\s*(?::|/|[-–—]\s))"
)
_KILL_IN_SLUG = re.compile(r"(?:/|,\s*(?:\d\w+\s+)?)(?:(?:mandatory|bulletin|story)\s+)?kill\s*$", re.IGNORECASE)
_WITHHOLD = re.compile(r"\W*(?:WITHHOLD\b|HOLD FOR RELEASE\b)")


def announced(*, title: str = "", slug: str = "") -> str | None:
    """The status that a title or a slug announces at its beginning or its end; one about an embargo or a killing announces none."""
    if _KILL.match(title) or _KILL_IN_SLUG.search(slug):
        return "canceled"
    if _EMBARGO.match(title) or _EMBARGO.match(slug):
        return "embargoed"
    return "withheld" if _WITHHOLD.match(title) or _WITHHOLD.match(slug) else None


def subject_code(code: str | None, scheme: str | None = None) -> str | None:
    """A code as the record writes it: with the alias of the IPTC's vocabularies, else as it is written, behind its scheme."""
    if not code:
        return None
    if scheme and "://" in scheme and "://" not in code:
        code = f"{scheme.rstrip('/#')}/{code}"
    if found := _NEWSCODES.match(code):
        return f"{_ALIASES[found[1]]}:{found[2]}"
    if re.fullmatch(r"\d{8}", code):  # NITF, NewsML 1: eight digits; those of Media Topics begin with 2
        return f"{'medtop' if code[0] == '2' else 'subj'}:{code}"
    return code


def code_address(code: str | None) -> str | None:
    """The address of a code, where it has one: of the IPTC's vocabularies, or itself."""
    alias, _, rest = (code or "").partition(":")
    if alias in _ADDRESSES and rest:
        return _ADDRESSES[alias] + rest
    return code if code and code.startswith(("http://", "https://")) else None


def subjects(found: list[tuple[str | None, str | None]]) -> list[dict[str, str]]:
    """(name, code) of each subject, in order and each once, as the record has them."""
    kept: dict[str, dict[str, str]] = {}
    for name, code in found:
        subject = {key: value for key, value in (("name", name), ("code", code)) if value}
        if subject:
            kept.setdefault(code or name or "", {}).update(subject)
    return list(kept.values())


def moment(written: str | None) -> str | None:
    """A time as a sidecar may write it; basic ISO 8601 ("20131020T192751+1100"), which NITF and NewsML 1 use, in its extended form."""
    text = (written or "").strip()
    if found := _BASIC_TIME.match(text):
        year, month, day, hour, minute, second, zone = found.groups()
        zone = "Z" if zone in {"Z", "+0000", "-0000"} else f"{zone[:3]}:{zone[3:]}" if zone else ""
        text = f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{zone}"
    return claimed_moment(text) if text else None


def use(status: str | None, embargo: str | None) -> dict[str, Any]:
    """`status` and `embargoed`. A usable item with an embargo is embargoed: whether its time has passed, no record can know."""
    word = (status or "").strip().rpartition(":")[2].lower()
    word = _HELD.get(word, "")
    until = moment(embargo)
    if embargo and word in {"", "usable"}:
        word = "embargoed"
    return {"status": word or None, "embargoed": until}


def terms(*parts: str | None) -> str | None:
    """Usage terms in one line, each said once."""
    return " ".join(dict.fromkeys(part for part in parts if part)) or None
