"""Redis behind TLS and behind Sentinel, run for real."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.errors import InvalidSettings
from ingest.service.broker import BROKER_ERRORS, Broker, describe_error
from ingest.service.settings import Settings
from tests.support.processes import Redis, Tree, article, drop, outcomes_by_name, redis_server, status, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
Start = Callable[..., Redis]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Redis servers, each in a folder of its own."""
    server, running = redis_server(), []
    if server is None:
        assert not os.environ.get("CI"), "no Redis server: CI must have one"
        pytest.skip("no redis-server or valkey-server on PATH, and no wheel of the dev group has one")

    def begin(name: str, *flags: str, conf: tuple[str, ...] = ()) -> Redis:
        (tmp_path / name).mkdir()
        running.append(Redis(server, tmp_path / name, *flags, conf=conf))
        return running[-1]

    yield begin
    for one in running:
        one.kill()


def run(settings: Settings, tree: Grow, wanted: int) -> None:
    for number in range(wanted):
        drop(settings, f"{number}.txt", article(number))
    tree(settings, "ingest", "watch")
    tree(settings, "celery", "-A", "worker", "worker")
    until(lambda: len(outcomes_by_name(settings)) == wanted, seconds=90)
    assert set(outcomes_by_name(settings).values()) == {"stored"}


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate of "localhost" that signs itself, its key)."""
    if not shutil.which("openssl"):
        assert not os.environ.get("CI"), "no openssl: CI must have it"
        pytest.skip("no openssl on PATH")
    made, key = folder / "ca.pem", folder / "key.pem"
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    name = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", *request.split(), *name, "-keyout", key, "-out", made], check=True, capture_output=True)
    return made, key


def test_tls(make: Make, tree: Grow, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca, key = certificate(tmp_path)
    port = str(20_000 + os.getpid() % 10_000)
    files = ("--tls-cert-file", str(ca), "--tls-key-file", str(key), "--tls-auth-clients", "no")
    try:
        start("tls", "--tls-port", port, *files)
    except AssertionError:
        pytest.skip("this Redis server was built without TLS")
    url = f"rediss://localhost:{port}/0"
    # Without the authority nothing is sent: Kombu alone would have accepted any certificate.
    unknown = make(broker_url=url)
    with pytest.raises(BROKER_ERRORS) as caught:
        Broker(unknown).waiting()
    assert "CERTIFICATE_VERIFY_FAILED" in describe_error(unknown, caught.value).replace(" ", "_").upper()
    # Nor is a server of another name believed.
    with pytest.raises(BROKER_ERRORS):
        Broker(make(broker_url=url.replace("localhost", "127.0.0.1"), broker_ca=ca)).waiting()
    monkeypatch.setenv("INGEST_BROKER_CA", str(ca))
    run(make(broker_url=url), tree, 5)


def test_a_sentinel_names_the_new_master(
    make: Make, tree: Grow, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = ("--requirepass", "open-sesame", "--masterauth", "open-sesame")
    first = start("first", *password)
    second = start("second", *password, "--replicaof", "127.0.0.1", first.url.split(":")[2].removesuffix("/0"))
    (tmp_path / "sentinel.conf").write_text(
        f"sentinel monitor news 127.0.0.1 {first.url.split(':')[2].removesuffix('/0')} 1\n"
        "sentinel auth-pass news open-sesame\n"
        "sentinel down-after-milliseconds news 1000\nsentinel failover-timeout news 5000\n"
    )
    sentinel = start("sentinel", "--sentinel", conf=(str(tmp_path / "sentinel.conf"),))
    url = sentinel.url.replace("redis://", "sentinel://").removesuffix("/0")
    monkeypatch.setenv("INGEST_BROKER_MASTER", "news")
    monkeypatch.setenv("INGEST_BROKER_PASSWORD", "open-sesame")
    settings = make(broker_url=f"sentinel://127.0.0.1:1;{url}")
    assert "open-sesame" not in str(settings.broker_shown)
    run(settings, tree, 5)
    del second
    first.kill()
    for number in range(5, 10):
        drop(settings, f"{number}.txt", article(number))
    until(lambda: len(outcomes_by_name(settings)) == 10, seconds=90)
    assert "Redis cannot be used" not in status(settings)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("amqp://guest@127.0.0.1//", "other brokers are not supported"),
        ("sentinel://127.0.0.1:26379", "INGEST_BROKER_MASTER"),
        ("sentinel://127.0.0.1:26379;redis://127.0.0.1", "no readable host"),
    ],
)
def test_what_cannot_be_a_broker_is_said_at_once(make: Make, url: str, says: str) -> None:
    with pytest.raises(InvalidSettings, match=says):
        make(broker_url=url)
