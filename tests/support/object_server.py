"""An S3 server of one process: moto's, in memory. `python -m tests.support.object_server PORT`; 0 takes a free one, which is printed.

What moto 5.2 lacks or does otherwise, and what is done about it here:

- It looks at If-None-Match and If-Match, then writes, without a lock: two requests may both hold. Here one request is served at a time.
- It knows x-amz-copy-source-if-none-match, but not -if-match: added below.
- It closes the connection after each request, which S3 keeps open: what a request costs here has a connection in it.
- It checks no signature and no rights, and has no lifecycle, throttling or 409 ConditionalRequestConflict: those are put in by `FaultProxy`.

What it does as S3 does, which tests/service/test_objects.py shows: ETags, conditional PUT and DELETE, keys in the order of their bytes, pages (50 keys in tests, 1,000 at S3),
common prefixes, parts of at least 5 MiB, the Date header.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

from ingest.service.workers.process import kill_with_parent


class OneAtATime:
    """The app; each request is read whole, then served alone."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)
        self._turn = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with self._turn:
            if not self._source_matches(environ):
                body = b"<Error><Code>PreconditionFailed</Code><Message>the source has another ETag</Message></Error>"
                start_response(
                    "412 Precondition Failed", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))]
                )
                return [body]
            return [b"".join(self._app(environ, start_response))]

    def _source_matches(self, environ: dict[str, Any]) -> bool:
        """Whether the source of a copy has the ETag that is asked for; one that is absent is moto's business."""
        wanted = environ.get("HTTP_X_AMZ_COPY_SOURCE_IF_MATCH")
        if wanted is None:
            return True
        source = "/" + unquote(environ["HTTP_X_AMZ_COPY_SOURCE"]).lstrip("/")
        asked = environ | {
            "REQUEST_METHOD": "HEAD",
            "PATH_INFO": source,
            "RAW_URI": source,
            "REQUEST_URI": source,
            "QUERY_STRING": "",
        }
        asked |= {"CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
        for name in [name for name in asked if name.startswith("HTTP_X_AMZ_COPY")]:
            del asked[name]
        _, status, headers = run_wsgi_app(self._app, asked)
        return status.startswith("404") or headers.get("ETag") == wanted


if __name__ == "__main__":
    kill_with_parent()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", int(sys.argv[1]), OneAtATime(), threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()
