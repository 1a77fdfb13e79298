"""The broker: publishes tickets, and says what still waits.

All knowledge of Celery's settings and of Kombu's keys in Redis is here and in tasks.py.
"""

from __future__ import annotations

import json
import math
import os
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from celery import Celery
from celery.app.defaults import NAMESPACES, flatten
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from ingest.core.text.characters import escape_for_display
from ingest.errors import InvalidSettings
from ingest.service.formats import RedisStatistics
from ingest.service.settings import PREFIX, Settings

if TYPE_CHECKING:
    from celery.app.task import Task

QUEUE = "tickets"
TASK = "ingest.run"
SENT_HEADER = "ingest_sent"  # header: when the tickets were published, in seconds
TASK_SECONDS = 45.0  # a task takes no new document after so long, and gives the rest back to the queue
SPREAD_TASKS = 16  # few tickets are spread over so many tasks, so that all workers have some
OWNER_KEY = "spool"  # key: which spool this prefix belongs to, renewed by its watcher
OWNER_SECONDS = 60
PUBLISH_RETRY = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.4, "interval_max": 1.0}
"""How long the watcher and `status` try before they report that Redis cannot be reached: a second, not kombu's six."""
BROKER_ERRORS = (OperationalError, RedisError, OSError)
"""What is raised when the broker cannot be used now."""


def config(settings: Settings) -> dict[str, Any]:
    """Celery's settings, each checked against Celery's own table of names. Each was measured with workers and Redis being killed."""
    hard = TASK_SECONDS + 2 * settings.time_limit + 15  # the last document, the next child's start, and some
    chosen: dict[str, Any] = {
        "broker_url": settings.broker,
        "broker_use_ssl": _tls(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,  # a full Redis is an error of the channel: without this it ends the worker
        "broker_connection_timeout": 5,
        "broker_pool_acquire_timeout": 10,
        "broker_transport_options": {
            "global_keyprefix": settings.broker_prefix,
            "visibility_timeout": 2 * hard,  # the sweep brings back what is lost long before; this is the second net
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 15,
            **({"master_name": settings.broker_master} if settings.broker_master else {}),
            **PUBLISH_RETRY,
        },
        "task_default_queue": QUEUE,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_acks_on_failure": True,
        "task_acks_on_timeout": True,  # the tickets stay claimed, and the sweep finds them
        "task_reject_on_worker_lost": False,  # loops without end (celery#9082)
        "task_retry_on_worker_lost": True,
        "task_time_limit": hard,
        "task_publish_retry_policy": PUBLISH_RETRY,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": settings.workers,
        "worker_pool": "prefork",
        "worker_max_tasks_per_child": 500,  # the children that clean are recycled by INGEST_MAX_DOCS_PER_CHILD
        "worker_consumer": "ingest.service.tasks:Consumer",
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # a running task ends; its second delivery finds nothing to do
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_soft_shutdown_timeout": 30.0,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }
    if unknown := chosen.keys() - dict(flatten(NAMESPACES)).keys():
        raise InvalidSettings(f"Celery knows no {', '.join(sorted(unknown))}")
    return chosen


def _tls(settings: Settings) -> dict[str, Any] | None:
    """For rediss:// the checks that Kombu leaves out: the certificate must be valid, for this host, and of an authority that is known."""
    if not (settings.broker or "").startswith("rediss://"):
        return None
    return {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        "ssl_ca_certs": settings.broker_ca and os.fspath(settings.broker_ca),
    }


def describe_error(settings: Settings, error: BaseException) -> str:
    """Why the broker cannot be used, in one line that says how to mend it and shows no password."""
    why = escape_for_display(str(error).strip())
    if "password" in why or "NOAUTH" in why or "WRONGPASS" in why:
        why = f"it refuses the user or the password; see {PREFIX}BROKER_URL and {PREFIX}BROKER_PASSWORD (or …_FILE)"
    elif "maxmemory" in why:
        why = "it is full (maxmemory); let the workers catch up, or give it more: CONFIG SET maxmemory …"
    for secret in settings.secrets:
        why = why.replace(secret, "***")
    return f"Redis cannot be used at {settings.broker_shown}: {why}"


def make_celery(settings: Settings) -> Celery:
    """A Celery app on the broker of the settings. Raises `InvalidSettings` without one."""
    if settings.broker is None:
        raise InvalidSettings(
            "INGEST_BROKER_URL is not set (or give --broker): workers need a broker; `ingest up` does not"
        )
    app = Celery("ingest")
    app.conf.update(config(settings))
    return app


class Broker:
    """Publishes tickets and answers for `status`. Its methods raise what is in `BROKER_ERRORS`."""

    def __init__(self, settings: Settings, app: Celery | None = None) -> None:
        self.app = app or make_celery(settings)
        self._settings = settings
        self._key = settings.broker_prefix + QUEUE
        if TASK not in self.app.tasks:
            self.app.task(name=TASK)(_only_in_workers)
        self._task: Task[Any, Any] = self.app.tasks[TASK]

    def publish(self, paths: Sequence[str]) -> None:
        """Queue claimed sources, many to a task."""
        rest = iter(paths)
        size = max(1, min(self._settings.tickets_per_task, math.ceil(len(paths) / SPREAD_TASKS)))
        with self.app.producer_pool.acquire(block=True, timeout=10) as producer:
            while some := list(islice(rest, size)):
                # Without argsrepr Celery would write out each path a second time, and take most of the time for it.
                message_options: dict[str, Any] = {
                    "headers": {SENT_HEADER: time.time()},
                    "argsrepr": f"({len(some)} tickets,)",
                }
                self._task.apply_async((some,), producer=producer, **message_options)

    def claim_key_prefix(self, spool: str) -> str | None:
        """Take our key prefix for a spool, for a minute; if another spool has it, what to do. Writes, so a full Redis raises here."""
        with self._client() as client:
            owner = client.get(self._settings.broker_prefix + OWNER_KEY)
            if owner is None or owner == spool.encode():
                client.set(
                    OWNER_KEY, spool, ex=OWNER_SECONDS
                )  # the client of a transport with a prefix puts it before this
                return None
        return (
            f"another spool uses the keys {self._settings.broker_prefix}* at {self._settings.broker_shown}: "
            f"give each deployment a {PREFIX}BROKER_PREFIX of its own"
        )

    def oldest_waiting(self) -> float | None:
        """When the ticket that is next in the queue was published; None if nothing waits.

        The queue is first in, first out: what was published before that and is not being worked on is lost.
        """
        with self._client() as client:
            message = client.lindex(self._key, -1)
        if message is None:
            return None
        try:
            return float(json.loads(message)["headers"][SENT_HEADER])
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return 0.0  # not from us: it says nothing of what waits behind it

    def waiting(self) -> int:
        """Tasks in the queue."""
        with self._client() as client:
            return int(client.execute_command("LLEN", self._key if not hasattr(client, "global_keyprefix") else QUEUE))

    def statistics(self) -> RedisStatistics:
        """What Redis says of itself."""
        with self._client() as client:
            out = int(client.execute_command("HLEN", "unacked"))
            info = client.info()
        return {
            "waiting": self.waiting(),
            "out": out,
            "memory_mib": round(info["used_memory"] / 2**20, 1),
            "memory_limit_mib": round(info.get("maxmemory", 0) / 2**20, 1),
            "eviction": info.get("maxmemory_policy"),
            "append_only": bool(info.get("aof_enabled")),
            "version": info.get("redis_version"),
        }

    @contextmanager
    def _client(self) -> Iterator[Any]:
        with self.app.connection_for_read() as connection:
            yield connection.default_channel.client  # type: ignore[attr-defined]


def _only_in_workers(paths: list[str]) -> None:
    raise NotImplementedError(paths)
