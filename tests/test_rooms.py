"""The house: who may import whom, what each room may not do, and how long a file may be."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

INGEST = Path(__file__).parents[1] / "ingest"
FILES = sorted(INGEST.rglob("*.py"))
SHELL = {
    "settings",
    "cage",
    "spool",
    "sink",
    "sidecar",
    "journal",
    "recovery",
    "prefetch",
    "job",
    "child",
    "cleaner",
    "crew",
    "intake",
    "runner",
    "broker",
    "enqueuing",
    "logs",
    "tasks",
    "hands",
    "status",
    "serve",
    "cli",
    "celery",
    "kombu",
    "redis",
    "watchfiles",
    "pydantic_settings",
}
CORE = {
    "model",
    "caching",
    "given",
    "validation",
    "parse",
    "packs",
    "evidence",
    "forest",
    "lexicon",
    "fold",
    "choose",
    "language",
    "limits",
    "signs",
    "label",
    "record",
    "compose",
    "pipeline",
    "text_structure",
}
CLOCKS = {"time", "datetime.now", "datetime.utcnow", "date.today", "datetime.today"}


def room(path: Path) -> str:
    """A module's place in the house: `ingest/parse/html.py` is in parse."""
    return path.relative_to(INGEST).with_suffix("").parts[0]


def imports(tree: ast.AST) -> set[str]:
    """Modules of ours, as rooms, and packages of others."""
    found = set()
    for node in ast.walk(tree):
        names = (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else []
        )
        if isinstance(node, ast.ImportFrom) and node.module == "ingest":
            names = [f"ingest.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] if name.startswith("ingest.") else name.split(".")[0] for name in names}
    return found


def top_level(tree: ast.Module) -> ast.Module:
    """Without what is imported only for types or only when called."""
    return ast.Module([node for node in tree.body if not isinstance(node, ast.If | ast.FunctionDef | ast.ClassDef)], [])


def dotted(node: ast.AST) -> str:
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


TREES = {path: ast.parse(path.read_text()) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INGEST)))
def test_room(path: Path) -> None:
    tree, here = TREES[path], room(path)
    assert len(path.read_text().splitlines()) <= 300
    if here in CORE:
        assert not imports(tree) & SHELL, "the core never imports the shell"
        assert "open" not in {dotted(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)} or here in {
            "packs",
            "lexicon",
            "forest",
        }
    if here == "model":
        assert imports(tree) <= {"__future__", "hashlib", "collections", "dataclasses", "enum", "types", "typing"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and dotted(node) == "os.environ":
            assert here == "settings", "the environment is read in settings alone"
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or dotted(node.type) in {"Exception", "BaseException"}
        ):
            raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            assert here == "job" or raises, "only job may catch whatever comes"
        if isinstance(node, ast.Attribute) and here in CORE:
            assert not dotted(node).endswith(tuple(CLOCKS - {"time"})), "no clock in the core"
    if here in CORE:
        assert "time" not in imports(tree)


def test_importing_the_package_is_cheap() -> None:
    assert imports(TREES[INGEST / "__init__.py"]) <= {
        "__future__",
        "importlib",
        "typing",
        "model",
        "pipeline",
        "record",
        "enqueuing",
    }
    assert not imports(top_level(TREES[INGEST / "__init__.py"])) & {"model", "pipeline", "record", "enqueuing"}


def test_no_circle() -> None:
    """Arrows between rooms run one way (what a door imports only when called counts too, but for types)."""
    arrows: dict[str, set[str]] = {}
    for path, tree in TREES.items():
        own = [n for n in tree.body if not (isinstance(n, ast.If) and dotted(n.test) == "TYPE_CHECKING")]
        if room(path) not in {"__init__", "__main__"}:
            arrows.setdefault(room(path), set()).update(imports(ast.Module(own, [])) - {room(path)})
    done: set[str] = set()
    while free := {name for name, to in arrows.items() if name not in done and not (to & arrows.keys()) - done}:
        done |= free
    assert done == arrows.keys(), f"a circle among {sorted(arrows.keys() - done)}"
