"""A title without the site's name: "Storm hits coast | World | The Example" is "Storm hits coast"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.fold import fold

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_CUT = re.compile(r"\s+[|–—•·»«/>~:\-]{1,2}\s+|\s*(?:\||::|»|｜|│|：)\s*")


def site_names(publishers: Iterable[str], *addresses: str | None) -> frozenset[str]:
    """How a site may sign its titles, folded: its publishers' names, its host's labels."""
    found = {fold(name) for name in publishers}
    for address in addresses:
        host = (urlsplit(address).hostname or "") if address else ""
        labels = [label for label in host.split(".") if label not in {"www", "m", "amp"}]
        found |= (
            {fold(host.removeprefix("www."))} | {fold(".".join(labels[-2:]))} | {fold(label) for label in labels[:-1]}
        )
    return frozenset(name for name in found if len(name) > 1)


def without_site(title: str, sites: Collection[str], others: Collection[str] = ()) -> str:
    """The title without leading or trailing parts that name the site; `others`: folded titles, one of which may be what remains."""
    for _ in range(4):
        cuts = list(_CUT.finditer(title))
        for cut in (cuts[-1:] + cuts[:1]) if cuts else []:
            front, back = title[: cut.start()], title[cut.end() :]
            if cut is cuts[-1] and len(front) > 1 and is_site(back, sites):
                title = front
                break
            if cut is cuts[0] and len(back) > 1 and is_site(front, sites):
                title = back
                break
        else:
            break
    if others and fold(title) not in others:
        for cut in reversed(list(_CUT.finditer(title))):
            if len(fold(title[: cut.start()])) > 9 and fold(title[: cut.start()]) in others:
                return title[: cut.start()]
    return title


def is_site(part: str, sites: Collection[str]) -> bool:
    """Whether a part of a title names the site."""
    text = fold(part)
    return 1 < len(text) <= 60 and (
        text in sites
        or any(
            len(s) > 3 and ((s in text and len(text) <= 2 * len(s) + 6) or (text in s and len(text) > 3)) for s in sites
        )
    )
