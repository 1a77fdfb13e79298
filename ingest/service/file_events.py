"""File events of the inbox: they only wake the scan, which is the truth."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import time

from ingest.service.watcher import log

DEBOUNCE_SECONDS = 0.05  # seconds that a burst of events is let gather


class FileEvents(threading.Thread):
    """Reads file events and writes a byte to a pipe for each burst. When it fails, the periodic scan goes on alone."""

    def __init__(self, folder: str) -> None:
        super().__init__(name="waker", daemon=True)
        self._folder = folder
        self.read_fd, self._write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> None:
        """Until the end of the process."""
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError  # noqa: PLC0415 - only who polls not

        while True:
            try:
                with RustNotify([self._folder], False, False, 300, True, False) as notify:  # noqa: FBT003 - its own order
                    while notify.watch(int(1000 * DEBOUNCE_SECONDS), 10, 60_000, None) != "stop":
                        with contextlib.suppress(BlockingIOError):
                            os.write(self._write_fd, b".")
            except WatchfilesRustInternalError as error:  # one name that is not UTF-8 ends it (measured)
                log.debug("file events stopped: %s", error)
            except (OSError, RuntimeError) as error:
                log.warning("no file events, only the periodic scan: %s", error)
                return
            with contextlib.suppress(BlockingIOError):
                os.write(self._write_fd, b".")
            time.sleep(1.0)

    def drain(self) -> None:
        """Empty the pipe."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.read_fd, 65_536)

    def wait(self, timeout: float) -> bool:
        """Sleep until an event or the end of the time; whether there was an event."""
        if select.select([self.read_fd], [], [], timeout)[0]:
            self.drain()
            return True
        return False
