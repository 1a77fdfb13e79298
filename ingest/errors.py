"""The exceptions of the package, under one base, and the closed list of reasons for which an article is refused.

Standard library only: `ingest.core.model` and the command line import this without loading anything else.
"""

from __future__ import annotations

from enum import StrEnum


class IngestError(Exception):
    """Base of all exceptions that this package raises on purpose. The message is for people and shows no secret."""


class Reason(StrEnum):
    """Why an article was refused. One fault has one reason, wherever it is found; the value is what users and journals see.

    `meaning`: what happened. `remedy`: what can be done about it.
    """

    meaning: str
    remedy: str

    def __new__(cls, value: str, meaning: str = "", remedy: str = "") -> Reason:  # noqa: PYI034 - an enum has no subclasses
        """A member with its documentation."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        member.remedy = remedy
        return member

    # --- the content --------------------------------------------------------------------------------------------------
    EMPTY = ("empty", "The file holds no bytes, or nothing but white space.", "Send it again once it is complete.")
    TOO_LARGE = (
        "too_large",
        "The file, or what it holds once decompressed, is larger than the limit.",
        "Raise `INGEST_MAX_BYTES` or `INGEST_MAX_UNPACKED` if such files are expected.",
    )
    UNSUPPORTED_FORMAT = (
        "unsupported_format",
        "The content is recognised as something that holds no article in a form that is read (docs/formats.md): an image, a film, an office file, a calendar.",
        "Extract the article first; PDF and DOCX are read once the extra `documents` is installed.",
    )
    CONTAINER = (
        "container",
        "The file holds several articles (WARC, JSON Lines, an archive), and one was asked for.",
        "Give it to `ingest clean` or to the service, which read its members; in Python, `ingest.members`.",
    )
    DAMAGED_CONTAINER = (
        "damaged_container",
        "The container, or one of its members, is cut off or damaged; the members before it were read.",
        "Fetch it again; members that have a record already are not written twice.",
    )
    TOO_MANY_MEMBERS = (
        "too_many_members",
        "The container holds more members than the limit.",
        "Raise `INGEST_MAX_MEMBERS`, or split the container.",
    )
    TOO_DEEP = (
        "too_deep",
        "An archive in an archive in an archive: the innermost is not opened.",
        "Unpack it first.",
    )
    ENCRYPTED = (
        "encrypted",
        "The member of the archive is encrypted, and no password is asked for.",
        "Unpack it first.",
    )
    UNDECODABLE = (
        "undecodable",
        "The bytes are not text in any encoding that is read, or the gzip stream is damaged.",
        "Check how the file was transferred.",
    )
    NO_ARTICLE = (
        "no_article",
        "No article was found: a list of articles, an error page, a login page, or only what usually stands around an article.",
        "`ingest explain` shows how each line was classified.",
    )
    NEEDS_JAVASCRIPT = (
        "needs_javascript",
        "The article is drawn by a script, and scripts are never run.",
        "Save the page from a browser after its scripts have run.",
    )
    PAYWALL_STUB = (
        "paywall_stub",
        "The page shows its article to subscribers only; what it shows is an introduction.",
        "Fetch it with a subscription.",
    )
    TEASER_ONLY = (
        "teaser_only",
        "The item of a feed has a teaser alone, not its article.",
        "Fetch the page that it points at.",
    )
    CANCELED = (
        "canceled",
        "The item withdraws an article, and has no text of its own.",
        "Withdraw the article that it names; nothing else is to be done.",
    )
    DAMAGED_FORMAT = (
        "damaged_format",
        "The content is in a format that is read, but breaks that format's own grammar, so that a part would be lost.",
        "The message says where; send it again, or mend it there.",
    )
    UNSURE_BODY = (
        "unsure_body",
        "The body is less likely to be right than `INGEST_MIN_CONFIDENCE` asks for.",
        "Look at it with `ingest explain`, or lower the threshold.",
    )
    # --- what came with it --------------------------------------------------------------------------------------------
    INVALID_CLAIMS = (
        "invalid_claims",
        "The sidecar is not a regular file, is larger than 1 MiB or is not a JSON object.",
        "Mend the sidecar and send both again (see docs/claims.md).",
    )
    NOT_A_FILE = (
        "not_a_file",
        "It is a link, a device or a pipe; only regular files are read.",
        "Send the file itself.",
    )
    UNREADABLE = (
        "unreadable",
        "The file or its sidecar cannot be read, for example for lack of permission.",
        "The message has a command that mends it, where there is one.",
    )
    # --- cleaning it --------------------------------------------------------------------------------------------------
    TIME_LIMIT = (
        "time_limit",
        "Cleaning took longer than the limit, in as many attempts as are allowed.",
        "Raise `INGEST_TIME_LIMIT`, or report the file: normal articles take milliseconds.",
    )
    MEMORY_LIMIT = (
        "memory_limit",
        "Cleaning took more memory than the limit, in as many attempts as are allowed.",
        "Raise `INGEST_MEMORY_LIMIT`, or report the file.",
    )
    CRASH = (
        "crash",
        "The worker process that cleaned it crashed, in as many attempts as are allowed.",
        "Report the file: this is a bug here or in a library.",
    )
    KILLED = (
        "killed",
        "The process that cleaned it was killed from outside too often (`INGEST_MAX_WORKER_LOSSES`).",
        "Look for what kills the workers, such as too little memory; then retry.",
    )
    BUG = (
        "bug",
        "A bug of this program: the message names the exception and its line, and the log has the traceback.",
        "Report it; retry with the version that mends it.",
    )


class Rejected(IngestError):
    """The input cannot become a record. `reason` is for machines, the message is one sentence for people."""

    def __init__(self, reason: Reason | str, message: str) -> None:
        super().__init__(message)
        self.reason = Reason(reason)
        self.message = message

    def __reduce__(self) -> tuple[type[Rejected], tuple[str, str]]:
        return Rejected, (str(self.reason), self.message)  # it crosses process pools


class InvalidSettings(IngestError, ValueError):
    """The environment or an option cannot be used. The message has one line for each mistake and shows no secret."""


class InvalidMemory(IngestError, ValueError):
    """Bytes that are no snapshot of a memory, or one that another version wrote."""


class SpoolError(IngestError):
    """The spool cannot be used as it is; the message says how to mend it."""


class NotInSpool(IngestError, ValueError):
    """A string that was given as a path in the spool names no claimed or settled source."""


class TransientError(IngestError):
    """The environment failed, not the document: a full disk, no file descriptors. The ticket stays as it is; try again later."""
