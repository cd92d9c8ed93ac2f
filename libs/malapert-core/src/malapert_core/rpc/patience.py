"""Patience of long work with a neighbour that is away: its calls are made again for a time, and it says what it waits
for.

Work that has patience may be begun again after a crash, so that every call it makes may be made twice.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar

import structlog

from malapert_core.background import wait_at_most
from malapert_core.errors import OperationCancelledError, UnavailableError

log = structlog.get_logger(__name__)

_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0
_PASSING = frozenset(
    {
        "SERVICE_UNAVAILABLE",
        "SERVICE_STOPPING",
        "DEADLINE_EXCEEDED",
        "CALL_CUT_OFF",
        "DATABASE_UNAVAILABLE",
        "DATABASE_BUSY",
        "OBJECT_STORE_UNAVAILABLE",
    }
)
"""Reasons that pass by themselves; a missing file or a full disk does not."""


def passes(error: Exception) -> bool:
    """Tell whether an error is of an outage that ends by itself."""
    return isinstance(error, UnavailableError) and error.reason in _PASSING


class Patience:
    """Patience of one piece of work.

    Parameters
    ----------
    bound_s : float
        How long a neighbour may be away, seconds.
    tell : callable
        Takes what is waited for, and an empty text once the work goes on.
    cancelled : asyncio.Event
        Ends all waiting.
    """

    def __init__(self, bound_s: float, tell: Callable[[str], None], cancelled: asyncio.Event) -> None:
        self._bound_s = bound_s
        self._tell = tell
        self._cancelled = cancelled

    def outage(self, neighbour: str) -> "Outage":
        """Return an outage of a neighbour that may come."""
        return Outage(neighbour, self._bound_s, self._tell, self._cancelled)


class Outage:
    """Outage of one neighbour while one call, or a watch, of it lasts; see `Patience` for the parameters."""

    def __init__(self, neighbour: str, bound_s: float, tell: Callable[[str], None], cancelled: asyncio.Event) -> None:
        self._neighbour = neighbour
        self._bound_s = bound_s
        self._tell = tell
        self._cancelled = cancelled
        self._since_s = 0.0
        self._pause_s = 0.0

    async def wait(self, error: UnavailableError) -> None:
        """Wait before the next try.

        Raises
        ------
        UnavailableError
            The given one where it does not pass, or has lasted longer than the bound.
        OperationCancelledError
            As soon as the work is cancelled.
        """
        now_s = time.monotonic()
        if not self._pause_s:
            self._since_s, self._pause_s = now_s, _FIRST_PAUSE_S
        away_s = now_s - self._since_s
        if not passes(error):
            raise error
        if away_s >= self._bound_s:
            raise UnavailableError(
                error.reason,
                f"{self._neighbour} {_was(error)} for {away_s:.0f} s, longer than the {self._bound_s:g} s that are "
                f"waited: {error.message}",
                metadata=error.metadata,
            ) from error
        log.warning("neighbour is waited for", neighbour=self._neighbour, reason=error.reason, away_s=round(away_s, 1))
        self._tell(
            f"waiting for {self._neighbour}, {_is(error)} for {away_s:.0f} s ({error.reason}); "
            f"given up after {self._bound_s:g} s"
        )
        await wait_at_most(self._cancelled, min(self._pause_s, max(self._bound_s - away_s, 0.0)))
        self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if self._cancelled.is_set():
            raise OperationCancelledError

    def over(self) -> None:
        """Note that the neighbour has answered."""
        if self._pause_s:
            self._pause_s = 0.0
            self._tell("")


def _is(error: UnavailableError) -> str:
    # It may be frozen or overloaded, or this very call takes too long: nobody knows from here.
    return "slow to answer" if error.reason == "DEADLINE_EXCEEDED" else "away"


def _was(error: UnavailableError) -> str:
    return "did not answer in time" if error.reason == "DEADLINE_EXCEEDED" else "was away"


_patience: ContextVar[Patience | None] = ContextVar("malapert_patience", default=None)


def set_patience(patience: Patience | None) -> None:
    """State the patience of the present work, and of what it starts."""
    _patience.set(patience)


def current_patience() -> Patience | None:
    """Return the patience of the present work; None where a caller waits for the answer."""
    return _patience.get()
