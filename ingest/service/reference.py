"""The pages of docs/ that are generated from the code: `make docs` writes them, a test holds them current."""

from __future__ import annotations

from ingest.errors import Reason


def reasons_page() -> str:
    """docs/reasons.md."""
    rows = "\n".join(f"| `{reason}` | {reason.meaning} | {reason.remedy} |" for reason in Reason)
    return f"""# Why an article is refused

`Rejected.reason` in Python, `reason` in the journal, in `ingest failed` and in the messages of `ingest clean`. The list is closed; in
Python it is `ingest.Reason`. This page is generated from it: `make docs`.

| reason | what happened | what to do |
|---|---|---|
{rows}
"""


PAGES = {"reasons.md": reasons_page}
"""By file name in docs/."""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    for name, make in PAGES.items():
        Path(sys.argv[1], name).write_text(make(), "utf-8")
