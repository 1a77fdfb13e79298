"""How browsers treat elements: which separate text, which contain none, and which kind of block they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.core.model import BlockKind

READINGS = frozenset({"rt", "rp", "rtc"})
"""Ruby annotations: the reading of a word is printed above the line, not in it."""

ANNOTATIONS = frozenset({"annotation", "annotation-xml"})
"""The source of a formula, beside the formula itself."""

UNRENDERED_TAGS = READINGS | ANNOTATIONS | {
    "script", "style", "title", "iframe", "noframes", "noembed", "object", "audio", "video", "canvas", "datalist",
}  # fmt: skip
"""Elements whose text, with that of their descendants, a browser does not show as text of the page."""

CODE_TAGS = frozenset({"script", "style"})
NO_CLAIM_TAGS = CODE_TAGS | READINGS | ANNOTATIONS | {"noscript", "template", "textarea"}
"""Elements whose own text contains no claims about the article."""

INERT = frozenset({"template", "noscript", "textarea", "select", "option", "noembed", "noframes"})
"""Elements whose text is not shown by a browser that runs scripts; a declarative shadow root is one."""

EMPTY_TAGS = CODE_TAGS | {"br", "img", "input", "link", "meta"}
"""Elements without readable content: one in seven."""

_BLOCK_TAG_NAMES = (
    "html head body address article aside blockquote button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav ol optgroup option output p "
    "plaintext pre search section select summary table tbody td template textarea tfoot th thead tr ul xmp"
)
BLOCK_TAGS = frozenset(_BLOCK_TAG_NAMES.split())
"""Elements that separate text. All others are inline, as in browsers, unless a style says otherwise."""

PREFORMATTED = frozenset({"pre", "listing", "xmp", "plaintext"})

MEDIA_TAGS = frozenset({"img", "amp-img", "iframe", "video", "audio", "object", "amp-video", "amp-iframe"})
TAG_FORMS: dict[str, BlockKind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "dt", "dd"), "list_item"),
    **dict.fromkeys(("td", "th"), "cell"),
    "figcaption": "caption",
    "blockquote": "quote",
}
KIND_RESET_TAGS = frozenset({"article", "section", "table", "ul", "ol", "nav", "aside", "footer", "form"})
"""Elements in which a block is a paragraph again, whatever contains them."""

NAMING_ATTRIBUTES = ("class", "id", "role", "itemprop", "data-testid", "data-component")
"""Attributes whose words describe the purpose of an element."""

INITIALS = frozenset(
    {
        "drop",
        "dropcap",
        "dropcaps",
        "cap",
        "initial",
        "initiale",
        "initials",
        "lettrine",
        "capolettera",
        "capitular",
        "letrina",
    }
)
"""Class words of an element with only the first letter of a text, set large (a drop cap)."""
