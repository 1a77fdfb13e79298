"""What a source says, in marks made for machines, about the use of its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.core.text.strings import absolute_url

TDM_CONTEXT = "http://www.w3.org/ns/tdmrep#"
LICENCE_TERM = "http://purl.org/dc/terms/license"
AI_ACTION = "urn:news-ingest:rights:ai-training"
_ACTIONS = {"tdm": "tdm", f"{TDM_CONTEXT}mine": "tdm", "tdm:mine": "tdm", AI_ACTION: "ai"}
_ROBOTS = {"noai": ("ai", "reserved")}
_RESERVATION = {"1": "reserved", "0": "allowed"}
_DATA_MINING = re.compile(r"\bDMI-(PROHIBITED|ALLOWED)(-[A-Z]+)?\b")


def robots_permissions(content: str) -> dict[str, str]:
    """What a robots directive says: `noai`; one for a single crawler ("otherbot: noai") says nothing of others."""
    words = {word.strip().lower() for word in content.split(",")}
    return {"ai": "reserved"} if "noai" in words else {}


def reservation(value: str) -> dict[str, str]:
    """`tdm-reservation`: 1 reserves text and data mining, 0 does not (TDM Reservation Protocol)."""
    found = _RESERVATION.get(value.strip())
    return {"tdm": found} if found else {}


def header_rights(headers: Mapping[str, str]) -> dict[str, str] | None:
    """What the headers of an HTTP response say (names in lower case)."""
    found = {
        **robots_permissions(headers.get("x-robots-tag", "")),
        **reservation(headers.get("tdm-reservation", "")),
    }
    if licence := _licence_link(headers.get("link", "")):
        found["licence"] = licence
    return found or None


_LINK = re.compile(r"<([^<>\s]{1,4000})>\s*((?:;\s*[\w*-]+\s*(?:=\s*(?:\"[^\"]{0,500}\"|[^\s;,\"]{0,500}))?\s*){0,20})")


def _licence_link(header: str) -> str | None:
    """The address of `rel=license` in a Link header (RFC 8288)."""
    for target, parameters in _LINK.findall(header):
        if re.search(r"\brel\s*=\s*\"?(?:[\w-]+\s+)*license\b", parameters, re.IGNORECASE):
            return absolute_url(target, None)
    return None


def encoded_permissions(encoded: str) -> dict[str, str]:
    """What an encoded rights expression says of mining: ODRL as JSON with the action `tdm:mine`, or the marks of the PLUS vocabulary."""
    if not encoded.strip():
        return {}
    if mark := _DATA_MINING.search(encoded):
        if mark[1] == "ALLOWED":
            return {"tdm": "allowed"}
        return {"ai": "reserved"} if "AI" in (mark[2] or "") else {"tdm": "reserved"} if not mark[2] else {}
    try:
        expression = json.loads(encoded)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    if isinstance(expression, dict) and (licence := absolute_url(expression.get("license"), None)):
        found["licence"] = licence
    for kind, says in (("permission", "allowed"), ("prohibition", "reserved")):
        for action in _actions(expression, kind):
            if part := _ACTIONS.get(action):
                found[part] = says
    return found


def _actions(expression: Any, kind: str) -> Iterator[str]:
    rules = expression.get(kind) if isinstance(expression, dict) else None
    for rule in rules if isinstance(rules, list) else [rules]:
        action = rule.get("action") if isinstance(rule, dict) else None
        yield from (each for each in (action if isinstance(action, list) else [action]) if isinstance(each, str))


def policy(permissions: Mapping[str, str | None], licence: str | None = None) -> str | None:
    """The same as an ODRL policy: what `encoded_permissions` reads. None where nothing is permitted or reserved."""
    names = {"tdm": "tdm:mine", "ai": AI_ACTION}
    rules: dict[str, list[dict[str, str]]] = {}
    for part, action in names.items():
        if says := permissions.get(part):
            rules.setdefault("permission" if says == "allowed" else "prohibition", []).append({"action": action})
    if not rules:
        return None
    terms = {"tdm": TDM_CONTEXT} | ({"license": LICENCE_TERM} if licence else {})
    context = ["http://www.w3.org/ns/odrl.jsonld", terms]
    said = {"@context": context, "@type": "Set", **({"license": licence} if licence else {}), **rules}
    return json.dumps(said, separators=(",", ":"))
