"""The Jinja2 environment of all pages: everything is escaped, and an unknown name or a None is an error, never silently empty."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension

TEMPLATES = Path(__file__).parents[1] / "templates"

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TAG_OR_INDENTATION = re.compile(r"(\{[%{#].*?[%}#]\})|(?<=[>}])\s*\n\s*|\s*\n\s*(?=[<{])", re.DOTALL)


class DropIndentation(Extension):
    """Line breaks beside a tag, and the indentation around them, are for who reads the template and do not reach the page: white space
    between inline elements would show. A space that is meant stands on one line with what it separates.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source with such line breaks inside comments: Jinja drops those and still counts lines for its errors."""
        del name, filename
        return _TAG_OR_INDENTATION.sub(lambda found: found[1] or "{#" + "\n" * found[0].count("\n") + "#}", source)


@cache
def environment() -> Environment:
    """The environment, with its filters and tests."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_refuse_none,
        auto_reload=False,
        extensions=[DropIndentation],
    )
    made.filters |= {
        "readable": readable_name,
        "percent": "{:.0%}".format,
        "thousands": "{:,}".format,
        "fixed": "{:.1f}".format,
    }
    made.tests |= {"web_address": is_web_address}
    return made


def load_templates() -> None:
    """Compile all templates, so that processes forked afterwards need not: the first explain page costs 22 ms, the next one."""
    for name in environment().list_templates(extensions=["html"]):
        environment().get_template(name)


def _refuse_none(value: Any) -> Any:
    if value is None:
        raise TypeError("a template shows None: leave the element out instead")
    return value


def readable_name(name: str) -> str:
    """A label, field or reason in words: "usage terms"."""
    return name.replace("_", " ")


def is_web_address(url: str) -> bool:
    """Whether a page may link to it: what an article names may also be a "javascript:" address."""
    return url.startswith(("http://", "https://"))


def replace_forbidden(text: str) -> str:
    """Text as a page can hold it: control characters and lone surrogates, which HTML forbids, become U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)
