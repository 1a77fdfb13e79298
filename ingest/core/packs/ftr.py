"""ftr-site-config (a site's rules for FiveFilters, wallabag and others) becomes a pack: what can be said in selectors, and a list of the rest.

Source of the format: its directives as documented by FiveFilters; XPath of the forms that selectors have is translated.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from ingest.core.packs.selector import SelectorError, compile_selector, selects_text

FIELDS = {
    "title": ("headline", "headline"),
    "author": ("byline", "authors"),
    "date": ("date", "published"),
}
"""Directive → label and field."""
IGNORED = frozenset({
    "prune", "tidy", "autodetect_on_failure", "test_url", "test_contains", "parser", "http_header", "replace_string", "find_string",
    "convert_double_br_tags", "skip_json_ld", "insert_detected_image",
})  # fmt: skip
"""Directives about fetching or about FiveFilters' own steps; nothing is lost without them."""
MISS = "<p>A paragraph of an article.</p>"
_STEP = re.compile(r"(?P<tag>[\w-]+|\*)(?P<tests>(?:\[[^\]]*\])*)")
_TESTS = (
    (re.compile(r"@id\s*=\s*(['\"])([\w-]+)\1"), "#{}"),
    (re.compile(r"@class\s*=\s*(['\"])([\w-]+)\1"), ".{}"),
    (re.compile(r"contains\(\s*@class\s*,\s*(['\"])\s*([\w-]+)\s*\1\s*\)"), "[class*='{}']"),
    (re.compile(r"contains\(\s*@id\s*,\s*(['\"])\s*([\w-]+)\s*\1\s*\)"), "[id*='{}']"),
    (
        re.compile(
            r"contains\(\s*concat\(\s*(['\"])\s\1\s*,\s*(?:normalize-space\(\s*@class\s*\)|@class)\s*,\s*(['\"])\s\2\s*\)\s*,\s*(['\"])\s+([\w-]+)\s+\3\s*\)"
        ),
        ".{}",
    ),
    (re.compile(r"@([\w-]+)\s*=\s*(['\"])([^'\"\]]+)\2"), "[{}='{}']"),
    (re.compile(r"@([\w-]+)"), "[{}]"),
)


class ImportedPack(NamedTuple):
    """`toml`: the pack, with proofs made from the selectors; `left_out`: the directives that it does not say, as written."""

    toml: str
    left_out: tuple[str, ...]


def import_ftr(domain: str, text: str) -> ImportedPack:
    """The pack of a site from its file (`<domain>.txt`). Raises ValueError where nothing of it can be said."""
    rules: list[tuple[str, str, str | None]] = []
    left_out: list[str] = []
    for line in text.split("\n"):
        name, colon, value = line.partition(":")
        name, value = name.strip().partition("(")[0], value.strip()
        if not colon or line.lstrip().startswith("#") or name in IGNORED:
            continue
        said = _rule(name, value)
        if said is None or not _is_proved(said[0]):
            left_out.append(line.strip())
        else:
            rules.append(said)
    rules = list(dict.fromkeys(rules))
    if not rules:
        raise ValueError("none of its directives can be said in selectors")
    host = domain.lower().removeprefix("www.").lstrip(".")
    head = f"name    = {json.dumps(host)}\ndomains = [{json.dumps(host)}]\n"
    return ImportedPack(head + "".join(_toml(number, *rule) for number, rule in enumerate(rules, 1)), tuple(left_out))


def _is_proved(selector: str) -> bool:
    """Whether it can be read, chooses text (an image has none), and leaves a bare paragraph alone."""
    try:
        xpath = compile_selector(selector)
    except SelectorError:
        return False
    return selects_text(xpath, _proof(selector)) and not selects_text(xpath, MISS)


def _rule(name: str, value: str) -> tuple[str, str, str | None] | None:
    """(selector, label, field) of one directive."""
    if name == "strip_id_or_class":
        word = value.strip("'\"")
        return (f"[id*='{word}'], [class*='{word}']", "widget", None) if re.fullmatch(r"[\w-]+", word) else None
    if name == "strip_image_src" or not value:
        return None
    selector = selector_of(value)
    if selector is None:
        return None
    if name == "strip":
        return selector, "widget", None
    if name == "body":
        return f"{selector} p", "body", None
    return (selector, *FIELDS[name]) if name in FIELDS else None


def selector_of(xpath: str) -> str | None:
    """An XPath of elements as a selector; None where it says what selectors do not: axes, positions, texts, attributes."""
    found = [_path(part.strip()) for part in re.split(r"\|(?![^\[]*\])", xpath)]
    return ", ".join(part for part in found if part) if all(found) else None


def _path(xpath: str) -> str | None:
    if not xpath.startswith("/"):
        return None
    selector = ""
    rest = xpath
    while rest:
        gap = "//" if rest.startswith("//") else "/"
        step = _STEP.match(rest, len(gap)) if rest.startswith("/") else None
        if step is None:
            return None
        tests = [_test(test) for test in re.findall(r"\[([^\]]*)\]", step["tests"])]
        if None in tests:
            return None
        compound = ("" if step["tag"] == "*" and tests else step["tag"]) + "".join(filter(None, tests))
        selector += (" " if gap == "//" else " > ") + compound if selector else compound
        rest = rest[step.end() :]
    return selector or None


def _test(test: str) -> str | None:
    said = ""
    for part in re.split(r"\s+and\s+", test.strip()):
        found = next(((form, match) for pattern, form in _TESTS if (match := pattern.fullmatch(part.strip()))), None)
        if found is None:
            return None
        form, match = found
        values = [group for group in match.groups() if group not in {"'", '"'}]
        said += form.format(*values)
    return said


def _toml(number: int, selector: str, label: str, field: str | None) -> str:
    hit = _proof(selector)
    lines = [
        "",
        "[[css]]",
        f'id     = "{label}-{number}"',
        f"select = {json.dumps(selector)}",
        f'label  = "{label}"',
        *([f'field  = "{field}"'] if field else []),
        f"hits   = [{json.dumps(hit, ensure_ascii=False)}]",
        f"misses = {json.dumps([MISS])}",
    ]
    return "\n".join(lines) + "\n"


def _proof(selector: str) -> str:
    """A snippet that the first of the selector's alternatives selects."""
    before, after = "", ""
    for compound in re.split(r"\s*>\s*|\s+(?![^\[]*\])", selector.partition(", ")[0]):
        tag = re.match(r"[\w-]+", compound)
        attributes = re.findall(r"#([\w-]+)|\.([\w-]+)|\[([\w-]+)(?:\*?='([^']*)')?\]", compound)
        classes = [
            name for _, name, key, value in attributes for name in (name, value if key == "class" else "") if name
        ]
        written = [f'class="{" ".join(classes)}"'] if classes else []
        written += [f'id="{identity}"' for identity, *_ in attributes if identity]
        written += [f'{key}="{value}"' for *_, key, value in attributes if key and key != "class"]
        name = tag[0] if tag else "div"
        before += f"<{' '.join([name, *written])}>"
        after = f"</{name}>{after}"
    return f"{before}Words of the site.{after}"
