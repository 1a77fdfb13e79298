"""The environment becomes `Settings`: every knob of the service, named, bounded and with its reason.

`INGEST_<NAME>` sets a knob; `INGEST_<NAME>_FILE` names a file that holds it (secrets only). A variable with the prefix that
is no knob is an error: a misspelt limit that silently does not exist is worse than no start. Flags win over the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from ingest.core.limits import LIMITS, Limits
from ingest.core.text.characters import is_url

PREFIX = "INGEST_"
SECRETS = ("broker_url", "broker_password", "dashboard_token")
MIB = 1 << 20
ConfidenceField = Annotated[str, StringConstraints(pattern=r"^(headline|authors|published|publisher|body)$")]


class InvalidSettings(ValueError):
    """The environment or a flag cannot be used. The message has one line for each mistake and shows no secret."""


class Settings(BaseSettings):
    """All knobs. Seconds and MiB unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    spool: Path = Field(Path("spool"), description="Holds inbox, claimed, done and quarantine; one mount.")
    out: Path = Field(Path("out"), description="Where records go.")
    sink: Literal["json", "jsonl"] = Field("json", description="One file an article, or sealed JSON Lines segments.")
    on_duplicate: Literal["skip", "replace"] = Field(
        "skip", description="The first record of a content stays, or the last."
    )
    keep_days: int = Field(30, ge=0, description="Days a settled source stays in done; 0 deletes it at once.")

    broker_url: SecretStr | None = Field(
        None, description="redis:// or rediss://; unset: no broker, `ingest up` works alone."
    )
    broker_password: SecretStr | None = Field(None, description="Put into the broker's URL where that has none.")
    broker_prefix: str = Field(
        "ingest:", pattern=r"^[\w.:-]*$", description="Every key of ours in Redis begins with it."
    )

    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Children that clean, per machine."
    )
    tickets_per_task: int = Field(50, ge=1, le=500, description="At most so many tickets ride in one task.")
    settle_seconds: float = Field(2.0, ge=0, description="A file is ready when it stood still so long.")
    scan_interval: float = Field(5.0, gt=0, description="The inbox is scanned at least so often.")
    watch: Literal["auto", "events", "poll"] = Field("auto", description="auto: events, but polling on network mounts.")
    ignore: tuple[str, ...] = Field((), description="More globs of names that are not articles (a JSON list).")

    max_bytes: int = Field(32 * MIB, ge=1, description="A larger source is refused unread.")
    max_unpacked: int = Field(
        default_factory=lambda known: max(LIMITS.unpacked_bytes, known.get("max_bytes", 0)),
        ge=1,
        description="Bytes of a source once unpacked; a larger one is refused: bombs stop here.",
    )
    max_tags: int = Field(LIMITS.tags, ge=1, description="Tags of a page that are read; the rest is cut off.")
    max_lines: int = Field(LIMITS.lines, ge=1, description="Lines of a text that are read; the rest is cut off.")
    max_blocks: int = Field(LIMITS.blocks, ge=1, description="Blocks of an article that are read; the rest is cut off.")
    max_extra: int = Field(
        LIMITS.extra, ge=0, description="Bytes of the sender's own object (extra) as JSON; a larger one is left out."
    )
    min_confidence: dict[ConfidenceField, Annotated[float, Field(ge=0, le=1)]] = Field(
        {},
        description="Least confidence by field (a JSON object); a less sure value is left out, a less sure body refused.",
    )
    time_limit: float = Field(20.0, gt=0, description="A child that is longer at one document is killed.")
    memory_limit: int = Field(1024, ge=64, description="MiB that one child may take beyond what it starts with.")
    max_attempts: int = Field(3, ge=1, description="Children that a document may kill before it is quarantined.")
    max_worker_losses: int = Field(
        25, ge=1, description="Deaths of the whole tree, or kills from outside, that it may be present at."
    )
    max_docs_per_child: int = Field(2000, ge=1, description="A child is replaced after so many documents.")

    max_claimed: int = Field(10_000, ge=1, description="Intake pauses above so many claimed sources.")
    min_free: float = Field(2.0, ge=0, lt=100, description="Intake pauses below this per cent of free disk.")
    journal_bytes: int = Field(64 * MIB, ge=4096, description="The journal is rotated at this size.")

    dashboard_token: SecretStr | None = Field(
        None,
        description="Of 16 signs at least: who knows it may retry and purge at the desk; unset: nobody may, there.",
    )
    dashboard_hosts: tuple[str, ...] = Field(
        (), description="More names that the desk answers to, beside those of this machine (a JSON list)."
    )

    @field_validator("spool", "out", mode="before")
    @classmethod
    def _a_path(cls, value: Any) -> Any:
        if isinstance(value, str | os.PathLike) and is_url(value):
            raise ValueError("an address, not a path; only a folder of this machine can be used")
        return value

    @field_validator("spool", "out")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.absolute()

    @field_validator("broker_url")
    @classmethod
    def _valid_broker_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme = value.get_secret_value().partition("://")[0]
        if scheme not in {"redis", "rediss", "redis+socket"}:
            raise ValueError("must begin with redis://, rediss:// or redis+socket://")
        try:
            url = urlsplit(value.get_secret_value())
            whole = scheme == "redis+socket" or (bool(url.hostname) and url.port != 0)
        except ValueError:
            whole = False
        if not whole:
            raise ValueError(
                "has no host and port that can be read; signs such as / ? # @ in a password must be written as %XX, "
                f"or the password given by {PREFIX}BROKER_PASSWORD"
            )
        return value

    @field_validator("dashboard_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value()) < 16:
            raise ValueError("must have 16 signs at least")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.out == self.spool or self.out.is_relative_to(self.spool / "inbox"):
            raise ValueError("out must not lie in the inbox, or records would be cleaned as articles")
        if self.max_unpacked < self.max_bytes:
            raise ValueError(f"{PREFIX}MAX_UNPACKED is below {PREFIX}MAX_BYTES, and a source may be as large unpacked")
        return self

    @property
    def limits(self) -> Limits:
        """The core's bounds, as set here."""
        return Limits(self.max_unpacked, self.max_tags, self.max_lines, self.max_blocks, self.max_extra)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no log, no error and no terminal may show."""
        held = (self.broker_password and self.broker_password.get_secret_value(), urlsplit(self.broker or "").password)
        return tuple(dict.fromkeys(form for secret in held if secret for form in (secret, quote(secret, safe=""))))

    @property
    def broker(self) -> str | None:
        """The broker's URL with its password: never for a log."""
        if self.broker_url is None:
            return None
        url = self.broker_url.get_secret_value()
        scheme, _, rest = url.partition("://")
        if self.broker_password is None or urlsplit(url).password is not None:
            return url
        secret = quote(self.broker_password.get_secret_value(), safe="")
        user, _, address = rest.rpartition("@")
        return f"{scheme}://{user}:{secret}@{address}"

    @property
    def broker_shown(self) -> str | None:
        """The broker's URL as people may see it."""
        if self.broker is None:
            return None
        scheme, _, rest = self.broker.partition("?")[0].partition("://")
        user, _, address = rest.rpartition("@")
        return f"{scheme}://" + (f"{user.partition(':')[0]}:***@" if user else "") + address


def load_settings(**flags: Any) -> Settings:
    """Settings from the environment; a flag that is not None wins. Raises `InvalidSettings`."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    files = {f"{PREFIX}{name.upper()}_FILE": name for name in SECRETS}
    wrong = [
        name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known | files.keys()
    ]
    problems = [f"{name} is no setting; `ingest settings` lists them" for name in sorted(wrong)]
    values = {name: value for name, value in flags.items() if value is not None}
    for variable, name in files.items():
        if not (path := os.environ.get(variable)) or name in values:
            continue
        if os.environ.get(PREFIX + name.upper()):
            problems.append(f"both {variable} and {variable.removesuffix('_FILE')} are set; unset one")
        if is_url(path):
            problems.append(f"{variable}: an address, not a path; only a file of this machine can be used")
            continue
        try:
            values[name] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            problems.append(f"{variable}: cannot read {path!r}: {why}")
    if problems:
        raise InvalidSettings("\n".join(problems))
    try:
        return Settings(**values)
    except ValidationError as error:
        raise InvalidSettings("\n".join(_complaints(error))) from None
    except SettingsError as error:  # a list that is no JSON; pydantic-settings stops at the first
        field = re.search(r'field "(\w+)"', str(error))
        raise InvalidSettings(f"{PREFIX}{field[1].upper()}: must be JSON" if field else str(error)) from None


def _complaints(error: ValidationError) -> Iterator[str]:
    """One line for each setting that is wrong; not for those whose default could not be told because of it."""
    for wrong in error.errors(include_input=False, include_url=False):
        if wrong["type"] == "default_factory_not_called":
            continue
        message = wrong["msg"].removeprefix("Value error, ")
        name = ".".join(map(str, wrong["loc"][:1]))
        yield f"{PREFIX}{name.upper()}: {message}" if name else message
