"""The deadline of the call that is being served, so that calls made for it never outlive it."""

import time
from contextvars import ContextVar

_deadline_s: ContextVar[float | None] = ContextVar("malapert_deadline", default=None)


def set_remaining(remaining_s: float | None) -> None:
    """State how long the present call may still take, seconds; None where it has no deadline."""
    _deadline_s.set(None if remaining_s is None else time.monotonic() + remaining_s)


def bounded_timeout(own_s: float | None) -> float | None:
    """Return the smaller of a time-out and what remains of the present call, seconds; None where neither bounds."""
    deadline_s = _deadline_s.get()
    if deadline_s is None:
        return own_s
    remaining_s = max(deadline_s - time.monotonic(), 0.0)
    return remaining_s if own_s is None else min(own_s, remaining_s)
