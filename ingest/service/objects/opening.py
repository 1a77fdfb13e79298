"""Opening what is behind an address."""

from __future__ import annotations

from importlib.util import find_spec

from ingest.errors import InvalidSettings
from ingest.service.objects.address import ObjectAddress
from ingest.service.objects.bucket import Bucket


def open_bucket(address: ObjectAddress) -> Bucket:
    """The objects at an address; nothing is asked of the store yet. Raises `InvalidSettings` if the client is not installed."""
    if find_spec("botocore") is None:
        raise InvalidSettings(f"{address}: needs botocore; run: pip install 'news-ingest[objects]'")
    from ingest.service.objects.s3 import S3Bucket  # noqa: PLC0415 - 0.1 s and 40 MiB, for those who have a bucket

    return S3Bucket(address)
