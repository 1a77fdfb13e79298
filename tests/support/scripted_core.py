"""`celery -A tests.support.scripted_core worker`: a worker with a scripted core, which does what the articles say."""

from __future__ import annotations

from ingest.service import tasks
from ingest.service.environment import load_settings
from tests.support.processes import plain

tasks.preload = lambda: plain
app = tasks.make_app(load_settings())
