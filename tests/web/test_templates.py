"""What holds for every page: everything shown is escaped, and every byte from outside stays text."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import jinja2
import lxml.html
import pytest

from ingest import Record
from ingest.core.model import Block, Element, Label, LabelledBlock
from ingest.core.model import Markup as BlockMarkup
from ingest.core.pipeline import label_article
from ingest.core.record import CLAIMABLE_FIELDS, Dateline, Image, Item, Publisher, Related, Rights, Subject
from ingest.service.journal import Journal
from ingest.web.dashboard import pages, quarantine_pages, record_pages
from ingest.web.dashboard.journal_index import JournalIndex
from ingest.web.dashboard.quarantine_pages import RefusedWanted
from ingest.web.dashboard.search import Wanted
from ingest.web.dashboard.snapshot import Quarantined
from ingest.web.explain import explain_page
from ingest.web.html.environment import TEMPLATES, environment
from ingest.web.report import report_page, summarize

ROOT = Path(__file__).parents[2]
SEED = Record.model_validate_json((ROOT / "tests/golden/000_47fd47bebe7271c0.json").read_bytes())
HOSTILE = "\"'><script>alert(1)</script><b onx=1>&#60;{{ 7*7 }}{% x %}</style>\x00\x1b\x85\ud800\u202e"
SHOWN = HOSTILE.translate(dict.fromkeys((0, 0x1B, 0x85, 0xD800), "\ufffd"))
"""`HOSTILE` as a page has to show it."""
TIME = "2026-11-22T20:41:07.000+00:00"


def hostile_explanation() -> str:
    """The text in every field of a record, every part of a block, and all that is known of the source."""
    bad_link = f"javascript:{HOSTILE}"
    fields = dict.fromkeys(
        ("headline", "subheadline", "byline", "section", "published", "modified", "language"), HOSTILE
    ) | {
        "url": f"https://e.org/{HOSTILE}",
        "publisher": Publisher.model_construct(name=HOSTILE, domain=HOSTILE),
        "alternative_headlines": (HOSTILE,),
        "authors": (HOSTILE,) * 2,
        "keywords": (HOSTILE,),
        "dateline": Dateline.model_construct(place=HOSTILE, agency=HOSTILE, date=HOSTILE),
        "images": (Image.model_construct(caption=HOSTILE * 9, credit=HOSTILE, url=bad_link),) * 7,
        "related": (
            Related.model_construct(headline=HOSTILE, url=bad_link),
            Related.model_construct(headline=None, url=f"http://{HOSTILE}"),
        ),
        "copyright_notice": HOSTILE * 9,
        "usage_terms": bad_link,
        "rights": Rights.model_construct(holder=HOSTILE, licence=bad_link, tdm=HOSTILE, ai=HOSTILE),
        "status": HOSTILE,
        "embargoed": HOSTILE,
        "urgency": HOSTILE,
        "subjects": (Subject.model_construct(name=HOSTILE, code=HOSTILE),),
        "digital_source_type": bad_link,
        "item": Item.model_construct(
            id=HOSTILE, version=HOSTILE, slug=HOSTILE, take=HOSTILE, edition=HOSTILE, note=HOSTILE
        ),
        "provenance": dict.fromkeys((*CLAIMABLE_FIELDS, f"given.{HOSTILE}"), HOSTILE),
        "extra": {"id": HOSTILE.replace('"', "'").replace("\x1b", "\x00")},
        "removed": tuple(SEED.removed[0].model_copy(update={"field": HOSTILE}) for _ in Label),
    }
    assert set(CLAIMABLE_FIELDS) <= fields.keys()
    record = Record.model_construct(**dict(SEED) | fields)
    article = label_article(b"A line.")
    block = Block(HOSTILE, markup=BlockMarkup(tag=HOSTILE, element=Element(HOSTILE, class_attr=HOSTILE)))
    labelled = tuple(LabelledBlock(block, label, f"{HOSTILE}/{HOSTILE}", 0.5, {HOSTILE: HOSTILE}) for label in Label)
    source = replace(article.article.source, name=HOSTILE, media_type=HOSTILE, encoding=HOSTILE, format=HOSTILE)
    hostile = replace(article, labelled=labelled, article=replace(article.article, source=source))
    return explain_page(hostile, record, [[(f"{HOSTILE}.{HOSTILE}", 1.0, 1.0)]] * len(labelled), served=True)


def hostile_report() -> str:
    """The text in every value of the journal and of records that is a string, and in the names of rules."""
    lines = [
        {"time": TIME.replace("22T", f"{day}T"), "outcome": HOSTILE if day % 2 else "stored", "reason": HOSTILE, "id": HOSTILE, "name": HOSTILE, "ms": day}
        for day in range(10, 30)
    ]  # fmt: skip
    removed = SEED.removed[0].model_copy(update={"rule": HOSTILE})
    records = [
        SEED.model_copy(update={"id": f"{n:064x}", "publisher": Publisher.model_construct(name=f"{HOSTILE}{n % 2}"), "removed": (removed,) * (1 + n // 80)})
        for n in range(100)
    ]  # fmt: skip
    return report_page(summarize(lines, records, [HOSTILE]), lambda _: f"pages/{HOSTILE}")


def hostile_dashboard(tmp_path: Path) -> dict[str, str]:
    """The text in every value of the journal, of heartbeats and of reasons that is a string, and in what is asked."""
    index = JournalIndex(Journal(str(tmp_path)))
    for number in range(60):
        names = ("name", "headline", "publisher", "worker", "reason", "token", "id", "language", "published", "story")
        line = dict.fromkeys(names, f"{HOSTILE}{number}") | {"ms": 1.0, "stages": {HOSTILE: 1.0}, "words": 1}
        outcome = "refused" if number % 2 else "stored"
        index.add(line | {"outcome": outcome, "time": TIME})
    beat = SimpleNamespace(notes={"host": HOSTILE, "role": HOSTILE}, age=1.0)
    facts = {
        "why": [HOSTILE], "inbox": 1, "oldest_inbox_seconds": 1, "claimed": 1, "oldest_claimed_seconds": 1, "behind": True,
        "alerts": {"raised": [HOSTILE], "undelivered": [HOSTILE]}, "quarantined": {HOSTILE: 1}, "heartbeats": [beat], "free_disk": {HOSTILE: 1}, "redis": {"waiting": 1, "memory_mib": 1.5},
    }  # fmt: skip
    why = dict.fromkeys(("place", "reason", "message", "time", "publisher", "attempts"), HOSTILE)
    sources = {f"{HOSTILE}{number}": Quarantined(HOSTILE, why) for number in range(60)}
    rows = list(index.newest())
    choices = {"publisher": [(HOSTILE, 2)], "language": [("onx", 1)]}
    found = record_pages.Found(rows, choices, (HOSTILE,))
    wanted = Wanted(HOSTILE, {"publisher": HOSTILE, "language": HOSTILE, "day": HOSTILE})
    refused = RefusedWanted(HOSTILE, HOSTILE)
    explained = hostile_explanation().encode()
    return {
        "now": pages.now(facts, index),
        "records": record_pages.records(facts, found, Wanted("onx"), 1),
        "nothing": record_pages.records(facts, record_pages.Found((), choices, ()), wanted, 2),
        "quarantine": quarantine_pages.quarantine(facts, sources, refused, 1, keyed=True, said=HOSTILE),
        "no token": quarantine_pages.quarantine(facts, sources, refused, 2, keyed=False),
        "message": pages.message(facts, HOSTILE, HOSTILE),
        "kept": record_pages.kept(facts, rows[0], HOSTILE, rows),
        "explained": record_pages.with_links(explained, rows[0], rows).decode(),
        "refused": quarantine_pages.with_links(explained, HOSTILE, why).decode(),
    }


def test_hostile_text_in_every_field_stays_text(tmp_path: Path) -> None:
    made = {"explain": hostile_explanation(), "report": hostile_report()} | hostile_dashboard(tmp_path)
    for name, page in made.items():
        page.encode()
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", page), name
        assert "alert(1)</script>" not in page, name
        tree = lxml.html.document_fromstring(page)
        assert len(tree.xpath("//script")) == (name != "report"), name
        assert len(tree.xpath("//style")) == 1, name
        assert not tree.xpath(
            "//img | //iframe | //object | //embed | //link | //base | //*[@src] | //@style | //@onx | //b[@onx]"
        ), name
        assert {tag for tag in {str(element.tag) for element in tree.iter()} if not tag.isalnum()} == set(), name
        for href in map(str, tree.xpath("//@href")):
            assert href.startswith(("#", "/", "https://", "http://", "pages/")), (name, href)
        shown = tree.text_content() + " ".join(map(str, tree.xpath("//@*")))
        assert SHOWN in shown, name
        [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        for tag in ("style", "script"):
            for sent in tree.xpath(f"//{tag}"):
                assert f"{tag}-src 'sha256-{b64encode(sha256(sent.text.encode()).digest()).decode()}'" in policy, name
        assert "unsafe" not in policy


def test_every_field_of_a_record_shows_its_text() -> None:
    tree = lxml.html.document_fromstring(hostile_explanation())
    for name in CLAIMABLE_FIELDS:
        [field] = tree.xpath(f"//div[@id='f-{name}']")
        assert SHOWN in "".join(field.xpath("dd//text()[not(ancestor::*[@class='notes'])]")), name
        links = {
            link.text_content(): link.get("href") for link in field.xpath(".//a") if "#" not in link.get("href")[:1]
        }
        assert all(text == href and href.startswith("http") for text, href in links.items()), name


def test_a_pages_own_words_and_those_of_an_article_are_kept_apart() -> None:
    """Text of an article says its own direction: what it turns around ends where it ends."""
    tree = lxml.html.document_fromstring(hostile_explanation())
    texts = tree.xpath("//body//text()[contains(., '\u202e')]")
    assert len(texts) > 100
    isolated = "boolean(ancestor-or-self::*[self::bdi or @dir='auto' or @class='rule' or @class='fills'])"  # the last two: grid and flex items
    assert [text for text in texts if not text.getparent().xpath(isolated)] == []


def test_a_page_is_the_same_each_time() -> None:
    assert hostile_explanation() == hostile_explanation()
    assert hostile_report() == hostile_report()


def test_no_template_can_show_anything_unescaped() -> None:
    """`Markup` is made of our own style and script alone, and no template turns escaping off or leaves a value unquoted."""
    for path in TEMPLATES.glob("*.html"):
        source = path.read_text()
        assert not re.search(r"\|\s*(safe|xmlattr|tojson|urlize|join)\b|autoescape|Markup", source), path.name
        assert not re.search(r"=\{\{", source), path.name
    made = {
        p.name: p.read_text().count("Markup(")
        for p in (ROOT / "ingest/web").rglob("*.py")
        if "markupsafe" in p.read_text()
    }
    assert made == {"__init__.py": 2}


def test_a_missing_name_or_value_is_an_error() -> None:
    shows = environment().from_string("{{ value }}")
    assert shows.render(value="") == ""
    with pytest.raises(jinja2.UndefinedError):
        shows.render()
    with pytest.raises(TypeError):
        shows.render(value=None)


def test_indentation_does_not_reach_the_page_and_errors_name_their_line() -> None:
    source = "<ul>\n  {% for n in (1, 2) %}\n    <li>{{ n }} of\n two</li>\n  {% endfor %}\n</ul>\n"
    assert environment().from_string(source).render() == "<ul><li>1 of\n two</li><li>2 of\n two</li></ul>"
    with pytest.raises(jinja2.TemplateSyntaxError) as raised:
        environment().from_string(f"{source}<p>{{% if %}}")
    assert raised.value.lineno == 7
