"""`celery -A tests.shell.obeying worker`: a worker whose core does to its children what the articles say."""

from __future__ import annotations

from ingest import tasks
from ingest.settings import load
from tests.shell.rig import plain

tasks.warm = lambda: plain
app = tasks.make_app(load())
