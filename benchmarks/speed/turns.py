"""Functions that take turns on the same inputs, each in a process of its own, measured in processor time."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

Work = Callable[[bytes, str | None], object]
"""(content, URL) → anything; it may raise."""
MakeWork = Callable[[], Work]
"""Imports what it needs when called; raises ImportError where that is not installed."""

WARM_UP = 5
"""Inputs that each process does first, unmeasured: imports, models, patterns that are compiled when first asked."""


@dataclass(frozen=True)
class Timing:
    """Processor seconds of each input, by function, and by stage where the function reports any."""

    seconds: dict[str, list[float]]
    stages: dict[str, dict[str, list[float]]] = field(default_factory=dict)


def ours() -> Work:
    """`ingest.clean`; its stages are reported."""
    from ingest import Rejected, clean

    def work(content: bytes, url: str | None) -> dict[str, float]:
        spent: dict[str, float] = {}
        last = [time.process_time()]

        def ended(stage: str) -> None:
            now = time.process_time()
            spent[stage] = now - last[0]
            last[0] = now

        with contextlib.suppress(Rejected):
            clean(content, url=url, on_stage_end=ended)
        return spent

    return work


def _serve(make: MakeWork, inputs: Sequence[tuple[bytes, str | None]], pipe: Connection) -> None:
    logging.disable(logging.CRITICAL)
    try:
        work = make()
    except ImportError as error:
        pipe.send(str(error))
        return
    for content, url in inputs[:WARM_UP]:
        with contextlib.suppress(Exception):
            work(content, url)
    pipe.send("")
    while (at := pipe.recv()) is not None:
        spent: object = None
        began = time.process_time()
        with contextlib.suppress(Exception):  # another extractor may raise anything
            spent = work(*inputs[at])
        pipe.send((time.process_time() - began, spent if isinstance(spent, dict) else {}))


@contextmanager
def _started(
    makers: Mapping[str, MakeWork], inputs: Sequence[tuple[bytes, str | None]]
) -> Iterator[dict[str, Connection]]:
    """A pipe to the process of each function that can be imported."""
    fork = get_context("fork")
    pipes, processes = {}, []
    for name, make in makers.items():
        ours_, theirs = fork.Pipe()
        process = fork.Process(target=_serve, args=(make, inputs, theirs), daemon=True)
        process.start()
        if missing := ours_.recv():
            print(f"{name}: not installed ({missing})")
        else:
            pipes[name] = ours_
        processes.append(process)
    try:
        yield pipes
    finally:
        for process in processes:
            process.kill()
            process.join()


def take_turns(makers: Mapping[str, MakeWork], inputs: Sequence[tuple[bytes, str | None]], rounds: int = 1) -> Timing:
    """Input by input, each function in turn; of several rounds the least time counts."""
    timing = Timing({})
    with _started(makers, inputs) as pipes:
        for name in pipes:
            timing.seconds[name] = [float("inf")] * len(inputs)
        for _ in range(rounds):
            for at in range(len(inputs)):
                for name, pipe in pipes.items():
                    pipe.send(at)
                    spent, stages = pipe.recv()
                    if spent < timing.seconds[name][at]:
                        timing.seconds[name][at] = spent
                        for stage, seconds in stages.items():
                            by_input = timing.stages.setdefault(name, {}).setdefault(stage, [0.0] * len(inputs))
                            by_input[at] = seconds
    return timing
