"""The task `ingest.clean` in an app of somebody else's, with a real Redis and a real worker."""

from __future__ import annotations

import base64
import http.server
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery, group

from ingest.service.clean_task import MAX_ARTICLE_BYTES
from tests.support.processes import Redis, article

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
PAGE = (
    f"<html><head><title>Harbour reopens</title></head><body><h1>Harbour reopens</h1><p>{article(1)}</p></body></html>"
)


@contextmanager
def _serving(page: str) -> Iterator[str]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/harbour"
        server.shutdown()


@pytest.fixture
def newsroom(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    monkeypatch.setenv("NEWSROOM_BROKER", redis.url)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.delitem(sys.modules, "newsroom", raising=False)
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "newsroom", "worker", "-c", "1", "--loglevel", "ERROR"],
        cwd=EXAMPLES,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )
    import newsroom  # noqa: PLC0415

    yield newsroom.app
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def test_the_example_app_and_what_the_task_answers(newsroom: Celery) -> None:
    with _serving(PAGE) as url:
        assert sys.modules["newsroom"].ingest_page(url).get(timeout=60) == "Harbour reopens"
    clean = newsroom.signature("ingest.clean")
    encoded = base64.b64encode(PAGE.encode()).decode()
    text, page, binary, large = group(
        clean.clone([article(1)], {"url": "https://news.example/1"}),
        clean.clone([{"base64": encoded, "claims": {"section": "World"}}]),
        clean.clone([{"base64": base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(64)).decode()}]),
        clean.clone([{"text": "x" * (MAX_ARTICLE_BYTES + 1)}]),
    )().get(timeout=120)
    assert text["record"]["url"] == "https://news.example/1"
    assert page["record"]["section"] == "World"
    assert (binary["outcome"], binary["reason"]) == ("refused", "unsupported_format")
    assert (large["outcome"], large["reason"]) == ("refused", "too_large")
    with pytest.raises(ValueError, match="either text or base64"):
        clean.delay({"text": "a", "base64": "YQ=="}).get(timeout=60)
    with pytest.raises(ValueError, match="unknown key path"):
        clean.delay({"path": "claimed/../../etc/passwd"}).get(timeout=60)
