"""Limits of a key and of its agency, with what is used of each."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from malapert_core.policy.identity import Identity


class LimitHolder(StrEnum):
    """Whose limit it is."""

    KEY = "KEY"
    AGENCY = "AGENCY"


class LimitedThing(StrEnum):
    """What is limited; calls and streams by the gateway alone."""

    CALLS = "CALLS"
    STREAMS = "STREAMS"
    OPERATIONS = "OPERATIONS"
    STORED_BYTES = "STORED_BYTES"
    HOLDS = "HOLDS"
    HELD_SECONDS = "HELD_SECONDS"


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit with what is used of it: within ``period_s`` seconds, or where that is None at this moment."""

    thing: LimitedThing
    holder: LimitHolder
    limit: int
    used: int
    period_s: int | None = None


LimitSource = Callable[[Identity], Awaitable[Sequence[LimitUse]]]
"""Returns limits of a principal's key and agency."""
