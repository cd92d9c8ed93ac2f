"""States of a plan, and the steps with other services that were begun and are not over."""

from enum import StrEnum


class PlanState(StrEnum):
    """State of a plan. SUPERSEDED is a released plan that another one took over from; ARCHIVED a draft laid aside."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    RELEASED = "RELEASED"
    ACTIVATED = "ACTIVATED"
    TERMINATED = "TERMINATED"
    SUPERSEDED = "SUPERSEDED"
    ARCHIVED = "ARCHIVED"


IN_FORCE = frozenset({PlanState.RELEASED, PlanState.ACTIVATED})
ALIVE = frozenset({PlanState.DRAFT, PlanState.SUBMITTED}) | IN_FORCE
"""States of plans that are told of what happens to what they hold."""


class Pending(StrEnum):
    """Step begun with another service and not finished; it is resumed after a crash."""

    UNSPECIFIED = ""
    NONE = UNSPECIFIED
    RELEASING = "RELEASING"
    AWAITING_STATIONS = "AWAITING_STATIONS"
    SUPERSEDING = "SUPERSEDING"
    TERMINATING = "TERMINATING"
