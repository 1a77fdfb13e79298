"""A private S3 server, and a proxy before it that fails as networks and stores do."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from ingest.service.objects import ObjectAddress

PAGE_KEYS = 50  # of one answer to a listing; S3 gives 1,000
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class ObjectServer:
    """A running server on 127.0.0.1."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make_bucket(self, prefix: str = "") -> ObjectAddress:
        """A new bucket, and an address in it."""
        name = f"bucket-{os.getpid()}-{next(_numbers)}"
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        asked.request("PUT", f"/{name}")
        answer = asked.getresponse()
        asked.close()
        assert answer.status == 200, answer.status
        return ObjectAddress(name, prefix)


def environment_of(url: str) -> dict[str, str]:
    """What the S3 client of a test reads: no credentials of the machine, no proxy."""
    return {
        "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests-secret", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1",
    }  # fmt: skip


@contextlib.contextmanager
def object_server() -> Iterator[ObjectServer]:
    """A private server; its start takes about two seconds. It ends with the block, or with this process."""
    command = [sys.executable, "-m", "tests.support.object_server", "0"]
    root = Path(__file__).parents[2]
    environment = os.environ | {"MOTO_S3_DEFAULT_MAX_KEYS": str(PAGE_KEYS)}
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield ObjectServer(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came to the proxy. `key`: with the bucket before it; `operation`: as stores charge for it."""

    method: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]

    @property
    def operation(self) -> str:
        return "LIST" if self.method == "GET" and "list-type" in self.query else self.method


@dataclass(frozen=True, slots=True)
class Fault:
    """What the proxy does with a request. `drop`: the connection ends before the store has seen it; `lose`: after the store did the work;
    `status`: this answer without asking the store; `delay`: seconds before it is passed on.
    """

    drop: bool = False
    lose: bool = False
    status: int | None = None
    code: str = "ServiceUnavailable"
    delay: float = 0.0


DROP, LOSE, UNAVAILABLE, BROKEN = (
    Fault(drop=True),
    Fault(lose=True),
    Fault(status=503),
    Fault(status=500, code="InternalError"),
)
CONCURRENT = Fault(status=409, code="ConditionalRequestConflict")
Decide = Callable[[Seen], Fault | None]


class FaultProxy:
    """Passes requests on to a server, except where `decide` says otherwise. `seen`: all that came, in order."""

    def __init__(self, server: ObjectServer) -> None:
        self.server = server
        self.decide: Decide = lambda _: None
        self.seen: list[Seen] = []
        self._away_until = 0.0
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with contextlib.suppress(ConnectionError):
                    super().handle_one_request()

            def log_message(self, *_: Any) -> None:
                pass

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return lambda: proxy._handle(self)
                raise AttributeError(name)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._listener = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()

    def once(self, fault: Fault, operation: str = "", key: str = "", times: int = 1) -> None:
        """Do this with the next request, or so many, of that operation on a key that ends so; pass all others on."""
        left = [times]

        def decide(seen: Seen) -> Fault | None:
            if left[0] and seen.operation.startswith(operation) and seen.key.endswith(key):
                left[0] -= 1
                return fault
            return None

        self.decide = decide

    def leave(self, seconds: float) -> None:
        """Be away: every connection that comes ends at once."""
        self._away_until = time.monotonic() + seconds

    def counts(self) -> Counter[str]:
        """Requests so far, by operation."""
        return Counter(seen.operation for seen in list(self.seen))

    def _handle(self, asked: BaseHTTPRequestHandler) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        parts = urlsplit(asked.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        seen = Seen(
            asked.command, unquote(parts.path).lstrip("/"), query, {k.lower(): v for k, v in asked.headers.items()}
        )
        self.seen.append(seen)
        fault = (DROP if time.monotonic() < self._away_until else self.decide(seen)) or Fault()
        time.sleep(fault.delay)
        if fault.drop:
            _hang_up(asked)
        elif fault.status is not None:
            said = f"<Error><Code>{fault.code}</Code><Message>by the fault proxy</Message></Error>".encode()
            _answer(asked, fault.status, [], said)
        else:
            upstream = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            with contextlib.closing(upstream):
                upstream.request(asked.command, asked.path, body or None, dict(asked.headers.items()))
                answer = upstream.getresponse()
                content = answer.read()
            if fault.lose:
                _hang_up(asked)
            else:
                _answer(asked, answer.status, answer.getheaders(), content)


def _answer(asked: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
    asked.send_response_only(status)
    for name, value in headers:
        if name.lower() not in {"connection", "transfer-encoding"} and (
            name.lower() != "content-length" or asked.command == "HEAD"
        ):
            asked.send_header(name, value)
    if asked.command == "HEAD":
        asked.end_headers()
        return
    asked.send_header("Content-Length", str(len(content)))
    asked.end_headers()
    asked.wfile.write(content)


def _hang_up(asked: BaseHTTPRequestHandler) -> None:
    asked.close_connection = True
    with contextlib.suppress(OSError):
        asked.connection.shutdown(socket.SHUT_RDWR)
