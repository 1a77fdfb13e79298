"""Sinks to test against: a real PostgreSQL, and receivers of our own for webhooks and for OpenSearch's requests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ingest.core.record import BuildInfo, Record, SourceInfo
from ingest.service.composition import open_service
from ingest.service.settings import Settings
from ingest.service.spool import filenames, timestamp
from tests.support.processes import until

SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"  # noqa: S105 - of our own receiver


def record_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def record_of(number: int, **fields: Any) -> Record:
    """A record of our own."""
    return Record(
        **{
            "id": record_id(number), "headline": f"Harbour news {number}", "authors": ("Ana Lima", "Bo Ek"),
            "published": "2026-01-31T23:30:00-02:00", "body": f"Storm number {number} closed the harbour.\n\nIt opened again.",
            "source": SourceInfo(media_type="text/plain", encoding="utf-8", bytes=9),
            "ingest": BuildInfo(version="0", packs=()),
        } | fields
    )  # fmt: skip


class Settled:
    """A spool whose sources are settled, without any cleaning: records are written and lines appended."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.service = open_service(settings)
        self.service.spool.prepare()
        settings.out.mkdir(exist_ok=True)

    def store(self, number: int, **fields: Any) -> str:
        """A record and its line; gives the line's token."""
        self.service.store.write(record_id(number), record_of(number, **fields).to_json().encode() + b"\n")
        return self.line("stored", record_id(number))

    def delete(self, number: int) -> str:
        self.service.store.delete(record_id(number))
        return self.line("deleted", record_id(number))

    def line(self, outcome: str, id_: str | None = None) -> str:
        token = filenames.new_token()
        self.service.journal.append(
            {"time": timestamp(), "id": id_, "outcome": outcome, "token": token, "name": "a.txt"}
        )  # type: ignore[typeddict-item]
        return token

    def events(self) -> list[tuple[str, str]]:
        """What a sink must be told: id and outcome, in order. Of a record that is gone, nobody can be told more than that."""
        told = [(str(line["id"]), line["outcome"]) for line in self.service.journal.lines() if line.get("id")]
        gone = {id_ for id_, _ in told if self.service.store.read_bytes(id_) is None}
        return [event for event in told if event[1] == "deleted" or (event[1] == "stored" and event[0] not in gone)]

    def records(self) -> dict[str, dict[str, Any]]:
        """What a sink must hold in the end, by id."""
        ids = {str(line["id"]) for line in self.service.journal.lines() if line.get("id")}
        found = {id_: self.service.store.read_bytes(id_) for id_ in ids}
        return {id_: json.loads(content) for id_, content in found.items() if content is not None}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's programs, if it is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class Postgres:
    """A private server, run by another user where we are root, since it refuses root."""

    def __init__(self, programs: Path, *options: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="ingest-postgres-", dir="/tmp")
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        data = f"{self._folder}/data"
        self._run(
            str(programs / "initdb"),
            "-D",
            data,
            "-U",
            "news",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self.port = free_port()
        self.url = f"postgres://news:hunter2@127.0.0.1:{self.port}/postgres"
        self._command = [
            str(programs / "postgres"), "-D", data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c",
            f"unix_socket_directories={self._folder}", *options,
        ]  # fmt: skip
        self.start()

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, **self._user)

    def start(self) -> None:
        Path(self._folder, "data/postmaster.pid").unlink(missing_ok=True)
        self._log = Path(self._folder, "log").open("ab")  # noqa: SIM115 - closed by `kill`
        self.process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=self._log, stderr=self._log, **self._user
        )
        try:
            until(self._answers)
        except BaseException:  # without its client, for example: no server is left behind
            self.kill()
            raise

    def _answers(self) -> bool:
        import psycopg  # noqa: PLC0415 - an extra

        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2):
            return True
        assert self.process.poll() is None, Path(self._folder, "log").read_text()
        return False

    def kill(self) -> None:
        """SIGKILL, to the server and to each of its processes, all of which lead sessions of their own."""
        ours = [self.process.pid]
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if int(entry.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    ours.append(int(entry.parent.name))
        for pid in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not any(map(_lives, ours)), seconds=10)
        self._log.close()

    def end(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        import psycopg  # noqa: PLC0415 - an extra

        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]


def _lives(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


class Receiver:
    """An HTTP server on 127.0.0.1, in a thread. `faults` are answered first, one a request: a status, or None to close the connection."""

    def __init__(self, port: int = 0) -> None:
        self.faults: list[int | None] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if receiver.faults and self.command == "POST":
                    if (fault := receiver.faults.pop(0)) is None:
                        self.close_connection = True
                        return
                    status, answer = fault, b"no"
                else:
                    status, answer = receiver.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer)

            do_GET = do_PUT = do_POST = do_HEAD = _answer  # noqa: N815 - names of http.server

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        raise NotImplementedError

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class WebhookReceiver(Receiver):
    """Keeps the messages whose signature is right, each once by its `webhook-id`; rejects those that have `refused` in them."""

    refused = b"REFUSED"

    def __init__(self, port: int = 0) -> None:
        self.messages: dict[str, dict[str, Any]] = {}
        self.url = ""
        super().__init__(port)
        self.url = f"webhook+http://:{SECRET}@127.0.0.1:{self.port}/news"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        del method, path
        from standardwebhooks.webhooks import Webhook  # noqa: PLC0415 - an extra

        lower = {name.lower(): value for name, value in headers.items()}
        Webhook(SECRET).verify(body, lower)
        if self.refused and self.refused in body:
            return 422, b"it is refused"
        self.messages.setdefault(lower["webhook-id"], json.loads(body))
        return 204, b""


class SearchReceiver(Receiver):
    """A stand-in for OpenSearch, which no package registry has: the requests that the sink sends, answered in the documented form."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.indices: dict[str, Any] = {}
        self.refused = "REFUSED"
        self.busy_items = 0
        super().__init__()
        self.url = f"opensearch+http://news:hunter2@127.0.0.1:{self.port}/articles"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        del headers
        index = path.strip("/").split("/")[0].split("?")[0]
        if method == "HEAD":
            return (200 if index in self.indices else 404), b""
        if method == "PUT":
            self.indices[index] = json.loads(body)
            return 200, b'{"acknowledged":true}'
        assert path.startswith(f"/{index}/_bulk")
        assert index in self.indices
        lines = iter(body.decode().splitlines())
        items = [self._item(json.loads(line), lines) for line in lines]
        return 200, json.dumps({"took": 1, "errors": True, "items": items}).encode()

    def _item(self, action: dict[str, Any], lines: Any) -> dict[str, Any]:
        ((verb, about),) = action.items()
        if verb == "delete":
            found = self.documents.pop(about["_id"], None)
            return {"delete": {"_id": about["_id"], "status": 200 if found else 404}}
        document = next(lines)
        if self.busy_items:
            self.busy_items -= 1
            error = {"type": "es_rejected_execution_exception", "reason": "busy"}
            return {"index": {"_id": about["_id"], "status": 429, "error": error}}
        if self.refused in document:
            error = {"type": "mapper_parsing_exception", "reason": "failed to parse"}
            return {"index": {"_id": about["_id"], "status": 400, "error": error}}
        self.documents[about["_id"]] = json.loads(document)
        return {"index": {"_id": about["_id"], "status": 201}}
