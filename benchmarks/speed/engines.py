"""What datatrove and Ray add to a plain process pool that cleans the same pages.

    python -m benchmarks.speed.engines [FOLDER] [--pages 2000] [--turns 3]

First what each adapter adds to `clean` in one process, in turns, as a ratio of user CPU; then the engines with two workers each, and a hash over
the records of each. The workers of Ray are no children of this process, so their CPU is not counted. Without a folder, the texts of benchmarks.speed.service.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed.service import texts

WORKERS = 2


def clean_files(paths: list[str]) -> list[str | None]:
    """What a process of the plain pool does."""
    from ingest import Rejected, clean

    found: list[str | None] = []
    for path in paths:
        try:
            found.append(clean(Path(path).read_bytes(), name=Path(path).name).to_json())
        except Rejected:
            found.append(None)
    return found


def digest(records: list[str | None]) -> str:
    """One hash over all records, in the order of their own text."""
    return hashlib.sha256("\n".join(sorted(each for each in records if each)).encode()).hexdigest()[:16]


def read_part(data: Any, rank: int, world_size: int, *, paths: list[str]) -> Any:
    """A reader of datatrove."""
    from datatrove.data import Document, Media, MediaType

    del data
    for path in paths[rank::world_size]:
        medium = Media(id="0", type=MediaType.DOCUMENT, url="", media_bytes=Path(path).read_bytes())
        yield Document("", path, [medium], {"file_name": Path(path).name})


def with_datatrove(paths: list[str], folder: Path) -> list[str | None]:
    """Through the local executor."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    from ingest.adapters.datatrove import Cleaner

    steps = [partial(read_part, paths=paths), Cleaner(), JsonlWriter(str(folder / "kept"), compression=None)]
    LocalPipelineExecutor(steps, tasks=WORKERS, workers=WORKERS, logging_dir=str(folder / "logs")).run()
    lines = [line for path in (folder / "kept").glob("*.jsonl") for line in path.open()]
    return [json.loads(line)["metadata"]["record"] for line in lines]


def with_ray(paths: list[str]) -> list[str | None]:
    """Through two actors of Ray Data."""
    import ray

    from ingest.adapters.ray import IngestBatch

    read = ray.data.read_binary_files(paths, include_paths=True)
    rows = read.map_batches(IngestBatch, batch_size=64, compute=ray.data.ActorPoolStrategy(size=WORKERS))
    return [row["record"] for row in rows.iter_rows()]


def with_pool(paths: list[str], _: Path) -> list[str | None]:
    """Through a pool that begins with this, as an engine's workers do."""
    with ProcessPoolExecutor(WORKERS) as pool:
        parts = [paths[rank::WORKERS] for rank in range(WORKERS)]
        return [record for part in pool.map(clean_files, parts) for record in part]


def in_one_process(paths: list[str], turns: int) -> None:
    """User CPU of each adapter, as a ratio to that of `clean` alone, on the same pages."""
    from datatrove.data import Document, Media, MediaType

    from ingest.adapters.datatrove import Cleaner
    from ingest.adapters.ray import IngestBatch
    from ingest.adapters.rows import RowCleaner

    pages = [(path, Path(path).read_bytes()) for path in paths]
    row, batch, step = RowCleaner(), IngestBatch(), Cleaner()

    def documents() -> None:
        for path, content in pages:
            medium = Media(id="0", type=MediaType.DOCUMENT, url="", media_bytes=content)
            step.filter(Document("", path, [medium], {"file_name": Path(path).name}))

    ways = {
        "clean": lambda: clean_files(paths),
        "RowCleaner": lambda: [row({"path": path, "bytes": content}) for path, content in pages],
        "IngestBatch": lambda: batch({"path": paths, "bytes": [content for _, content in pages]}),
        "Cleaner": documents,
    }
    ways["clean"]()  # loads the models
    spent = dict.fromkeys(ways, 0.0)
    for _ in range(turns):
        for name, way in ways.items():
            began = os.times().user
            way()
            spent[name] += os.times().user - began
    for name, seconds in spent.items():
        print(
            f"in one process, {len(paths)} pages: {name} {seconds / spent['clean']:.3f} of clean's user CPU", flush=True
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--ray", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-engines-") as made:
        folder = options.folder or Path(made, "texts")
        if options.folder is None:
            texts(folder, options.pages, 1)
        paths = sorted(str(path) for path in folder.rglob("*") if path.is_file() and path.suffix in {".html", ".txt"})
        paths = paths[: options.pages]
        in_one_process(paths[: options.pages // 10], options.turns)
        ways: dict[str, Any] = {"pool": with_pool, "datatrove": with_datatrove}
        if options.ray:
            import ray

            ray.init(num_cpus=WORKERS + 1, include_dashboard=False, log_to_driver=False, object_store_memory=200 << 20)
            ways["ray"] = lambda paths, _: with_ray(paths)
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for turn in range(options.turns):
            for name, way in ways.items():
                began, cpu = time.perf_counter(), os.times()
                records = way(paths, Path(made, f"{name}-{turn}"))
                after = os.times()
                used = after.children_user - cpu.children_user + after.user - cpu.user
                spent[name].append((time.perf_counter() - began, used))
                print(
                    f"{name}: {len(paths)} pages, {sum(map(bool, records))} records, {digest(records)}, {spent[name][-1][0]:.1f} s, {used:.1f} s of user CPU",
                    flush=True,
                )
        base = sum(cpu for _, cpu in spent["pool"])
        for name, each in spent.items():
            print(f"{name}: {sum(cpu for _, cpu in each) / base:.3f} of the pool's CPU")


if __name__ == "__main__":
    main()
