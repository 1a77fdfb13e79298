"""The documentation points at things that exist: files, modules, tests, options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [path for folder in (".", "docs", "benchmarks", "training") for path in sorted((ROOT / folder).glob("*.md"))]
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


@EACH_PAGE
def test_every_link_and_module_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    assert not {link for link in links if link and not (page.parent / link).exists()}
    modules = set(re.findall(r"python -m ((?:benchmarks|training)[\w.]+)", text))
    assert not {name for name in modules if not (ROOT / f"{name.replace('.', '/')}.py").exists()}
    paths = set(re.findall(r"`((?:ingest|tests|benchmarks|training|docs)/[\w./-]+\.(?:py|toml|md|json))`", text))
    assert not {path for path in paths if not (ROOT / path).exists()}


def test_every_test_that_security_names_exists() -> None:
    rows = re.findall(r"^\|.*\|$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_]{12,})`", row.rpartition(" | ")[2])}
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/service").glob("test_*.py"))
    assert len(named) >= 8
    assert not {name for name in named if f"def test_{name}(" not in tests}


def test_every_command_of_the_readme_exists() -> None:
    from ingest.cli import COMMANDS  # noqa: PLC0415

    pages = [ROOT / "README.md", ROOT / "docs/operations.md", ROOT / "docs/packs.md"]
    used = {
        name
        for page in pages
        for name in re.findall(r"^    ingest (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert used <= COMMANDS.keys()
