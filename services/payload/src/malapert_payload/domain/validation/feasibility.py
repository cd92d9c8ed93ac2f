"""Reasons for which nothing can ever hold a request, as far as the catalogue and the other requests tell."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.figures import value_of
from malapert_payload.domain.catalogue.resource import ResourceEffect, ResourceKind
from malapert_payload.domain.expansion.prediction import Prediction, predict
from malapert_payload.domain.requests.lifecycle import PLANNABLE_STATES
from malapert_payload.domain.requests.request import ActivityRequest, Relation, RelationKind, RequestState
from malapert_payload.domain.validation.relations import cycle_faults

_NEEDING = (RelationKind.REQUIRES, RelationKind.TOGETHER)
_ORDERING = (RelationKind.AFTER, RelationKind.BEFORE)


def infeasibility_faults(
    request: ActivityRequest, path: str, catalogue: Catalogue, others: Mapping[str, ActivityRequest]
) -> Iterator[Fault]:
    """Yield the reasons for which a plan can never hold a request that is valid by itself.

    Parameters
    ----------
    request : ActivityRequest
    path : str
        Of the request.
    catalogue : Catalogue
    others : mapping of str to ActivityRequest
        Requests by identifier that its relations name or that have relations.
    """
    yield from _amount_faults(request, path, catalogue)
    for index, relation in enumerate(request.relations):
        other = others.get(relation.request_id)
        if other is None or other is request:
            continue
        where = f"{path}.relations[{index}]"
        if relation.kind in _NEEDING:
            yield from _needed_faults(relation, other, where)
        if relation.kind == RelationKind.EXCLUDES and other.mandatory_granted and other.state in PLANNABLE_STATES:
            message = f"it excludes {other.request_id!r}, which is mandatory"
            yield Fault(where, "EXCLUDES_MANDATORY", message)
        if relation.kind in _ORDERING and other.state in PLANNABLE_STATES:
            yield from _order_faults(request, relation, other, where, catalogue)
    rest = [other for other in others.values() if other.request_id != request.request_id]
    for fault in cycle_faults([request], [other for other in rest if other.state in PLANNABLE_STATES]):
        yield Fault(f"{path}.relations", fault.code, "by way of others it comes after itself")


def mandatory_faults(
    requests: Sequence[ActivityRequest], catalogue: Catalogue, others: Iterable[ActivityRequest]
) -> tuple[Fault, ...]:
    """Return why nothing can ever hold those of some requests that are to be mandatory; all are valid by themselves.

    Parameters
    ----------
    requests : sequence of ActivityRequest
        As handed in.
    catalogue : Catalogue
    others : iterable of ActivityRequest
        Requests that stand already and that these name, or that have relations.
    """
    handed_in = {request.request_id: replace(request, state=RequestState.ACCEPTED) for request in requests}
    known = {other.request_id: other for other in others} | handed_in
    return tuple(
        fault
        for index, request in enumerate(requests)
        if request.mandatory
        for fault in infeasibility_faults(request, f"requests[{index}]", catalogue, known)
    )


def _needed_faults(relation: Relation, other: ActivityRequest, path: str) -> Iterator[Fault]:
    if other.state not in PLANNABLE_STATES and other.state != RequestState.PROCESSED:
        message = f"it needs {relation.request_id!r}, which is {other.state.name} and is not planned"
        yield Fault(path, "NEEDS_UNPLANNED", message)


def _order_faults(
    request: ActivityRequest, relation: Relation, other: ActivityRequest, path: str, catalogue: Catalogue
) -> Iterator[Fault]:
    """Yield a fault where the windows of two requests leave no room for their order and lags."""
    later, earlier = (request, other) if relation.kind == RelationKind.AFTER else (other, request)
    (first_start, last_end), duration = _reach(later, catalogue), timedelta(seconds=_duration_s(later, catalogue))
    (other_start, other_end), other_duration = (
        _reach(earlier, catalogue),
        timedelta(seconds=_duration_s(earlier, catalogue)),
    )
    earliest = other_start + other_duration + _lag(relation.min_lag_s)
    if earliest + duration > last_end:
        message = (
            f"{later.request_id!r} cannot start before {earliest.isoformat()}, after {earlier.request_id!r}, "
            f"and would not end by {last_end.isoformat()}"
        )
        yield Fault(path, "NO_ROOM_IN_ORDER", message)
    elif relation.max_lag_s and other_end + _lag(relation.max_lag_s) < first_start:
        message = (
            f"{earlier.request_id!r} ends by {other_end.isoformat()}, and {later.request_id!r} starts no sooner than "
            f"{first_start.isoformat()}, more than {relation.max_lag_s:g} s later"
        )
        yield Fault(path, "NO_ROOM_IN_ORDER", message)


def _lag(lag_s: float) -> timedelta:
    # No lag of weight is longer than a horizon; a longer one would not be a timedelta.
    return timedelta(seconds=min(lag_s, 1e10))


def _reach(request: ActivityRequest, catalogue: Catalogue) -> tuple[datetime, datetime]:
    spans = request.windows or (catalogue.horizon,)
    return min(span.start_time for span in spans), max(span.end_time for span in spans)


def _duration_s(request: ActivityRequest, catalogue: Catalogue) -> float:
    try:
        return min(told.duration_s for told in predict(request, catalogue))
    except (LookupError, ValueError):
        return 0.0  # The request is not valid itself, which is told elsewhere.


def _amount_faults(request: ActivityRequest, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield a fault for each resource of which every mode takes more than there ever is."""
    try:
        modes = [_amounts(told, catalogue) for told in predict(request, catalogue)]
    except (LookupError, ValueError):
        return  # As above.
    for resource_id in sorted(set.intersection(*(set(amounts) for amounts in modes)) if modes else ()):
        resource = catalogue.amounts_by_id[resource_id]
        least, capacity = min(amounts[resource_id] for amounts in modes), value_of(resource.capacity)
        if least > capacity and not math.isclose(least, capacity):
            message = f"it takes {least:g} {resource.unit} of {resource_id!r}, of which there are {capacity:g} at most"
            yield Fault(f"{path}.activity_type_id", "MORE_THAN_THERE_IS", message)


def _amounts(told: Prediction, catalogue: Catalogue) -> dict[str, float]:
    """Return what a request in one of its modes takes of resources: in all of what is used up, else at once."""
    amounts: defaultdict[str, float] = defaultdict(float)
    for step in told.steps:
        for use in step.uses:
            resource = catalogue.amounts_by_id.get(use.resource_id)
            if resource is None or use.effect == ResourceEffect.PRODUCE:
                continue
            if resource.kind == ResourceKind.CONSUMABLE:
                amounts[use.resource_id] += use.amount * told.repetition_count
            else:
                amounts[use.resource_id] = max(amounts[use.resource_id], use.amount)
    return amounts


def related_ids(requests: Iterable[ActivityRequest]) -> set[str]:
    """Return the identifiers that relations of requests name."""
    return {relation.request_id for request in requests for relation in request.relations}
