"""`ingest.clean`: a Celery task for apps of your own, which chain, group and retry it like any other.

    app = Celery("newsroom", broker=…, backend=…, include=["ingest.service.clean_task"])

It runs in your workers and needs no spool: the article comes in the message, the record is the result. Each article is cleaned in
a sandboxed process of its own, so one that hangs, crashes or eats memory is refused and the worker goes on.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Literal, TypedDict, cast

from celery import Task, shared_task

from ingest.core.preload import preload
from ingest.errors import Reason, Rejected
from ingest.service.workers.ordered_map import map_in_workers

MAX_ARTICLE_BYTES = 8 << 20
"""Bytes of one article: what travels in messages stands in the memory of the broker. `enqueue` takes larger ones."""
MAX_RETRIES = 3  # after a kill from outside
RETRY_SECONDS = 1.0


class ArticleMessage(TypedDict, total=False):
    """What the task takes, for chains: either `text` or `base64` (of the file's bytes), and what `clean` takes beside them."""

    text: str
    base64: str
    url: str | None
    name: str | None
    claims: Mapping[str, Any] | None


class Cleaned(TypedDict):
    """The result for an article that has a record, in its JSON shape."""

    outcome: Literal["cleaned"]
    record: dict[str, Any]


class RefusedArticle(TypedDict):
    """The result for an article that has none; the reasons are those of the service (docs/reasons.md)."""

    outcome: Literal["refused"]
    reason: str
    message: str


@shared_task(bind=True, name="ingest.clean", max_retries=MAX_RETRIES)
def clean_article(
    self: Task[Any, Any],
    article: str | ArticleMessage,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
) -> Cleaned | RefusedArticle:
    """The record of one article, or why there is none. `article`: its text, or a mapping, as a task before this one gives it.

    The keyword arguments win over what the mapping says. Raises TypeError and ValueError for a message that is no article.
    """
    message = ArticleMessage(text=article) if isinstance(article, str) else _checked(article)
    content = _content(message)
    if len(content) > MAX_ARTICLE_BYTES:
        return _refused(Reason.TOO_LARGE, f"more than {MAX_ARTICLE_BYTES >> 20} MiB in a message; use enqueue")
    clean = preload()
    options = {
        "url": url or message.get("url"),
        "name": name or message.get("name"),
        "claims": claims or message.get("claims"),
    }

    def work(_: str) -> dict[str, str]:
        try:
            return {"record": clean(content, **options).to_json()}
        except Rejected as rejected:
            return {"reason": rejected.reason, "message": rejected.message}
        except (TypeError, ValueError) as error:
            return {"error": type(error).__name__, "message": str(error)}

    [said] = map_in_workers([""], 1, work)
    if "record" in said:
        return {"outcome": "cleaned", "record": json.loads(said["record"])}
    if "error" in said:
        raise (TypeError if said["error"] == "TypeError" else ValueError)(said["message"])
    if said["reason"] == Reason.KILLED:
        raise self.retry(countdown=RETRY_SECONDS)
    return _refused(said["reason"], said["message"])


def _checked(message: object) -> ArticleMessage:
    if not isinstance(message, Mapping):
        raise TypeError(f"an article is a text or a mapping, not {type(message).__name__}")
    if unknown := sorted(set(message) - ArticleMessage.__annotations__.keys()):
        raise ValueError(
            f"unknown key {', '.join(map(str, unknown))}; an article has {', '.join(ArticleMessage.__annotations__)}"
        )
    return cast(ArticleMessage, message)


def _content(message: ArticleMessage) -> bytes:
    text, encoded = message.get("text"), message.get("base64")
    if isinstance(text, str) and encoded is None:
        return text.encode(errors="surrogatepass")
    if isinstance(encoded, str) and text is None:
        try:
            return base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError(f"base64: {error}") from error
    raise ValueError("an article has either text or base64, a string")


def _refused(reason: str, message: str) -> RefusedArticle:
    return {"outcome": "refused", "reason": reason, "message": message}
