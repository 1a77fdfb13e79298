"""For Celery: `celery -A worker worker`. The app is that of ingest.service.tasks; unusable settings are reported in one line."""

import sys

from ingest.errors import InvalidSettings

try:
    from ingest.service.tasks import app
except InvalidSettings as error:
    sys.stderr.write(f"Error: {error}\n")
    raise SystemExit(2) from None

__all__ = ["app"]
