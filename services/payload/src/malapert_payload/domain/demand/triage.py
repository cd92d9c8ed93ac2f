"""Decisions of a mission's owner on requests."""

from dataclasses import replace
from datetime import datetime
from enum import IntEnum

from malapert_core.errors import PreconditionError

from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES, Change, record, reject
from malapert_payload.domain.requests.request import ActivityRequest, Triage


class TriageDecision(IntEnum):
    """Decision on a request."""

    UNSPECIFIED = 0
    GRANT_MANDATORY = 1
    WITHDRAW_MANDATORY = 2
    DEFER = 3
    ADMIT = 4
    DECLINE = 5


def triaged(
    request: ActivityRequest, decision: TriageDecision, until: datetime | None, change: Change
) -> ActivityRequest:
    """Return a request after a decision; the same where it stands so already.

    Raises
    ------
    PreconditionError
        ILLEGAL_TRANSITION where it is not to be planned any more, NOT_ASKED_FOR where its agency does not want it
        mandatory.
    """
    if decision == TriageDecision.DECLINE:
        return reject(request, _told(change, "declined"))
    if request.state not in PLANNABLE_STATES:
        message = f"request {request.request_id} is {request.state.name}; only what is to be planned is decided on"
        raise PreconditionError("ILLEGAL_TRANSITION", message, metadata={"state": request.state.name})
    standing = request.standing
    if decision == TriageDecision.GRANT_MANDATORY:
        if not request.mandatory:
            message = f"{request.agency_id} does not ask for request {request.request_id} to be mandatory"
            raise PreconditionError("NOT_ASKED_FOR", message)
        after, told = replace(standing, mandatory_granted=True), "mandatory, granted"
    elif decision == TriageDecision.WITHDRAW_MANDATORY:
        after, told = replace(standing, mandatory_granted=False), "mandatory no longer"
    elif decision == TriageDecision.DEFER:
        after = replace(standing, triage=Triage.DEFERRED, triage_reason=change.reason, deferred_until=until)
        told = f"deferred until {until.isoformat()}" if until else "deferred"
    else:
        after = replace(standing, triage=Triage.ADMITTED, triage_reason=change.reason, deferred_until=None)
        told = "admitted"
    return request if after == standing else record(replace(request, standing=after), _told(change, told))


def _told(change: Change, what: str) -> Change:
    return replace(change, reason=f"{what}: {change.reason}" if change.reason else what)
