"""Articles in formats: golden records of invented samples, what is refused and why, and what hostile ones cost."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import Rejected, clean
from ingest.core.containers import Member, registry
from ingest.core.containers.codes import announced
from ingest.core.containers.documents import READERS, format_of, open_document
from ingest.core.limits import LIMITS
from ingest.core.metadata.rights import encoded_permissions, header_rights, policy
from tests.core.stories import ENGLISH, paragraphs
from tests.support.formats import FILES, golden_path, records

P = paragraphs(ENGLISH)
TEXT = "\n\n".join(ENGLISH.prose)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_samples_of_formats_give_their_golden_records(path: Path) -> None:
    """Invented samples, one a format or a trait of one; `make golden` writes their records anew."""
    assert records(path) == golden_path(path).read_text()


def members(content: bytes) -> list[Member]:
    found = registry.sniff(content, LIMITS)
    assert found
    return [member for member in registry.read(found, io.BytesIO(content), LIMITS) if isinstance(member, Member)]


def refusal(content: bytes | Member) -> str:
    with pytest.raises(Rejected) as refused:
        clean(content)
    return refused.value.reason


NITF = "<nitf><head>{head}</head><body><body.head><hedline><hl1>Mill</hl1></hedline></body.head><body.content>{body}</body.content></body></nitf>"
RSS = "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><item><title>Mill</title>{item}</item></channel></rss>"
MAIL = "From: Town <press@pellbrook.example>\nSubject: Mill\nDate: Wed, 13 Mar 2024 09:12:00 +0000\nMessage-ID: <1@pellbrook.example>\n"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (NITF.format(head="", body=" <p> </p>"), "no_article"),
        (NITF.format(head="<docdata management-status='canceled'/>", body=""), "canceled"),
        (NITF.format(head="", body="<p>cut"), "damaged_format"),
        ("<nitf>" + "<block>" * 5_000 + "</block>" * 5_000 + "</nitf>", "damaged_format"),
        ("<newsItem><itemMeta><itemClass qcode='ninat:picture'/></itemMeta></newsItem>", "no_article"),
        ("<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'><itemSet/></newsMessage>", "container"),
        (f"{MAIL}\n", "no_article"),
        (f"{MAIL}Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n", "no_article"),
        ('{"uri": "urn:x:1", "pubstatus": "usable", "headline": "Mill"}', "no_article"),
        ('{"uri": "urn:x:1", "pubStatus": "canceled", "headlines": []}', "canceled"),
        ('{"uri": "urn:x:1", "bodies": [{"value": "a"}', "damaged_format"),
        ("---\ntitle: Mill\ndate: 2024-03-13\n---\n", "no_article"),
        (f"---\ntitle: [Mill\ndate: 2024\nauthor: x\n---\n{TEXT}", "damaged_format"),
        ("\x01AB0123 4 POL 0214 HER\r\n\x02\r\n\x03", "no_article"),
        ("%PDF-1.7\n%cut", "damaged_format"),
    ],
)  # fmt: skip
def test_what_holds_no_article_has_a_reason(content: str, reason: str) -> None:
    assert refusal(content.encode()) == reason


@pytest.mark.parametrize(
    "item",
    [
        "<description>The town buys the mill back.</description>",
        f"<description>{ENGLISH.prose[0]} …</description>",
        f"<content:encoded><![CDATA[<p>{ENGLISH.prose[0]} […]</p>]]></content:encoded>",
        f"<content:encoded><![CDATA[<p>{ENGLISH.prose[0]}</p><p><a href='https://a.example/'>Read more »</a></p>]]></content:encoded>",
    ],
)
def test_an_item_with_a_teaser_alone_is_refused(item: str) -> None:
    assert refusal(members(RSS.format(item=item).encode())[0]) == "teaser_only"


@pytest.mark.parametrize(
    "item", [f"<content:encoded><![CDATA[{P}]]></content:encoded>", f"<description><![CDATA[{P} {P}]]></description>"]
)
def test_an_item_with_its_whole_text_is_an_article(item: str) -> None:
    [member] = members(RSS.format(item=item).encode())
    assert all(paragraph in clean(member).body for paragraph in ENGLISH.prose)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_member_is_a_file_of_its_own(path: Path) -> None:
    """What is quarantined of a feed, a mailbox, a message can be dropped again by itself."""
    found = registry.sniff(path.read_bytes(), LIMITS)
    if not found or found.name not in READERS:  # a crawl or an archive says something beside its pages
        return
    for member in members(path.read_bytes()):
        alone = members(member.content) if registry.sniff(member.content, LIMITS) else [Member(member.content, "")]
        assert [outcome(each) for each in alone] == [outcome(member)]


def outcome(member: Member) -> object:
    try:
        return clean(member).model_dump(exclude={"id", "source", "container"})
    except Rejected as refused:
        return refused.reason


STATUS = [
    ("<docdata management-status='usable'><date.embargo norm='20240314T060000Z'/></docdata>", "embargoed"),
    ("<docdata management-status='withheld'/>", "withheld"),
    ("<docdata management-status='canceled'/>", "canceled"),
    ("<docdata management-status='usable'/>", "usable"),
    ("", None),
]


@pytest.mark.parametrize(("head", "status"), STATUS)
def test_what_may_not_be_published_is_no_plain_record(head: str, status: str | None) -> None:
    assert clean(NITF.format(head=head, body=P).encode()).status == status


@pytest.mark.parametrize(
    ("title", "status"),
    [
        ("EMBARGOED until Friday: new piles", "embargoed"),
        ("Embargo: new piles for the pier", "embargoed"),
        ("[Embargo] new piles", "embargoed"),
        ("Sperrfrist bis Freitag", "embargoed"),
        ("MANDATORY KILL: ferry pier", "canceled"),
        ("HOLD FOR RELEASE at noon", "withheld"),
        ("Embargo on grain is lifted", None),
        ("GUNMEN KILL FOUR IN ORLEY", None),
        ("Embargoed goods found in Orley", None),
        ("The board lifts its embargo until Friday", None),
        ("KILL ORDER IS VOID, COURT SAYS", None),
    ],
)
def test_a_title_announces_a_status_at_its_beginning_alone(title: str, status: str | None) -> None:
    assert announced(title=title) == status


def test_entities_and_namespaces_of_xml() -> None:
    doctype = (
        "<!DOCTYPE nitf [<!ENTITY x SYSTEM 'file:///etc/hostname'><!ENTITY lol 'ha'><!ENTITY lots '&lol;&lol;&lol;'>]>"
    )
    record = clean(
        (doctype + NITF.format(head="", body=f"<p>Caf&eacute; &amp; bar &lots; &x; &nbsp;R & D</p>{P}")).encode()
    )
    assert record.body.startswith("Café & bar")
    assert "R & D" in record.body
    assert Path("/etc/hostname").read_text().strip() not in record.body


def test_the_sender_is_believed_before_the_format_and_the_format_before_the_page() -> None:
    raw = f"{MAIL}Content-Type: text/html\n\n<html><head><title>Other</title></head><body><h1>Another mill story altogether</h1>{P}</body></html>".encode()
    assert (clean(raw).headline, clean(raw).provenance["headline"], clean(raw).confidence.headline) == (
        "Mill",
        "format",
        1.0,
    )
    given = clean(raw, claims={"headline": "Given"})
    assert (given.headline, given.provenance["headline"]) == ("Given", "given")


@pytest.mark.parametrize(
    ("head", "rights"),
    [
        ('<meta name="tdm-reservation" content="1">', {"tdm": "reserved"}),
        ('<meta name="tdm-reservation" content="0">', {"tdm": "allowed"}),
        ('<meta name="robots" content="noindex, NOAI, noimageai">', {"ai": "reserved"}),
        ('<meta name="robots" content="noimageai, noindex">', None),
        ('<link rel="license" href="/licence">', {"licence": "https://herald.example/licence"}),
        ('<meta property="plus:DataMining" content="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-AIMLTRAINING">', {"ai": "reserved"}),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "license": "https://a.example/l", "copyrightHolder": {"name": "Herald"}}</script>',
         {"licence": "https://a.example/l", "holder": "Herald"}),
        ("", None),
    ],
)  # fmt: skip
def test_rights_that_a_page_marks(head: str, rights: dict[str, str] | None) -> None:
    page = f'<html><head><title>Mill</title>{head}</head><body><h1>Orchard town buys back its mill</h1>{P}<figure><img src="a.jpg"><figcaption>A <a rel="license" href="https://a.example/picture">picture</a></figcaption></figure></body></html>'
    found = clean(page.encode(), url="https://herald.example/mill").rights
    assert (found.model_dump(exclude_none=True) if found else None) == rights


def test_rights_in_headers_and_their_provenance() -> None:
    headers = {
        "x-robots-tag": "noai",
        "tdm-reservation": "1",
        "link": '<https://a.example/x>; rel="next", <https://a.example/l>; rel=license',
    }
    assert header_rights(headers) == {"ai": "reserved", "tdm": "reserved", "licence": "https://a.example/l"}
    assert header_rights({"x-robots-tag": "otherbot: noai", "tdm-reservation": "yes"}) is None
    record = clean(
        Member(f"<html><body><h1>Mill of Pellbrook bought back</h1>{P}</body></html>".encode(), "1", headers=headers)
    )
    assert record.rights
    assert {name: origin for name, origin in record.provenance.items() if name.startswith("rights.")} == dict.fromkeys(
        ("rights.ai", "rights.licence", "rights.tdm"), "meta"
    )


PERMISSION = st.sampled_from([None, "reserved", "allowed"])


@given(tdm=PERMISSION, ai=PERMISSION)
def test_a_policy_says_what_was_put_into_it(tdm: str | None, ai: str | None) -> None:
    said = {part: value for part, value in (("tdm", tdm), ("ai", ai)) if value}
    assert encoded_permissions(policy(said) or "") == said


STARTS = [b"<nitf>", b"<NewsML><NewsItem>", b"<newsItem>", b"<rss><channel><item>", b'{"uri": "", "bodies": [', b"\x01AB0123 4 POL 0214 HER\r\n\x02",
          b"\x16\x16\x01a0117\x1f\nu n\x13\x11 bc-x 03-13 12\n\x02", MAIL.encode(), b"From a Mon Jan  1\n" + MAIL.encode(), b"---\ntitle: a\ndate: b\n---\n",
          b"+++\ntitle = 1\ndate = 2\n+++\n", b"%PDF-1.4\n", b"PK\x03\x04[Content_Types].xml word/document.xml"]  # fmt: skip


@settings(max_examples=150)
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=200))
def test_any_bytes_behind_a_formats_beginning_are_read_or_refused(start: bytes, rest: bytes) -> None:
    format_of(start + rest)
    try:
        open_document(start + rest)
        if found := registry.sniff(start + rest, LIMITS):
            list(registry.read(found, io.BytesIO(start + rest), LIMITS))
    except Rejected:
        pass


def docx(text: str) -> bytes:
    import docx as library  # noqa: PLC0415

    document = library.Document()
    document.add_heading(ENGLISH.title, 0)
    for paragraph in text.split("\n\n"):
        document.add_paragraph(paragraph)
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Price", "310,000 pounds"
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def pdf(lines: list[str]) -> bytes:
    """A PDF of one page, with lines 14 points apart; an empty one parts paragraphs."""
    shown = "".join(f"1 0 0 1 72 {760 - 14 * at} Tm ({line}) Tj\n" for at, line in enumerate(lines) if line)
    stream = f"BT /F1 11 Tf\n{shown}ET".encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream), b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    body, places = b"%PDF-1.4\n", []
    for number, written in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, written)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        body
        + b"xref\n0 6\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    )


def test_pdf_lines_become_paragraphs() -> None:
    written = ["Pier at Orley shut", "", "The ferry pier at Orley was shut on Wednesday after the storm of the", "weekend broke eleven of its piles, the har-",
               "bour board said.", "", "Divers found the damage when they looked for a lost buoy near the ticket", "office."]  # fmt: skip
    record = clean(pdf(written))
    assert record.source.format == "pdf"
    assert record.body.split("\n\n")[-2:] == [
        "The ferry pier at Orley was shut on Wednesday after the storm of the weekend broke eleven of its piles, the harbour board said.",
        "Divers found the damage when they looked for a lost buoy near the ticket office.",
    ]
    assert refusal(pdf([])) == "no_article"


def test_docx_is_read_in_order_and_measured_before_it_is_unpacked() -> None:
    content = docx(TEXT)
    record = clean(content)
    assert (record.source.format, record.headline) == ("docx", ENGLISH.title)
    assert all(paragraph in record.body for paragraph in ENGLISH.prose)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("word/document.xml", bytes(LIMITS.unpacked_bytes + 1))
    assert refusal(bomb.getvalue()) == "too_large"
