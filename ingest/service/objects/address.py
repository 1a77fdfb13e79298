"""Addresses of object stores: `s3://bucket/prefix`."""

from __future__ import annotations

import re
from dataclasses import dataclass

SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class ObjectAddress:
    """A bucket and a prefix within it, without a slash at its end; "" is the whole bucket.

    Holds no secret: credentials, region and endpoint are found by the S3 client where the tools of AWS find them.
    """

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> ObjectAddress:
        """The address in a string. Raises ValueError, in words that do not repeat the string: it may hold a password."""
        bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
        prefix = prefix.rstrip("/")
        if not text.startswith(SCHEME):
            raise ValueError(f"an address of an object store begins with {SCHEME}")
        if "@" in bucket:
            raise ValueError(
                "has a user or a password in it; credentials are given by AWS_ACCESS_KEY_ID and so on (docs/scale.md)"
            )
        if not _BUCKET.fullmatch(bucket):
            raise ValueError(
                "names no bucket: 3 to 63 lower-case letters, digits, dots and hyphens, as in s3://bucket/prefix"
            )
        if "?" in prefix or "#" in prefix:
            raise ValueError("takes no parameters; region and endpoint are given by AWS_REGION and AWS_ENDPOINT_URL")
        if not prefix.isprintable() or any(part in {"", ".", ".."} for part in prefix.split("/") if prefix):
            raise ValueError("has a prefix that is no path: it has an empty part, a dot alone or a control character")
        return cls(bucket, prefix)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    def at(self, key: str) -> str:
        """The address of an object whose key is relative to the prefix."""
        return f"{SCHEME}{self.bucket}/{self.key(key)}".rstrip("/")

    def key(self, relative: str) -> str:
        """The key in the bucket of a key that is relative to the prefix."""
        return f"{self.prefix}/{relative}" if self.prefix else relative

    def relative(self, key: str) -> str:
        """The inverse of `key`."""
        return key[len(self.prefix) + 1 :] if self.prefix else key
