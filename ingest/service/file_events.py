"""File events of the inbox. They only wake the scan early; the periodic scan decides what is claimed."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import threading

log = logging.getLogger(__name__)

DEBOUNCE_MS = 50  # a burst of events that is not over by then is reported
STEP_MS = 10  # a burst is over after so long without an event
RESTART_SECONDS = 1.0
CLOSE_SECONDS = 2.0
RETRY_SECONDS = 60.0
"""Between two tries to watch a folder that the system will not watch: too many watches, for example."""


class FileEvents(threading.Thread):
    """Watches a folder in a thread and writes a byte to a pipe for each burst of events. While it fails, the periodic scan goes on alone."""

    def __init__(self, folder: str) -> None:
        super().__init__(name="file-events", daemon=True)
        self._folder = folder
        self._stop_event = threading.Event()
        self.read_fd, self._write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> None:
        """Until `close` or the end of the process."""
        from watchfiles import watch  # noqa: PLC0415 - not loaded where the inbox is polled

        warned = False
        while not self._stop_event.is_set():
            pause = RESTART_SECONDS
            try:
                for _ in watch(
                    self._folder, watch_filter=None, debounce=DEBOUNCE_MS, step=STEP_MS, force_polling=False,
                    stop_event=self._stop_event, raise_interrupt=False, ignore_permission_denied=False,
                ):  # fmt: skip
                    self._notify()
            except RuntimeError as error:  # one file name that is not UTF-8 ends the watch (measured)
                log.debug("file events are restarted: %s", error)
            except OSError as error:
                if not warned:
                    log.warning("no file events, only the periodic scan: %s", error)
                warned, pause = True, RETRY_SECONDS
            self._notify()  # events may have been missed
            self._stop_event.wait(pause)

    def close(self) -> None:
        """End the thread and close the pipe."""
        self._stop_event.set()
        if self.is_alive():
            self.join(timeout=CLOSE_SECONDS)
        if not self.is_alive():  # or it might write into a file that was opened meanwhile under the pipe's number
            os.close(self.read_fd)
            os.close(self._write_fd)

    def _notify(self) -> None:
        with contextlib.suppress(BlockingIOError):  # the pipe is full: the reader will wake anyway
            os.write(self._write_fd, b".")

    def drain(self) -> None:
        """Empty the pipe."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.read_fd, 65_536)

    def wait(self, timeout: float) -> bool:
        """Sleep until there is an event or `timeout` seconds are over; whether there was an event."""
        if select.select([self.read_fd], [], [], timeout)[0]:
            self.drain()
            return True
        return False
