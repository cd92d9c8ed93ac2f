"""Brings a mission's requests in line with a new mission version's document."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, Change, accept, record, revise, transition
from malapert_payload.domain.requests.request import ActivityRequest, Origin, RequestState
from malapert_payload.domain.validation import request_faults

_WITHDRAWN_STATES = frozenset({RequestState.REJECTED, RequestState.CANCELLED})


def reconcile(
    catalogue: Catalogue,
    document: Sequence[ActivityRequest],
    stored: Mapping[str, ActivityRequest],
    change: Change,
) -> tuple[ActivityRequest, ...]:
    """Return the mission's requests as they stand after a new version is taken.

    Parameters
    ----------
    catalogue : Catalogue
        Of the new version.
    document : sequence of ActivityRequest
        The requests of the new version, valid against its catalogue.
    stored : mapping of str to ActivityRequest
        The mission's requests as they stand, by identifier.
    change : Change
        Who imports, when, and which version.

    Notes
    -----
    Of what the document lists, an unchanged request keeps its state, and a changed one is ACCEPTED again; what the
    version before listed and this one does not is CANCELLED, unless it is being carried out; listed again later, it is
    ACCEPTED again. What another agency than the document's handed in or changed itself stays as it is, whatever the
    document says; where the new catalogue no longer allows what an agency handed in, it is held back until one does.
    """
    listed_ids = {request.request_id for request in document}
    known_ids = {*stored, *listed_ids}
    unlisted = [request for request_id, request in sorted(stored.items()) if request_id not in listed_ids]
    return (
        *(_listed(request, stored.get(request.request_id), change) for request in document),
        *(_unlisted(request, catalogue, known_ids, change) for request in unlisted),
    )


def _listed(request: ActivityRequest, before: ActivityRequest | None, change: Change) -> ActivityRequest:
    if before is None:
        after = accept(request.definition(), change)
    elif before.standing.origin == Origin.AGENCY and before.agency_id != change.agency_id:
        return before
    elif before.definition() != request.definition():
        after = revise(before, request, replace(change, reason=f"{change.reason}: changed"))
    elif before.state in _WITHDRAWN_STATES and not before.standing.is_listed:
        after = accept(before, change)
    else:
        after = before
    # The mission's owner states in its document what is mandatory.
    standing = replace(
        after.standing, is_listed=True, origin=Origin.DOCUMENT, mandatory_granted=request.mandatory, not_valid=""
    )
    return replace(after, standing=standing)


def _unlisted(
    request: ActivityRequest, catalogue: Catalogue, known_ids: Collection[str], change: Change
) -> ActivityRequest:
    if request.standing.origin == Origin.AGENCY:
        return _still_valid(request, catalogue, known_ids, change)
    after = replace(request, standing=replace(request.standing, is_listed=False))
    if request.state not in LIVE_STATES or not request.standing.is_listed:
        return after
    return transition(after, RequestState.CANCELLED, replace(change, reason=f"{change.reason}: no longer listed"))


def _still_valid(
    request: ActivityRequest, catalogue: Catalogue, known_ids: Collection[str], change: Change
) -> ActivityRequest:
    """Return a request of an agency with what the catalogue has against it, if that is other than before."""
    if request.state not in LIVE_STATES:
        return request
    faults = list(request_faults(request, request.request_id, catalogue, known_ids))
    reason = "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
    if reason == request.standing.not_valid:
        return request
    told = f"{change.reason}: {f'held back, {reason}' if reason else 'allowed again'}"
    return record(replace(request, standing=replace(request.standing, not_valid=reason)), replace(change, reason=told))
