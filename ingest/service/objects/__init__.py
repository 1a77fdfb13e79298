"""Object stores: a bucket that speaks the S3 API, for records and for a spool."""

from ingest.service.objects.address import ObjectAddress
from ingest.service.objects.bucket import Bucket, Conflict, Entry, Object
from ingest.service.objects.opening import open_bucket

__all__ = ["Bucket", "Conflict", "Entry", "Object", "ObjectAddress", "open_bucket"]
