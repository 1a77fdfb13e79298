"""`ingest up` and `ingest watch` for a spool in an object store. Several may run at once, on several machines."""

from __future__ import annotations

import logging
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from ingest.core.model import Gone
from ingest.core.preload import CleanFunction, preload
from ingest.errors import TransientError
from ingest.service.composition import open_service
from ingest.service.object_watcher import MAINTENANCE_SECONDS, ObjectWatcher, Offer, prepare
from ingest.service.objects import Bucket
from ingest.service.settings import Settings
from ingest.service.spool.object_spool import ObjectSpool
from ingest.service.stopping import MAX_CLAIMS_PER_ROUND, SHUTDOWN_SECONDS, StopSignal
from ingest.service.workers.failures import MIN_AGE_SECONDS
from ingest.service.workers.fork_gate import ForkGate
from ingest.service.workers.threaded_pool import ThreadedPool

log = logging.getLogger(__name__)

MAX_STEP_SECONDS = 1.0
GATHER_SECONDS = 0.05
"""After the first source that is found, others may come: a task takes many tickets for the cost of one."""
CLAIMING_THREADS = 16  # of `watch`: a claim takes one request


def up(settings: Settings, *, once: bool = False, clean: CleanFunction | None = None) -> int:
    """Run until a signal stops it, or, `once`, until inbox and claimed are empty. Gives the exit code."""
    stop = StopSignal()
    if once:
        settings = settings.model_copy(update={"scan_interval": min(settings.scan_interval, 0.5)})
    service = open_service(settings)
    prepare(service)
    pool = ThreadedPool(service, clean or preload(), size=settings.workers)
    watcher = ObjectWatcher(service, "up", pool.gate, wake=pool.wake)
    watcher.start()
    busy = time.monotonic()
    while not stop():
        for offer in watcher.take(pool.capacity):
            if offer.path not in pool:
                pool.submit(offer.path, seen=offer.seen, woken=offer.woken)
        watcher.beat(fault=pool.fault, in_hand=len(pool), moved_seconds=round(time.monotonic() - pool.moved_at))
        for ended in pool.step(MAX_STEP_SECONDS):
            watcher.ended(ended.path, lost=ended.outcome in {"claimed", Gone.name})
        if len(pool) or len(service.object_spool.unfinished):
            busy = time.monotonic()
        elif once and watcher.empty_since > busy:
            break
    watcher.close()
    pool.close(grace_seconds=SHUTDOWN_SECONDS)
    return 130 if stop.signal == signal.SIGINT else 0


def watch(settings: Settings) -> int:
    """`ingest watch`: claims sources and queues their tickets, for Celery workers. Gives the exit code."""
    from ingest.service.broker import BROKER_ERRORS, describe_error  # noqa: PLC0415 - celery, for those who have a broker

    stop, wakes = StopSignal(), threading.Event()
    service = open_service(settings)
    prepare(service)
    broker, spool = service.broker, service.object_spool
    identity = spool.identity()
    watcher = ObjectWatcher(service, "watch", ForkGate(), wake=wakes.set)
    watcher.start()
    queued = _Queued(spool.bucket)
    fault: str | None = None
    due = 0.0
    with ThreadPoolExecutor(CLAIMING_THREADS) as threads:
        while not stop():
            capacity = min(MAX_CLAIMS_PER_ROUND, settings.max_claimed - watcher.claimed_count)
            full = f"{watcher.claimed_count} sources are claimed (INGEST_MAX_CLAIMED is {settings.max_claimed})"
            watcher.beat(fault=fault or (full if capacity <= 0 else None), broker=settings.broker_shown)
            try:
                if time.monotonic() >= due:
                    due = time.monotonic() + MAINTENANCE_SECONDS
                    fault = broker.claim_key_prefix(identity)
                    queued.oldest_waiting = broker.oldest_waiting()
                offers = list(watcher.take(capacity)) if not fault else []
                made = list(threads.map(partial(_claim, spool), (offer for offer in offers if offer.seen)))
                watcher.claimed(sum(map(bool, made)))
                lost = [offer.path for offer in offers if not offer.seen and queued.is_lost(offer)]
                broker.publish([*filter(None, made), *lost])
                for offer in offers:
                    watcher.ended(offer.path)
            except BROKER_ERRORS as error:
                fault = describe_error(settings, error)
            except TransientError as error:
                fault = str(error)
            if not offers:
                if wakes.wait(MAX_STEP_SECONDS):
                    time.sleep(GATHER_SECONDS)
                wakes.clear()
    watcher.close()
    return 130 if stop.signal == signal.SIGINT else 0


def _claim(spool: ObjectSpool, offer: Offer) -> str | None:
    return spool.claim(offer.seen, lease=False) if offer.seen else None


class _Queued:
    """Which claims that nobody works on are not in the queue either: those queued before what waits there longest. First in, first out."""

    def __init__(self, bucket: Bucket) -> None:
        self.oldest_waiting: float | None = None
        self._bucket = bucket
        self._again: dict[str, float] = {}

    def is_lost(self, offer: Offer) -> bool:
        """Whether a ticket is to be queued again; then it is noted as queued now."""
        now = time.time()
        before = (self.oldest_waiting or now) - MIN_AGE_SECONDS
        at = 0.0 if offer.late_since is None else offer.late_since + now - self._bucket.server_time()
        self._again = {path: since for path, since in self._again.items() if since >= before}
        if max(at, self._again.get(offer.path, 0.0)) >= before:
            return False
        self._again[offer.path] = now
        return True
