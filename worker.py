"""For Celery: `celery -A worker worker`. The app is that of ingest.tasks; settings that cannot be used are one line."""

import sys

from ingest.settings import BadSettings

try:
    from ingest.tasks import app
except BadSettings as error:
    sys.stderr.write(f"Error: {error}\n")
    raise SystemExit(2) from None

__all__ = ["app"]
