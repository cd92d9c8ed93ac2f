"""When a call is made again, and after how long."""

import random
import time

from malapert_client.errors import ProblemError, UnknownAnswerError

PASSING_LIMITS = ("TOO_MANY_CALLS", "TOO_MUCH_AT_ONCE", "TOO_MUCH_QUEUED", "TOO_MANY_STREAMS", "TOO_MANY_REQUESTS")
"""Reasons of 429 that waiting helps against; the others, such as STORED_BYTES_LIMIT, it does not."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 8.0


class Patience:
    """The time that one call may take with all of its repeats.

    Parameters
    ----------
    limit_s
        Time after which no repeat begins, seconds; 0 makes every call once.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._end_s = time.monotonic() + limit_s
        self._attempts = 0

    def pause_s(self, retry_after_s: float | None = None) -> float | None:
        """Return how long to wait before the next attempt, seconds; None where patience is at its end.

        Parameters
        ----------
        retry_after_s
            What the platform said; without it pauses grow, with chance in them so that callers do not come together.
        """
        growing_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**self._attempts) * random.uniform(0.5, 1.0)
        self._attempts += 1
        pause_s = growing_s if retry_after_s is None else retry_after_s
        return pause_s if time.monotonic() + pause_s < self._end_s else None

    def renew(self) -> None:
        """Begin anew, after something worked."""
        self._attempts = 0
        self._end_s = time.monotonic() + self._limit_s


def is_passing(error: ProblemError) -> bool:
    """Tell whether a refusal may be gone when the same call is made again later."""
    if error.status == 429:
        return error.reason in PASSING_LIMITS
    # Of the platform itself they tell of a defect or a deadline; of a proxy, of a restart.
    if error.status in (502, 504):
        return isinstance(error, UnknownAnswerError)
    # The first call under the same idempotency key is still at work.
    return error.status == 503 or (error.status == 409 and error.reason.endswith("_IN_USE"))


def retry_after_s(header: str | None) -> float | None:
    """Return the seconds that a Retry-After header states; None where it states none."""
    if header is None or not header.strip().isdecimal():
        return None
    return float(header.strip()[:9])
