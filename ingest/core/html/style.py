"""What a page's styles say about an element: whether it is visible, whether it is a block, and whether it could be seen
at all.

This is not a CSS engine: it reads `style` attributes and, of the page's own `<style>`, the rules for a single tag,
class or id. Rules for some screens or for print only, and those with a combinator, a state or an attribute, are
ignored; a wrong guess would lose text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.caching import cache_short_texts
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_SHEET_CHARACTERS = 300_000
"""Most characters of all `<style>` elements of a page together; 1 page in 66 has more (median 193, mean 20,000)."""
MAX_RULES = 5_000

_DISPLAY = re.compile(r"(?<![\w-])display\s*:\s*([a-z-]+)", re.IGNORECASE)
_VISIBILITY = re.compile(r"(?<![\w-])visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_BLOCKS = frozenset({"block", "flex", "grid", "table", "list-item", "flow-root", "-webkit-box", "-webkit-flex"})
_ZERO_SIZE = re.compile(
    r"(?<![\w-])font-size\s*:\s*0(?:\.0+)?(?:[a-z]+|%)?\s*(?:!\s*important\s*)?(?:;|$)", re.IGNORECASE
)
_CLIPPED = re.compile(
    r"(?<![\w-])clip\s*:\s*rect\(\s*(?:[01](?:\.\d+)?(?:px|em)?[\s,]*){4}\)|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)",
    re.IGNORECASE,
)
_PLACED = re.compile(r"(?<![\w-])position\s*:\s*(?:absolute|fixed)", re.IGNORECASE)
_FAR = re.compile(
    r"(?<![\w-])(?:left|right|top|bottom)\s*:\s*-(?:999|\d{4,})(?:\.\d+)?px|(?:left|top)\s*:\s*-\d{3,}r?em",
    re.IGNORECASE,
)
_INDENTED = re.compile(
    r"(?<![\w-])(?:text-indent|margin-left|margin-top)\s*:\s*-(?:999|\d{4,})(?:\.\d+)?(?:px|em)", re.IGNORECASE
)
_ONE_PIXEL = re.compile(r"(?<![\w-])(?:width|height)\s*:\s*[01]px", re.IGNORECASE)
_CUT_OFF = re.compile(r"(?<![\w-])overflow\s*:\s*hidden", re.IGNORECASE)
_TELLING = ("display", "position", "margin-", "font-size", "visibility", "clip", "indent")
"""One of these is in whatever `declared` finds."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RESPONSIVE = re.compile(r":|\bd-\w+-|visible")
_SELECTOR = re.compile(r"([a-zA-Z][\w-]*)?(?:([.#])(-?[a-zA-Z_][\w-]*))?")


class Look(NamedTuple):
    """`display`: "none" (also for visibility), "block", "inline", or "" for the default of the tag. `unseen`: of size
    zero, clipped, or off the screen.
    """

    display: str = ""
    unseen: bool = False


PLAIN = Look()


@cache_short_texts
def declared(style: str) -> Look:
    """The look given by the declarations of a `style` attribute or of a rule; the last of several wins."""
    low = style.lower()  # a word is found in a tenth of the time of a pattern, and most declarations have none of them
    named = _DISPLAY.findall(style) if "display" in low else ()
    kind = named[-1].lower() if named else ""
    display = "block" if kind in _BLOCKS else kind if kind in ("none", "inline") else ""
    if "visibility" in low and _VISIBILITY.search(style):
        display = "none"
    unseen = bool(
        ("font-size" in low and _ZERO_SIZE.search(style))
        or ("clip" in low and _CLIPPED.search(style))
        or (("indent" in low or "margin-" in low) and _INDENTED.search(style))
    )
    if not unseen and "position" in low and _PLACED.search(style):
        unseen = bool(_FAR.search(style) or (_CUT_OFF.search(style) and _ONE_PIXEL.search(style)))
    return Look(display, unseen) if display or unseen else PLAIN


def _may_tell(style: str) -> bool:
    """False for most rules, which declare nothing that `declared` looks for."""
    low = style.lower()
    return any(map(low.__contains__, _TELLING))


class Sheet:
    """The supported rules of a page's own `<style>` elements: by tag, by class, by tag and class, by id."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._rules: dict[str, tuple[int, Look]] = {}
        self._count = 0
        self._classes: set[str] = set()
        """Those that a rule is for."""
        self._unseen_classes = word_set("page_styles", "unseen")
        self._undisplayed_classes = word_set("page_styles", "undisplayed")
        room = MAX_SHEET_CHARACTERS
        for text in texts:
            self._read(text[:room])
            room -= len(text)
            if room <= 0:
                break

    def __bool__(self) -> bool:
        return bool(self._rules)

    def _read(self, css: str) -> None:
        depth = 0
        for part in (_COMMENT.sub(" ", css) if "/*" in css else css).split("}"):
            opened = part.count("{")
            if not opened:
                depth = max(depth - 1, 0)
                continue
            if not depth and opened == 1 and len(self._rules) < MAX_RULES:
                selectors, body = part.split("{")
                if _may_tell(body) and (look := declared(body)) is not PLAIN:
                    self._add(selectors, look)
            depth += opened - 1

    def _add(self, selectors: str, look: Look) -> None:
        for selector in selectors.split(","):
            simple = _SELECTOR.fullmatch(selector.strip())
            if simple and simple[0]:
                tag, mark, name = (simple[1] or "").lower(), simple[2] or "", simple[3] or ""
                key = f"{tag}{mark}{name}"
                if mark == ".":
                    self._classes.add(name)
                _, old = self._rules.pop(key, (0, PLAIN))
                self._count += 1
                self._rules[key] = (self._count, Look(look.display or old.display, look.unseen or old.unseen))

    def has_rule_for(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Whether any rule is for an element; the classes of most have none."""
        return (
            tag in self._rules
            or ("class" in attributes and not self._classes.isdisjoint(attributes["class"].split()))
            or ("id" in attributes and f"#{attributes['id']}" in self._rules)
        )

    def look(self, tag: str, attributes: Mapping[str, str]) -> Look:
        """The look of an element: its own `style` before the page's rules, an id before a class before a tag, the later
        of two classes.
        """
        get = attributes.get
        style, name, own = get("style", ""), get("class", ""), get("id", "")
        if not style and not name and not self._rules:
            return PLAIN
        name, style = name[:MAX_CLASS_ATTR_CHARACTERS], style[:MAX_CLASS_ATTR_CHARACTERS]
        own = own if own and f"#{own}" in self._rules else ""
        tokens, low = name.split(), name.lower()
        display, unseen = "", not self._unseen_classes.isdisjoint(tokens if low == name else low.split())
        plain = not (unseen or style or own or tag in self._rules) and self._classes.isdisjoint(tokens)
        if plain and self._undisplayed_classes.isdisjoint(tokens):
            return PLAIN
        if self._rules:
            by_class = sorted(r for t in tokens for r in (self._rules.get(f".{t}"), self._rules.get(f"{tag}.{t}")) if r)
            for rule in (self._rules.get(tag), *by_class, self._rules.get(f"#{own}") if own else None):
                if rule:
                    display = rule[1].display or display
                    unseen = unseen or rule[1].unseen
        if style:
            look = declared(style)
            display, unseen = look.display or display, unseen or look.unseen
        if not display and not self._undisplayed_classes.isdisjoint(tokens):
            # "hidden md:inline", "d-none d-sm-block": hidden on some screens only
            display = "none" if len(tokens) == 1 or not _RESPONSIVE.search(name) else ""
        return Look(display, unseen)
