"""Work in foreign code that is asked to stop from outside."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL_S = 0.05

Cancel = Callable[[], bool] | threading.Event
"""Tells that work is to stop: called, or set."""


def is_cancelled(cancel: Cancel | None) -> bool:
    """Return whether the caller asked to stop."""
    if cancel is None:
        return False
    return cancel.is_set() if isinstance(cancel, threading.Event) else cancel()


@contextmanager
def stopping(stop: Callable[[], object], wanted: Callable[[], bool]) -> Iterator[None]:
    """Call ``stop`` again and again, from a thread, once ``wanted`` returns true, until the block is left."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(POLL_S):
            if wanted():
                stop()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
