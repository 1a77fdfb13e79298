"""`ingest up`: watcher and workers in one tree of processes, with no server. The spool is the queue."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType

from ingest.crew import Crew
from ingest.hands import warm as warm  # noqa: PLC0414  the service's door to it
from ingest.intake import Keeper, Waker
from ingest.job import Clean
from ingest.settings import Settings

log = logging.getLogger("ingest")

SLICE = 1000  # sources claimed before their tickets are published
PATIENCE = 10.0  # seconds that documents in hand may take to end when we are told to stop


class Stop:
    """Set by SIGTERM and SIGINT; tells which."""

    def __init__(self) -> None:
        self.signal = 0
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._hear)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.signal:  # asked twice: at once
            raise KeyboardInterrupt
        self.signal = number

    def __call__(self) -> bool:
        """Whether we are to stop."""
        return bool(self.signal)


def up(settings: Settings, *, once: bool = False, clean: Clean | None = None) -> int:
    """Run until told to stop, or, `once`, until inbox and claimed are empty. Gives the exit code."""
    stop = Stop()
    keeper = Keeper(settings, "up", stopping=stop)
    if stop():
        keeper.close()
        return 130 if stop.signal == signal.SIGINT else 0
    crew = Crew(settings, clean or warm(), size=settings.workers)
    if not keeper.polled and not once:
        waker = Waker(keeper.inbox.root)
        waker.start()

        def wake() -> None:
            waker.heard()
            keeper.wake()

        crew.listen(waker.ear, wake)
    fresh = False
    while not stop():
        if keeper.tend(queued=0, fault=crew.fault, in_hand=len(crew)) or not len(crew):
            # Nobody else works here: what is claimed and not ours was left by a dead tree, or put there by `enqueue`.
            for path in keeper.left(crew, crew.room):
                crew.give(path)
                fresh = True
        if keeper.held is None:
            for path in keeper.claim(crew.room):
                crew.give(path)
                fresh = True
        if once and not len(crew) and not fresh and keeper.idle and keeper.held is None:
            break
        fresh = False
        crew.step(min(1.0, keeper.pause(room=crew.room)))
    crew.close(patience=PATIENCE)
    keeper.close()
    return 130 if stop.signal == signal.SIGINT else 0


def watch(settings: Settings) -> int:
    """`ingest watch`: the same keeper, with the broker's workers instead of a crew. Gives the exit code."""
    from ingest.broker import AWAY, Broker, told  # noqa: PLC0415 - celery, for those who have a broker

    stop = Stop()
    broker = Broker(settings)
    keeper = Keeper(settings, "watch", stopping=stop)
    waker = Waker(keeper.inbox.root)
    if not keeper.polled:
        waker.start()
    identity = keeper.spool.identity()
    crowd = keeper.crowd()
    fault = None
    while not stop():
        due = keeper.tend(queued=crowd, fault=fault, broker=settings.broker_shown)
        try:
            if due:
                fault = broker.taken(identity)
                if not keeper.broken and not fault:
                    broker.publish(keeper.lost(broker.oldest_waiting()))
                crowd = keeper.crowd()
            if keeper.held is None and not fault:
                found = list(keeper.claim(min(SLICE, settings.max_claimed - crowd)))
                crowd += len(found)
                broker.publish(found)
        except AWAY as error:
            fault = told(settings, error)
            keeper.hold(fault, broker=settings.broker_shown)
        if waker.wait(min(1.0, keeper.pause(room=settings.max_claimed - crowd))):
            keeper.wake()
    keeper.close()
    return 130 if stop.signal == signal.SIGINT else 0
