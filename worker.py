"""`celery -A worker worker` runs the same worker as `ingest worker`."""

from ingest.tasks import app

__all__ = ["app"]
