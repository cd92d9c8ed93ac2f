"""Open event streams of keys and agencies, bounded in number."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from malapert_core.errors import ExhaustedError
from malapert_core.fairness.limit_use import LimitedThing, LimitHolder, LimitUse
from malapert_core.metric_names import OPEN_STREAMS
from malapert_core.policy.identity import Identity

RETRY_AFTER_S = 30


class OpenStreams:
    """Counts the streams that are open at this gateway.

    Parameters
    ----------
    most_of_key, most_of_agency
        How many may be open at once.
    """

    def __init__(self, most_of_key: int, most_of_agency: int) -> None:
        self._most_of_key = most_of_key
        self._most_of_agency = most_of_agency
        self._open: Counter[tuple[str, str]] = Counter()

    def of_agency(self, agency_id: str) -> int:
        """Return how many streams of an agency are open."""
        return self._open["agency", agency_id]

    def used(self, identity: Identity) -> list[LimitUse]:
        """Return how many streams a caller's key and its agency may have open, and have."""
        open_of_key, open_of_agency = self._open["key", identity.key_id], self.of_agency(identity.agency_id)
        return [
            LimitUse(LimitedThing.STREAMS, LimitHolder.KEY, self._most_of_key, open_of_key),
            LimitUse(LimitedThing.STREAMS, LimitHolder.AGENCY, self._most_of_agency, open_of_agency),
        ]

    @contextmanager
    def held(self, identity: Identity) -> Iterator[None]:
        """Count a stream for the length of a block.

        Raises
        ------
        ExhaustedError
            ``TOO_MANY_STREAMS``.
        """
        names = (("key", identity.key_id), ("agency", identity.agency_id))
        for name, most in zip(names, (self._most_of_key, self._most_of_agency), strict=True):
            if self._open[name] >= most:
                raise ExhaustedError(
                    "TOO_MANY_STREAMS",
                    f"the {name[0]} has {most} streams open and may have no more; close one",
                    metadata={"limit": str(most), "retry_after_s": str(RETRY_AFTER_S)},
                )
        self._open.update(names)
        OPEN_STREAMS.inc()
        try:
            yield
        finally:
            OPEN_STREAMS.dec()
            self._open.subtract(names)
            for name in names:
                if not self._open[name]:
                    del self._open[name]
