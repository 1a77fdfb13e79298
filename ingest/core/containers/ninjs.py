"""ninjs 1, 2 and 3: news in JSON (https://iptc.org/standards/ninjs/). `ingest.export.ninjs` writes what is read here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member
from ingest.core.containers.codes import moment, subject_code, subjects, terms, use
from ingest.core.containers.document import Document, no_text, several, whole, withdrawn
from ingest.core.containers.inline import Body, body_of_text
from ingest.core.containers.jsondoc import (
    JsonObject,
    load_json,
    objects,
    string,
    strings,
)  # fmt: skip
from ingest.core.containers.xml import known
from ingest.core.metadata.rights import encoded_permissions
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ingest.core.limits import Limits

_KINDS = frozenset({"audio", "video", "picture", "graphic", "event", "planning", "component"})
_DAY_NOTE = re.compile(r"\s*(Published|Modified|Embargoed) (?:on|until) (\d{4}-\d\d-\d\d), hour unknown\.")
"""A day without an hour, as our export puts it into words: ninjs has instants alone."""
_EMBARGO_NOTE = re.compile(r"\s*Embargoed, until when is unknown\.")
_DECKS = frozenset({"subheadline", "sub", "deck", "drophead"})
_OLD_NAMES = {
    "versioncreated": "versionCreated", "firstcreated": "firstCreated", "contentcreated": "contentCreated", "pubstatus": "pubStatus",
    "copyrightholder": "copyrightHolder", "copyrightnotice": "copyrightNotice", "usageterms": "usageTerms", "ednote": "edNote", "byline": "by",
    "embargoed": "embargoedUntil", "rightsinfo": "rightsInfo", "digitalsourcetype": "digitalSourceType", "infosource": "infoSources",
    "subject": "subjects", "guid": "uri", "person": "people", "altids": "altIds", "representationtype": "representationType", "place": "places",
}  # fmt: skip
"""Version 1 has small letters and singular nouns."""


def read_ninjs(content: bytes, limits: Limits) -> Document | None:
    """The article of one ninjs object; raises `Rejected` where it has no text; None where the JSON holds no ninjs after all."""
    del limits
    value, encoding = load_json(content)
    found = list(_items(value))
    if len(found) > 1:
        raise several("ninjs")
    return _document(_renamed(found[0]), encoding) if found else None


def split_ninjs(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member]:
    """The objects of a list or a feed, each as a document of its own."""
    del start
    value, _ = load_json(whole(stream, limits))
    for number, item in enumerate(_items(value), 1):
        yield Member(
            json.dumps(item, ensure_ascii=False).encode(),
            string(item.get("uri") or item.get("guid")) or str(number),
        )


def _items(value: Any) -> Iterator[JsonObject]:
    """Ninjs objects: the value itself, or those of a list, perhaps under a key of a feed."""
    if (
        isinstance(value, dict)
        and _is_item(value)
        and not any(isinstance(value.get(key), list) for key in ("item", "items"))
    ):
        yield value
        return
    outer = value if isinstance(value, dict) else {"items": value}
    inside = (inner for each in outer.values() if isinstance(each, dict) for inner in each.values())
    for found in (*outer.values(), *inside):
        for part in found if isinstance(found, list) else ():
            item = part.get("item") if isinstance(part, dict) and isinstance(part.get("item"), dict) else part
            if isinstance(item, dict) and _is_item(item):
                yield item


def _is_item(value: JsonObject) -> bool:
    return "uri" in value or "guid" in value


def _renamed(item: JsonObject) -> JsonObject:
    return {_OLD_NAMES.get(name, name): value for name, value in item.items() if not (name == "guid" and "uri" in item)}


def _document(item: JsonObject, encoding: str) -> Document:
    kind = string(item.get("type")) or "text"
    claims = _claims(item)
    body = _body(item) if kind not in _KINDS else None
    if body is None:
        raise withdrawn(claims.get("status")) or no_text(f"ninjs of type {kind!r} without a text of its own")
    stated = tuple(
        (label, text)
        for label, text in (
            (Label.HEADLINE, claims.get("headline")), (Label.SUBHEADLINE, claims.get("subheadline")), (Label.BYLINE, claims.get("byline")),
            (Label.LEGAL_NOTICE, claims.get("item", {}).get("note")),
        )
        if text
    )  # fmt: skip
    return Document("ninjs", body.content, body.media_type, claims, encoding, is_marked_up=True, stated=stated)


def _body(item: JsonObject) -> Body | None:
    """The best of its renditions: "main" before any other, HTML before NITF before text."""
    bodies = [
        (string(each.get("role")) or "", string(each.get("contentType")) or "", text)
        for each in objects(item.get("bodies"))
        if (text := each.get("value")) and isinstance(text, str) and text.strip()
    ]
    for name, kind in (
        ("body_html", "text/html"),
        ("body_xhtml", "text/html"),
        ("body_nitf", "application/xml"),
        ("body_text", "text/plain"),
    ):
        if isinstance(text := item.get(name), str) and text.strip():
            bodies.append((name, kind, text))
    bodies += [
        (name, "text/plain", text)
        for name, text in item.items()
        if name.startswith("body_") and isinstance(text, str) and text.strip()
    ]
    for _, kind, text in sorted(bodies, key=lambda body: (body[0] != "main", _rank(body[1]))):
        plain = kind == "text/plain"
        if (
            body := Body(text, "text/plain", {})
            if plain and "<" not in text
            else body_of_text(text, is_html="html" in kind)
        ):
            return body
    return None


def _rank(kind: str) -> int:
    return next((rank for rank, part in enumerate(("html", "xml", "plain")) if part in kind), 3)


def _claims(item: JsonObject) -> dict[str, Any]:
    headlines = list(_texts(item, "headlines", "headline"))
    decks = [text for role, text in headlines if role in _DECKS]
    ranked = sorted(headlines, key=lambda headline: headline[0] not in {"main", ""})
    main = next((text for role, text in ranked if role not in _DECKS), None)
    note = string(item.get("edNote")) or ""
    days = dict(_DAY_NOTE.findall(note))
    note = _EMBARGO_NOTE.sub("", _DAY_NOTE.sub("", note))
    version, is_ours = string(item.get("version")), _alternative_id(item, "sha-256") is not None
    version_created = moment(string(item.get("versionCreated")))
    published = (
        moment(string(item.get("firstCreated"))) or days.get("Published") or moment(string(item.get("contentCreated")))
        or (version_created if version in {None, "1"} and not is_ours else None)
    )  # fmt: skip
    embargo = string(item.get("embargoedUntil")) or days.get("Embargoed")
    standing = use(string(item.get("pubStatus")), embargo)
    if "Embargoed" in days or _EMBARGO_NOTE.search(string(item.get("edNote")) or ""):
        standing["status"] = "canceled" if standing["status"] == "canceled" else "embargoed"
    tagged = list(objects(item.get("subjects")))
    sources = list(objects(item.get("infoSources")))
    return known(
        url=next((string(alt.get("value")) for alt in objects(item.get("altIds")) if alt.get("role") == "url"), None),
        headline=main or string(item.get("title")),
        subheadline=next(iter(decks), None),
        alternative_headlines=[text for role, text in headlines if text not in {main, *decks[:1]}],
        authors=[name for each in objects(item.get("people")) if _is_author(each) and (name := string(each.get("name")))],
        byline=string(item.get("by")),
        dateline=known(
            place=string(item.get("located")), agency=next((string(each.get("name")) for each in sources if each.get("role") == "agency"), None)
        ),
        language=string(item.get("language")),
        published=published,
        modified=version_created or days.get("Modified"),
        publisher=next(
            (known(name=string(each.get("name")), domain=string(each.get("literal"))) for each in sources if each.get("role") == "publisher"), None
        ),
        section=next((string(each.get("name")) for each in tagged if each.get("rel") == "section"), None),
        keywords=[name for each in tagged if each.get("rel") == "keyword" and (name := string(each.get("name")))]
        or list(strings(item.get("keywords"))),
        images=[image for each in _associated(item) if (image := _image(each))],
        related=[link for each in _associated(item) if (link := _related(each))],
        copyright_notice=string(item.get("copyrightNotice")),
        usage_terms=string(item.get("usageTerms")),
        rights=_rights(item),
        urgency=str(int(urgency)) if isinstance(urgency := item.get("urgency"), int | float) and urgency == urgency // 1 else string(urgency),
        subjects=subjects([_subject(each) for each in tagged if each.get("rel") not in {"section", "keyword"}]),
        digital_source_type=_source_type(item.get("digitalSourceType")),
        item=known(
            id=_own_id(item), version=version, slug=string(item.get("slugline")),
            edition=_alternative_id(item, "edition") or string(item.get("editionnumber")), take=_alternative_id(item, "take"), note=terms(" ".join(note.split())),
        ),
        **standing,
    )  # fmt: skip


def _own_id(item: JsonObject) -> str | None:
    """The sender's identifier; an address or a digest that our export put in its place, for want of one, is none."""
    kept = _alternative_id(item, "item")
    return kept or (None if _alternative_id(item, "sha-256") else string(item.get("uri")))


def _alternative_id(item: JsonObject, role: str) -> str | None:
    return next((string(alt.get("value")) for alt in objects(item.get("altIds")) if alt.get("role") == role), None)


def _texts(item: JsonObject, several: str, single: str) -> Iterator[tuple[str, str]]:
    """(role, text) of each headline; those of version 1 stand under `headline` and `headline_role`."""
    for each in objects(item.get(several)):
        if text := string(each.get("value")):
            yield (string(each.get("role")) or "").lower(), text
    for name, value in item.items():
        if (name == single or name.startswith(f"{single}_")) and (text := string(value)):
            yield name[len(single) + 1 :].lower(), text


def _is_author(person: JsonObject) -> bool:
    return (string(person.get("rel")) or "").rpartition(":")[2].lower() in {"author", "creator", "writer"}


def _subject(subject: JsonObject) -> tuple[str | None, str | None]:
    uri, code = string(subject.get("uri")), string(subject.get("code")) or string(subject.get("literal"))
    return string(subject.get("name")), subject_code(uri) or subject_code(code, string(subject.get("scheme")))


def _rights(item: JsonObject) -> dict[str, Any]:
    info = item.get("rightsInfo")
    info = {name.lower(): value for name, value in info.items()} if isinstance(info, dict) else {}
    linked = string(info.get("linkedrights")) or ""
    licence = {"licence": linked} if linked.startswith(("http://", "https://")) else {}
    encoded = encoded_permissions(string(info.get("encodedrights")) or "")
    return known(holder=string(item.get("copyrightHolder")), **licence | encoded)


def _source_type(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("uri") or value.get("literal") or value.get("code")
    code = string(value)
    return (
        code
        if not code or "://" in code
        else f"http://cv.iptc.org/newscodes/digitalsourcetype/{code.rpartition(':')[2]}"
    )


def _associated(item: JsonObject) -> Iterator[JsonObject]:
    value = item.get("associations")
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from (_renamed(each) for each in (part if isinstance(part, list) else [part]) if isinstance(each, dict))


def _image(item: JsonObject) -> dict[str, Any] | None:
    if string(item.get("type")) not in {"picture", "graphic"}:
        return None
    caption = next((text for role, text in _texts(item, "descriptions", "description") if role != "xhtml"), None)
    href = next((string(each.get("href")) for each in _renditions(item) if string(each.get("href"))), None)
    credit = string(item.get("by")) or string(item.get("copyrightHolder"))
    return known(caption=caption, credit=credit, url=href)


def _renditions(item: JsonObject) -> Iterator[JsonObject]:
    value = item.get("renditions")
    yield from (
        each
        for each in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        if isinstance(each, dict)
    )


def _related(item: JsonObject) -> dict[str, Any] | None:
    if string(item.get("type")) not in {"text", "composite", None}:
        return None
    uri = string(item.get("uri")) or ""
    headline = next((text for _, text in _texts(item, "headlines", "headline")), None)
    return known(
        headline=headline, url=uri if uri.startswith(("http://", "https://")) and "#related-" not in uri else None
    )
