"""Text that is written for machines: source code, settings, tables, subtitles. Told by how it begins, or by its lines as a whole.

None of 1,837 articles and texts as extractors leave them is taken for one.
"""

from __future__ import annotations

import re
from string import ascii_letters, whitespace

EXAMINED_CHARACTERS = 1 << 13
MIN_LINES = 4
"""Lines of a text, from which on what its lines are like says what it is."""
MIN_CODE_SHARE = 0.5
"""Of the lines those that are written as code or settings are …"""
MAX_PROSE_SHARE = 0.35
"""… and of the characters those in lines of prose, up to which a text is none."""
MIN_PROSE_WORDS = 6
"""Words of a line of prose."""
MAX_PROSE_SIGNS = 0.2
"""Of the characters of a line of prose those that are neither letters nor spaces."""
MIN_TABLE_ROWS = 5
MIN_TABLE_SHARE = 0.95
"""Of the lines of a table those that have the same number of separators."""

_OPENINGS = (
    (r"#!\s*/\S|#!\s*env ", "a script"),
    (r"<\?(?:php|=)", "source code"),
    (r"-----BEGIN [A-Z0-9 ]+-----", "a key or a certificate"),
    (r"(?:%[^\n]*\n|\s)*\\(?:documentclass|documentstyle|begin\{|usepackage|ProvidesPackage|NeedsTeXFormat|input\b)", "LaTeX"),
    (r"(?:diff --git |Index: \S+\n=|--- \S[^\n]*\n\+\+\+ \S|From [0-9a-f]{40} )", "a patch"),
    (r"\d{1,4}\n\d{1,2}:\d\d:\d\d[,.]\d{3} --> |\[Script Info\]|\{\d+\}\{\d+\}", "subtitles"),
    (r"#EXTM3U|\[playlist\]", "a list of media"),
    (r"/\* XPM \*/|#define \w+_width \d", "an image"),
    (r"(?:\.\\\"|'\\\"|\.(?:TH|Dd|Dt|de|ds|so)\b)", "a page of a manual (troff)"),
    (r"@(?:article|book|inproceedings|misc|incollection|comment|string)\s*\{", "references (BibTeX)"),
    (r"(?:--[^\n]*\n|\s)*(?:PRAGMA |BEGIN TRANSACTION|CREATE (?:OR REPLACE )?(?:TABLE|DATABASE|EXTENSION|FUNCTION|VIEW)|INSERT INTO |DROP TABLE |ALTER TABLE )", "SQL"),
    (r"(?:#[^\n]*\n|\s)*msgid \"", "a catalogue of translations"),
    (r"(?:[#;][^\n]*\n|\s)*\[[\w .:/-]{1,60}\]\n+(?:[#;][^\n]*\n|\s)*[\w.-]{1,60}(?:\[\w+\])?\s*=", "settings"),
    (r"dn: \w+=|version: 1\n+dn: ", "a directory (LDIF)"),
    (r"%YAML ", "YAML"),
    (r"(?:#[^\n]*\n|\s)*(?:\"{3}[^\"]{0,3000}\"{3}|'{3}[^']{0,3000}'{3})\s*\n(?:from \S+ import |import \w|__all__|def |class )", "source code"),
    (r"(?:/\*[^*]{0,3000}\*/|//[^\n]*\n|\s)*(?:package [\w.]+;|#\s*include\s*[<\"]|#ifndef \w|#pragma |using [\w.]+;)", "source code"),
    (r"\{\\rtf", "a rich text file"),
)  # fmt: skip
_OPENING = re.compile("|".join(f"({pattern})" for pattern, _ in _OPENINGS))

_CODE = re.compile(
    r"""\s*(?:
      //|/\*|\*/|\*\s|\#(?!\d)|--\s|;|%|"{3}|'{3}|@\w+|<[/!?\w]|\$\w|\.\w+\s|[})\]]+[;,]?\s*$
    | (?:import|from\s\S+\simport|export|def|class|function|return|elif|else|public|private|static|const|let|var|using|namespace|package|endif|fi|done|esac|end)\b(?:\s*[\w{(:;.*]|\s*$)(?!.*[.!?]$)
    | (?:if|for|while|switch|catch)\s*[(\[]
    | [\w.$\[\]"'/-]+\s*(?::?=|=>|::|->|\+=)\s*\S
    | -?\s*["']?[\w.$/-]+["']?\s*:(?:\s+\S+){0,4}\s*$
    | [\w./\\:=*+-]*[_/\\=][\w./\\:=*+-]*\s*$
    )""",
    re.VERBOSE,
)
_TWO_WORDS = re.compile(r"\s*(\w+) +\w")
_KEYWORDS = frozenset({
    "import", "from", "export", "def", "class", "function", "return", "elif", "else", "public", "private", "static", "const", "let", "var",
    "using", "namespace", "package", "endif", "fi", "done", "esac", "end", "if", "for", "while", "switch", "catch",
})  # fmt: skip
"""Of a line that begins with two words the first, if it may be code: a look at it saves most lines the pattern, which takes 8 µs."""
_CODE_ENDS = frozenset(";{}\\([")
_NO_LETTERS = re.compile(r"[^\w\s]|[\d_]")
_ASCII_LETTERS = (ascii_letters + whitespace + "\x1c\x1d\x1e\x1f").encode()
_SEPARATORS = ("\t", ";", "|", ",")


def data_format(text: str) -> str | None:
    """What a text is, with its article, if it is written for machines; None for everything else."""
    head = text[:EXAMINED_CHARACTERS].lstrip("\ufeff \t\n")
    if found := _OPENING.match(head):
        return _OPENINGS[(found.lastindex or 1) - 1][1]
    lines = [line for line in head.split("\n") if line.strip()]
    if len(lines) < MIN_LINES:
        return None
    if _is_table(lines):
        return "a table (CSV)"
    prose = code = total = 0
    commented = "/*" in head  # else "* Home" is an item of a menu and not the middle of a comment
    for line in lines:
        total += len(line)
        if _is_prose(line):
            prose += len(line)
            if prose > MAX_PROSE_SHARE * len(head):  # most texts are told by their first lines
                return None
        elif _is_code(line) and (commented or not line.lstrip().startswith("* ")):
            code += 1
    return (
        "source code or settings" if code >= MIN_CODE_SHARE * len(lines) and prose < MAX_PROSE_SHARE * total else None
    )


def _is_prose(line: str) -> bool:
    """Whether a line is words, of any script, and not code."""
    if not line.isascii() and 4 * (len(line) - len(line.encode("ascii", "ignore"))) > len(line):
        return True
    words = line.split()
    return len(words) >= MIN_PROSE_WORDS and _signs(line) <= MAX_PROSE_SIGNS * len(line) and not _is_code(line)


def _signs(line: str) -> int:
    """Characters that are neither letters nor spaces."""
    if line.isascii():
        return len(line.encode("ascii").translate(None, _ASCII_LETTERS))
    return len(_NO_LETTERS.findall(line))


def _is_code(line: str) -> bool:
    """Whether a line is written as code or settings are."""
    if line.rstrip()[-1:] in _CODE_ENDS:
        return True
    words = _TWO_WORDS.match(line)
    return (words is None or words[1] in _KEYWORDS) and bool(_CODE.match(line))


def _is_table(lines: list[str]) -> bool:
    """Whether nearly every line has the same number of one separator, two at least."""
    if len(lines) < MIN_TABLE_ROWS:
        return False
    for separator in _SEPARATORS:
        wanted = lines[0].count(separator)
        if wanted >= 2 and sum(line.count(separator) == wanted for line in lines[:200]) >= MIN_TABLE_SHARE * min(
            len(lines), 200
        ):
            return True
    return False
