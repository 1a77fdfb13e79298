"""The composition root: the one place where a process opens the spool, the journal, the record store and the broker.

Nothing is opened before it is used: `ingest status` must not load Celery, and the record store of a reader must not make folders.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ingest.service.job import Job
from ingest.service.journal import Journal
from ingest.service.memory_snapshot import CurrentMemory, Observer
from ingest.service.pack_snapshot import CurrentPacks
from ingest.service.record_store import JsonStore, RecordStore, SegmentStore
from ingest.service.spool import Spool

if TYPE_CHECKING:
    from celery import Celery

    from ingest.core.preload import CleanFunction
    from ingest.service.broker import Broker
    from ingest.service.settings import Settings
    from ingest.service.spool.heartbeat import Heartbeat


@dataclass(frozen=True)
class Service:
    """What the parts of the service work with. Each part is opened at its first use and then kept."""

    settings: Settings
    app: Celery | None = None
    """The Celery app of a worker; a `broker` that is opened without one makes its own."""

    @cached_property
    def spool(self) -> Spool:
        """The spool; its folders are neither made nor checked (see `Spool.prepare`)."""
        return Spool(self.settings.spool)

    @cached_property
    def journal(self) -> Journal:
        """The journal of the spool."""
        return Journal(os.fspath(self.settings.spool), limit=self.settings.journal_bytes)

    @cached_property
    def store(self) -> RecordStore:
        """Where records are written. `SegmentStore` makes its folders now. Raises OSError."""
        return SegmentStore(self.settings.out) if self.settings.sink == "jsonl" else JsonStore(self.settings.out)

    @cached_property
    def broker(self) -> Broker:
        """The broker. Raises `InvalidSettings` where the settings name none."""
        from ingest.service.broker import Broker  # noqa: PLC0415 - loads Celery, which most commands do without

        return Broker(self.settings, self.app)

    def open_job(self, *, clean: CleanFunction, heartbeat: Heartbeat | None = None) -> Job:
        """What runs tickets on this spool and store. `clean`: that of `core`, loaded by `preload`; it gets the packs in use, and the memory."""
        packs, mode = CurrentPacks(self.spool.root), self.settings.memory
        memory = CurrentMemory(self.spool.root) if mode != "off" else None
        observer = Observer(self.spool.root) if mode == "learn" else None

        def clean_with_packs(raw: bytes, **options: Any) -> Any:
            if memory:
                options["memory"] = memory()
            if observer:
                options["on_labelled"] = observer.look
            return clean(raw, packs=packs(), **options)

        return Job(self.spool, self.store, self.journal, self.settings, clean_with_packs, heartbeat, observer)


def open_service(settings: Settings, app: Celery | None = None) -> Service:
    """The service of these settings. A forked process opens its own."""
    return Service(settings, app)
