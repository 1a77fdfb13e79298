r"""A pattern loosened for the prefilter: it matches whatever the pattern matches, and perhaps more.

`\b` and names go, `\w \d \s \p{L}` take every character beyond ASCII, counts beyond four become + or *, and of an alternative with gaps (`.*`, `[^.]{2,80}`)
only its beginning or its end is kept. Without that the automaton of a hundred rules with gaps builds new states for nearly every line
it meets (17 µs a line, 200 MB); with it a line costs 1 to 2 µs.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_letters
from typing import TYPE_CHECKING, Literal, NamedTuple

import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Anchor = Literal["whole", "start", "tail", "anywhere"]
"""Where a pattern must match: the whole text, its start, its end, or anywhere in it."""

_NON_ASCII = r"\x{80}-\x{10FFFF}"
_ASCII = {
    r"\w": "0-9A-Za-z_",
    r"\d": "0-9",
    r"\s": r"\s",
    r"\p{L}": "A-Za-z",
    r"\p{Lu}": "A-Z",
    r"\p{Ll}": "a-z",
    r"\p{M}": "",
    r"\p{N}": "0-9",
    r"\p{Han}": "",
    r"\p{Hangul}": "",
    r"\p{Katakana}": "",
}
_WITH_NON_ASCII = {character: inside + _NON_ASCII for character, inside in _ASCII.items()}
_PART = regex.compile(  # plain characters are taken by the run, all that no count follows: packs load in three fifths of the time
    r"(?P<plain>[\w ]{2,}(?![*+?{]))|(?P<open>\((?:\?P?<\w+>|\?(?P<flags>[a-z]*):|(?!\?)))|(?P<odd>\(\?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<class>\[(?P<not>\^?)\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|(?P<edge>\\[bBAZz]|[\^$])"
    r"|(?P<repeat>(?:[*+?]|\{(?P<least>\d+)(?P<most>,\d*)?\})\??)|(?P<character>\\[pP]\{\^?\w+\}|\\x[0-9A-Fa-f]{2}|\\.|.)",
    regex.DOTALL,
)
_IN_CLASS = regex.compile(r"\\[pP]\{\^?\w+\}|\\.|[^\\]+", regex.DOTALL)
_LINE_END = "(?m:$)"  # texts are searched several at once, a line each

MIN_OWN_CHARACTERS = 2
"""A part of an alternative may stand for the whole if it has at least so many characters of its own; one will do at the beginning."""


class UnsupportedPattern(ValueError):
    """Why a pattern cannot be loosened."""


class _Part(NamedTuple):
    """One character, class or group with its repeat. `weight`: characters of its own that it has at least; a gap stands for anything."""

    text: str
    weight: int = 0
    gap: bool = False
    gapless: bool = True
    optional: bool = False
    repeated: bool = False
    flags: str = ""
    inner: tuple[tuple[_Part, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class LoosePattern:
    """What a pattern needs: a beginning of the text, or something anywhere in it."""

    beginning: str | None
    anywhere: str | None


def loosen(source: str, anchor: Anchor) -> LoosePattern:
    """The pattern for the prefilter. Raises SieveError for what has no loose form."""
    loosest = [_loosest(parts, flags, anchor) for parts, flags in _spread(_alternatives(_PART.finditer(source)))]
    beginning, anywhere = ("|".join(text for begins, text in loosest if begins is wanted) for wanted in (True, False))
    return LoosePattern(beginning or None, anywhere or None)


def _spread(alternatives: Iterable[tuple[_Part, ...]], flags: str = "") -> Iterator[tuple[tuple[_Part, ...], str]]:
    """Each alternative with its flags; one that is nothing but a group stands for the group's own."""
    for parts in alternatives:
        only = parts[0] if len(parts) == 1 else None
        if only and only.inner and not only.repeated and not (flags and only.flags):
            yield from _spread(only.inner, flags or only.flags)
        else:
            yield parts, flags


def _loosest(parts: tuple[_Part, ...], flags: str, anchor: Anchor) -> tuple[bool, str]:
    """One alternative's loose form, and whether it is tried at the beginning alone."""
    begins, end = anchor in {"whole", "start"}, (_LINE_END if anchor in {"whole", "tail"} else "")
    opened = f"(?{flags}:"
    if all(part.gapless for part in parts):
        return begins, f"{opened}{_text(parts)}){end}"
    head, weight = _edge(parts)
    if begins and weight:
        return True, f"{opened}{head})"
    tail, weight = _edge(parts, last=True)
    if end and weight >= MIN_OWN_CHARACTERS:
        return False, f"{opened}{tail}){_LINE_END}"
    behind_gaps = (at + 1 for at, part in enumerate(parts) if not part.gapless)
    middle, weight = max((_edge(parts[at:]) for at in (0, *behind_gaps)), key=lambda edge: edge[1])
    if weight >= MIN_OWN_CHARACTERS:
        return False, f"{opened}{middle})"
    return begins, f"{opened}{_text(parts)}){end}"


def _edge(parts: Sequence[_Part], *, last: bool = False) -> tuple[str, int]:
    """What stands at one end of the parts, as far as the first gap, and how many characters of its own it has."""
    kept: list[str] = []
    weight = 0
    for part in reversed(parts) if last else parts:
        if part.gapless:
            kept.append(part.text)
            weight += part.weight
            continue
        if part.inner and not part.optional:
            edges = [_edge(inner, last=last) for inner in part.inner]
            kept.append(f"(?{part.flags}:{'|'.join(text for text, _ in edges)})")
            weight += min(heavy for _, heavy in edges)
        break
    return "".join(reversed(kept) if last else kept), weight


def _alternatives(tokens: Iterator[regex.Match[str]], *, inside: bool = False) -> tuple[tuple[_Part, ...], ...]:
    """The alternatives up to the end of the source, or of the group that the tokens are inside."""
    found: list[list[_Part]] = [[]]
    for token in tokens:
        kind = token.lastgroup
        if kind == "close":
            if not inside:
                raise UnsupportedPattern("unbalanced parenthesis")
            return tuple(map(tuple, found))
        if kind == "bar":
            found.append([])
        elif kind == "open":
            found[-1].append(_group(_alternatives(tokens, inside=True), token["flags"] or ""))
        elif kind == "repeat":
            if not found[-1]:
                raise UnsupportedPattern("nothing to repeat")
            found[-1].append(_repeated(found[-1].pop(), token))
        else:
            found[-1].extend(_single(token))
    if inside:
        raise UnsupportedPattern("unbalanced parenthesis")
    return tuple(map(tuple, found))


def _group(inner: tuple[tuple[_Part, ...], ...], flags: str) -> _Part:
    return _Part(
        text=f"(?{flags}:{'|'.join(map(_text, inner))})",
        weight=min(sum(part.weight for part in parts) for parts in inner),
        gapless=all(part.gapless for parts in inner for part in parts),
        flags=flags,
        inner=inner,
    )


def _single(token: regex.Match[str]) -> Iterator[_Part]:
    kind, text = token.lastgroup, token[0]
    if kind == "plain":
        yield _Part(text, weight=len(text))
    elif kind == "odd":
        raise UnsupportedPattern("write flags as (?i:…); look-around, atomic and conditional groups are not for RE2")
    if kind == "class":
        yield _Part(_class(text, negated=bool(token["not"])))
    elif text in _WITH_NON_ASCII:
        yield _Part(f"[{_WITH_NON_ASCII[text]}]")
    elif kind == "character":
        meta = text == "." or (text[0] == "\\" and text[1] in ascii_letters)
        yield _Part(text, weight=0 if meta else 1)


def _class(text: str, *, negated: bool) -> str:
    if negated and regex.search(r"\\[WDS]", text):
        raise UnsupportedPattern(r"write \W, \D and \S without a negated class around them")
    if negated:  # there the narrow meaning is the looser one
        return text
    return "".join(_WITH_NON_ASCII.get(character, character) for character in _IN_CLASS.findall(text))


def _repeated(part: _Part, token: regex.Match[str]) -> _Part:
    optional = token["repeat"][0] in "*?" or token["least"] == "0"
    once = token["repeat"].startswith("?")
    few = once or ((token["most"] or "").strip(",").isdigit() and int(token["most"][1:]) <= 4)
    singles = [part, *(inner for parts in part.inner for inner in parts)]
    wide = not few and any(_is_wide(single) for single in singles)
    return _Part(
        text=part.text + (token["repeat"].rstrip("?") or "?" if few else "*" if optional else "+"),
        weight=0 if optional else part.weight,
        gap=wide,
        gapless=part.gapless and not wide,
        optional=optional,
        repeated=True,
        flags=part.flags,
        inner=part.inner,
    )


def _is_wide(part: _Part) -> bool:
    """Whether it takes nearly any character, or words and the spaces between them."""
    return (
        part.text == "."
        or part.text.startswith(("[^", r"\S", r"\W", r"\D"))
        or (part.text.startswith("[") and " " in part.text)
    )


def _text(parts: Sequence[_Part]) -> str:
    return "".join(part.text for part in parts)
