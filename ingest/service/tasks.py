"""The Celery app and its one task. Wiring only: job.py and workers/pool.py have the work itself.

    celery -A worker worker        the same as `ingest worker`

A pool process runs a task by giving its tickets to a worker process of its own (workers/pool.py), so a document that crashes, loops or eats
memory ends that child, not the pool process. Kills of the pool process, the worker or Redis leave claimed sources without a lock;
the watcher's sweep queues them again.
"""

from __future__ import annotations

import logging
import mmap
import os
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from celery import Celery, bootsteps, signals
from celery.worker import consumer as celery_consumer

from ingest.core.preload import preload
from ingest.service.broker import BROKER_ERRORS, TASK, TASK_SECONDS, describe_error, make_celery
from ingest.service.composition import Service, open_service
from ingest.service.environment import load_settings
from ingest.service.health import prepare_out
from ingest.service.logs import to_stderr
from ingest.service.object_watcher import prepare
from ingest.service.pack_snapshot import PackSnapshot
from ingest.service.prefetch import Window
from ingest.service.recovery import reconcile
from ingest.service.settings import Settings
from ingest.service.spool.filenames import tickets
from ingest.service.spool.heartbeat import Heartbeat
from ingest.service.workers.pool import WorkerPool
from ingest.service.workers.process import kill_with_parent
from ingest.service.workers.threaded_pool import ThreadedPool

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
FULL_REDIS_PAUSE_SECONDS = 2.0  # before the next try after Redis answered with an error
MAX_LOST_RETRIES = 5  # then the sweep's turn
MALFORMED = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What Celery and Kombu raise over a message that is not from us (measured: tests/service/test_trust.py)."""


def make_app(settings: Settings) -> Celery:
    """The app, with the task and the worker's heartbeat."""
    app = make_celery(settings)
    service = open_service(settings, app)
    stopping = mmap.mmap(-1, 1)  # shared with the forked pool processes: 1 once the worker is to stop
    pools: dict[int, WorkerPool | ThreadedPool] = {}
    """One for each pool process, by its process id: a forked process must not use its parent's."""

    @app.task(name=TASK, max_retries=MAX_LOST_RETRIES, default_retry_delay=1)
    def run(*given: Any, **named: Any) -> None:
        # Anyone who may write to the broker can send anything: nothing of it is a path before `tickets` has validated it.
        if not (paths := tickets(given[0] if len(given) == 1 and not named else [given])):
            return
        pid = os.getpid()
        if pid not in pools:
            pools[pid] = _open_pool(service)
        rest = run_tickets(pools[pid], paths, lambda: bool(stopping[0]))
        if rest:
            try:
                service.broker.publish(rest)
            except BROKER_ERRORS as error:
                log.warning("the sweep will queue what is left: %s", describe_error(settings, error))

    app.steps["consumer"].add(_beat_step(service))

    @signals.worker_init.connect(weak=False)
    def _prepare(**_: Any) -> None:
        if settings.in_object_store:
            prepare(service)
            PackSnapshot(str(settings.root)).publish_at_start(settings.packs)
        else:
            _prepare_folder(service)
        preload()  # before the pool forks

    @signals.worker_shutting_down.connect(weak=False)
    def _stop_soon(**_: Any) -> None:
        stopping[0] = 1

    @signals.worker_process_shutdown.connect(weak=False)
    def _leave(**_: Any) -> None:
        if pool := pools.pop(os.getpid(), None):
            pool.close(grace_seconds=settings.time_limit)

    return app


def _open_pool(service: Service) -> WorkerPool | ThreadedPool:
    """The pool of a process: of a bucket it opens its own, as connections and threads do not outlive a fork."""
    if service.settings.in_object_store:
        service = open_service(service.settings)
        prepare(service)
        return ThreadedPool(service, preload(), size=1)
    return WorkerPool(service, preload(), size=1)


def _prepare_folder(service: Service) -> None:
    service.spool.prepare()
    prepare_out(service)
    try:  # as the watcher does: we may start first, and Redis may still have tickets
        reconcile(service.spool, service.journal)
    except OSError as error:
        log.warning("the watcher will compare the journal with the sources: %s", error)


def _beat_step(service: Service) -> type[bootsteps.StartStopStep]:
    class Beat(bootsteps.StartStopStep):
        """The worker's heartbeat, sent from the loop that consumes messages, so it stops when that does."""

        requires = ("celery.worker.consumer.tasks:Tasks",)

        def __init__(self, parent: Any, **kwargs: Any) -> None:
            super().__init__(parent, **kwargs)
            self.heartbeat: Heartbeat | None = None
            self.timer: Any = None

        def start(self, parent: Any) -> None:
            self.heartbeat = self.heartbeat or Heartbeat(str(service.settings.root), "worker")
            self.heartbeat.beat(pool=service.settings.workers)
            self.timer = parent.timer.call_repeatedly(
                BEAT_SECONDS, self.heartbeat.beat, kwargs={"pool": service.settings.workers}
            )

        def stop(self, parent: Any) -> None:
            del parent
            if self.timer:
                self.timer.cancel()

    return Beat


def run_tickets(pool: WorkerPool | ThreadedPool, paths: list[str], stopping: Callable[[], bool]) -> list[str]:
    """Bring tickets to their outcomes; gives those for which there was no time, or that were not begun when `stopping` became true."""
    until = time.monotonic() + TASK_SECONDS
    for path in paths:
        pool.submit(path)
    rest: list[str] = []
    while len(pool):
        if stopping() or time.monotonic() > until:
            rest += pool.take_back()
        pool.step(1.0)
        if pool.fault and time.monotonic() > until:
            pool.take_back()  # they stay claimed: the sweep queues them when the fault has gone
            rest = []
    return rest


@signals.setup_logging.connect
def _our_logs(**_: Any) -> None:
    to_stderr()


@signals.worker_process_init.connect
def _die_with_the_worker(**_: Any) -> None:
    kill_with_parent()


class Consumer(celery_consumer.Consumer):
    """Celery's consumer without chatter between workers, as `--without-mingle --without-gossip --without-heartbeat`."""

    def __init__(self, *args: Any, worker_options: dict[str, Any] | None = None, **kwargs: Any) -> None:
        silent = dict.fromkeys(("without_mingle", "without_gossip", "without_heartbeat"), True)
        kwargs["worker_options"] = {**(worker_options or {}), **silent}
        super().__init__(*args, **kwargs)
        self._away: tuple[type[BaseException], ...] = (*self.connection_errors, *self.channel_errors)  # type: ignore[attr-defined]
        self.loop: Callable[..., None] = _outlives_messages(self.loop, self._away)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Any:
        """Celery's handler, for our own task only: a message that raises in it would be delivered again and end one worker after another."""
        handle = super().create_task_handler(*args, **kwargs)

        def checked(message: Any) -> None:
            try:
                if message.headers["task"] == TASK:
                    handle(message)
                    return
                why = "another task"
            except self._away:
                raise
            except MALFORMED as error:
                why = type(error).__name__
            log.warning("dropped a message that is not our task", extra={"fields": {"why": why}})
            if not message.acknowledged:
                message.ack_log_error(log, self._away)

        return checked

    def connect(self) -> Any:
        """A connection whose channels use our prefetch window."""
        connection = super().connect()
        channel: Any = connection.default_channel
        channel.QoS, channel._qos = Window, None  # noqa: SLF001 - made before we could say so, and still empty
        channel.qos.confirm()
        return connection

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Redis answers, but with an error: it is full. Without a pause Celery would try a hundred times a second."""
        super().on_connection_error_before_connected(exc)
        time.sleep(FULL_REDIS_PAUSE_SECONDS)


def _outlives_messages(loop: Callable[..., None], away: tuple[type[BaseException], ...]) -> Callable[..., None]:
    """Celery's loop; data in the queue that is not a message costs a reconnection, not the worker. It has left the queue by then."""

    def turn(*args: Any, **kwargs: Any) -> None:
        try:
            loop(*args, **kwargs)
        except MALFORMED as error:
            if isinstance(error, away):
                raise
            log.warning("dropped data that is not a message", extra={"fields": {"why": type(error).__name__}})
            raise ConnectionError("what came was no message") from error

    return turn


@cache
def _app_of_environment() -> Celery:
    return make_app(
        load_settings()
    )  # at the first use, not at import: tests and `ingest worker` bring their own settings


def __getattr__(name: str) -> Any:
    if name == "app":
        return _app_of_environment()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
