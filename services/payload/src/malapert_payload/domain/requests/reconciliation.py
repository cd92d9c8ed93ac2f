"""Brings a mission's requests in line with a new mission version's document."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.requests.lifecycle import LIVE_STATES, Change, accept, reject, revise, transition
from malapert_payload.domain.requests.request import ActivityRequest, RequestState
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
    An unchanged request keeps its state. A changed one is ACCEPTED again. One that the version before listed and this
    one does not is CANCELLED, unless it is being carried out; listed again later, it is ACCEPTED again. A request
    that a team submitted on its own stays, and is REJECTED where the new catalogue no longer allows it.
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
    elif before.definition() != request.definition():
        after = revise(before, request, replace(change, reason=f"{change.reason}: changed"))
    elif before.state in _WITHDRAWN_STATES and not before.standing.is_listed:
        after = accept(before, change)
    else:
        after = before
    return listed(after, is_listed=True)


def _unlisted(
    request: ActivityRequest, catalogue: Catalogue, known_ids: Collection[str], change: Change
) -> ActivityRequest:
    after = listed(request, is_listed=False)
    if request.state not in LIVE_STATES:
        return after
    if request.standing.is_listed:
        gone = replace(change, reason=f"{change.reason}: no longer listed")
        return transition(after, RequestState.CANCELLED, gone)
    faults = list(request_faults(request, request.request_id, catalogue, known_ids))
    if faults:
        reason = "; ".join(f"{fault.path}: {fault.message}" for fault in faults)
        return reject(after, replace(change, reason=f"{change.reason}: {reason}"))
    return after


def listed(request: ActivityRequest, *, is_listed: bool) -> ActivityRequest:
    """Return the request with the word of whether the newest mission version lists it."""
    if request.standing.is_listed == is_listed:
        return request
    return replace(request, standing=replace(request.standing, is_listed=is_listed))
