"""HTML as a tree: nobody escapes by hand, so nobody forgets to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

Node = etree._Element  # noqa: SLF001  the class has no public name
Child = str | Node | None

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def element(tag: str, *inside: Child, **attributes: str | None) -> Node:
    """An element. Strings become text; what is None is left out. `class_` is class, `data_to` is data-to."""
    found = etree.Element(tag)
    for name, value in attributes.items():
        if value is not None:
            found.set(name.rstrip("_").replace("_", "-"), replace_forbidden(value))
    for child in inside:
        if isinstance(child, str):
            last = found[-1] if len(found) else None
            if last is None:
                found.text = (found.text or "") + replace_forbidden(child)
            else:
                last.tail = (last.tail or "") + replace_forbidden(child)
        elif child is not None:
            found.append(child)
    return found


def replace_forbidden(text: str) -> str:
    """Text as a page can hold it: signs that HTML forbids become the replacement sign."""
    return _FORBIDDEN.sub("\ufffd", text)


def link(words: str, url: str) -> Node:
    """A link to the web, or the bare words where the address is none of the web."""
    if not re.match(r"https?://", url):
        return element("bdi", words)
    return element("a", element("bdi", words), href=url, rel="noreferrer noopener nofollow")


def table(heads: Sequence[str], rows: Sequence[Sequence[Child]], *, numbers: Sequence[int] = ()) -> Node:
    """A table; the columns `numbers` are set as figures. No head where there are no words for one."""

    def figures(column: int) -> str | None:
        return "figures" if column in numbers else None

    head = element("tr", *(element("th", title, scope="col", class_=figures(at)) for at, title in enumerate(heads)))
    body = [element("tr", *(element("td", cell, class_=figures(at)) for at, cell in enumerate(row))) for row in rows]
    return element("table", element("thead", head) if any(heads) else None, element("tbody", *body))
