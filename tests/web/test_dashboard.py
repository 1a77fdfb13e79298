"""The dashboard for a browser, a probe and an attacker: a real server on a real spool."""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import lxml.html
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from ingest.cli import cli
from ingest.service import runner
from ingest.service.environment import load_settings
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from tests.support.browser import asked, needs_chromium
from tests.support.processes import Tree, names_in, until

SEEDS = Path(__file__).parents[2] / "seeds"
TOKEN = "correct horse battery staple"  # noqa: S105
EVIL = '<img src=x onerror="alert(1)">'
Answer = tuple[int, dict[str, str], str]


class Asked:
    """A dashboard of our own, and the requests to it."""

    def __init__(self, settings: Settings, log: Path, *flags: str, **environment: str) -> None:
        self.settings = settings
        self.tree = Tree(settings, "ingest", "serve", "--port", "0", *flags, log=log, **environment)
        until(lambda: ":" in (found := log.read_text()) and "\n" in found)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", log.read_text())
        assert found, log.read_text()
        self.port = int(found[1])

    def __call__(self, path: str, form: list[tuple[str, str]] | None = None, **headers: str) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if form is None:
            line.request("GET", path, headers=given)
        else:
            given.setdefault("Content-Type", "application/x-www-form-urlencoded")
            line.request("POST", path, urlencode(form), given)
        answer = line.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read().decode()
        line.close()
        return answer.status, found, body


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A spool through which both seeds, a hostile page, a PDF and a link to a secret went."""
    folder = tmp_path_factory.mktemp("dashboard")
    settings = load_settings(spool=folder / "spool", out=folder / "out", settle_seconds=0.0, workers=2)
    inbox = settings.spool / "inbox"
    inbox.mkdir(parents=True)
    for seed in SEEDS.iterdir():
        (inbox / seed.name).write_bytes(seed.read_bytes())
    prose = "The council met on Tuesday and said that the bridge would be closed for the whole summer. " * 3
    (inbox / f"{EVIL}.html").write_text(
        f"<html><head><title>{EVIL.replace('<', '&lt;')}</title></head><body><article><h1>{EVIL.replace('<', '&lt;')}</h1>"
        f"<p>{prose}</p><p>{prose}</p></article></body></html>"
    )
    (inbox / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "secret.txt").write_text("the secret of this machine")
    (inbox / "link.txt").symlink_to(folder / "secret.txt")
    assert runner.up(settings, once=True) == 0
    return settings


@contextmanager
def serving(settings: Settings, log: Path, *flags: str, **environment: str) -> Iterator[Asked]:
    dashboard = Asked(settings, log, *flags, **environment)
    try:
        yield dashboard
    finally:
        dashboard.tree.kill()


@pytest.fixture(scope="module")
def dashboard(used: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with serving(used, tmp_path_factory.mktemp("log") / "log", INGEST_DASHBOARD_TOKEN=TOKEN) as running:
        yield running


def test_every_page_is_valid_and_every_link_works(dashboard: Asked) -> None:
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        status, headers, body = dashboard(path)
        assert status == 200, path
        if path.endswith(".json"):
            assert headers["content-disposition"].startswith("attachment")
            assert json.loads(body)
            continue
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        tree = lxml.html.document_fromstring(body)
        assert not tree.xpath("//img | //iframe | //link | //*[@src] | //@style | //*[@onerror]"), path
        assert tree.xpath("//main")
        assert tree.xpath("//h1")
        assert tree.get("lang") == "en"
        waiting += [href.partition("#")[0] for href in tree.xpath("//@href") if re.match("/[^/]|/$", href)]
    assert len([path for path in seen if re.match("/records/[^/]+$", path)]) == 3
    assert len([path for path in seen if path.endswith("/record.ninjs.json")]) == 3
    assert len([path for path in seen if re.match("/quarantine/.", path)]) == 2


def test_a_record_is_explained_from_its_source(dashboard: Asked) -> None:
    address = "/records?q=JAPAN+nato"
    until(lambda: '<ul class="rows"' in dashboard(address)[2])  # a thread makes the search index
    [found] = lxml.html.document_fromstring(dashboard(address)[2]).xpath("//ul[@class='rows']//a")
    page = lxml.html.document_fromstring(dashboard(found.get("href"))[2])
    assert page.xpath("//section[@id='raw']")
    assert page.xpath("//div[@class='why'][.//b='related']")
    assert "No record has these words." in dashboard("/records?q=zzzz")[2]
    assert EVIL in lxml.html.document_fromstring(dashboard("/records?q=onerror")[2]).text_content()


def test_a_link_in_quarantine_is_not_followed(dashboard: Asked) -> None:
    rows = lxml.html.document_fromstring(dashboard("/quarantine?reason=not_a_file")[2]).xpath(
        "//ul[@class='rows']//a/@href"
    )
    [found] = [dashboard(row)[2] for row in rows]
    assert "cannot be" in found
    assert "the secret" not in found


@pytest.mark.parametrize("path", ["/records/../../etc/passwd", "/records/%2e%2e%2f%2e%2e%2fsecret.txt", "/records/" + "a" * 64,
    "/quarantine/..%2f..%2fsecret.txt", "/quarantine/0000000000000000-000000", "/static/x", "/records/" + "A" * 64])  # fmt: skip
def test_an_invalid_id_is_not_looked_up(dashboard: Asked, path: str) -> None:
    status, _, body = dashboard(path)
    assert status == 404
    assert "secret of" not in body
    assert "root:" not in body


@pytest.mark.parametrize("page", ["records?page=0", "records?page=99999999", "records?q=%00%ff%e2", "quarantine?reason=%3Cb%3E", "quarantine?purged=%3Cb%3E"])  # fmt: skip
def test_unusual_requests_are_answered(dashboard: Asked, page: str) -> None:
    status, _, body = dashboard(f"/{page}")
    assert status == 200
    assert "<b>deleted" not in body
    assert '"<b>"' not in body


def test_only_known_host_names_are_answered(dashboard: Asked) -> None:
    """A page elsewhere whose name is made to mean 127.0.0.1 asks under its own name."""
    for host, status in {"evil.example": 421, "localhost": 200, "127.0.0.1:1": 200, "[::1]:80": 200, "": 421}.items():
        assert dashboard("/records", Host=host)[0] == status
        assert dashboard("/metrics", Host=host)[0] == status
        assert dashboard("/health", Host=host)[0] == 200


def _chosen(dashboard: Asked, reason: str) -> str:
    page = lxml.html.document_fromstring(dashboard(f"/quarantine?reason={reason}")[2])
    [token] = page.xpath("//input[@name='source']/@value")
    return str(token)


def test_retry_and_purge_need_the_token(dashboard: Asked) -> None:
    pdf, link = _chosen(dashboard, "unsupported_format"), _chosen(dashboard, "not_a_file")
    quarantine = dashboard.settings.spool / "quarantine"
    before = names_in(quarantine)
    right = [("token", TOKEN), ("source", pdf)]
    own = f"http://127.0.0.1:{dashboard.port}"
    for form, headers in [
        ([("token", "wrong"), ("act", "purge"), ("source", pdf)], {}),
        ([("act", "purge"), ("source", pdf)], {"Cookie": f"token={TOKEN}"}),
        ([*right, ("act", "purge")], {"Origin": "http://evil.example"}),
        ([*right, ("act", "purge")], {"Origin": "null"}),
        ([*right, ("act", "purge")], {"Sec_Fetch_Site": "cross-site"}),
        ([*right, ("act", "explode")], {}),
        ([("token", TOKEN), ("act", "purge"), ("source", "../../secret.txt")], {}),
    ]:
        dashboard("/quarantine", form, **headers)
        assert names_in(quarantine) == before
    status, headers, _ = dashboard("/quarantine", [*right, ("act", "retry")], Origin=own)
    assert (status, headers["location"]) == (303, "/quarantine?retried=1")
    assert names_in(dashboard.settings.spool / "claimed") == ["scan.png"]
    assert dashboard("/quarantine", [("token", TOKEN), ("act", "purge"), ("source", link)], Origin=own)[0] == 303
    assert names_in(quarantine) == []
    assert "There is nothing here" in dashboard("/quarantine")[2]
    assert (dashboard.settings.spool.parent / "secret.txt").read_text()
    assert runner.up(dashboard.settings, once=True) == 0  # as it was, for the others


def test_one_source_is_retried_beside_its_reason_and_the_filter_stays(dashboard: Asked) -> None:
    (dashboard.settings.spool / "inbox/other.png").write_bytes(b"\x89PNG\r\n\x1a\n other")
    assert runner.up(dashboard.settings, once=True) == 0
    until(lambda: "other.png" in dashboard("/quarantine?reason=unsupported_format")[2])
    page = lxml.html.document_fromstring(dashboard("/quarantine?reason=unsupported_format&publisher=nobody")[2])
    assert "There is nothing here" in page.text_content()
    page = lxml.html.document_fromstring(dashboard("/quarantine?reason=unsupported_format")[2])
    [row] = [row for row in page.xpath("//li[@class='no']") if "other.png" in row.text_content()]
    [button] = row.xpath(".//button[@name='retry']")
    assert "unsupported format" in row.text_content()
    assert button.get("aria-label") == "Retry other.png, refused: unsupported format"
    explained = lxml.html.document_fromstring(dashboard(row.xpath(".//a/@href")[0])[2])
    assert "Its lines cannot be shown" in explained.text_content() or explained.xpath(
        "//p[contains(@class, 'refused')]"
    )
    form, [action] = [("token", TOKEN), ("retry", button.get("value"))], page.xpath("//form[@method='post']/@action")
    status, headers, _ = dashboard(action, form)
    assert (status, headers["location"]) == (303, "/quarantine?reason=unsupported_format&retried=1")
    assert names_in(dashboard.settings.spool / "claimed") == ["other.png"]
    assert runner.up(dashboard.settings, once=True) == 0


def test_members_of_a_story_are_shown_and_filters_stay_with_the_pages(dashboard: Asked) -> None:
    prose = "".join(
        f"<p>Paragraph {n}: the ferry company said on Tuesday that {n} boats would sail in spring again.</p>"
        for n in range(8)
    )
    for number, more in enumerate(("", "<p>Passengers were told late on Tuesday evening that tickets stay valid.</p>")):
        page = f"<html lang='en'><head><meta property='article:published_time' content='2026-11-03'></head><body><article><h1>Ferries sail again</h1>{prose}{more}</article></body></html>"
        (dashboard.settings.spool / f"inbox/ferry{number}.html").write_text(page)
    assert runner.up(dashboard.settings, once=True) == 0
    found: list[str] = []

    def both() -> bool:
        tree = lxml.html.document_fromstring(dashboard("/records?q=ferry+boats&language=en&day=2026-11-03")[2])
        found[:] = [str(each) for each in tree.xpath("//ul[@class='rows']//a/@href")]
        return len(found) == 2

    until(both)
    assert "published 2026-11-03" in dashboard("/records?q=boats")[2]
    page = lxml.html.document_fromstring(dashboard(found[0])[2])
    assert page.xpath("//aside//a/@href") == [found[1]]
    _, headers, record = dashboard(f"{found[0]}/record.ninjs.json")
    assert json.loads(record)["headlines"][0]["value"] == "Ferries sail again"
    assert headers["content-disposition"].endswith('.ninjs.json"')
    listed = lxml.html.document_fromstring(dashboard("/records?q=the&language=en&page=2")[2])
    assert listed.xpath("//a[@rel='prev']/@href") == ["/records?q=the&language=en&page=1"]
    assert listed.xpath("//select[@name='language']/option[@selected]/@value") == ["en"]


def test_without_a_token_nothing_can_be_changed(used: Settings, tmp_path: Path) -> None:
    with serving(used, tmp_path / "log", "--broker", "redis://:hunter2@127.0.0.1:1/0") as dashboard:
        page = lxml.html.document_fromstring(dashboard("/quarantine")[2])
        assert not page.xpath("//form[@method='post'] | //input[@name='token'] | //input[@name='source']")
        assert dashboard("/quarantine", [("token", ""), ("act", "purge")])[0] == 404
        status, _, found = dashboard("/ready")
        assert (status, json.loads(found)["spool"], json.loads(found)["broker"]) == (
            503,
            "yes",
            "no: cannot be reached",
        )
        assert "hunter2" not in found + dashboard("/")[2] + dashboard("/metrics")[2] + dashboard.tree.log.read_text()


def metrics(dashboard: Asked) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(dashboard("/metrics")[2])
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def _append(root: str, worker: str, count: int) -> None:
    journal = Journal(root, limit=4096)
    for number in range(count):
        line = {
            "time": "2026-11-22T20:41:07.000+00:00",
            "name": f"{number}.txt",
            "id": None,
            "outcome": "refused",
            "ms": 7.0,
        }
        journal.append(
            line | {"reason": "no_article", "token": f"{number:016x}-{os.getpid() % 999999:06d}", "worker": worker}
        )
        if number % 40 == 39:
            journal.rotate()


def test_metrics_count_all_processes_and_survive_a_restart(used: Settings, tmp_path: Path) -> None:
    root = tmp_path / "spool"
    settings = used.model_copy(update={"spool": root})
    (root / "inbox").mkdir(parents=True)
    for folder in ("claimed", "done", "quarantine", ".desks"):
        (root / folder).mkdir()
    lines = list(Journal(str(used.spool)).lines())
    before, labelled = len(lines), sum("label" in (line["stages"] or {}) for line in lines)
    (root / "journal.jsonl").write_bytes((used.spool / "journal.jsonl").read_bytes() + b'{"torn": ')
    with (root / "journal.jsonl").open("ab") as file:
        file.write(b"by a kill}\n")
    with serving(settings, tmp_path / "log") as dashboard:
        until(lambda: metrics(dashboard).get(("ingest_stage_seconds_count", "label")) == labelled)
        for stage in ("read", "parse", "compose", "write"):
            assert metrics(dashboard)["ingest_stage_seconds_sum", stage] > 0
        pids = []
        for worker in ("one", "two", "one"):
            if (pid := os.fork()) == 0:
                try:
                    _append(str(root), worker, 200)
                finally:
                    os._exit(0)
            pids.append(pid)
        for pid in pids:
            os.waitpid(pid, 0)
        until(lambda: metrics(dashboard).get(("ingest_files_total", "refused", "one")) == 400.0)
        first = metrics(dashboard)
        assert first["ingest_files_total", "refused", "two"] == 200.0
        files = sum(value for (name, *_), value in first.items() if name == "ingest_files_total")
        assert (
            first["ingest_file_seconds_bucket", "+Inf"] == first["ingest_file_seconds_count",] == files == 600 + before
        )
    with serving(settings, tmp_path / "log2") as dashboard:
        until(lambda: metrics(dashboard).get(("ingest_files_total", "refused", "one")) == 400.0)
        again = metrics(dashboard)
        counted = ("_total", "_count", "_bucket", "_sum")
        assert {k: v for k, v in again.items() if k[0].endswith(counted)} == {
            k: v for k, v in first.items() if k[0].endswith(counted)
        }


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = CliRunner().invoke(cli, ["serve"])
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1].endswith("run: pip install 'news-ingest[dashboard]'")


@needs_chromium
def test_the_pages_fit_a_phone(dashboard: Asked, tmp_path: Path) -> None:
    wide = "return [dom.documentElement.scrollWidth - dom.documentElement.clientWidth, dom.styleSheets.length];"
    for width in (360, 1400):
        for path in ("/", "/records", "/records?q=council&language=en", "/quarantine"):
            assert json.loads(asked(dashboard(path)[2], wide, tmp_path, width=width)) == [0, 1], (path, width)


@needs_chromium
def test_the_tab_key_goes_through_each_page_from_top_to_bottom(dashboard: Asked, tmp_path: Path) -> None:
    """Whatever can be used takes the focus, says what it is, and comes in the order of the page: the skip link first."""
    stops = """
      dom.querySelectorAll("details").forEach(each => { each.open = true; });
      const found = [...dom.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter(each => each.getClientRects().length && each.type !== "hidden" && each.getAttribute("tabindex") !== "-1");
      return found.map(each => {
        each.focus();
        const said = each.getAttribute("aria-label") || each.labels?.[0]?.innerText || each.innerText || each.value || each.title || "";
        return [each.tabIndex, dom.activeElement === each, said.trim(), Boolean(each.closest("main"))];
      });"""
    for path in ("/", "/records", "/records?q=council&language=en", "/quarantine"):
        order = json.loads(asked(dashboard(path)[2], stops, tmp_path, width=1200))
        assert [said for _, _, said, _ in order[:5]] == [
            "Skip to the content",
            "news-ingest",
            "Now",
            "Records",
            "Quarantine",
        ]
        wrong = [stop for stop in order if stop[0] or not stop[1] or not stop[2]]
        assert not wrong, path
        inside = [main for *_, main in order]
        assert inside == sorted(inside), "the header's come before the content's"
        assert path == "/" or any(inside)
