"""Names in the spool: `<token>~<where it lay in the inbox>`; what belongs to a source shares its token.

The token sorts by the time of claiming and is unique; after it `~` (the first record of a content stays) or `!` (this one
replaces it). The rest is the path below the inbox with "/", "%", control signs and bytes that are no UTF-8 written as %XX, so
that any name can be shown, logged and sent as JSON.
"""

from __future__ import annotations

import fnmatch
import os
import re
import secrets
import time
from urllib.parse import unquote_to_bytes

TOKEN = re.compile(r"[0-9a-f]{16}-[0-9a-f]{6}")
SIDECAR = ".meta.json"
LONGEST = 200  # bytes; a name may have 255, the token and the suffixes of temporary files take the rest
_UNSAFE = re.compile(r"[/%\x00-\x1f\x7f-\x9f\u2028\u2029\udc80-\udcff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

# What editors, browsers, copy programs, NAS boxes and synchronisers leave beside articles (notes: paperless-ngx's list).
IGNORED = (
    ".*", "*~", "~*", "#*#", "*.part", "*.partial", "*.crdownload", "*.download", "*.tmp", "*.temp", "*.swp", "*.filepart",
    "*.lock", "*.!ut", "*.aria2", "@eaDir", "#recycle", "@Recycle", "__MACOSX", "Thumbs.db", "desktop.ini",
    "System Volume Information", "$RECYCLE.BIN", "lost+found",
)  # fmt: skip


def new_token(*, after: str = "") -> str:
    """A token that no other source has, and that sorts after all older ones: after this one even if the clock was set back."""
    earliest = int(after[:16], 16) + 1 if after else 0
    return f"{max(time.time_ns(), earliest):016x}-{secrets.token_hex(3)}"


def ignoring(more: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all ignored names, files and folders alike."""
    return re.compile("|".join(fnmatch.translate(glob) for glob in IGNORED + more), re.IGNORECASE)


def claimed_name(token: str, place: str, *, replace: bool = False) -> str:
    """The name under which the file that lay at `place`, relative to the inbox, is claimed."""
    safe = _UNSAFE.sub(lambda m: "".join(f"%{byte:02X}" for byte in os.fsencode(m[0])), place)
    if len(cut := safe.encode()) > LONGEST:  # the end says more than the beginning: name and suffix
        safe = re.sub(r"^[0-9A-F]{0,2}", "", cut[-LONGEST:].decode(errors="ignore"))
    return f"{token}{'!' if replace else '~'}{safe}"


def token_of(name: str) -> str:
    """The token of a claimed name, or of something that belongs to it."""
    return name[:23]


def is_source(name: str) -> bool:
    """Whether a name in claimed, done or quarantine is a source, not something that belongs to one."""
    return len(name) > 24 and name[23] in "~!" and bool(TOKEN.match(name))


def replaces(name: str) -> bool:
    """Whether the record of this source replaces an older one."""
    return name[23] == "!"


def place_of(name: str) -> str:
    """Where the source lay in the inbox (surrogate-escaped, like all names from the file system)."""
    return os.fsdecode(unquote_to_bytes(name[24:]))


def shown_name(name: str) -> str:
    """The article's own file name, fit for a record and a log: odd bytes stay written as %XX."""
    return name[24:].rpartition("%2F")[2]


def shown_place(name: str) -> str:
    """Where the source lay, fit for a log: odd bytes stay written as %XX."""
    return name[24:].replace("%2F", "/")
