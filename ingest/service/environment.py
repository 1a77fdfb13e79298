"""The environment and the options of a command become `Settings`: old names of settings, secrets in files, one line for each mistake."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from ingest.core.text.characters import is_url
from ingest.errors import InvalidSettings
from ingest.service.settings import PREFIX, SECRETS, Settings

log = logging.getLogger(__name__)

RENAMED = {
    "settle": "settle_seconds",
    "recycle": "max_docs_per_child",
    "attempts": "max_attempts",
    "deaths": "max_worker_losses",
    "batch": "tickets_per_task",
    "desk_token": "dashboard_token",
    "desk_hosts": "dashboard_hosts",
    "sink": "out_format",
}
"""Old names of settings and their new ones. Variables with an old name are accepted for one version, with a warning."""


def load_settings(**options: Any) -> Settings:
    """Settings from the environment; an option that is not None wins. Raises `InvalidSettings`."""
    given = {name.upper(): value for name, value in os.environ.items() if name.upper().startswith(PREFIX) and value}
    values, problems = {name: value for name, value in options.items() if value is not None}, []
    known = {_variable(name) for name in (*Settings.model_fields, *RENAMED)}
    known |= {f"{_variable(name)}_FILE" for name in SECRETS} | {f"{PREFIX}DESK_TOKEN_FILE"}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    problems += [f"{name} is no setting; `ingest settings` lists them" for name in unknown]
    secrets = [name for name in SECRETS if name not in values]
    _apply_old_names(given, values, problems)
    _read_secret_files(secrets, given, values, problems)
    if problems:
        raise InvalidSettings("\n".join(problems))
    try:
        return Settings(**values)
    except ValidationError as error:
        raise InvalidSettings("\n".join(_complaints(error))) from None
    except SettingsError as error:  # a list that is not JSON; pydantic-settings stops at the first
        field = re.search(r'field "(\w+)"', str(error))
        raise InvalidSettings(f"{_variable(field[1])}: must be JSON" if field else str(error)) from None


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _apply_old_names(given: dict[str, str], values: dict[str, Any], problems: list[str]) -> None:
    """Take variables with an old name for their new one, with one line in the log for all of them. Options and new names win."""
    found, new_names = {}, frozenset(given)
    for old, name in RENAMED.items():
        for suffix in ("", "_FILE") if name in SECRETS else ("",):
            if (text := given.pop(_variable(old) + suffix, None)) is None:
                continue
            new = _variable(name)
            found[_variable(old) + suffix] = new + suffix
            if new in new_names or f"{new}_FILE" in new_names:
                continue
            given[new + suffix] = text
            if suffix or name in values:
                continue
            try:
                values[name] = json.loads(text) if name == "dashboard_hosts" else text
            except ValueError:
                problems.append(f"{_variable(old)}: must be JSON")
    if found:
        _warn_of_old_names(tuple(found.items()))


@cache  # once per process: a command may load its settings several times
def _warn_of_old_names(found: tuple[tuple[str, str], ...]) -> None:
    names = ", ".join(f"{old} is now {new}" for old, new in found)
    log.warning("settings have new names, and the next version will not accept the old ones: %s", names)


def _read_secret_files(names: list[str], given: Mapping[str, str], values: dict[str, Any], problems: list[str]) -> None:
    for name in names:
        variable = f"{_variable(name)}_FILE"
        if not (path := given.get(variable)):
            continue
        if _variable(name) in given:
            problems.append(f"both {variable} and {_variable(name)} are set; unset one")
        if is_url(path):
            problems.append(f"{variable}: an address, not a path; only a file of this machine can be used")
            continue
        try:
            values[name] = Path(path).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            problems.append(f"{variable}: cannot read {path!r}: {why}")


def _complaints(error: ValidationError) -> Iterator[str]:
    """One line for each invalid setting; none for those whose default depends on an invalid one."""
    for wrong in error.errors(include_input=False, include_url=False):
        if wrong["type"] == "default_factory_not_called":
            continue
        message = wrong["msg"].removeprefix("Value error, ")
        name = ".".join(map(str, wrong["loc"][:1]))
        yield f"{_variable(name)}: {message}" if name else message


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of a process of ours that is to have the same settings; sinks and their passwords go this way, as all may read
    the arguments of a process.
    """
    ours = {
        "INGEST_SINKS": " ".join(sink.get_secret_value() for sink in settings.sinks),
        "INGEST_OUT_FORMAT": settings.out_format,
    }
    dropped = {"INGEST_SINKS_FILE", "INGEST_SINK"}
    return {name: value for name, value in os.environ.items() if name.upper() not in dropped} | ours
