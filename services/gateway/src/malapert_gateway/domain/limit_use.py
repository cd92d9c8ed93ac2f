"""Limits of a key and of its agency, with what is used of each."""

from dataclasses import dataclass
from enum import StrEnum


class LimitHolder(StrEnum):
    """Whose limit it is."""

    KEY = "KEY"
    AGENCY = "AGENCY"


class LimitedThing(StrEnum):
    """What is limited."""

    CALLS = "CALLS"
    STREAMS = "STREAMS"


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit with what is used of it: within ``period_s`` seconds, or where that is None at this moment."""

    thing: LimitedThing
    holder: LimitHolder
    limit: int
    used: int
    period_s: int | None = None
