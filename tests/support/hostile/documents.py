"""Hostile articles in formats: entities without end, parts inside parts, numbers and codes that are none."""

from __future__ import annotations

import json

from tests.support.hostile.matter import PROSE

MAIL = b"From: a <a@b.example>\nSubject: x\nDate: Wed, 13 Mar 2024 09:12:00 +0000\nMessage-ID: <1@b.example>\nMIME-Version: 1.0\n"
_P = f"<p>{PROSE}</p>"


def _nitf(body: str, head: str = "", doctype: str = "") -> bytes:
    return f"{doctype}<nitf><head>{head}</head><body><body.content>{body}</body.content></body></nitf>".encode()


def _nested(parts: int) -> bytes:
    inner = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (at, at) for at in range(parts))
    return MAIL + inner + b"Content-Type: text/plain\n\n" + PROSE.encode()


_LAUGHS = "".join(f'<!ENTITY a{at + 1} "&a{at};&a{at};&a{at};&a{at};">' for at in range(30))
_ALIASES = "".join(f"k{at + 1}: &k{at + 1} [{', '.join([f'*k{at}'] * 9)}]\n" for at in range(12))

DOCUMENTS: dict[str, bytes] = {
    "laughs.nitf": _nitf(f"{_P}<p>&a30;</p>", doctype=f'<!DOCTYPE nitf [<!ENTITY a0 "ha">{_LAUGHS}]>'),
    "outside.nitf": _nitf(f"{_P}<p>&x;</p>", doctype='<!DOCTYPE nitf SYSTEM "file:///etc/passwd" [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "deep.nitf": _nitf(f"{'<block>' * 5_000}{_P}{'</block>' * 5_000}"),
    "numbers.nitf": _nitf(_P, "<docdata><urgency ed-urg='-99999999999999999999'/><date.issue norm='99999999T999999Z'/><date.embargo norm='never'/></docdata>"),
    "signs.nitf": _nitf(_P, "<title>\u202e&#x1b;[31m</title><docdata><doc-id id-string='../../etc/passwd'/></docdata>"),
    "status.ninjs": json.dumps({"uri": "javascript:x", "pubStatus": ["canceled"], "urgency": 1e308, "versionCreated": {}, "headlines": [None, 1, {"value": [1]}],
                                "subjects": [{"name": {}, "uri": 7}], "associations": [[[]], {"type": "picture", "renditions": 3}],
                                "rightsInfo": {"encodedRights": "{" * 3_000, "linkedRights": "javascript:x"}, "bodies": [{"value": PROSE}]}).encode(),
    "deep.ninjs": b'{"uri": "a", "bodies": ' + b"[" * 50_000,
    "nested.eml": _nested(2_000),
    "forwarded.eml": MAIL + b"Content-Type: message/rfc822\n\n" * 3_000 + PROSE.encode(),
    "parts.eml": MAIL + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\nContent-Type: text/plain\n\na\n" * 20_000,
    "parameters.eml": MAIL + b"Content-Type: text/plain; " + b"; ".join(b"a%d*%d=x" % (at, at) for at in range(3_000)) + b"\n\n" + PROSE.encode(),
    "charset.eml": MAIL + b'Content-Type: text/plain; charset="\0\xff"\nContent-Disposition: inline; filename="=?\xff?q?a?="\n\n' + PROSE.encode(),
    "sender.eml": MAIL.replace(b"a <a@b.example>", b"a <a@[:::::>") + b"\n" + PROSE.encode(),
    "aliases.md": f"---\ntitle: x\ndate: 2024-03-13\nk0: &k0 [x]\n{_ALIASES}tags: *k12\n---\n{PROSE}".encode(),
    "python.md": f"---\ntitle: !!python/object/apply:os.system ['true']\ndate: 2024-03-13\n---\n{PROSE}".encode(),
    "framed.wire": b"\x01AB0123 4 POL 0214 HER\r\n\x02\x02\x02\x03\x03\x01\x01\x04" + PROSE.encode(),
    "loop.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\ntrailer<</Root 1 0 R>>",
    "endless.feed": b"<rss><channel>" + b"<item><title>a</title></item>" * 3_000 + b"</channel></rss>",
}  # fmt: skip
"""Name → content."""
