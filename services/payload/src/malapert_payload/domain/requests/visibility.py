"""What of a mission's requests is read: by visibility, by agency, and since when."""

from dataclasses import dataclass, replace
from datetime import datetime

from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES
from malapert_payload.domain.requests.request import ActivityRequest, RequestState, Visibility

PRESENT_STATES = PLANNABLE_STATES | {RequestState.REQUESTED}
"""States of requests that belong to the present, whenever they came about."""


@dataclass(frozen=True, slots=True)
class ReadScope:
    """Requests of a mission that are read: all, or these visibilities and an agency's own.

    ``since`` bounds what others let go of or had carried out: of that, only what was there at that instant or later,
    UTC. ``always`` are visibilities without that bound.
    """

    everything: bool
    visibilities: frozenset[Visibility]
    agency_id: str
    since: datetime | None = None
    always: frozenset[Visibility] = frozenset()


def past_time(request: ActivityRequest) -> datetime | None:
    """Return when a request that belongs to the past last changed, None for one of the present."""
    return None if request.state in PRESENT_STATES or not request.history else request.history[-1].time


def with_principals_of(request: ActivityRequest, agency_id: str) -> ActivityRequest:
    """Return a request whose history names principals of one agency, and of others the agency alone."""
    rows = (row if row.agency_id == agency_id else replace(row, principal_id="") for row in request.history)
    return replace(request, history=tuple(rows))
