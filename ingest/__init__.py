"""Turns raw news files into clean records, and says why each line left.

Importing this package loads neither celery nor trafilatura: each name is fetched when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ingest._version import __version__

if TYPE_CHECKING:
    from ingest.core.containers.registry import members
    from ingest.core.learn import learn
    from ingest.core.many import clean_many
    from ingest.core.memory.snapshot import Memory
    from ingest.core.packs import load_packs
    from ingest.core.pipeline import clean
    from ingest.core.record import Record
    from ingest.errors import IngestError, Reason, Rejected
    from ingest.service.enqueue import enqueue, enqueue_many
    from ingest.service.ticket import Ticket

__all__ = [
    "IngestError",
    "Memory",
    "Reason",
    "Record",
    "Rejected",
    "Ticket",
    "__version__",
    "clean",
    "clean_many",
    "enqueue",
    "enqueue_many",
    "learn",
    "load_packs",
    "members",
]

_HOMES = {
    "IngestError": "errors",
    "Memory": "core.memory.snapshot",
    "Reason": "errors",
    "Record": "core.record",
    "Rejected": "errors",
    "Ticket": "service.ticket",
    "clean": "core.pipeline",
    "clean_many": "core.many",
    "enqueue": "service.enqueue",
    "enqueue_many": "service.enqueue",
    "load_packs": "core.packs",
    "learn": "core.learn",
    "members": "core.containers.registry",
}


def __getattr__(name: str) -> Any:
    if home := _HOMES.get(name):
        return getattr(import_module(f"ingest.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
