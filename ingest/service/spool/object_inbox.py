"""Which objects of an inbox are articles. A listing is read page by page, so memory stays flat whatever the inbox holds.

Keys:

inbox/<any key>                             an article, whole as soon as it is listed; `<any key>.meta.json` is its sidecar
inbox/.enqueued/<skip|replace>/<id>/<name>  an article that `enqueue` handed over
inbox/.waiting/<name of a claim>            a claim that nobody works on yet: empty, and only there to be seen at once
"""

from __future__ import annotations

import re

from ingest.service.objects.bucket import Bucket, Entry
from ingest.service.spool import filenames
from ingest.service.spool.filenames import SIDECAR
from ingest.service.spool.object_claim import SeenSource

INBOX = "inbox/"
ENQUEUED = "inbox/.enqueued/"
WAITING = "inbox/.waiting/"
PAGE_SOURCES = 900  # of a page of a listing, which has 1,000 keys


class ObjectInbox:
    """The inbox of a bucket."""

    def __init__(self, bucket: Bucket, ignored: re.Pattern[str]) -> None:
        self._bucket = bucket
        self._ignored = ignored

    def page(self, after: str) -> tuple[list[SeenSource | str], str | None]:
        """What comes after a key: some sources and paths of claims that wait, and the key behind which to go on; None at the end.

        A sidecar that was there before its article is found, as it is listed after it, and between the two stand only keys that begin with the
        article's: those that may still get one are a chain of prefixes. Raises `TransientError`.
        """
        found: list[SeenSource | str] = []
        chain: list[Entry] = []
        for entry in self._bucket.list(INBOX, after=after):
            passed = [
                each for each in chain if not (entry.key.startswith(each.key) and entry.key <= each.key + SIDECAR)
            ]
            found += map(source_at, passed)
            chain = [each for each in chain if each not in passed]
            if len(found) >= PAGE_SOURCES * (2 if chain else 1):
                found += [source_at(each, sidecar=self._bucket.head(each.key + SIDECAR)) for each in chain]
                return found, after
            after = entry.key
            if entry.key.startswith(WAITING):
                found.append(f"claimed/{entry.key[len(WAITING) :]}")
            elif is_sidecar(entry.key):
                owned = [each for each in chain if each.key + SIDECAR == entry.key]
                found += [source_at(each, sidecar=entry) for each in owned]
                chain = [each for each in chain if each not in owned]
            elif self._is_article(entry.key):
                chain.append(entry)
        found += map(source_at, chain)
        return found, None

    def _is_article(self, key: str) -> bool:
        if key.startswith(ENQUEUED):
            return len(key[len(ENQUEUED) :].split("/")) == 3
        parts = key[len(INBOX) :].split("/")
        return bool(parts[-1]) and not any(map(self._ignored.match, parts))


def is_sidecar(key: str) -> bool:
    """Whether a key of the inbox is that of a sidecar."""
    return key.endswith(SIDECAR) and not key.endswith(f"/{SIDECAR}")


def source_at(entry: Entry, *, sidecar: Entry | None = None) -> SeenSource:
    """The source at a key of the inbox."""
    name, replace = entry.key[len(INBOX) :], False
    if entry.key.startswith(ENQUEUED):
        how, _, name = entry.key[len(ENQUEUED) :].split("/")
        replace = how == "replace"
    beside = (sidecar.key, sidecar.version) if sidecar else None
    encoded = filenames.encoded(name)
    return SeenSource(entry.key, entry.version, int(entry.modified), entry.size, encoded, replace, beside)


def enqueued_key(token: str, name: str, *, replace: bool) -> str:
    """The key under which `enqueue` hands an article over."""
    return f"{ENQUEUED}{'replace' if replace else 'skip'}/{token}/{name}"


def waiting_key(path: str) -> str:
    """The key that says that a claim waits. `path`: of the claim."""
    return WAITING + path.removeprefix("claimed/")
