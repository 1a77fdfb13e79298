"""The public JSON formats of the service: a line of the journal, and what `ingest status --json` prints.

Each field has its description beside its type; docs/journal.md is generated from them (reference.py).
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict


class JournalEntry(TypedDict):
    """One line of the journal: how one source was settled, or that a record was deleted. What is unknown is null.

    Lines of version 0.1 lack `publisher`, `headline`, `words`, `words_removed`, `ms`, `stages` and `claims_lost` where they are null;
    those before 0.3 lack `container`, `member`, `offset`, `members`, `language`, `published` and `story`.
    """

    time: Annotated[str, "When it was settled: RFC 3339 in UTC with milliseconds."]
    received: Annotated[str | None, "When its source was claimed from the inbox or deposited: RFC 3339 in UTC."]
    name: Annotated[str, "File name as sent; bytes that are not printable UTF-8 are written as %XX."]
    id: Annotated[
        str | None, "Id of the article: SHA-256 of its unpacked content, in hex; null if it could not be read."
    ]
    publisher: Annotated[str | None, "Publisher of the record: its domain, or else its name."]
    headline: Annotated[str | None, "Headline of the record, at most 200 characters."]
    language: Annotated[str | None, "Language of the record."]
    published: Annotated[str | None, "Publication time or day of the record."]
    story: Annotated[str | None, "Id of the record's story (docs/stories.md)."]
    words: Annotated[int | None, "Words of the record's body."]
    words_removed: Annotated[int | None, "Words of the blocks that left the body."]
    confidence: Annotated[
        dict[str, float] | None,
        "Chance that a field's value is right, by field, 0 to 1; fields without a value are absent.",
    ]
    ms: Annotated[float | None, "Milliseconds from opening the source to settling it; null if its worker process died."]
    stages: Annotated[
        dict[str, float] | None,
        "Milliseconds of each stage (read, parse, label, compose, story, write), as far as it came.",
    ]
    outcome: Annotated[
        Literal["stored", "duplicate", "refused", "unpacked", "deleted"],
        "`stored`: there is a record; `duplicate`: the record that was there stays and has other claims; `refused`: it lies in quarantine; "
        "`unpacked`: a container, whose members have lines of their own; `deleted`: `ingest delete` has deleted the record.",
    ]
    reason: Annotated[str | None, "Why it was refused (docs/reasons.md); null otherwise."]
    claims_lost: Annotated[
        list[str] | None, "Of a duplicate: fields whose claims the record that stays does not have; null otherwise."
    ]
    container: Annotated[str | None, "Of a member of a container: the container's file name; null otherwise."]
    member: Annotated[str | None, "Its identifier in the container: a WARC record id, a path in an archive, a number."]
    offset: Annotated[int | None, "Where in the container it begins, in bytes; null where that is not known."]
    members: Annotated[int | None, "Of a container that was unpacked: how many members it had; null otherwise."]
    token: Annotated[
        str, "Token of the source: 16 hex digits (nanoseconds since 1970), a hyphen, 6 hex digits. Unique."
    ]
    worker: Annotated[str, "Host name of the machine or container that settled it."]


class KeeperStatus(TypedDict):
    """The process that watches the inbox (`ingest up` or `ingest watch`)."""

    role: Annotated[Literal["up", "watch"], "Which command it is."]
    pid: Annotated[int, "Process id, in its own container."]
    host: Annotated[str, "Host name of its machine or container."]
    space: Annotated[int, "Inode of its PID namespace; tells containers with the same host name apart."]
    since: Annotated[float, "When it started, in seconds since 1970."]
    beat_seconds: Annotated[int, "Seconds since its last heartbeat."]
    mode: NotRequired[Annotated[str, "How it notices new files, for people."]]
    held: NotRequired[Annotated[str | None, "Why intake is paused; null if it is not."]]
    stuck: NotRequired[
        Annotated[str | None, "Files of the inbox that cannot be claimed, and why; null if there are none."]
    ]
    broker: NotRequired[Annotated[str | None, "Of `watch`: the broker's URL without its password."]]
    standing_by: NotRequired[Annotated[bool, "True while another process watches the same spool."]]
    in_hand: NotRequired[Annotated[int, "Sources in its hands; of `up` alone."]]
    moved_seconds: NotRequired[Annotated[int, "With a spool in an object store, seconds since it settled one of them."]]


class RedisStatistics(TypedDict):
    """What Redis says of itself."""

    waiting: Annotated[int, "Tasks in the queue."]
    out: Annotated[int, "Tasks that workers have and have not acknowledged."]
    memory_mib: Annotated[float, "Memory in use, in MiB."]
    memory_limit_mib: Annotated[float, "`maxmemory` in MiB; 0: no limit."]
    eviction: Annotated[str | None, "`maxmemory-policy`; should be `noeviction`."]
    append_only: Annotated[bool, "Whether the queue survives a restart of Redis."]
    version: Annotated[str | None, "Version of Redis."]


class SinkStatus(TypedDict):
    """A sink: where records are delivered."""

    sink: Annotated[str, "Its address without its password."]
    name: Annotated[str, "Its short name, for `ingest deliver --sink`."]
    running: Annotated[bool, "Whether a process delivers to it."]
    lag_lines: Annotated[int, "Lines of the journal that it has not been given."]
    lag_seconds: Annotated[int, "For how long the first of them has been there; 0 if there is none."]
    delivered: Annotated[int, "Records and deletions that it was given, repetitions included."]
    last_delivered: Annotated[str | None, "When the last batch was delivered: RFC 3339 in UTC."]
    error: Annotated[str | None, "Why the last attempt failed; null if it did not."]
    error_since: Annotated[str | None, "Since when all attempts have failed: RFC 3339 in UTC."]
    attempts: Annotated[int, "How many attempts have failed since then."]
    dead_letters: Annotated[int, "Records that it rejected for good."]


class LastRefused(TypedDict):
    """The last source that was refused."""

    time: Annotated[str, "As in the journal."]
    name: Annotated[str, "As in the journal."]
    reason: Annotated[str | None, "As in the journal."]


class ContainerStatus(TypedDict):
    """A container that is being read, or whose last members are not settled yet."""

    name: Annotated[str, "As in the journal."]
    format: Annotated[str, "Its format: `warc`, `json`, `zip`, `tar` …"]
    members: Annotated[int, "Members that were handed out for cleaning so far."]
    read_share: Annotated[float, "How much of its bytes was read, 0 to 1."]


class LiveParts(TypedDict):
    """The parts of the service that have a current heartbeat."""

    keeper: Annotated[KeeperStatus | None, "The process that watches the inbox; null if there is none."]
    standing_by: Annotated[int, "Processes that would take over from it."]
    workers: Annotated[list[str], "Host names of the Celery workers."]
    children: Annotated[int, "Worker processes that clean documents."]


class PackState(TypedDict):
    """The user's packs in use, and what is wrong with those that are not."""

    version: Annotated[str | None, "Of the packs in use: 12 hex digits; null for the built-in ones alone."]
    problems: Annotated[list[str], "Why the folder of packs, as it is now, is not used; empty if it is."]


class AlertState(TypedDict):
    """What the watcher alerts to (docs/alerts.md)."""

    raised: Annotated[list[str], "What is so now, for people; empty if nothing is."]
    undelivered: Annotated[list[str], "Why the command or the webhook did not get the last message; empty if they did."]


class ChangedTemplate(TypedDict):
    """A publisher whose template was found to have changed."""

    publisher: Annotated[str, "Its registered domain."]
    day: Annotated[str, "When that was found: YYYY-MM-DD in UTC."]


class MemoryState(TypedDict):
    """What is known about publishers."""

    version: Annotated[
        str | None, "Of the memory in use, as in the record's `ingest.memory`; null while nothing is known."
    ]
    publishers: Annotated[int, "Publishers that are known."]
    stories: Annotated[int, "Different stories of theirs that were learned from."]
    bytes: Annotated[int, "Size of the snapshot."]
    left_out: Annotated[int, "Articles beyond what one sender may teach in a day."]
    changes: Annotated[int, "How often a template was found to have changed."]
    changed: Annotated[list[ChangedTemplate], "The last of them, at most 20."]


class ServiceStatus(LiveParts):
    """What `ingest status --json` prints. Without a spool: `why` alone."""

    inbox: Annotated[int, "Files in the inbox."]
    claimed: Annotated[int, "Sources that are claimed and not settled; members of containers are, containers are not."]
    oldest_claimed_seconds: Annotated[int, "Age of the oldest of them; below 0 if the clock was set back."]
    containers: Annotated[list[ContainerStatus], "Containers that are not settled, the oldest first, at most 20."]
    done: Annotated[int, "Settled sources that are still kept."]
    quarantined: Annotated[dict[str, int], "Sources in quarantine by reason."]
    rate_per_minute: Annotated[int, "Sources settled in the last 60 seconds."]
    last_refused: Annotated[LastRefused | None, "The last refused source in the last MiB of the journal."]
    stalled_seconds: Annotated[
        int, "Seconds without progress although sources are claimed and a worker lives; 0: no stall."
    ]
    free_disk_mib: Annotated[dict[str, int], "Free MiB by folder (spool and out)."]
    broker: Annotated[str | None, "The broker's URL without its password; null without a broker."]
    packs: Annotated[PackState, "The user's packs."]
    alerts: Annotated[AlertState, "What the watcher alerts to."]
    redis: NotRequired[Annotated[RedisStatistics | None, "Statistics of Redis; null if it cannot be reached."]]
    memory: Annotated[MemoryState | None, "What is known about publishers; null where `INGEST_MEMORY` is `off`."]
    sinks: Annotated[list[SinkStatus], "The sinks of INGEST_SINKS."]
    why: Annotated[list[str], "Why something does not move, and what to do; empty if all is well."]


class NoSpoolStatus(TypedDict):
    """What `ingest status --json` prints where there is no spool."""

    why: list[str]
