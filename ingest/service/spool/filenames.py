"""Names in the spool: `<token>~<path below the inbox>`; what belongs to a source shares its token.

The token sorts by the time of claiming and is unique; after it `~` (the first record of a content stays) or `!` (this one
replaces it). The rest is the path below the inbox with "/", "%", control characters and bytes that are not UTF-8 written as %XX, so
that any name can be shown, logged and sent as JSON. Of a path too long for a file name the SHA-256 and the end stand
there (`%=<digest>=<end>`), and the whole in a small file beside the source.
"""

from __future__ import annotations

import fnmatch
import hashlib
import logging
import os
import re
import secrets
import time
from urllib.parse import unquote_to_bytes

from ingest.core.text.characters import UNSAFE_SET, escape_for_display
from ingest.errors import NotInSpool
from ingest.service.spool.beneath import is_inside

log = logging.getLogger(__name__)

TOKEN = re.compile(r"[0-9a-f]{16}-[0-9a-f]{6}")
SIDECAR = ".meta.json"
CHARGES = ".charges.json"
REASON = ".reason.json"
MEMBER = ".member.json"
"""Beside a member of a container: where it is from, and what the container says about it."""
CONTAINER = ".container.json"
"""Beside a claimed container: how far it has been read."""
INBOX_PATH = ".inbox-path"  # of a hidden file, so that it is not taken for an article
MAX_ENCODED_PATH_BYTES = 200  # bytes of an encoded path; a file name may have 255, of which the token takes 24
MAX_NAME_BYTES = 255
MAX_SHOWN_CHARACTERS = 80  # of what is no ticket, in a log
_ESCAPED = re.compile(rf"[/%\t\n\u200e\u200f{UNSAFE_SET}]")
_NEVER_IN_A_NAME = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
"""What the names of all versions escape: a ticket with one of these is none of ours."""
_LONG = re.compile(r"%=[0-9a-f]{64}=.*")  # an encoded path never has "%=": after its "%" stand two digits
_SOURCE = re.compile(rf"{TOKEN.pattern}[~!][^/{_NEVER_IN_A_NAME}]+")
_SETTLED = re.compile(r"(?:done|quarantine)/\d{4}-\d\d-\d\d/[0-9a-f]{2}", re.ASCII)
_COMPANION = re.compile(
    rf"(?P<token>{TOKEN.pattern})(?:{'|'.join(map(re.escape, (SIDECAR, CHARGES, MEMBER, CONTAINER)))})"
    rf"|\.(?P<hidden>{TOKEN.pattern}){re.escape(INBOX_PATH)}|\.(?P<unfinished>[0-9a-f]{{16}})\.tmp"
)

# What editors, browsers, copy programs, NAS boxes and synchronisers leave beside articles (after the list of paperless-ngx).
IGNORED = (
    ".*", "*~", "~*", "#*#", "*.part", "*.partial", "*.crdownload", "*.download", "*.tmp", "*.temp", "*.swp", "*.filepart",
    "*.lock", "*.!ut", "*.aria2", "@eaDir", "#recycle", "@Recycle", "__MACOSX", "Thumbs.db", "desktop.ini",
    "System Volume Information", "$RECYCLE.BIN", "lost+found",
)  # fmt: skip


def new_token(*, after: str = "") -> str:
    """A token that no other source has, and that sorts after all older ones: after this one even if the clock was set back."""
    earliest = int(after[:16], 16) + 1 if after else 0
    return f"{max(time.time_ns(), earliest):016x}-{secrets.token_hex(3)}"


def ignore_pattern(extra_globs: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all ignored names, files and folders alike."""
    return re.compile("|".join(fnmatch.translate(glob) for glob in IGNORED + extra_globs), re.IGNORECASE)


_IGNORED = ignore_pattern(())

# --- paths of sources -------------------------------------------------------------------------------------------------


def is_ticket(given: object) -> bool:
    """Whether something from outside has the form of a ticket, `claimed/<name>`: the one check that all tickets pass."""
    return isinstance(given, str) and given.startswith("claimed/") and is_source(given[8:])


def tickets(given: object) -> list[str]:
    """The valid tickets among the given values, each once. Invalid ones are reported in one line of the log."""
    found: dict[str, None] = {}
    dropped = []
    for each in given if isinstance(given, list | tuple) else [given]:
        if isinstance(each, str) and is_ticket(each):
            found[each] = None
        else:
            dropped.append(each)
    if dropped:
        log.warning(
            "dropped what is no ticket", extra={"fields": {"dropped": len(dropped), "first": _seen(dropped[0])}}
        )
    return list(found)


def _seen(given: object) -> str:
    if not isinstance(given, str):
        return type(given).__name__
    return escape_for_display(given if len(given) <= MAX_SHOWN_CHARACTERS else f"{given[:MAX_SHOWN_CHARACTERS]}…")


def split_ticket(given: object) -> tuple[str, str]:
    """Folder and name of a ticket. Raises `NotInSpool`."""
    if not isinstance(given, str) or not is_ticket(given):
        raise NotInSpool("no ticket")
    return "claimed", given[8:]


def split_path(given: object) -> tuple[str, str]:
    """Folder and name of a claimed or settled source. Raises `NotInSpool`."""
    if is_ticket(given):
        return split_ticket(given)
    folder, _, name = given.rpartition("/") if isinstance(given, str) else ("", "", "")
    if not _SETTLED.fullmatch(folder) or not is_source(name):
        raise NotInSpool("no path of a source")
    return folder, name


def is_source(name: str) -> bool:
    """Whether a name in claimed, done or quarantine is a source, not something that belongs to one."""
    return len(name) <= MAX_NAME_BYTES and bool(_SOURCE.fullmatch(name)) and len(name.encode()) <= MAX_NAME_BYTES


def companion_of(name: str) -> str | None:
    """The token of the source that a name in claimed belongs to; "" for an unfinished file; None for what is not ours."""
    found = _COMPANION.fullmatch(name)
    return (found["token"] or found["hidden"] or "") if found else None


# --- names of sources -------------------------------------------------------------------------------------------------


def encoded(place: str) -> str:
    """A path below the inbox, as names hold it."""
    return _ESCAPED.sub(lambda m: "".join(f"%{byte:02X}" for byte in os.fsencode(m[0])), place)


def shortened(whole: str) -> str:
    """What stands in a name for an encoded path that is too long for it; the end is for people, and never read back."""
    digest = f"%={hashlib.sha256(content := whole.encode()).hexdigest()}="
    return digest + content[len(digest) - MAX_ENCODED_PATH_BYTES :].decode(errors="ignore")


def is_long(name: str) -> bool:
    """Whether a name holds a digest, and the path stands beside."""
    return bool(_LONG.fullmatch(name[24:]))


def name_for(token: str, whole: str, *, replace: bool = False) -> str:
    """The name of a source with this encoded path."""
    short = whole if len(whole.encode()) <= MAX_ENCODED_PATH_BYTES else shortened(whole)
    return f"{token}{'!' if replace else '~'}{short}"


def claimed_name(token: str, inbox_path: str, *, replace: bool = False) -> str:
    """The name under which the file that lay at `inbox_path`, relative to the inbox, is claimed."""
    return name_for(token, encoded(inbox_path), replace=replace)


def inbox_path_beside(token: str) -> str:
    """The name of the file that holds a long path."""
    return f".{token}{INBOX_PATH}"


def claimed_ns(path: str) -> int:
    """When a source was claimed, in nanoseconds since 1970: the first half of its token."""
    return int(token_of(os.path.basename(path))[:16], 16)


def token_of(name: str) -> str:
    """The token of a claimed name, or of something that belongs to it."""
    return name[:23]


def member_token(container: str, index: int) -> str:
    """The token of a container's member number `index`, from 1: always the same, so that none is claimed twice, and sorted after it."""
    digest = hashlib.sha256(f"{container}/{index}".encode()).hexdigest()
    return f"{int(container[:16], 16) + index:016x}-{digest[:6]}"


def member_index(container: str, token: str) -> int | None:
    """Which member of a container has this token; None if it is none of its members."""
    index = int(token[:16], 16) - int(container[:16], 16)
    return index if index > 0 and token == member_token(container, index) else None


def replaces(name: str) -> bool:
    """Whether the record of this source replaces an older one."""
    return name[23] == "!"


def inbox_path_of(name: str) -> str:
    """Where the source lay in the inbox (surrogate-escaped, like all names from the file system).

    From a sender, or cut off by an older version: not to be joined to anything without `ways_back`.
    """
    return os.fsdecode(unquote_to_bytes(name[24:]))


def ways_back(name: str) -> list[str]:
    """Paths below the inbox where a source may return to, the best first; the last always does."""
    token = token_of(name)
    place = "" if is_long(name) else inbox_path_of(name)
    leaf = place.rpartition("/")[2]
    return [*(path for path in (place, f"{token}/{leaf}") if _is_for_inbox(path)), f"{token}/article"]


def _is_for_inbox(path: str) -> bool:
    parts = path.split("/")
    return (
        is_inside(path)
        and not path.endswith(SIDECAR)
        and not any(_IGNORED.match(part) or len(os.fsencode(part)) > MAX_NAME_BYTES for part in parts)
    )


def display_name(name: str) -> str:
    """The article's own file name, fit for a record and a log: odd bytes stay written as %XX."""
    return name[24:].rpartition("%2F")[2]


def display_path(name: str) -> str:
    """Where the source lay, fit for a log: odd bytes stay written as %XX."""
    return name[24:].replace("%2F", "/")
