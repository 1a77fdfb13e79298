"""Hostile files of a few hundred bytes: empty, compressed, with false encodings, full of terminal control characters."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile

from tests.support.hostile.matter import ARTICLE, PROSE, linked_data, page


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("../../evil.txt"), ARTICLE)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo("/etc/evil")
        entry.size = len(ARTICLE)
        archive.addfile(entry, io.BytesIO(ARTICLE.encode()))
    return out.getvalue()


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _declared(charset: str, content: bytes) -> bytes:
    return b"<html><head><meta charset='%s'></head><body><p>%s</p></body></html>" % (charset.encode(), content)


BAD_SIGNS = (
    "\x00\x07\x08\x1b]0;title\x07\x1b[31m\x7f\x85\x9b2J\u202e\u2066\u2069\ufeff\u200b\ufffe\uffff\U000e0041\udc80"
)
"""Escape sequences of terminals, overrides of direction, tags, a lone surrogate."""
_TITLE = f"Evil{BAD_SIGNS}headline of the day"

FIXED: dict[str, bytes] = {
    # nothing there, or nothing that is text
    "empty.txt": b"",
    "spaces.txt": b" \t\r\n" * 1000,
    "mark-alone.txt": b"\xef\xbb\xbf",
    "mark-alone-16.txt": b"\xff\xfe",
    "mark-alone-32.txt": b"\xff\xfe\0\0",
    "zeros.txt": b"\0" * 5000,
    "controls-alone.txt": bytes(range(1, 9)) * 100,
    "pdf.html": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>> endobj\n",
    "zip.html": _zip(),
    "tar.txt": _tar(),
    "png.txt": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "json.txt": json.dumps({"headline": ARTICLE}).encode(),
    "json-deep.txt": b"[" * 100_000,
    "xml.html": b'<?xml version="1.0"?><rss><channel><title>x</title></channel></rss>',
    "no-body.html": b"<html><head><title>x</title></head></html>",
    "comment-alone.html": b"<!doctype html><!-- nothing -->",
    # packed
    "plain.gz": _packed(ARTICLE.encode()),
    "two-members.gz": _packed(ARTICLE.encode()) + _packed(f"\n{PROSE} The last word.\n".encode()),
    "truncated.gz": _packed(ARTICLE.encode())[:-12],
    "damaged.gz": _packed(ARTICLE.encode())[:40] + b"\0\0\0\0" + _packed(ARTICLE.encode())[44:],
    "wrong-sum.gz": _packed(ARTICLE.encode())[:-8] + b"\0" * 8,
    "trailing.gz": _packed(ARTICLE.encode()) + b"rubbish",
    "twice.gz": _packed(_packed(ARTICLE.encode())),
    "header-alone.gz": b"\x1f\x8b\x08",
    "nothing.gz": _packed(b""),
    "bomb.gz": _packed(b"<p>a" * (40 * 2**18)),  # 40 MiB out of 40 KB
    # encodings
    "half-utf8.txt": ("Gänsefüßchen über Straßen " * 40).encode()[:-13] + b"\xc3",
    "mixed.txt": ARTICLE.encode() + "Été à l'hôtel\n".encode("cp1252") + "Été à l'hôtel\n".encode(),
    "zero-inside.txt": ARTICLE.replace(" ", " \0", 3).encode(),
    "surrogates.txt": (ARTICLE + "\ud800\udfff lone").encode("utf-8", "surrogatepass"),
    "overlong.txt": ARTICLE.encode() + b"\xc0\xaf\xe0\x80\xaf\xf8\x88\x80\x80\x80",
    "utf16-odd.txt": ARTICLE.encode("utf-16")[:-1],
    "utf16-lone.txt": ARTICLE.encode("utf-16") + b"\x00\xd8\x20\x00",
    "utf32-beyond.txt": b"\xff\xfe\0\0" + ARTICLE.encode("utf-32-le") + b"\xff\xff\xff\x7f",
    "latin-noise.txt": bytes(range(128, 256)) * 40,
    "lying-16.html": _declared("utf-16", PROSE.encode()),
    **{
        f"lying-{charset}.html": _declared(charset, PROSE.encode() + rb" \ud800 +ADw-script+AD4- \x1b \N{BELL} &#7; " + b"\xe9" * 40)
        for charset in (
            "utf-7", "unicode_escape", "raw_unicode_escape", "idna", "punycode", "rot13", "hex", "zlib", "undefined", "mbcs",
            "utf-8-sig", "utf-32", "iso2022_jp_ext", "hz", "cp037", "no-such", "../../etc",
        )
    },
    # pages
    "doctype-entities.html": (
        b'<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
        b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;">]>'
        + page("&f;&f;&f;")[15:]
    ),
    "xxe.html": b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + page("<p>&x;</p>")[15:],
    "references.html": page("<p>&#0;&#7;&#27;[31m&#xD800;&#x110000;&#x202e;&#99999999999999;&nosuch;&#xfffe;</p>"),
    "unclosed-tag.html": page("<div <p <span class='"),
    "unclosed-script.html": page("<script>var x = '<p>"),
    "unclosed-comment.html": page("<!-- " + PROSE),
    "unclosed-svg.html": page("<svg><template><math><title>"),
    "plaintext.html": page("<plaintext><textarea><title><xmp>"),
    "frameset.html": b"<html><frameset><frame src='//x'><noframes><p>" + PROSE.encode() + b"</noframes></frameset></html>",
    "two-bodies.html": page("</body></html><html><body></head><head><body>"),
    "base.html": page("<a href='x'>one two three four five</a>", "<base href='http://[::1'><base href='javascript:x'>"),
    "addresses.html": page(
        "".join(
            f"<figure><img src='{where}'><figcaption>A view of the hall</figcaption></figure><a rel=tag href='{where}'>hall</a>"
            for where in ("data:text/html,<script>x", "javascript:alert(1)", "//", "http://[", "http://\n/x", "https://a b/", "file:///etc/passwd", "http://x/\x1b[31m", "http://" + "x" * 5000)
        ),
        "<link rel=canonical href='javascript:alert(1)'><meta property=og:url content='http://[bad'>",
    ),
    "signs.txt": f"{_TITLE}\n\n{PROSE}{BAD_SIGNS}\n\n{PROSE}\n\nPhoto: Evil{BAD_SIGNS}\n".encode("utf-8", "surrogatepass"),
    "signs.html": page(
        f"<p class=byline>By Jane{BAD_SIGNS} Doe</p><figure><img alt='{BAD_SIGNS}' src='http://x.org/a{BAD_SIGNS}'><figcaption>{_TITLE}</figcaption></figure>",
        f"<title>{_TITLE}</title><meta name=author content='Jane{BAD_SIGNS} Doe'><meta name=description content='{BAD_SIGNS}'>"
        + linked_data({"@type": "NewsArticle", "headline": _TITLE, "author": {"name": f"Jane{BAD_SIGNS} Doe"}, "articleSection": BAD_SIGNS,
                       "keywords": [_TITLE, BAD_SIGNS], "image": {"caption": _TITLE, "creditText": _TITLE, "url": f"https://x.org/{BAD_SIGNS}"},
                       "publisher": {"name": _TITLE}, "copyrightNotice": _TITLE, "inLanguage": f"en{BAD_SIGNS}"}),
        attributes=f' lang="{BAD_SIGNS}"',
    ),
    **{
        f"linked-{number}.html": page("", linked_data(value))
        for number, value in enumerate((
            '{"@type": "NewsArticle", "headline": NaN, "datePublished": Infinity, "author": -Infinity}',
            '{"@type": "NewsArticle", "headline": 1e999, "author": ' + "9" * 5000 + "}",
            {"@id": "#a", "@type": "NewsArticle", "author": {"@id": "#a"}, "image": {"@id": "#a"}, "publisher": {"@id": "#a"}, "@graph": [{"@id": "#a"}]},
            {"@type": ["NewsArticle", None, {}, []], "headline": [[["x"]]], "author": [[[{"name": [None, {"name": 1}]}]]], "keywords": [[{}]], "image": [[]]},
            {"@type": "NewsArticle", "author": [{"name": name} for name in ("../../etc/passwd", "-rf", "Jane\nDoe\r\nX-Evil: 1", "'; --", "\x1b[2J", "a" * 5000)]},
            *({"@type": "NewsArticle", "datePublished": when, "dateModified": when} for when in (
                "0000-00-00", "0000-01-01T00:00:00Z", "99999-01-01T00:00:00Z", "-0001-01-01", "2024-02-31", "9999-12-31T23:59:59-14:00", "2024-01-01T25:61:61+99:99",
                "0001-01-01T00:00:00+23:59", "٢٠٢٤-٠١-٠١", "2024-01-01T10:00:00+24:00", 10**30, -1, 1e300, True, "9999999999999", "١٧٠٠٠٠٠٠٠٠", "Mon, 99 Foo 99999 99:99:99 +9999", "²²²²-²²-²²",
            )),
            "{" * 50_000,
            "[" * 50_000 + "]" * 50_000,
            '{"a":' * 50_000,
            '"', "\\", "null", "<!--", "//<![CDATA[", '{"@type": "NewsArticle", "headline": "\\ud800\\u0000\\u001b[31m\\u202e"}',
        ))
    },
    # names that are no names
    "../outside.txt": ARTICLE.encode(),
    "-rf": ARTICLE.encode(),
    "two\nlines.txt": ARTICLE.encode(),
    "\x1b]0;owned\x07.txt": ARTICLE.encode(),
    "\u202egpj.txt": ARTICLE.encode(),
    "\udcff.txt": ARTICLE.encode(),
    "a" * 250 + ".txt": ARTICLE.encode(),
}  # fmt: skip
"""Name → content. A name with a slash cannot be written into a folder and is left out there."""
