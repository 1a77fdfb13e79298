"""Settings: what is refused at the start, and that passwords stay unseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.core.limits import LIMITS, Limits
from ingest.service.settings import InvalidSettings, Settings, load_settings


def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_TIMELIMIT", "5")
    with pytest.raises(InvalidSettings, match="INGEST_TIMELIMIT is no setting"):
        load_settings()


def test_every_mistake_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_TICKETS_PER_TASK", "0")
    monkeypatch.setenv("INGEST_BROKER_URL", "amqp://user:hunter2@host")
    with pytest.raises(InvalidSettings, match=r"INGEST_BROKER_URL(.|\n)*INGEST_TICKETS_PER_TASK") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_flags_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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


def test_an_unreadable_secret_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_readme_lists_every_setting() -> None:
    told = re.findall(r"^\| `([A-Z_]+)`", (Path(__file__).parents[2] / "README.md").read_text(), re.MULTILINE)
    assert [name.lower() for name in told] == list(Settings.model_fields)
