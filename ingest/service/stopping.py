"""How the loops of `ingest up` and `ingest watch` end, and how much they take up before they look whether to."""

from __future__ import annotations

import signal
import threading
from types import FrameType

MAX_CLAIMS_PER_ROUND = 1000  # sources claimed before their tickets are published
SHUTDOWN_SECONDS = 10.0  # that documents in progress may take to end once we are to stop


class StopSignal:
    """Set by SIGTERM and SIGINT; `signal` is which."""

    def __init__(self) -> None:
        self.signal = 0
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.signal:  # the second one: stop at once
            raise KeyboardInterrupt
        self.signal = number

    def __call__(self) -> bool:
        """Whether we are to stop."""
        return bool(self.signal)
