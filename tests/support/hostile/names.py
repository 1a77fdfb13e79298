"""Hostile tickets and file names: what another client of the broker may publish, and what a sender may call a file."""

from __future__ import annotations

import os
from typing import Any

_TOKEN = "0123456789abcdef-012345"  # noqa: S105 - of a source, no secret

TICKETS: tuple[Any, ...] = (
    # no strings
    None, True, 0, -1, 1.5, 10**30, [], {}, ["claimed/x"], {"path": "claimed/x"}, [[[]]], float("nan"),
    # no form
    "", " ", ".", "..", "/", "\0", "claimed", "claimed/", "inbox", "inbox/a.txt", "done", "journal.jsonl", "a.txt", "x" * 5_000,
    # out of the folder, out of the spool
    "/etc/hostname", "//etc/hostname", "/mnt/a.txt", "/proc/self/environ", "claimed/../journal.jsonl", "claimed/./a.txt",
    "claimed//a.txt", "../a.txt", "claimed/..", "./claimed/a.txt", "file:///etc/hostname", "~/a.txt", "C:\\a.txt",
    f"claimed/{_TOKEN}~../../journal.jsonl", f"claimed/{_TOKEN}~a/../../x", f"/claimed/{_TOKEN}~a.txt", f"{_TOKEN}~a.txt",
    f"claimed/x/{_TOKEN}~a.txt", f"inbox/{_TOKEN}~a.txt", f"CLAIMED/{_TOKEN}~a.txt", f"claimed/{_TOKEN}~a.txt/", f"claimed/ab/../{_TOKEN}~a",
    f"done/2026-01-01/../../claimed/{_TOKEN}~a.txt", f"quarantine/../done/2026-01-01/23/{_TOKEN}~a.txt",
    # what belongs to a source, or nearly is one
    f"claimed/{_TOKEN}.meta.json", f"claimed/{_TOKEN}.charges.json", f"claimed/.{_TOKEN}.inbox-path", f"claimed/{_TOKEN}", f"claimed/{_TOKEN}~",
    f"claimed/{_TOKEN}?a.txt", f"claimed/{_TOKEN.upper()}~a.txt", f"claimed/{_TOKEN}~a\0.txt", f"claimed/{_TOKEN}~a\n.txt", f"claimed/{_TOKEN}~a.txt\n",
    f"claimed/{_TOKEN}~\x1b]0;owned\x07", f"claimed/{_TOKEN}~\u202etxt", f"claimed/{_TOKEN}~\ud800", f"claimed/{_TOKEN}~{'x' * 5_000}",
    f"claimed/{_TOKEN}~{'ї' * 200}", f"claimed/{'٣' * 16}-{'٣' * 6}~a.txt", f"\ufeffclaimed/{_TOKEN}~a.txt", f" claimed/{_TOKEN}~a.txt",
)  # fmt: skip
"""Each is dropped with one line of the log."""

NAMES: tuple[str, ...] = (
    # long, as bytes or once written down
    "x" * 199, "x" * 200, "x" * 201, "x" * 245, "x" * 255, "ї" * 100, "新" * 66 + ".html", "新" * 85, "%" * 90, "🗞" * 50 + ".txt",
    os.fsdecode(b"\xe9" * 80 + b".txt"), os.fsdecode(b"\xff" * 255), "\n" * 100 + ".txt", "\x1b[31m" * 40, "\u202e" * 70 + "txt.exe",
    # deep
    "/".join(["d" * 60] * 20) + "/a.txt", "/".join("abcdefghij" * 30), "/".join(["%2F"] * 60), "/".join(["Україна"] * 40) + "/новини.html",
    # made for what is cut off: the last 200 encoded bytes are an absolute path, or lead up
    "d" * 100 + "/" + "e" * 100 + "/etc/cron.d/" + "f" * 170, "a" * 210 + "/srv/evil.txt", ("b" * 40 + "/") * 6 + "x....../x.txt",
    # short and odd
    "-rf", "a b", "$(id)", "`id`", "a;b", "*", "?", "100%.txt", "%2Fetc%2Fpasswd", "..a", "...", "a\\b", "~a", "new\nline.txt", "\t",
    os.fsdecode(b"latin-\xe9.txt"), "CON", "a.", " ", "\u200b",
)  # fmt: skip
"""Paths below the inbox; each is kept whole, wherever its article goes."""
