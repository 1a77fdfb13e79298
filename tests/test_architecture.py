"""The architecture: which package may import which, what the core may not do, and how long a file may be; all read from the paths."""

from __future__ import annotations

import ast
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
INGEST = ROOT / "ingest"
FILES = sorted(INGEST.rglob("*.py"))
MAX_LINES = 300

# The law, from the top down: a module imports from its own line and from those below, never from those above.
PACKAGES = ("cli", "web", "adapters", "service", "export", "core")
CORE = (
    ("learn", "what_if", "many"),
    ("pipeline", "preload"),
    ("compose",),
    ("confidence",),
    ("containers",),
    ("labelling", "metadata"),
    ("packs", "parse"),
    ("html", "memory"),
    ("text", "record", "record_parts"),
    ("model",),
    ("limits", "caching"),
)
SERVICES = {"celery", "kombu", "redis", "watchfiles", "pydantic_settings", "starlette", "uvicorn", "click"}
"""What the core has no business with, beside the other packages."""
READS_FILES = ("core/packs", "core/text/wordlists", "core/labelling", "core/confidence")
"""Parts of the core that read the package's own data, once."""
CLOCKS = ("datetime.now", "datetime.utcnow", "date.today", "datetime.today")


def imports(tree: ast.AST) -> set[str]:
    """The modules that a tree imports, dotted; of `from package import name` also `package.name`, which may be a module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def at_run_time(tree: ast.Module) -> ast.Module:
    """Without what is imported for types alone."""
    return ast.Module([n for n in tree.body if not (isinstance(n, ast.If) and dotted(n.test) == "TYPE_CHECKING")], [])


def when_imported(tree: ast.Module) -> ast.Module:
    """Without what is imported only when something is called."""
    body = at_run_time(tree).body
    return ast.Module([n for n in body if not isinstance(n, ast.FunctionDef | ast.ClassDef)], [])


def dotted(node: ast.AST) -> str:
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def package(path: Path) -> str:
    return path.relative_to(INGEST).with_suffix("").parts[0]


def part(path: Path) -> str:
    """Of a file of the core, the part it belongs to: "metadata", "pipeline"."""
    return path.relative_to(INGEST / "core").with_suffix("").parts[0]


def above(layers: tuple[str, ...] | tuple[tuple[str, ...], ...], name: str) -> set[str]:
    """The names in the layers above a name's own."""
    found: set[str] = set()
    for layer in layers:
        names = {layer} if isinstance(layer, str) else set(layer)
        if name in names:
            return found
        found |= names
    raise AssertionError(f"{name} is in no layer")


TREES = {path: ast.parse(path.read_text()) for path in FILES}
PATHS = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INGEST)))


@PATHS
def test_no_file_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@PATHS
def test_imports_run_downwards(path: Path) -> None:
    names = {name.split(".")[1] for name in imports(TREES[path]) if name.startswith("ingest.")}
    if package(path) in PACKAGES:
        assert not names & above(PACKAGES, package(path))
    assert package(path) != "adapters" or names <= {"adapters"}, "adapters use the public face alone"


@pytest.mark.parametrize(
    "path",
    [p for p in FILES if package(p) == "core" and part(p) != "__init__"],
    ids=lambda p: str(p.relative_to(INGEST)),
)
def test_the_core_is_pure(path: Path) -> None:
    tree, inside = TREES[path], str(path.relative_to(INGEST))
    calls = {dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = imports(tree)
    assert not {name.partition(".")[0] for name in names} & (SERVICES | {"time", "socket", "subprocess"})
    assert not any(dotted(node).endswith(CLOCKS) for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    assert "open" not in calls or inside.startswith(READS_FILES)
    core = {name.split(".")[2] for name in imports(at_run_time(tree)) if name.startswith("ingest.core.")}
    assert not core & above(CORE, part(path))


def test_the_nouns_need_the_standard_library_alone() -> None:
    allowed = {"__future__", "hashlib", "collections", "dataclasses", "enum", "types", "typing"}
    for path in (INGEST / "core/model.py", INGEST / "errors.py"):
        foreign = {name for name in imports(TREES[path]) if not name.startswith("ingest.errors")}
        assert {name.partition(".")[0] for name in foreign} <= allowed


@PATHS
def test_the_environment_and_faults_have_one_place(path: Path) -> None:
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Attribute) and dotted(node) == "os.environ":
            assert path == INGEST / "service/environment.py", "the environment is read there alone"
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or dotted(node.type) in {"Exception", "BaseException"}
        ):
            raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            assert path == INGEST / "service/job.py" or raises, "only job may catch whatever comes"


def test_importing_the_package_is_cheap() -> None:
    loaded = imports(when_imported(TREES[INGEST / "__init__.py"]))
    assert {name.partition(".")[0] for name in loaded - {"ingest._version", "ingest._version.__version__"}} <= {
        "__future__",
        "importlib",
        "typing",
    }


def _modules_in(tree: ast.AST, modules: Collection[str]) -> set[str]:
    """The modules of ours that a tree needs: of `from package import module` the module alone."""
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            found |= {name if name in modules else node.module for name in names}
    return found & set(modules)


def test_no_circle() -> None:
    """Modules import each other in one direction (what is imported when something is called counts too, types do not)."""
    modules = {".".join(["ingest", *path.relative_to(INGEST).with_suffix("").parts]): path for path in FILES}
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    arrows = {name: _modules_in(at_run_time(TREES[path]), modules.keys()) - {name} for name, path in modules.items()}
    done: set[str] = set()
    while free := {name for name, to in arrows.items() if name not in done and not to - done - {"ingest"}}:
        done |= free
    assert done == modules.keys(), f"a circle among {sorted(modules.keys() - done)}"


def test_tests_lie_as_the_code_does() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    inside = {p.name for p in (INGEST / "core").iterdir() if p.is_dir()}
    assert folders - {"golden", "support"} <= set(PACKAGES) | inside


def test_benchmarks_and_training_are_no_part_of_the_package() -> None:
    for path, tree in TREES.items():
        assert not {name.partition(".")[0] for name in imports(tree)} & {"benchmarks", "training", "tests"}, path
    assert all(first != second for first, second in pairwise(PACKAGES))


def test_one_place_opens_what_the_service_works_with() -> None:
    opened = {"Spool", "Journal", "JsonStore", "SegmentStore", "Broker", "Job"}
    for path, tree in TREES.items():
        calls = {dotted(node.func).rpartition(".")[2] for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert path == INGEST / "service/composition.py" or not calls & opened, path
