"""Addresses of sinks: which kinds there are, what each needs, and how an address is shown."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from ingest.errors import InvalidSettings
from ingest.service.sinks.sink import Sink


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of sink: its module, its extra, what that must bring, and the parameters that its address may have."""

    module: str
    factory: str
    example: str
    extra: str | None = None
    packages: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    passes_parameters: bool = False
    """Whether other parameters are left to the client's library."""
    is_path: bool = False


_POSTGRES = Kind(
    "postgres", "PostgresSink", "postgres://user:password@host/database?table=articles", "postgres", ("psycopg",),
    ("table",), passes_parameters=True,
)  # fmt: skip
_OPENSEARCH = Kind(
    "opensearch", "OpenSearchSink", "opensearch+https://user:password@host:9200/articles", "opensearch",
    ("opensearchpy",), ("ca",),
)  # fmt: skip
_WEBHOOK = Kind(
    "webhook", "WebhookSink", "webhook+https://:secret@host/path", "webhook", ("httpx", "standardwebhooks"),
    passes_parameters=True,
)  # fmt: skip
_REDIS = Kind(
    "redis_stream", "RedisStreamSink", "redis-stream://:password@host:6379/0?stream=articles",
    parameters=("stream", "maxlen"),
)  # fmt: skip
KINDS = {
    "postgres": _POSTGRES,
    "postgresql": _POSTGRES,
    "sqlite": Kind("sqlite", "SqliteSink", "sqlite:/path/articles.db", is_path=True),
    "parquet": Kind("parquet", "ParquetSink", "parquet:/path/folder", "parquet", ("pyarrow",), is_path=True),
    "opensearch+https": _OPENSEARCH,
    "opensearch+http": _OPENSEARCH,
    "webhook+https": _WEBHOOK,
    "webhook+http": _WEBHOOK,
    "redis-stream": _REDIS,
    "rediss-stream": _REDIS,
}
"""By scheme."""


@dataclass(frozen=True)
class SinkUrl:
    """The address of a sink. Raises ValueError, in words without a secret, for what is none."""

    text: str

    def __post_init__(self) -> None:
        scheme = self.text.partition(":")[0]
        if scheme not in KINDS:
            known = ", ".join(f"{name}:" for name in KINDS)
            shown = scheme if scheme != self.text and scheme.replace("+", "").replace("-", "").isalnum() else "?"
            raise ValueError(f"{shown}: is no kind of sink; there are {known}")
        try:
            self.parts.port  # noqa: B018 - raises for a port that is none
        except ValueError:
            raise ValueError(
                f"{scheme}: cannot be read; characters such as / ? # @ in a password must be written as %XX"
            ) from None
        if self.kind.is_path and not self.path.strip("/"):
            raise ValueError(f"{scheme}: names no path; as in {self.kind.example}")
        if not self.kind.is_path and not (self.parts.hostname or scheme.startswith("postgres")):
            raise ValueError(f"{scheme}: names no host; as in {self.kind.example}")
        unknown = [name for name in self.parameters if name not in self.kind.parameters]
        if unknown and not self.kind.passes_parameters:
            raise ValueError(f"{scheme}: has no parameter {unknown[0]!r}; as in {self.kind.example}")

    def __repr__(self) -> str:
        return f"SinkUrl({self.shown!r})"

    __str__ = __repr__

    @cached_property
    def parts(self) -> SplitResult:
        """The parts, still escaped."""
        return urlsplit(self.text)

    @property
    def scheme(self) -> str:
        """Such as `opensearch+https`."""
        return self.text.partition(":")[0]

    @property
    def kind(self) -> Kind:
        """What kind of sink it is."""
        return KINDS[self.scheme]

    @property
    def path(self) -> str:
        """The path, unescaped."""
        return unquote(self.parts.path)

    @property
    def absolute_path(self) -> str:
        """The path of a file or folder."""
        return os.path.abspath(self.path)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """What follows the question mark."""
        return dict(parse_qsl(self.parts.query, keep_blank_values=True))

    @property
    def username(self) -> str | None:
        """The user, unescaped."""
        return unquote(self.parts.username) if self.parts.username else None

    @property
    def password(self) -> str | None:
        """The password or the secret, unescaped."""
        return unquote(self.parts.password) if self.parts.password else None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Strings that nobody may be shown."""
        held = [self.password, *(value for name, value in self.parameters.items() if "password" in name)]
        return tuple(form for secret in held if secret for form in (secret, quote(secret, safe="")))

    @cached_property
    def shown(self) -> str:
        """The address without its password."""
        if self.kind.is_path:
            return f"{self.scheme}:{self.absolute_path}"
        user, at, host = self.parts.netloc.rpartition("@")
        user = user.partition(":")[0] + (":***" if ":" in user else "")
        query = urlencode(
            {name: "***" if "password" in name else value for name, value in self.parameters.items()}, safe="*/"
        )
        return f"{self.scheme}://{user}{at}{host}{self.parts.path}" + (f"?{query}" if query else "")

    @cached_property
    def name(self) -> str:
        """A name for its folder in the spool; the same after a change of the password."""
        return f"{self.kind.module.replace('_', '-')}-{hashlib.sha256(self.shown.encode()).hexdigest()[:12]}"

    def rebuilt(self, scheme: str, *, without: tuple[str, ...] = (), userinfo: bool = True) -> str:
        """The address with another scheme and without some parameters, with its password: never for a log."""
        query = urlencode({name: value for name, value in self.parameters.items() if name not in without})
        netloc = self.parts.netloc if userinfo else self.parts.netloc.rpartition("@")[2]
        return f"{scheme}://{netloc}{self.parts.path}" + (f"?{query}" if query else "")

    def require(self) -> None:
        """Raises `InvalidSettings` if what the sink needs is not installed."""
        if missing := [name for name in self.kind.packages if find_spec(name) is None]:
            raise InvalidSettings(
                f"{self.scheme}: needs {missing[0]}; run: pip install 'news-ingest[{self.kind.extra}]'"
            )

    def make(self, spool_identity: str) -> Sink:
        """The sink, not opened yet. `spool_identity`: sets the positions of several deployments in one sink apart."""
        self.require()
        module: Any = import_module(f"ingest.service.sinks.{self.kind.module}")
        sink: Sink = getattr(module, self.kind.factory)(self, spool_identity)
        return sink
