"""`Settings`: every setting of the service with its bounds and its meaning, read from the environment.

`INGEST_<NAME>` gives a setting; `INGEST_<NAME>_FILE` names a file that holds it (secrets only). An unknown variable with the
prefix is an error, because a misspelt limit that is silently ignored is worse than a service that does not start. A command's
options win over the environment.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ingest.core.containers.json_fields import MAPPED_FIELDS
from ingest.core.limits import LIMITS, Limits
from ingest.core.text.characters import is_url
from ingest.service.broker_url import check_broker_url, each_url, with_password, without_password
from ingest.service.objects.address import SCHEME, ObjectAddress
from ingest.service.sinks.url import SinkUrl

PREFIX = "INGEST_"
SECRETS = ("broker_url", "broker_password", "dashboard_token", "intake_token", "alert_webhook", "sinks")
FOLDER_SETTINGS = ("sinks", "memory", "stories", "alert_command", "alert_webhook", "search")
"""Settings of what needs a spool in a folder."""
MIB = 1 << 20
MIN_TOKEN_CHARACTERS = 16
JsonField = Annotated[str, StringConstraints(pattern=f"^({'|'.join(MAPPED_FIELDS)})$")]
ConfidenceField = Annotated[str, StringConstraints(pattern=r"^(headline|authors|published|publisher|body)$")]


class Settings(BaseSettings):
    """All settings. Durations are in seconds and memory is in MiB unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    spool: Path | ObjectAddress = Field(
        Path("spool"),
        description="The folder of inbox, claimed, done and quarantine, all on one mount; or s3://bucket/prefix (docs/scale.md).",
    )
    state: Path | None = Field(None, description="With a spool in an object store, a folder for heartbeats and packs.")
    lease_seconds: float = Field(
        60.0, ge=1, description="With a spool in an object store, how long a dead machine's sources wait for another."
    )
    out: Annotated[Path | ObjectAddress, NoDecode] = Field(
        Path("out"), description="Where records go: a folder, or s3://bucket/prefix (docs/scale.md)."
    )
    out_format: Literal["json", "jsonl"] = Field(
        "json", description="json: one file per article; jsonl: JSON Lines segments."
    )
    sinks: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="Where records are delivered, too: addresses of sinks with spaces between them (docs/sinks.md)."
    )
    on_duplicate: Literal["skip", "replace"] = Field(
        "skip", description="For content seen before: keep the first record (skip) or write the new one (replace)."
    )
    packs: Path | None = Field(
        None,
        description="Folder of your own publisher packs; the watcher checks it, and workers follow when it changes.",
    )
    memory: Literal["off", "use", "learn"] = Field(
        "off",
        description="learn: what publishers repeat over their articles is learned and taken out; use: what is known already; off: neither.",
    )
    keep_days: int = Field(30, ge=0, description="Days that a settled source stays in done; 0 deletes it at once.")

    broker_url: SecretStr | None = Field(
        None,
        description="redis://, rediss:// (TLS) or sentinel://; unset: no broker, `ingest up` does everything itself.",
    )
    broker_ca: Path | None = Field(
        None, description="File with the authorities that rediss:// trusts; unset: those of this machine."
    )
    broker_master: str | None = Field(None, description="With sentinel://, the name of the master that they watch.")
    broker_password: SecretStr | None = Field(None, description="Used when the broker's URL has no password.")
    broker_prefix: str = Field(
        "ingest:", pattern=r"^[\w.:-]*$", description="All keys of this deployment in Redis begin with it."
    )

    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, description="Worker processes per machine.")
    tickets_per_task: int = Field(50, ge=1, le=500, description="Maximum number of tickets in one Celery task.")
    settle_seconds: float = Field(2.0, ge=0, description="A file is ready when it has not changed for so long.")
    scan_interval: float = Field(5.0, gt=0, description="Longest time between two scans of the inbox.")
    watch: Literal["auto", "events", "poll"] = Field(
        "auto", description="auto: file events, but polling on network mounts."
    )
    ignore: tuple[str, ...] = Field((), description="Additional globs of file names to ignore (a JSON list).")

    max_bytes: int = Field(32 * MIB, ge=1, description="Bytes; a larger source is refused unread.")
    max_unpacked: int = Field(
        default_factory=lambda known: max(LIMITS.unpacked_bytes, known.get("max_bytes", 0)),
        ge=1,
        description="Bytes of a source after decompression; a larger one is refused (decompression bombs).",
    )
    max_tags: int = Field(LIMITS.tags, ge=1, description="Tags of a page that are read; the rest is cut off.")
    max_lines: int = Field(LIMITS.lines, ge=1, description="Lines of a text that are read; the rest is cut off.")
    max_blocks: int = Field(LIMITS.blocks, ge=1, description="Blocks of an article that are read; the rest is cut off.")
    max_extra: int = Field(
        LIMITS.extra, ge=0, description="Bytes of the sender's own object (`extra`) as JSON; a larger one is left out."
    )
    max_members: int = Field(LIMITS.members, ge=1, description="Members of a container; one with more is refused.")
    json_fields: dict[JsonField, str] = Field(
        {}, description='Where JSON pages keep a field, as `{"html": "payload.page"}`, besides the known keys.'
    )
    min_confidence: dict[ConfidenceField, Annotated[float, Field(ge=0, le=1)]] = Field(
        {},
        description='Least confidence by field, as `{"authors": 0.5}`; a less sure value is left out, a less sure body refused.',
    )
    time_limit: float = Field(
        20.0, gt=0, description="Seconds that one document may take; then its worker process is killed."
    )
    memory_limit: int = Field(
        1024, ge=64, description="MiB that one worker process may take beyond what it starts with."
    )
    max_attempts: int = Field(
        3, ge=1, description="Worker processes that a document may kill before it is quarantined."
    )
    max_worker_losses: int = Field(
        25,
        ge=1,
        description="Times that a document may be in progress when all workers die or one is killed from outside.",
    )
    max_docs_per_child: int = Field(2000, ge=1, description="A worker process is replaced after so many documents.")

    stories: Literal["off"] | Path | None = Field(
        None,
        description="The index of stories: a path, or off. Unset: stories.db in the spool; off where that is a network mount.",
    )
    max_stories: int = Field(
        1_000_000, ge=1, le=2**30, description="Articles that the index of stories knows; the oldest are forgotten."
    )

    search: Literal["off"] | Path | None = Field(
        None, description="The dashboard's search index: a path, or off. Unset: search.db in the spool."
    )

    max_claimed: int = Field(10_000, ge=1, description="Intake pauses while more sources are claimed.")
    min_free: float = Field(2.0, ge=0, lt=100, description="Intake pauses while less of the disk is free, in per cent.")
    journal_bytes: int = Field(64 * MIB, ge=4096, description="The journal is rotated at this size in bytes.")

    alert_command: str | None = Field(
        None,
        description="Command that gets alerts as JSON on standard input; its words are split as by a shell, but no shell runs it.",
    )
    alert_webhook: SecretStr | None = Field(None, description="http:// or https:// address that alerts are POSTed to.")
    alert_refused_share: float = Field(
        0.5, ge=0, le=1, description="An alert is raised if more of the last hour's files are refused, 0 to 1."
    )

    dashboard_token: SecretStr | None = Field(
        None,
        description="At least 16 characters; whoever knows it may retry and purge on the dashboard. Unset: nobody may.",
    )
    intake_token: SecretStr | None = Field(
        None,
        description="At least 16 characters; who sends it may POST articles to the dashboard's /articles. Unset: nobody may.",
    )
    dashboard_hosts: tuple[str, ...] = Field(
        (), description="Host names that the dashboard answers to, besides those of this machine (a JSON list)."
    )

    def __hash__(self) -> int:
        """By what sets two deployments apart: `min_confidence` is a mapping, and mappings have no hash."""
        return hash((self.spool, self.out, self.broker_prefix))

    @field_validator("spool", "out", "state", "packs", "stories", "search", "broker_ca", mode="before")
    @classmethod
    def _a_path(cls, value: Any, info: ValidationInfo) -> Any:
        if info.field_name in {"spool", "out"} and isinstance(value, str) and value.startswith(SCHEME):
            return ObjectAddress.parse(value)
        if isinstance(value, str | os.PathLike) and is_url(value):
            raise ValueError("an address, not a path; only a folder of this machine can be used")
        return value

    @field_validator("spool", "out", "state", "packs", "stories", "search", "broker_ca")
    @classmethod
    def _absolute(cls, value: Path | str | ObjectAddress | None) -> Path | str | ObjectAddress | None:
        return value.absolute() if isinstance(value, Path) else value

    @field_validator("broker_url")
    @classmethod
    def _valid_broker_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        check_broker_url(value.get_secret_value())
        return value

    @field_validator("sinks", mode="before")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    @field_validator("sinks")
    @classmethod
    def _valid_sinks(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        names = [SinkUrl(sink.get_secret_value()).name for sink in value]
        if len(set(names)) < len(names):
            raise ValueError("two sinks are the same")
        return value

    @field_validator("dashboard_token", "intake_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value()) < MIN_TOKEN_CHARACTERS:
            raise ValueError(f"must have at least {MIN_TOKEN_CHARACTERS} characters")
        return value

    @field_validator("alert_command")
    @classmethod
    def _a_command(cls, value: str | None) -> str | None:
        if value is not None and not shlex.split(value):  # raises ValueError where a quotation mark is not closed
            raise ValueError("names no command")
        return value

    @field_validator("alert_webhook")
    @classmethod
    def _a_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if f"{self.out}/".startswith(f"{self.spool}/inbox/") or self.out == self.spool:
            raise ValueError("out must not lie in the inbox, or records would be cleaned as articles")
        if isinstance(self.out, ObjectAddress) and self.out_format != "json":
            raise ValueError(f"{PREFIX}OUT_FORMAT: jsonl needs a folder; in an object store each record is an object")
        if self.in_object_store and not self.state and "~" in os.path.expanduser("~"):
            raise ValueError(f"{PREFIX}STATE: must be given, as this user has no home folder")
        named = [f"{PREFIX}{name.upper()}" for name in FOLDER_SETTINGS if getattr(self, name) not in {None, "off", ()}]
        if named and self.in_object_store:
            raise ValueError(f"{', '.join(named)}: works with a spool in a folder only (docs/scale.md)")
        if (self.broker or "").startswith("sentinel://") != bool(self.broker_master):
            raise ValueError(f"{PREFIX}BROKER_MASTER and a broker at sentinel:// need each other")
        if self.broker_ca and not (self.broker or "").startswith("rediss://"):
            raise ValueError(f"{PREFIX}BROKER_CA is for a broker at rediss://")
        if self.max_unpacked < self.max_bytes:
            raise ValueError(f"{PREFIX}MAX_UNPACKED is below {PREFIX}MAX_BYTES, but an unpacked source may be as large")
        return self

    @property
    def in_object_store(self) -> bool:
        """Whether the spool is in an object store."""
        return isinstance(self.spool, ObjectAddress)

    @property
    def root(self) -> Path:
        """The folder of this machine for what is no source: that of the spool, or the state beside an object store."""
        if isinstance(self.spool, Path):
            return self.spool
        if self.state:
            return self.state
        return (
            Path("~/.local/state/news-ingest").expanduser() / hashlib.sha256(str(self.spool).encode()).hexdigest()[:16]
        )

    @property
    def limits(self) -> Limits:
        """The bounds of `core`, as set here."""
        own = (self.max_unpacked, self.max_tags, self.max_lines, self.max_blocks, self.max_extra, self.max_members)
        return Limits(*own, tuple(sorted(self.json_fields.items())))

    @property
    def secrets(self) -> tuple[str, ...]:
        """Strings that no log, error or terminal may show."""
        given = [each.get_secret_value() for each in (self.broker_password, self.alert_webhook) if each]
        held = (*given, *(urlsplit(url).password for url in each_url(self.broker or "")))
        forms = [form for secret in held if secret for form in (secret, quote(secret, safe=""))]
        return tuple(dict.fromkeys(forms + [form for url in self.sink_urls for form in url.secrets]))

    @property
    def sink_urls(self) -> tuple[SinkUrl, ...]:
        """The sinks, with their passwords."""
        return tuple(SinkUrl(sink.get_secret_value()) for sink in self.sinks)

    @property
    def broker(self) -> str | None:
        """The broker's URL with its password: never for a log."""
        if self.broker_url is None:
            return None
        urls = each_url(self.broker_url.get_secret_value())
        if self.broker_password is None or urlsplit(urls[0]).password is not None:
            return ";".join(urls)
        secret = quote(self.broker_password.get_secret_value(), safe="")
        return ";".join(with_password(url, secret) for url in urls)

    @property
    def broker_shown(self) -> str | None:
        """The broker's URL without its password."""
        return self.broker and ";".join(map(without_password, each_url(self.broker)))
