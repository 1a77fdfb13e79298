"""How our pages are made: explain, report and dashboard. A page is one file; it fetches nothing from anywhere else.

A page has one function that gives a frozen view model, and one template in `ingest/web/templates` that shows it.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self

from markupsafe import Markup

from ingest.web.html.environment import (
    TEMPLATES,
    environment,
    is_web_address,
    load_templates,
    readable_name,
    replace_forbidden,
)

__all__ = ["PageTemplate", "is_web_address", "load_templates", "readable_name", "replace_forbidden"]


@dataclass(frozen=True, slots=True)
class PageTemplate:
    """A page's style and script, which are ours and stand in it unescaped, and the policy under which only these run.

    `served`: it comes from a server of ours, which it may ask again and send forms to.
    """

    style: Markup
    script: Markup
    served: bool

    @classmethod
    def of(cls, folder: Path, css: str = "", *, served: bool = False) -> Self:
        """The common style with page.css and, if there is one, page.js of a folder."""
        style, script = folder / "page.css", folder / "page.js"
        return cls(
            Markup((TEMPLATES / "base.css").read_text(encoding="utf-8") + style.read_text(encoding="utf-8") + css),  # noqa: S704 - ours
            Markup(script.read_text(encoding="utf-8") if script.exists() else ""),  # noqa: S704 - ours
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

    def render(self, template: str, view: object) -> str:
        """The whole page as HTML, from the template of that file name. The template knows `view` and this as `page`."""
        return replace_forbidden(environment().get_template(template).render(page=self, view=view))


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
