"""States of a request: the legal transitions in one table, and the history that they leave."""

from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.errors import ConflictError, PreconditionError

from malapert_payload.domain.requests.request import ActivityRequest, RequestChange, RequestState, Triage

TRANSITIONS: dict[RequestState, frozenset[RequestState]] = {
    RequestState.UNSPECIFIED: frozenset({RequestState.REQUESTED}),
    RequestState.REQUESTED: frozenset({RequestState.ACCEPTED, RequestState.REJECTED, RequestState.CANCELLED}),
    RequestState.ACCEPTED: frozenset({RequestState.PLANNED, RequestState.REJECTED, RequestState.CANCELLED}),
    RequestState.PLANNED: frozenset({RequestState.PROCESSING, RequestState.ACCEPTED, RequestState.CANCELLED}),
    # A slot that failed is given back, and what is left of the request is planned anew.
    RequestState.PROCESSING: frozenset({RequestState.PROCESSED, RequestState.TERMINATED, RequestState.ACCEPTED}),
    # A mission version may ask again for what was refused or withdrawn.
    RequestState.REJECTED: frozenset({RequestState.REQUESTED}),
    RequestState.CANCELLED: frozenset({RequestState.REQUESTED}),
    RequestState.PROCESSED: frozenset(),
    RequestState.TERMINATED: frozenset(),
}
LIVE_STATES = frozenset({RequestState.ACCEPTED, RequestState.PLANNED})
"""States whose requests take part in planning as a whole."""
PLANNABLE_STATES = LIVE_STATES | {RequestState.PROCESSING}
"""States whose requests may have something left to plan."""
HELD_STATES = frozenset({RequestState.PLANNED, RequestState.PROCESSING})
"""States in which a released plan holds a request."""
SETTLED_STATES = frozenset({RequestState.PROCESSING, RequestState.PROCESSED, RequestState.TERMINATED})
"""States in which what was asked for can no longer change."""


@dataclass(frozen=True, slots=True)
class Change:
    """Author, time (UTC) and reason of a change of requests; the principal is empty where the platform acts."""

    agency_id: str
    time: datetime
    reason: str
    principal_id: str = ""


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
    standing = request.standing if state in HELD_STATES else replace(request.standing, plan_id="", slots=0)
    return record(replace(request, state=state, standing=standing), change)


def accept(request: ActivityRequest, change: Change) -> ActivityRequest:
    """Return a new, refused or withdrawn request as ACCEPTED through REQUESTED."""
    return transition(transition(request, RequestState.REQUESTED, change), RequestState.ACCEPTED, change)


def plan(request: ActivityRequest, plan_id: str, slots: int, total: int, change: Change) -> ActivityRequest:
    """Return the request as held by a released plan in so many slots; one that another plan holds passes to this one.

    What is being carried out stays PROCESSING, each repetition under way in a slot of its own. A plan that continues
    another one counts what had its end too: of the ``total`` repetitions no more slots are open than have none.
    """
    held = request
    if request.state not in HELD_STATES:
        held = transition(request, RequestState.PLANNED, change)
    left = total - len(held.standing.done) - len(held.standing.abandoned)
    open_slots = max(min(slots, left), len(held.standing.under_way))
    standing = replace(held.standing, plan_id=plan_id, slots=open_slots)
    planned = replace(held, standing=standing)
    return planned if held is not request else record(planned, change)


def revise(request: ActivityRequest, definition: ActivityRequest, change: Change) -> ActivityRequest:
    """Return the request with a new definition, ACCEPTED again.

    What the mission's owner granted was granted to the old one, and ends; a deferral goes on.

    Raises
    ------
    PreconditionError
        ILLEGAL_TRANSITION when it is being carried out, was carried out or has ended.
    """
    revised = replace(
        definition.definition(),
        state=request.state,
        history=request.history,
        version=request.version,
        standing=replace(
            request.standing,
            mandatory_granted=False,
            triage=Triage.DEFERRED if request.standing.triage == Triage.DEFERRED else Triage.NONE,
            not_valid="",
        ),
    )
    if revised.state == RequestState.ACCEPTED:
        return record(revised, change)
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


def record(request: ActivityRequest, change: Change) -> ActivityRequest:
    """Return the request with a row more in its history, in the state that it has."""
    row = RequestChange(request.state, change.time, change.agency_id, change.reason, change.principal_id)
    return replace(request, history=(*request.history, row), version=request.version + 1)
