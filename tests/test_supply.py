"""Versions with known vulnerabilities are refused, pinned or installed: a list of our own, for machines without network access."""

from __future__ import annotations

import contextlib
import re
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from ingest import __version__

ROOT = Path(__file__).parents[1]

SAFE_FROM = {
    "lxml": ((6, 1), "CVE-2026-41066, external entities by default"),
    "lxml-html-clean": ((0, 4, 5), "GHSA-4jhm-jv67-739f; CVE-2026-28348, 28350 (0.4.4) and CVE-2024-52595 (0.4.0)"),
    "redis": ((6, 4), "what kombu 5.7 asks; CVE-2023-28858 and 28859 are older (4.5.4)"),
    "celery": ((5, 7), "task_retry_on_worker_lost; CVE-2021-23727 (5.2.2) runs commands from results"),
    "kombu": ((5, 7), "half-open connections are found out"),
    "urllib3": ((2, 7), "CVE-2026-44431 and 44432; CVE-2026-21441 (2.6.3), a bomb behind a redirect"),
    "certifi": ((2024, 7, 4), "CVE-2024-39689, a distrusted root"),
    "pydantic": ((2, 4), "CVE-2024-3772, a slow pattern"),
    "idna": ((3, 15), "CVE-2026-45409, quadratic time, which CVE-2024-3651 (3.7) left open"),
    "starlette": (
        (1, 0, 1),
        "CVE-2026-48710, a Host header that changes the path; CVE-2025-62727 (0.49.1), slow ranges",
    ),
    "jinja2": (
        (3, 1, 6),
        "CVE-2025-27516, a template that leaves its sandbox; CVE-2024-34064 (3.1.4), attributes by xmlattr",
    ),
    "python-dotenv": ((1, 2, 2), "CVE-2026-28684, writes through symbolic links"),
}
"""Package → (first version without the hole, which hole)."""


def parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:4])


PINNED = [
    (match[1].lower(), match[2])
    for match in re.finditer(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
]


def test_every_dependency_is_pinned_once_per_platform() -> None:
    declared = re.findall(r'^  "([\w-]+)[>=<\[]', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared
    assert {name.lower() for name in declared} <= {name for name, _ in PINNED}


DECLARED = re.findall(
    r'^  "([\w-]+)[>=<\[][^"]*",\s*# (.*)$', (ROOT / "pyproject.toml").read_text().partition("dev = [")[0], re.MULTILINE
)
MODULES = {
    "beautifulsoup4": "bs4",
    "google-re2": "re2",
    "markdown-it-py": "markdown_it",
    "opensearch-py": "opensearchpy",
    "python-docx": "docx",
    "python-json-logger": "pythonjsonlogger",
    "pyyaml": "yaml",
}
"""Distribution → module, where the name is another."""


@pytest.mark.parametrize(("package", "reason"), DECLARED)
def test_every_dependency_is_imported_or_is_another_ones(package: str, reason: str) -> None:
    """A comment that begins "not ours" says which dependency needs it and does not bring it."""
    module = MODULES.get(package, package.replace("-", "_"))
    imported = re.compile(rf"^\s*(?:from|import) {module}\b", re.MULTILINE)
    used = any(imported.search(path.read_text()) for path in (ROOT / "ingest").rglob("*.py"))
    assert used != reason.startswith("not ours"), reason


def test_all_dependencies_have_a_reason_beside_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    written = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    written = [each for each in written if not each.startswith("news-ingest[")]  # an extra's old name
    assert [re.split(r"[>=<\[]", each)[0] for each in written] == [package for package, _ in DECLARED]


def test_the_version_is_written_once() -> None:
    assert f"image: news-ingest:{__version__}\n" in (ROOT / "docker-compose.yml").read_text()
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_image_has_the_version_before_it_installs_the_dependencies() -> None:
    """The build needs the file that hatch reads the version from; the rest of the code comes later, for the cache."""
    source = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["version"]["path"]
    before_dependencies = (ROOT / "Dockerfile").read_text().partition("pip install")[0]
    assert f"\nCOPY {source} {source}\n" in before_dependencies


@pytest.mark.parametrize("package", SAFE_FROM)
def test_no_version_has_a_known_vulnerability(package: str) -> None:
    first, hole = SAFE_FROM[package]
    found = [pin for name, pin in PINNED if name == package]
    with contextlib.suppress(PackageNotFoundError):
        found.append(version(package))
    assert found
    assert all(parts(one) >= first for one in found), f"{package} {found}: {hole}"


def test_a_vulnerable_version_is_detected() -> None:
    assert parts("6.0.2") < SAFE_FROM["lxml"][0] <= parts("6.1.0")
    assert parts("5.2.1") < (5, 2, 2) <= parts("5.10.0rc1")
