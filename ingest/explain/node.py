"""HTML as a tree: nobody escapes by hand, so nobody forgets to."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from lxml import etree

Node = etree._Element  # noqa: SLF001  the class has no public name
Inside = str | Node | None

BASE = Path(__file__).parent / "base.css"
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def node(tag: str, *inside: Inside, **attributes: str | None) -> Node:
    """An element. Strings become text; what is None is left out. `class_` is class, `data_to` is data-to."""
    found = etree.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            found.set(name.rstrip("_").replace("_", "-"), fit(value))
    for child in inside:
        if isinstance(child, str):
            last = found[-1] if len(found) else None
            if last is None:
                found.text = (found.text or "") + fit(child)
            else:
                last.tail = (last.tail or "") + fit(child)
        elif child is not None:
            found.append(child)
    return found


def fit(text: str) -> str:
    """Text as a page can hold it: signs that HTML forbids become the replacement sign."""
    return _UNFIT.sub("\ufffd", text)


def link(words: str, url: str) -> Node:
    """A link to the web, or the bare words where the address is none of the web."""
    if not re.match(r"https?://", url):
        return node("bdi", words)
    return node("a", node("bdi", words), href=url, rel="noreferrer noopener nofollow")


def document(folder: Path, title: str, css: str = "", **parts: Node) -> str:
    """The page: `folder`'s page.html, filled with the parts. Only its own style and script may run, and nothing may load."""
    frame, style, script = _shell(folder)
    style += css
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    written = {name: etree.tostring(part, encoding="unicode", method="html") for name, part in parts.items()}
    return frame.substitute(written, title=escape(fit(title)), policy=policy, style=style, script=script)


@lru_cache(maxsize=4)
def _shell(folder: Path) -> tuple[Template, str, str]:
    """The page's frame, its style upon that of all pages, and its script, if it has one."""
    frame, base, style = (
        path.read_text(encoding="utf-8") for path in (folder / "page.html", BASE, folder / "page.css")
    )
    script = folder / "page.js"
    return Template(frame), base + style, script.read_text(encoding="utf-8") if script.exists() else ""


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
