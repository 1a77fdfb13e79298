"""The composition root: the one place where a process opens the spool, the journal, the record store and the broker.

Nothing is opened before it is used: `ingest status` must not load Celery, and the record store of a reader must not make folders.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ingest.errors import SpoolError
from ingest.service.job import Job
from ingest.service.journal import Journal
from ingest.service.memory_snapshot import CurrentMemory, Observer
from ingest.service.object_store import ObjectStore
from ingest.service.objects import Bucket, ObjectAddress, open_bucket
from ingest.service.pack_snapshot import CurrentPacks
from ingest.service.record_store import JsonStore, RecordStore, RecordWriter, SegmentStore
from ingest.service.sinks.outbox import Outbox
from ingest.service.sinks.state import SinkFolder
from ingest.service.spool import Spool
from ingest.service.spool.heartbeat import heartbeat_folder
from ingest.service.spool.inbox import is_network_mount
from ingest.service.spool.interface import AnySpool
from ingest.service.spool.object_journal import ObjectJournal
from ingest.service.spool.object_spool import ObjectSpool

if TYPE_CHECKING:
    from celery import Celery

    from ingest.core.preload import CleanFunction
    from ingest.service.broker import Broker
    from ingest.service.settings import Settings
    from ingest.service.sinks.url import SinkUrl
    from ingest.service.spool.heartbeat import Heartbeat
    from ingest.service.story_index import StoryIndex


@dataclass(frozen=True)
class Service:
    """What the parts of the service work with. Each part is opened at its first use and then kept."""

    settings: Settings
    app: Celery | None = None
    """The Celery app of a worker; a `broker` that is opened without one makes its own."""
    linked: RecordWriter | None = None
    """What a job writes to in a process that cannot reach the store itself."""

    @cached_property
    def spool(self) -> Spool:
        """The spool, in a folder; its folders are neither made nor checked (see `Spool.prepare`). Raises `SpoolError` for an object store."""
        if not isinstance(self.settings.spool, Path):
            raise SpoolError(f"this needs a spool in a folder, and {self.settings.spool} is in an object store")
        return Spool(self.settings.spool)

    @cached_property
    def object_spool(self) -> ObjectSpool:
        """The spool, in an object store; nothing is asked of it yet. Raises `InvalidSettings` if its client is not installed."""
        settings = self.settings
        os.makedirs(heartbeat_folder(str(settings.root)), exist_ok=True)
        return ObjectSpool(
            self._bucket,
            str(settings.root),
            max_bytes=settings.max_bytes,
            lease_seconds=settings.lease_seconds,
            keep=settings.keep_days > 0,
            queued=settings.broker is not None,
        )

    @cached_property
    def _bucket(self) -> Bucket:
        return open_bucket(cast(ObjectAddress, self.settings.spool))

    @property
    def any_spool(self) -> AnySpool:
        """The spool, wherever it is."""
        return self.object_spool if self.settings.in_object_store else self.spool

    @cached_property
    def journal(self) -> Journal:
        """The journal of a spool in a folder. Raises `SpoolError` for an object store."""
        return Journal(self.spool.root, limit=self.settings.journal_bytes)

    @cached_property
    def any_journal(self) -> Journal | ObjectJournal:
        """The journal, wherever it is."""
        return ObjectJournal(self._bucket) if self.settings.in_object_store else self.journal

    @cached_property
    def store(self) -> RecordStore:
        """Where records are written. `SegmentStore` makes its folders now. Raises OSError."""
        if not isinstance(self.settings.out, Path):
            return self.object_store
        return SegmentStore(self.settings.out) if self.settings.out_format == "jsonl" else JsonStore(self.settings.out)

    @cached_property
    def object_store(self) -> ObjectStore:
        """Where records are written, which is an object store. Raises `InvalidSettings` if its client is not installed."""
        return ObjectStore(open_bucket(cast(ObjectAddress, self.settings.out)))

    @cached_property
    def stories(self) -> StoryIndex | None:
        """The index of stories; None where the settings turn it off. Opened at its first use."""
        return open_story_index(self.settings)

    @cached_property
    def broker(self) -> Broker:
        """The broker. Raises `InvalidSettings` where the settings name none."""
        from ingest.service.broker import Broker  # noqa: PLC0415 - loads Celery, which most commands do without

        return Broker(self.settings, self.app)

    def open_job(self, *, clean: CleanFunction, heartbeat: Heartbeat | None = None) -> Job:
        """What runs tickets on this spool and store. `clean`: that of `core`, loaded by `preload`; it gets the packs in use, and the memory."""
        if self.settings.in_object_store:  # its worker processes see to packs themselves
            return Job(self.object_spool, self.store, self.any_journal, self.settings, clean, heartbeat)
        packs, mode = CurrentPacks(self.spool.root), self.settings.memory
        memory = CurrentMemory(self.spool.root) if mode != "off" else None
        observer = Observer(self.spool.root) if mode == "learn" else None

        def clean_with_packs(raw: bytes, **options: Any) -> Any:
            if memory:
                options["memory"] = memory()
            if observer:
                options["on_labelled"] = observer.look
            return clean(raw, packs=packs(), **options)

        parts = (self.spool, self.linked or self.store, self.journal, self.settings, clean_with_packs, heartbeat)
        return Job(*parts, stories=self.stories, observer=observer)

    def sink_folder(self, url: SinkUrl) -> SinkFolder:
        """What the spool remembers of a sink."""
        return SinkFolder(self.spool.root, url.name)

    def open_outbox(self, url: SinkUrl, folder: SinkFolder, *, beat: Callable[[], None] = lambda: None) -> Outbox:
        """What delivers to a sink, whose `folder` must be locked. Raises `InvalidSettings`."""
        return Outbox(url.make(self.spool.identity()), folder, self.journal, self.store, beat=beat)


def open_story_index(settings: Settings) -> StoryIndex | None:
    """The index of stories that the settings name; None where they turn it off."""
    if settings.stories == "off" or settings.in_object_store:
        return None
    path = settings.stories or settings.root / "stories.db"
    network = is_network_mount(path.parent)
    if network and settings.stories is None:
        return None
    from ingest.service.story_index import StoryIndex  # noqa: PLC0415 - numpy, for those who clean

    return StoryIndex(path, limit=settings.max_stories, network=network)


def open_service(settings: Settings, app: Celery | None = None, linked: RecordWriter | None = None) -> Service:
    """The service of these settings. A forked process opens its own."""
    return Service(settings, app, linked)
