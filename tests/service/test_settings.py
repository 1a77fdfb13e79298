"""Settings: what is refused at the start, and that passwords are never shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from ingest.core.limits import LIMITS, Limits
from ingest.errors import InvalidSettings
from ingest.service.environment import RENAMED, _warn_of_old_names, load_settings
from ingest.service.settings import Settings


def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_TIMELIMIT", "5")
    with pytest.raises(InvalidSettings, match="INGEST_TIMELIMIT is no setting"):
        load_settings()


def test_every_invalid_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_TICKETS_PER_TASK", "0")
    monkeypatch.setenv("INGEST_BROKER_URL", "amqp://user:hunter2@host")
    with pytest.raises(InvalidSettings, match=r"INGEST_BROKER_URL(.|\n)*INGEST_TICKETS_PER_TASK") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_options_override_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INGEST_SPOOL", "/elsewhere")
    monkeypatch.setenv("INGEST_BROKER_URL", "")
    settings = load_settings(spool=tmp_path, out=None)
    assert settings.spool == tmp_path
    assert settings.out.is_absolute()
    assert settings.broker is None


def test_a_password_from_a_file_goes_into_the_url_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("p/w@1\n")
    monkeypatch.setenv("INGEST_BROKER_PASSWORD_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("INGEST_BROKER_URL", "rediss://news@redis:6380/2")
    settings = load_settings()
    assert settings.broker == "rediss://news:p%2Fw%401@redis:6380/2"
    assert settings.broker_shown == "rediss://news:***@redis:6380/2"
    assert "p/w@1" not in repr(settings)


def test_an_unreadable_secret_file_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_BROKER_URL_FILE", "/no/such/file")
    with pytest.raises(InvalidSettings, match="INGEST_BROKER_URL_FILE: cannot read"):
        load_settings()


def test_the_limits_of_the_core_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().limits == LIMITS
    monkeypatch.setenv("INGEST_MAX_BYTES", str(64 << 20))
    monkeypatch.setenv("INGEST_MAX_BLOCKS", "7")
    assert load_settings().limits == Limits(
        unpacked_bytes=64 << 20, blocks=7
    )  # what the shell takes the core does not refuse
    monkeypatch.setenv("INGEST_MAX_UNPACKED", "1000")
    with pytest.raises(InvalidSettings, match="MAX_UNPACKED is below"):
        load_settings()


@pytest.mark.parametrize(("old", "value"), [("settle", "0.5"), ("batch", "7"), ("desk_hosts", '["news.example"]')])
def test_an_old_name_is_accepted_with_one_warning(
    old: str, value: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _warn_of_old_names.cache_clear()
    monkeypatch.setenv(f"INGEST_{old.upper()}", value)
    settings = load_settings()
    assert getattr(settings, RENAMED[old]) == TypeAdapter(
        Settings.model_fields[RENAMED[old]].annotation
    ).validate_python(json.loads(value))
    load_settings()
    (line,) = caplog.messages
    assert f"INGEST_{old.upper()} is now INGEST_{RENAMED[old].upper()}" in line
    monkeypatch.setenv(
        f"INGEST_{RENAMED[old].upper()}", value.replace("5", "6").replace("7", "8").replace("news", "new")
    )
    assert getattr(load_settings(), RENAMED[old]) != getattr(settings, RENAMED[old])  # the new name wins


def test_an_old_secret_file_is_read_and_a_bad_old_value_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a token that is long enough\n")
    monkeypatch.setenv("INGEST_DESK_TOKEN_FILE", str(tmp_path / "token"))
    token = load_settings().dashboard_token
    assert token
    assert token.get_secret_value() == "a token that is long enough"
    monkeypatch.setenv("INGEST_DESK_TOKEN", "another token, long enough")
    monkeypatch.setenv("INGEST_DESK_HOSTS", "no json")
    with pytest.raises(
        InvalidSettings, match=r"INGEST_DESK_HOSTS: must be JSON(.|\n)*both INGEST_DASHBOARD_TOKEN_FILE"
    ):
        load_settings()


def test_the_documentation_lists_every_setting() -> None:
    documentation = (Path(__file__).parents[2] / "docs/settings.md").read_text()
    documented = re.findall(r"^\| `([A-Z_]+)`", documentation, re.MULTILINE)
    assert [name.lower() for name in documented] == list(Settings.model_fields)


def test_sinks_are_read_from_a_file_and_the_old_sink_is_the_out_format(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sinks").write_text("postgres://news:p%2Fw@db/news\n  sqlite:/a.db\n")
    monkeypatch.setenv("INGEST_SINKS_FILE", str(tmp_path / "sinks"))
    monkeypatch.setenv("INGEST_SINK", "jsonl")
    settings = load_settings()
    assert [url.shown for url in settings.sink_urls] == ["postgres://news:***@db/news", "sqlite:/a.db"]
    assert settings.out_format == "jsonl"
    assert {"p/w", "p%2Fw"} <= set(settings.secrets)
    assert "p%2Fw" not in repr(settings)
