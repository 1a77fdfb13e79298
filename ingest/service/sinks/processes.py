"""Processes that deliver: one for each sink, so that one that is away, slow or broken stops no other."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.service.environment import child_environment
from ingest.service.spool.heartbeat import Heartbeat

if TYPE_CHECKING:
    from ingest.service.composition import Service
    from ingest.service.settings import Settings
    from ingest.service.sinks.url import SinkUrl

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
MAX_RESTART_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A process that lived so long is started again at once."""
SHUTDOWN_SECONDS = 10.0
STANDBY_SECONDS = 0.5
POLL_SECONDS = 0.1
BEAT_SECONDS = 5.0


class DeliveryProcesses:
    """`ingest deliver` for each sink of the settings, started again when it ends."""

    def __init__(self, settings: Settings) -> None:
        for url in settings.sink_urls:
            url.require()
        self._settings = settings
        self._children = [_Child(settings, url) for url in settings.sink_urls]

    def maintain(self) -> None:
        """Start those that do not run and are due. To be called every few seconds at least."""
        for child in self._children:
            child.maintain()

    def deliver_once(self, stopping: Callable[[], bool]) -> bool:
        """Deliver all there is to every sink, side by side, until all are done or `stopping`; False if one was away."""
        for child in self._children:
            child.start("--once")
        while (codes := [child.poll() for child in self._children]) and None in codes and not stopping():
            time.sleep(POLL_SECONDS)
        return not any(codes)

    def close(self) -> None:
        """End them; each finishes the batch that it has, if that takes no longer than `SHUTDOWN_SECONDS`."""
        for child in self._children:
            child.terminate()
        until = time.monotonic() + SHUTDOWN_SECONDS
        for child in self._children:
            child.reap(max(0.0, until - time.monotonic()))


class _Child:
    def __init__(self, settings: Settings, url: SinkUrl) -> None:
        self._settings, self._url = settings, url
        self._process: subprocess.Popen[bytes] | None = None
        self._started, self._due, self._pause = 0.0, 0.0, RESTART_SECONDS

    def start(self, *options: str) -> None:
        command = [
            sys.executable, "-m", "ingest", "deliver", "--sink", self._url.name, "--parent", str(os.getpid()), *options,
            "--spool", str(self._settings.root), "--out", str(self._settings.out),
        ]  # fmt: skip
        self._started = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - words of our own
            command, env=child_environment(self._settings), stdin=subprocess.DEVNULL, start_new_session=True
        )

    def maintain(self) -> None:
        now = time.monotonic()
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            steady = now - self._started > STEADY_SECONDS
            self._pause = RESTART_SECONDS if steady else min(MAX_RESTART_SECONDS, 2 * self._pause)
            self._due = now if steady else now + self._pause
            log.warning("the process that delivers to %s has ended (%s)", self._url.shown, self._process.returncode)
            self._process = None
        if now >= self._due:
            self.start()

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll() if self._process else 0

    def terminate(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def reap(self, seconds: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def deliver(service: Service, url: SinkUrl, stopping: Callable[[], bool], *, once: bool = False) -> bool:
    """Deliver to one sink in this process; while another one does, stand by, or, `once`, leave it to that one. False if the sink was away.

    Raises `InvalidSettings`.
    """
    url.require()
    folder = service.sink_folder(url)
    heartbeat = Heartbeat(service.spool.root, "deliver")
    beaten = 0.0

    def beat() -> None:
        nonlocal beaten
        if time.monotonic() - beaten > BEAT_SECONDS:
            heartbeat.beat(sink=url.shown)
            beaten = time.monotonic()

    try:
        while not folder.try_lock():
            if once:
                log.info("another process delivers to %s", url.shown)
                return True
            beat()
            time.sleep(STANDBY_SECONDS)
            if stopping():
                return True
        return service.open_outbox(url, folder, beat=beat).run(stopping, once=once)
    finally:
        folder.unlock()
        heartbeat.close()
