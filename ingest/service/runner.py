"""`ingest up`: watcher and workers in one tree of processes, with no server. The spool is the queue."""

from __future__ import annotations

import logging
import math
import signal
from collections import deque

from ingest.core.model import Gone
from ingest.core.preload import CleanFunction, preload
from ingest.service.composition import open_service
from ingest.service.file_events import FileEvents
from ingest.service.settings import Settings
from ingest.service.sinks.processes import DeliveryProcesses
from ingest.service.stopping import MAX_CLAIMS_PER_ROUND, SHUTDOWN_SECONDS, StopSignal
from ingest.service.unpacking import Unpacking
from ingest.service.watcher import Watcher
from ingest.service.workers.pool import WorkerPool

log = logging.getLogger(__name__)

UNPACKING_SECONDS = 0.05  # between two looks for new members while a container is open
WATCHED_WORKERS = 40  # worker processes on all machines for which `watch` keeps members of containers claimed


def up(settings: Settings, *, once: bool = False, clean: CleanFunction | None = None) -> int:
    """Run until a signal stops it, or, `once`, until inbox and claimed are empty. Gives the exit code."""
    if settings.in_object_store:
        from ingest.service import object_runner  # noqa: PLC0415 - for those who have a bucket

        return object_runner.up(settings, once=once, clean=clean)
    return _up(settings, once=once, clean=clean)


def _up(settings: Settings, *, once: bool, clean: CleanFunction | None) -> int:
    stop = StopSignal()
    service = open_service(settings)
    deliveries = DeliveryProcesses(settings)
    watcher = Watcher(service, "up", stopping=stop)
    if stop():
        watcher.close()
        return 130 if stop.signal == signal.SIGINT else 0
    pool = WorkerPool(service, clean or preload(), size=settings.workers)
    events = FileEvents(watcher.inbox.root)
    if not watcher.polled and not once:
        events.start()

    def wake() -> None:
        events.drain()
        watcher.wake()

    pool.add_reader(events.read_fd, wake)
    unpacking = Unpacking(service, workers=settings.workers)
    members: deque[str] = deque()
    fresh = False
    while not stop():
        members.extend(unpacking.step(paused=watcher.hold_reason is not None))
        if watcher.maintain(queued=0, fault=pool.fault, in_hand=len(pool)) or not (len(pool) or members):
            # No other process works here: what is claimed and not ours was left by a dead process tree or deposited by `enqueue`.
            for path in watcher.orphans(pool, pool.capacity + len(members)):
                if path not in members:
                    pool.submit(path)
                    fresh = True
        if not once:
            deliveries.maintain()
        if watcher.hold_reason is None:
            # Members of containers and what else comes share the pool: a small file need not wait for a large container.
            for path in watcher.claim(math.ceil(pool.capacity / 2) if members else pool.capacity):
                pool.submit(path)
                fresh = True
        while members and pool.capacity:
            pool.submit(members.popleft())
        idle = not len(pool) and not fresh and watcher.caught_up and watcher.hold_reason is None
        if once and idle and not (unpacking.pending or unpacking.look()):
            break
        fresh = False
        pause = UNPACKING_SECONDS if unpacking.open else 1.0
        if any(ended.outcome == Gone.name for ended in pool.step(min(pause, watcher.pause(capacity=pool.capacity)))):
            unpacking.wake()  # a worker may have met a container
    unpacking.close()
    pool.close(grace_seconds=SHUTDOWN_SECONDS)
    events.close()
    watcher.close()
    delivered = deliveries.deliver_once(stop) if once and not stop() else True
    deliveries.close()
    return 130 if stop.signal == signal.SIGINT else 0 if delivered else 1


def watch(settings: Settings, *, delivers: bool = False) -> int:
    """`ingest watch`: the same watcher, with Celery workers instead of a pool. `delivers`: to the sinks, too, as `ingest up` does.

    Gives the exit code.
    """
    if settings.in_object_store:
        from ingest.service import object_runner  # noqa: PLC0415 - for those who have a bucket

        return object_runner.watch(settings)
    from ingest.service.broker import BROKER_ERRORS, describe_error  # noqa: PLC0415 - celery, for those who have a broker

    stop = StopSignal()
    service = open_service(settings)
    broker = service.broker
    deliveries = DeliveryProcesses(settings) if delivers else None
    watcher = Watcher(service, "watch", stopping=stop)
    events = FileEvents(watcher.inbox.root)
    if not watcher.polled:
        events.start()
    identity = watcher.spool.identity()
    claimed_count = watcher.claimed_count()
    unpacking = Unpacking(service, workers=WATCHED_WORKERS)
    fault = None
    while not stop():
        if deliveries:
            deliveries.maintain()
        due = watcher.maintain(queued=claimed_count, fault=fault, broker=settings.broker_shown)
        try:
            if due:
                fault = broker.claim_key_prefix(identity)
                if not watcher.broken and not fault:
                    broker.publish(watcher.lost_tickets(broker.oldest_waiting()))
                claimed_count = watcher.claimed_count()
            if watcher.hold_reason is None and not fault:
                found = list(watcher.claim(min(MAX_CLAIMS_PER_ROUND, settings.max_claimed - claimed_count)))
                claimed_count += len(found)
                broker.publish(found)
            if members := unpacking.step(paused=watcher.hold_reason is not None or fault is not None):
                broker.publish(members)
        except BROKER_ERRORS as error:
            fault = describe_error(settings, error)
            watcher.set_hold(fault, broker=settings.broker_shown)
        pause = UNPACKING_SECONDS if unpacking.open else 1.0
        if events.wait(min(pause, watcher.pause(capacity=settings.max_claimed - claimed_count))):
            watcher.wake()
    unpacking.close()
    events.close()
    watcher.close()
    if deliveries:
        deliveries.close()
    return 130 if stop.signal == signal.SIGINT else 0
