"""The life of a request: its states, the legal transitions in one table, and the history that they leave."""

from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.errors import ConflictError, PreconditionError

from malapert_payload.domain.request import ActivityRequest, RequestChange, RequestState

TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    RequestState.UNSPECIFIED: frozenset({RequestState.REQUESTED}),
    RequestState.REQUESTED: frozenset({RequestState.ACCEPTED, RequestState.REJECTED, RequestState.CANCELLED}),
    RequestState.ACCEPTED: frozenset({RequestState.PLANNED, RequestState.REJECTED, RequestState.CANCELLED}),
    RequestState.PLANNED: frozenset({RequestState.PROCESSING, RequestState.ACCEPTED, RequestState.CANCELLED}),
    RequestState.PROCESSING: frozenset({RequestState.PROCESSED, RequestState.TERMINATED}),
    # A mission version may ask again for what was refused or withdrawn.
    RequestState.REJECTED: frozenset({RequestState.REQUESTED}),
    RequestState.CANCELLED: frozenset({RequestState.REQUESTED}),
    RequestState.PROCESSED: frozenset(),
    RequestState.TERMINATED: frozenset(),
}
LIVE_STATES = frozenset({RequestState.ACCEPTED, RequestState.PLANNED})
"""States whose requests take part in planning."""
SETTLED_STATES = frozenset({RequestState.PROCESSING, RequestState.PROCESSED, RequestState.TERMINATED})
"""States in which what was asked for can no longer change."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes requests, when (UTC) and why."""

    agency_id: str
    time: datetime
    reason: str


def transition(request: ActivityRequest, state: RequestState, change: Change) -> ActivityRequest:
    """Return the request in its next state, its history longer by a row and its version by one.

    Raises
    ------
    PreconditionError
        ILLEGAL_TRANSITION when the table does not allow it.
    """
    if state not in TRANSITIONS[request.state]:
        allowed = ", ".join(sorted(s.name for s in TRANSITIONS[request.state])) or "none"
        raise PreconditionError(
            "ILLEGAL_TRANSITION",
            f"request {request.request_id} is {request.state.name} and cannot become {state.name}; allowed: {allowed}",
            metadata={"request_id": request.request_id, "state": request.state.name},
        )
    return _record(replace(request, state=state, plan_id=""), change)


def accept(request: ActivityRequest, change: Change) -> ActivityRequest:
    """Return a new, refused or withdrawn request as ACCEPTED through REQUESTED."""
    return transition(transition(request, RequestState.REQUESTED, change), RequestState.ACCEPTED, change)


def plan(request: ActivityRequest, plan_id: str, change: Change) -> ActivityRequest:
    """Return the request as PLANNED by a plan; one that another plan holds passes to this plan."""
    if request.state == RequestState.PLANNED:
        return _record(replace(request, plan_id=plan_id), change)
    return replace(transition(request, RequestState.PLANNED, change), plan_id=plan_id)


def revise(request: ActivityRequest, definition: ActivityRequest, change: Change) -> ActivityRequest:
    """Return the request with a new definition, ACCEPTED again.

    Raises
    ------
    PreconditionError
        ILLEGAL_TRANSITION when it is being carried out, was carried out or has ended.
    """
    revised = replace(definition.definition(), state=request.state, history=request.history, version=request.version)
    if revised.state == RequestState.ACCEPTED:
        return _record(revised, change)
    if revised.state in (RequestState.PLANNED, RequestState.REQUESTED):
        return transition(revised, RequestState.ACCEPTED, change)
    return accept(revised, change)


def reject(request: ActivityRequest, change: Change) -> ActivityRequest:
    """Return the request as REJECTED; one that a plan holds is taken out of it first."""
    if request.state == RequestState.PLANNED:
        request = transition(request, RequestState.ACCEPTED, change)
    return transition(request, RequestState.REJECTED, change)


def check_version(request: ActivityRequest, seen_version: int) -> None:
    """Refuse an edit of a version that is no longer the newest; 0 skips the check.

    Raises
    ------
    ConflictError
        STALE_VERSION.
    """
    if seen_version not in (0, request.version):
        raise ConflictError(
            "STALE_VERSION",
            f"request {request.request_id} is at version {request.version}, not {seen_version}; read it again",
            metadata={"request_id": request.request_id, "version": str(request.version)},
        )


def _record(request: ActivityRequest, change: Change) -> ActivityRequest:
    row = RequestChange(request.state, change.time, change.agency_id, change.reason)
    return replace(request, history=(*request.history, row), version=request.version + 1)
