"""A Celery app that cleans what it has fetched: `celery -A newsroom worker`, in this folder.

newsroom.ingest_page("https://news.example/harbour").get()
"""

from __future__ import annotations

import base64
import os
import urllib.request
from typing import Any

from celery import Celery, chain, signature
from celery.result import AsyncResult

BROKER = os.environ.get("NEWSROOM_BROKER", "redis://localhost:6379/1")

app = Celery("newsroom", broker=BROKER, backend=BROKER, include=["ingest.service.clean_task"])
app.conf.result_expires = 3600  # seconds; a record in Redis is a copy for the next task


@app.task(autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def fetch(url: str) -> dict[str, str]:
    """A page, as `ingest.clean` takes it."""
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        return {"base64": base64.b64encode(answer.read()).decode(), "url": url}


@app.task
def title(result: dict[str, Any]) -> str:
    """What the newsroom does with a result: here, its headline or the reason of its refusal."""
    return result["record"]["headline"] if result["outcome"] == "cleaned" else result["reason"]


def ingest_page(url: str) -> AsyncResult[str]:
    """Fetch, clean and use one page."""
    return chain(fetch.s(url), signature("ingest.clean", app=app), title.s()).apply_async()
