"""Formats are told by their content: read where an article is in them, refused by name where none is; articles that resemble them are kept."""

from __future__ import annotations

import hashlib
import json

import pytest

from ingest import Rejected, clean
from ingest.core.parse.formats import text_format, unprefixed
from tests.core.stories import ENGLISH, RUSSIAN, STORIES, paragraphs

TEXT = "\n\n".join((ENGLISH.title, *ENGLISH.prose))
P = paragraphs(ENGLISH)
MAIL = "From: Edna Quill <edna@pellbrook.example>\nTo: desk@herald.example\nSubject: The cider mill\nDate: Wed, 13 Mar 2024 09:12:00 +0000\n"

READ = {
    "mail": f"{MAIL}Message-ID: <1@pellbrook.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{TEXT}",
    "bare mail": f"{MAIL}\n{TEXT}",
    "mail with folded fields": f"Received: from a.example\n\tby b.example; Wed, 13 Mar 2024 09:12:00 +0000\n{MAIL}\n{TEXT}",
    "mail with CRLF": f"{MAIL}\n{TEXT}".replace("\n", "\r\n"),
    "mail of HTML": f"{MAIL}MIME-Version: 1.0\nContent-Type: text/html\n\n<html><body>{P}</body></html>",
    "MHTML": (
        "From: <Saved by Blink>\nSnapshot-Content-Location: https://a.example/\nSubject: Mill\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/related;\n\ttype="text/html";\n\tboundary="----x"\n\n------x\nContent-Type: text/html\n\n<html><body>{P}</body></html>'
    ),
    "NITF": f'<?xml version="1.0"?>\n<nitf><head><title>Mill</title></head><body><body.content>{P}</body.content></body></nitf>',
    "NITF with a doctype": f'<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">\n<!-- x -->\n<nitf uno="1"><body><body.content>{P}</body.content></body></nitf>',
    "NewsML-G2": (
        '<?xml version="1.0"?><newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" standard="NewsML-G2"><contentSet><inlineXML>'
        f"<html><head></head><body>{P}</body></html></inlineXML></contentSet></newsItem>"
    ),
    "NewsML": f"<NewsML><NewsItem><NewsComponent><ContentItem><DataContent><body>{P}</body></DataContent></ContentItem></NewsComponent></NewsItem></NewsML>",
    "IPTC 7901": f"\x01AB0123 4 POL 0214 HER\r\n\x02{TEXT}\r\n\x03131207 GMT MAR 24\x04",
    "IPTC 7901 with idle characters": f"\x16\x16\x01AB0123 4 POL 0214 HER\n\x02{TEXT}\x03",
    "IPTC 7901 in letters": f"ZCZC HER0123 4 POL 0214 HER\n{TEXT}\nNNNN\n",
    "ANPA 1312": f"\x16\x16\x01a0123\x1fr i bc-mill 03-13 0214\n\x02\x10{TEXT}\x03",
    "YAML front matter": f"---\ntitle: The cider mill\ndate: 2024-03-13\ntags:\n  - mill\n  - town\n---\n\n{TEXT}",
    "TOML front matter": f'+++\ntitle = "The cider mill"\ndate = 2024-03-13\n[params]\ndraft = false\n+++\n{TEXT}',
    "front matter in Russian": f"---\ntitle: {RUSSIAN.title}\nauthor: Иван Дроздов\n---\n{RUSSIAN.prose[0]}",
    "SingleFile": f"<!DOCTYPE html> <html lang=en><!--\n Page saved with SingleFile \n url: https://herald.example/mill \n--><body>{P}</body></html>",
    "ninjs 1": f'{{"uri": "urn:x:1", "versioncreated": "2024-03-13T09:12:00Z", "body_html": "{P}"}}',
    "ninjs 3": f'{{"uri": "urn:x:1", "bodies": [{{"role": "main", "contentType": "text/html", "value": "{P}"}}]}}',
    "JSON-LD": f'{{"@context": "https://schema.org", "@type": "NewsArticle", "articleBody": {json.dumps(TEXT)}}}',
}

CONTAINERS = {
    "mailbox": f"From edna@pellbrook.example Wed Mar 13 09:12:00 2024\n{MAIL}\n{TEXT}",
    "news message with a prefix": (
        '<n:newsMessage xmlns:n="http://iptc.org/std/nar/2006-10-01/"><n:itemSet><n:newsItem><n:contentSet><n:inlineXML>'
        f'<body xmlns="http://www.w3.org/1999/xhtml">{P}</body></n:inlineXML></n:contentSet></n:newsItem></n:itemSet></n:newsMessage>'
    ),
    "feed": f"<rss version='2.0'><channel><item><description><p>a</p><p>b</p>{P}</description></item></channel></rss>",
    "ninjs in a list": '[{"uri": "urn:x:1", "body_text": "A mill."}, {"uri": "urn:x:2", "body_text": "A mill."}]',
    "two items of NewsML": f"<NewsML>{2 * '<NewsItem><NewsComponent/></NewsItem>'}</NewsML>",
    "two messages of a wire": 2 * f"\x01AB0123 4 POL 0214 HER\r\n\x02{TEXT}\r\n\x03131207 GMT MAR 24\x04",
}

REFUSED = {
    "calendar": f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nDESCRIPTION:{TEXT}\n",
    "WebVTT": f"WEBVTT\n\n00:01.000 --> 00:04.000\n{TEXT}",
    "SubRip": f"1\n00:00:01,000 --> 00:00:04,000\n{ENGLISH.prose[0]}\n\n2\n00:00:05,000 --> 00:00:09,000\n{ENGLISH.prose[1]}\n",
    "site map": "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://a.example/</loc></url></urlset>",
    "list of feeds": "<opml version='2.0'><body><outline text='a' xmlUrl='https://a.example/f'/></body></opml>",
    "XML of a vocabulary of its own": f"<Story><body>{P}</body></Story>",
    "XML with a declaration": f"<?xml version='1.0'?>\n<Story><body>{P}</body></Story>",
    "JSON": json.dumps({"story": TEXT}),
    "damaged JSON": f'{{"story": "{ENGLISH.prose[0]}" "title": "x"}}',
    "JSON Lines cut off": f'{{"story": "{ENGLISH.prose[0]}", "title":',
    "CSV": "\n".join(f"{number},Pellbrook,{price},open" for number, price in enumerate(range(300, 320))),
    "Python": 'import os\n\n\ndef mill(price):\n    total = price * 2\n    if total > 3:\n        return os.path.join("a", "b")\n    return None\n',
    "C": "/* mill */\n#include <stdio.h>\n\nint main(void) {\n  int a = 1;\n  return a;\n}\n",
    "settings": "; of the mill\n[mill]\nprice = 310000\nopen = yes\n",
    "a patch": "diff --git a/mill b/mill\n--- a/mill\n+++ b/mill\n@@ -1 +1 @@\n-old\n+new\n",
    "a script": f"#!/bin/sh\n# {ENGLISH.prose[0]}\necho mill\n",
    "LaTeX": f"% draft\n\\documentclass{{article}}\n\\begin{{document}}\n{TEXT}\n\\end{{document}}\n",
    "SQL": "CREATE TABLE mill (id integer, name text);\nINSERT INTO mill VALUES (1, 'Pellbrook');\n",
    "translations": 'msgid ""\nmsgstr ""\n\nmsgid "The mill"\nmsgstr "Die Mühle"\n',
    "a key": "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----\n",
}

KEPT = {
    "press release": f"From: Town of Pellbrook\nTo: The editors\nSubject: The cider mill\nDate: 13 March 2024\n\n{TEXT}",
    "facts in lines": f"Place: Pellbrook\nDate: Wednesday\nPrice: 310,000 pounds\n\n{TEXT}",
    "date and agency": f"PELLBROOK, March 13: {TEXT}",
    "a rule of dashes": f"---\nBREAKING: mill bought back\n---\n\n{TEXT}",
    "rules around a title": f"---\n{ENGLISH.title}\nBy: Edna Quill\n---\n{TEXT}",
    "plus signs": f"+++ Breaking +++ {TEXT}",
    "a mail quoted in an article": f"{TEXT}\n\n{MAIL}\n{ENGLISH.prose[1]}",
    "a text about JSON": f'{{"mill": 1}} is what the council published.\n\n{TEXT}',
    "a table under a text": f"{TEXT}\n\n1,Pellbrook,300,open\n2,Marlow,200,shut\n3,Orley,100,shut\n",
    "commands in a text": f"{TEXT}\n\nimport os\nprint(os.name);\n\n{TEXT}",
    "a list": f"- one\n- two\n\n{TEXT}",
    "an address first": f"https://herald.example/mill\n{TEXT}",
    "page of a fragment": f"<article>{P}</article>",
    "page behind a comment": f"<!-- saved --><!DOCTYPE html>\n<html><body>{P}</body></html>",
    "XHTML": f'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x.dtd"><html xmlns="http://www.w3.org/1999/xhtml"><body>{P}</body></html>',
    "XHTML with a prefix": (
        f'<?xml version="1.0"?><h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:body>{P.replace("<p", "<h:p").replace("</p", "</h:p")}</h:body></h:html>'
    ),
}


@pytest.mark.parametrize("name", READ)
def test_an_article_in_a_format_is_read(name: str) -> None:
    raw = READ[name].encode()
    record = clean(raw)
    assert record.id == hashlib.sha256(raw).hexdigest(), "the id is that of the file, not of what is in it"
    assert record.source.format
    wanted = RUSSIAN.prose[:1] if "Russian" in name else ENGLISH.prose
    assert [paragraph for paragraph in wanted if paragraph not in record.body] == []
    assert clean(b"\xef\xbb\xbf" + raw).body == record.body


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_holds_several_is_no_article(name: str) -> None:
    with pytest.raises(Rejected) as refused:
        clean(CONTAINERS[name].encode())
    assert refused.value.reason == "container"


@pytest.mark.parametrize("name", REFUSED)
def test_formats_that_are_no_article_are_refused_by_name(name: str) -> None:
    for raw in (REFUSED[name].encode(), b"\xef\xbb\xbf" + REFUSED[name].encode()):
        with pytest.raises(Rejected) as refused:
            clean(raw)
        assert refused.value.reason == "unsupported_format"


@pytest.mark.parametrize("name", KEPT)
def test_articles_that_resemble_a_format_are_accepted(name: str) -> None:
    body = clean(KEPT[name].encode()).body
    assert all(paragraph in body for paragraph in ENGLISH.prose)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.lang}-{story.title[:12]}")
def test_plain_articles_in_any_script_are_accepted(story: object) -> None:
    assert clean("\n\n".join((story.title, *story.prose)).encode()).body  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * 40_000,
        "<?" * 40_000,
        "<!DOCTYPE [" * 20_000,
        "a: b\n" * 40_000,
        "---\n" + "- a\n" * 40_000,
        "<a:" * 40_000,
    ],
)
def test_text_without_structure_is_not_taken_for_a_format(text: str) -> None:
    assert text_format(text) is None
    assert unprefixed(text) is text
