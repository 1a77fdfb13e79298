"""What browsers make of elements: which part text, which hold none, which kind of block they make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.core.model import BlockKind

READINGS = frozenset({"rt", "rp", "rtc"})
"""Ruby: how a word is read stands above the line, not in it."""

ANNOTATIONS = frozenset({"annotation", "annotation-xml"})
"""The source of a formula, beside the formula."""

UNRENDERED_TAGS = READINGS | ANNOTATIONS | {
    "script", "style", "title", "iframe", "noframes", "noembed", "object", "audio", "video", "canvas", "datalist",
}  # fmt: skip
"""Elements whose text a browser does not show as text of the page, nor that of any element inside."""

CODE_TAGS = frozenset({"script", "style"})
NO_CLAIM_TAGS = CODE_TAGS | READINGS | ANNOTATIONS | {"noscript", "template", "textarea"}
"""Elements whose own text says nothing of the article to the claims."""

INERT = frozenset({"template", "noscript", "textarea", "select", "option", "noembed", "noframes"})
"""Elements whose text is no text of the page for a reader whose browser runs scripts; a declarative shadow root is one."""

EMPTY_TAGS = CODE_TAGS | {"br", "img", "input", "link", "meta"}
"""Elements that hold nothing to be read: one in seven."""

_BLOCK_TAG_NAMES = (
    "html head body address article aside blockquote button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing main menu nav ol optgroup option output p "
    "plaintext pre search section select summary table tbody td template textarea tfoot th thead tr ul xmp"
)
BLOCK_TAGS = frozenset(_BLOCK_TAG_NAMES.split())
"""Elements that part text. All others are inline, as browsers have it, unless a style says otherwise."""

PREFORMATTED = frozenset({"pre", "listing", "xmp", "plaintext"})

MEDIA_TAGS = frozenset({"img", "amp-img", "iframe", "video", "audio", "object", "amp-video", "amp-iframe"})
TAG_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "dt", "dd"), "list_item"),
    **dict.fromkeys(("td", "th"), "cell"),
    "figcaption": "caption",
    "blockquote": "quote",
}
KIND_RESET_TAGS = frozenset({"article", "section", "table", "ul", "ol", "nav", "aside", "footer", "form"})
"""Elements in which a block is a paragraph again, whatever stands around them."""

NAMING_ATTRIBUTES = ("class", "id", "role", "itemprop", "data-testid", "data-component")
"""Attributes whose words say what an element is for."""

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
"""Words of classes of an element with the first letter of a text alone, set large."""
