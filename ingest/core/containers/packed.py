"""Streams that are compressed as a whole: gzip, bzip2, XZ and Zstandard are read through as if they were not."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from typing import Any, BinaryIO, cast

from ingest.core.containers import HEAD_BYTES
from ingest.errors import Reason, Rejected

MAX_EXPANSION = 200
"""Bytes out of each byte in: HTML and JSON take 4 to 30 in gzip and up to 100 in XZ; zeros take 1,000 in gzip, 7,000 in XZ."""
MIN_EXPANDED_BYTES = 1 << 28
"""So much is always allowed: of a small container the share says little."""

DAMAGE = (EOFError, lzma.LZMAError, zlib.error, OSError)
"""What readers of damaged streams raise; of OSError only those without a number, for others are faults of the disk."""

_ZSTD = (
    b"\x28\xb5\x2f\xfd",
    b"\x5d\x2a\x4d\x18",
    b"\x50\x2a\x4d\x18",
)  # a frame, a dictionary before it, a skippable frame


def is_packed(head: bytes) -> bool:
    """Whether a stream that begins so is compressed as a whole."""
    return head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", *_ZSTD))


def unpacked(stream: BinaryIO, head: bytes, most: int) -> BinaryIO:
    """The stream, which begins with `head`, decompressed where it is compressed, to `most` bytes at most.

    Reading it may raise what is in `DAMAGE`, and `Rejected` (too_large) for a bomb.
    """
    if head.startswith(b"\x1f\x8b"):
        inner: Any = gzip.GzipFile(fileobj=stream, mode="rb")
    elif head.startswith(b"BZh"):
        inner = bz2.BZ2File(stream)
    elif head.startswith(b"\xfd7zXZ\x00"):
        inner = lzma.LZMAFile(stream)  # noqa: SIM115  the stream is the caller's
    elif head.startswith(_ZSTD):
        from fastwarc.stream_io import ZstdReader  # noqa: PLC0415  5 MB of code, for those who need it

        inner = ZstdReader(stream)
    else:
        return stream
    return cast(BinaryIO, io.BufferedReader(_Bounded(inner, most), HEAD_BYTES))


def unpacked_head(head: bytes) -> bytes:
    """What the beginning of a compressed stream holds, as far as it can be read: it is cut off somewhere. At most `HEAD_BYTES`."""
    if head.startswith(_ZSTD):
        return _zstd_head(head)
    reader: Any
    if head.startswith(b"\x1f\x8b"):
        reader = zlib.decompressobj(wbits=31)
    else:
        reader = bz2.BZ2Decompressor() if head.startswith(b"BZh") else lzma.LZMADecompressor()
    try:
        return cast(bytes, reader.decompress(head, HEAD_BYTES))
    except DAMAGE:
        return b""


def _zstd_head(head: bytes) -> bytes:
    from fastwarc.stream_io import ZstdReader  # noqa: PLC0415  5 MB of code, for those who need it

    stream, inner = ZstdReader(io.BytesIO(head)), b""
    try:
        while len(inner) < HEAD_BYTES and (part := stream.read(1024)):
            inner += part
    except OSError:
        pass
    return inner


def most_bytes(size: int) -> int:
    """The bytes that a container of `size` bytes may hold, unpacked."""
    return max(MIN_EXPANDED_BYTES, MAX_EXPANSION * size)


def is_damage(error: BaseException) -> bool:
    """Whether an error of reading is the container's fault, not the disk's."""
    return not (isinstance(error, OSError) and error.errno)


def message_of(error: BaseException) -> str:
    """What a library says of a damage, without a full stop, at most 200 characters."""
    return str(error)[:200].rstrip(".") or type(error).__name__


class _Bounded(io.RawIOBase):
    """A decompressed stream that may not become longer than `most`. Seeks forward by reading."""

    def __init__(self, inner: Any, most: int) -> None:
        self._inner = inner
        self._most = most
        self._at = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True: forward alone."""
        return True

    def tell(self) -> int:
        """Bytes read so far."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read on as far as `offset`, from the beginning; no way back."""
        if whence != io.SEEK_SET or offset < self._at:
            raise io.UnsupportedOperation("a compressed stream is read forward")
        while self._at < offset and self.read(min(HEAD_BYTES, offset - self._at)):
            pass
        return self._at

    def readinto(self, buffer: Any) -> int:
        """See `io.RawIOBase`."""
        part = self._inner.read(len(buffer))
        buffer[: len(part)] = part
        self._at += len(part)
        if self._at > self._most:
            raise Rejected(Reason.TOO_LARGE, f"The container expands to more than {self._most >> 20} MiB.")
        return len(part)
