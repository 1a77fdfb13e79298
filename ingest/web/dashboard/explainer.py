"""Explains kept sources, each in a sandboxed process of its own, so that a document which killed a worker cannot kill the dashboard.

The children are forked from a process that does nothing else: the dashboard has threads, and a process with threads that forks may hang.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from contextlib import suppress

from ingest.errors import Reason, Rejected, TransientError
from ingest.service.composition import open_service
from ingest.service.memory_snapshot import CurrentMemory
from ingest.service.pack_snapshot import CurrentPacks
from ingest.service.settings import Settings
from ingest.service.spool import Spool, filenames
from ingest.service.spool.containers import member_of
from ingest.service.workers.ordered_map import map_in_workers
from ingest.service.workers.process import die_with_parent

MAX_WAITING = 8
"""Explanations that may be asked for at once; each takes a twentieth of a second, and a minute at the worst."""
MAX_ANSWER_BYTES = 1 << 26
"""Bytes of an explanation: a page of 50,000 blocks has about 20 million."""
BUSY = {"reason": "busy", "message": "Too many explanations are being made; try again in a moment."}


class Explainer:
    """Explains one path after the other."""

    def __init__(self, settings: Settings) -> None:
        self._turn = asyncio.Lock()
        self._asked = 0
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        parent = os.getpid()
        self._socket, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self._socket.close()
            _explainer_main(theirs, parent, settings)
        theirs.close()

    async def explain(self, path: str) -> dict[str, str]:
        """The `html` of a kept source's page; a `reason` and a `message` where there is none. `path`: relative to the spool."""
        if self._asked >= MAX_WAITING:
            return BUSY
        self._asked += 1
        try:
            async with self._turn:
                return await asyncio.shield(self._ask(path))
        finally:
            self._asked -= 1

    async def _ask(self, path: str) -> dict[str, str]:
        try:
            self._line = self._line or await asyncio.open_unix_connection(sock=self._socket, limit=MAX_ANSWER_BYTES)
            reader, writer = self._line
            writer.write(json.dumps(path).encode() + b"\n")
            said: dict[str, str] = json.loads(await reader.readline())
        except (OSError, ValueError):
            return {"reason": "gone", "message": "The process that makes explanations has died; restart the dashboard."}
        return said

    def close(self) -> None:
        """End it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._socket.close()


def _explainer_main(line: socket.socket, parent: int, settings: Settings) -> None:
    """The main loop of the process that forks the worker processes. Never returns."""
    try:
        die_with_parent(parent)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the dashboard, which ends this process
        spool = open_service(settings).spool
        packs, memory = CurrentPacks(spool.root), CurrentMemory(spool.root) if settings.memory != "off" else None

        def work(path: str) -> dict[str, str]:
            return explain_source(spool, path, settings, packs, memory)

        with line.makefile("rb") as asked:
            for ask in asked:
                from ingest.core.preload import preload  # noqa: PLC0415 - half a second and 100 MiB, when first asked
                from ingest.web.html import load_templates  # noqa: PLC0415

                preload()
                load_templates()
                with suppress(
                    TransientError
                ):  # read here, once: a child that finds them as they were takes them as they are
                    packs()
                    if memory:
                        memory()
                [said] = map_in_workers([json.loads(ask)], 1, work)
                line.sendall(json.dumps(said).encode() + b"\n")
    finally:
        os._exit(0)


def explain_source(
    spool: Spool, path: str, settings: Settings, packs: CurrentPacks, memory: CurrentMemory | None
) -> dict[str, str]:
    """The page of one kept source, or why there is none. Raises nothing that a document could cause."""
    from ingest.core.pipeline import label_article  # noqa: PLC0415
    from ingest.web.explain import render_explanation  # noqa: PLC0415

    try:
        notes = spool.read_member(path)
        claims = spool.read_sidecar(path) if notes is None else notes.get("given")
        content = spool.read(path, settings.max_bytes if notes is None else settings.max_unpacked)
        labelled_article = label_article(
            content if notes is None else member_of(spool, notes, content, settings.limits),
            name=filenames.display_name(spool.whole_name(path)),
            claims=claims,
            packs=packs(),
            memory=memory() if memory else None,
            limits=settings.limits,
        )
    except TransientError as error:
        return {"reason": "busy", "message": str(error)}
    except OSError as error:
        return {"reason": Reason.UNREADABLE, "message": f"The source cannot be read: {error.strerror}."}
    except Rejected as rejected:
        return {"reason": rejected.reason, "message": rejected.message}
    return {"html": render_explanation(labelled_article, served=True, min_confidence=settings.min_confidence)}
