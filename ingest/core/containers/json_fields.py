"""A JSON object of a crawler as an article: by the keys that common crawlers and feeds use, or by those that a setting names.

Keys that are known to mean something else in some crawler are left out: `created_at` is the record's, `description` and `summary`
are no part of the article, `timestamp` is when it was fetched. What is no field goes to `extra`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member, RefusedMember
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

HTML_KEYS = (
    "html",
    "raw_html",
    "rawhtml",
    "content_html",
    "body_html",
    "page_html",
    "html_content",
    "full_html",
    "htmlcontent",
)
TEXT_KEYS = (
    "text", "content", "body", "maintext", "raw_text", "content_text", "article_text", "articlebody", "full_text", "fulltext", "plain_text",
    "cleaned_text", "body_text", "article_body", "markdown", "raw_content", "page_content", "article",
)  # fmt: skip
"""They hold text, or HTML: their content says which."""
FIELD_KEYS: dict[str, tuple[str, ...]] = {
    "url": ("url", "canonical_url", "link", "permalink", "source_url", "page_url", "target_uri", "requested_url", "uri"),
    "headline": ("headline", "title"),
    "authors": ("authors", "author", "creator"),
    "byline": ("byline",),
    "published": (
        "published", "published_at", "publishedat", "date_published", "datepublished", "date_publish", "publish_date", "published_date",
        "publication_date", "pub_date", "pubdate", "publishdate", "publishedtime", "published_time", "date",
    ),
    "modified": ("modified", "date_modified", "datemodified", "date_modify", "last_modified", "modified_time", "updated_at", "updatedat", "updated"),
    "language": ("language", "lang", "inlanguage"),
    "publisher": ("publisher", "site_name", "sitename", "source_name", "source_domain", "source", "outlet", "hostname"),
    "section": ("section", "articlesection"),
    "keywords": ("keywords", "tags"),
    "images": ("image_url", "image", "urltoimage", "top_image"),
}  # fmt: skip
MAPPED_FIELDS = (
    "html",
    "text",
    "fetched",
    "url",
    "headline",
    "byline",
    "authors",
    "published",
    "modified",
    "language",
    "section",
    "keywords",
)
"""Fields whose place a setting may name (`Limits.json_fields`)."""
FETCHED_KEYS = (
    "fetched",
    "fetched_at",
    "crawled_at",
    "crawl_date",
    "scraped_at",
    "date_download",
    "date_crawled",
    "timestamp",
    "warc_date",
)
ID_KEYS = ("id", "_id", "guid", "uid", "uuid", "warc_record_id")

_KNOWN = frozenset({*HTML_KEYS, *TEXT_KEYS, *FETCHED_KEYS, *(key for keys in FIELD_KEYS.values() for key in keys)})
_IDENTIFYING = frozenset(
    {*FIELD_KEYS["url"], *FIELD_KEYS["headline"], *FIELD_KEYS["published"], *FIELD_KEYS["authors"]}
)
_MARKUP = re.compile(
    r"</?(?:p|div|br|h[1-6]|ul|ol|li|article|section|html|body|blockquote|figure|table)(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


def looks_like_page(keys: set[str]) -> bool:
    """Whether an object with these keys is an article of a crawler: it has a content, and something that says whose."""
    plain = {_plain(key) for key in keys}
    return not plain.isdisjoint((*HTML_KEYS, *TEXT_KEYS)) and not plain.isdisjoint(_IDENTIFYING)


def to_member(
    value: Any, number: int | str, offset: int | None, fields: tuple[tuple[str, str], ...], limit: int
) -> Member | RefusedMember:
    """The article that a JSON value holds. `number`: its place in the container, from 1, which names it where no key does."""
    if not isinstance(value, dict):
        return RefusedMember(str(number), Reason.UNSUPPORTED_FORMAT, "The value is no JSON object.", offset=offset)
    by_key = {_plain(key): part for key, part in value.items() if isinstance(key, str)}
    named = {field: found for field, path in fields if (found := _at(value, path)) not in (None, "")}
    identifier = str(next((by_key[key] for key in ID_KEYS if isinstance(by_key.get(key), str | int)), number))[
        :500
    ] or str(number)
    html = _text_of(named.get("html")) or _first_text(by_key, HTML_KEYS)
    text = _text_of(named.get("text")) or _first_text(by_key, TEXT_KEYS)
    content = html or text
    if not content:
        keys = ", ".join(sorted(by_key)[:10])
        return RefusedMember(
            identifier, Reason.NO_ARTICLE, f"The object has no HTML and no text; its keys: {keys}.", offset=offset
        )
    encoded = content.encode("utf-8", "replace")
    if len(encoded) > limit:
        return RefusedMember(
            identifier, Reason.TOO_LARGE, f"The page is larger than {limit / 2**20:.3g} MiB.", offset=offset
        )
    claims = {field: found for field, keys in FIELD_KEYS.items() if (found := _first(by_key, keys, field)) is not None}
    claims |= {field: found for field, found in named.items() if field not in {"html", "text", "fetched"}}
    url = claims.pop("url", None)
    extra = {key: part for key, part in value.items() if _plain(key) not in _KNOWN and part not in (None, "", [], {})}
    fetched = named.get("fetched") or next((by_key[key] for key in FETCHED_KEYS if by_key.get(key)), None)
    return Member(
        encoded,
        identifier,
        offset=offset,
        url=url if isinstance(url, str) else None,
        claims=claims | ({"extra": extra} if extra else {}),
        encoding="utf-8",
        media_type="text/html" if _MARKUP.search(content) else "text/plain",
        fetched=fetched if isinstance(fetched, str) and _RFC_3339.fullmatch(fetched) else None,
    )


def _plain(key: Any) -> str:
    """A key in lower case, with underscores for hyphens."""
    return str(key).lower().replace("-", "_")


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text_of(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        value = "\n\n".join(value)  # paragraphs
    return value if isinstance(value, str) and value.strip() else ""


def _first_text(by_key: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := _text_of(by_key.get(key)))), "")


def _first(by_key: Mapping[str, Any], keys: tuple[str, ...], field: str) -> Any:
    """The value of the first key that can be one of the field's."""
    for key in keys:
        value = by_key.get(key)
        if value in (None, "", [], {}):
            continue
        if field == "publisher":
            value = _publisher(value)
        elif field == "url":
            value = value if isinstance(value, str) and value.startswith(("http://", "https://")) else None
        if value is not None:
            return value
    return None


def _publisher(value: Any) -> Any:
    """A publisher's name or domain; None for what may be anything else: a number, an address, a list."""
    if isinstance(value, dict):
        kept = {key: value[key] for key in ("name", "domain") if isinstance(value.get(key), str)}
        return kept or None
    if not isinstance(value, str) or "://" in value:
        return None
    return {"domain": value.lower().removeprefix("www.")} if _DOMAIN.fullmatch(value) else value
