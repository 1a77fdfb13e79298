"""The sheet that all our pages are written on: explain, report and the desk. Nothing is fetched from anywhere else."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Self

from lxml import etree

from ingest.web.html.builder import Child, Node, element, link, replace_forbidden, table

__all__ = ["Child", "Node", "PageTemplate", "element", "link", "replace_forbidden", "table"]

FOLDER = Path(__file__).parent
PAGE_FRAME = Template((FOLDER / "sheet.html").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class PageTemplate:
    """A page's style and script, and the policy under which only these run.

    `served`: it comes from a server of ours, which it may ask again and send forms to.
    """

    style: str
    script: str = ""
    served: bool = False

    @classmethod
    def of(cls, folder: Path, css: str = "", *, served: bool = False) -> Self:
        """The sheet with page.css and, if there is one, page.js of a folder upon it."""
        style, script = folder / "page.css", folder / "page.js"
        return cls(
            (FOLDER / "sheet.css").read_text(encoding="utf-8") + style.read_text(encoding="utf-8") + css,
            script.read_text(encoding="utf-8") if script.exists() else "",
            served,
        )

    @property
    def policy(self) -> str:
        """The Content-Security-Policy: its own style and script and nothing else."""
        own = "'self'" if self.served else "'none'"
        return (
            f"default-src 'none'; style-src '{_digest(self.style)}'; script-src '{_digest(self.script)}'; "
            f"connect-src {own}; form-action {own}; base-uri 'none'"
        )

    def render(self, title: str, *body: Node) -> str:
        """The whole page as HTML."""
        return PAGE_FRAME.substitute(
            title=escape(replace_forbidden(title)),
            policy=self.policy,
            referrer="same-origin" if self.served else "no-referrer",
            style=self.style,
            body="\n".join(etree.tostring(part, encoding="unicode", method="html") for part in body),
            script=f"<script>{self.script}</script>" if self.script else "",
        )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
