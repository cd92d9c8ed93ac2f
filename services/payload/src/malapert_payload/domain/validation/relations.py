"""Relations between requests: known, consistent, without a cycle."""

from collections.abc import Collection, Iterator, Sequence

from malapert_core.errors import Fault

from malapert_payload.domain.request import ActivityRequest, Relation, RelationKind
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import unknown_faults


def relation_faults(request: ActivityRequest, path: str, known_request_ids: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of each of a request's relations by itself."""
    for index, relation in enumerate(request.relations):
        where = f"{path}.relations[{index}]"
        if relation.kind == RelationKind.UNSPECIFIED:
            allowed = ", ".join(kind.name for kind in RelationKind if kind != RelationKind.UNSPECIFIED)
            yield Fault(f"{where}.kind", "MISSING_KIND", f"say how the requests stand; allowed: {allowed}")
        if relation.request_id == request.request_id:
            yield Fault(f"{where}.request_id", "SELF_RELATION", "a request has no relation to itself; name another")
        else:
            yield from unknown_faults(relation.request_id, known_request_ids, f"{where}.request_id", "request")
        yield from _lag_faults(relation, where)
    yield from _contradiction_faults(request, path)


def _lag_faults(relation: Relation, path: str) -> Iterator[Fault]:
    numbers = [
        *number_faults(relation.min_lag_s, f"{path}.min_lag_s"),
        *number_faults(relation.max_lag_s, f"{path}.max_lag_s"),
    ]
    yield from numbers
    if not numbers and 0 < relation.max_lag_s < relation.min_lag_s:
        message = f"the least lag {relation.min_lag_s:g} s is more than the greatest {relation.max_lag_s:g} s"
        yield Fault(f"{path}.min_lag_s", "REVERSED_LAG", f"{message}; allowed: at most that, or a greatest of 0")


def _contradiction_faults(request: ActivityRequest, path: str) -> Iterator[Fault]:
    excluded = {r.request_id for r in request.relations if r.kind == RelationKind.EXCLUDES}
    for index, relation in enumerate(request.relations):
        if relation.kind in (RelationKind.AFTER, RelationKind.REQUIRES) and relation.request_id in excluded:
            message = f"{relation.kind.name} and EXCLUDES of {relation.request_id!r} contradict each other; keep one"
            yield Fault(f"{path}.relations[{index}]", "CONTRADICTING_RELATIONS", message)


def cycle_faults(requests: Sequence[ActivityRequest]) -> Iterator[Fault]:
    """Yield a fault for each cycle of AFTER relations that shares no request with one already named.

    A request that comes after itself by way of others can never be placed. REQUIRES both ways is no such cycle:
    it asks for both or none.
    """
    index_of = {request.request_id: index for index, request in enumerate(requests)}
    after = {
        request.request_id: {
            relation.request_id: index
            for index, relation in enumerate(request.relations)
            if relation.kind == RelationKind.AFTER
            and relation.request_id in index_of
            and relation.request_id != request.request_id
        }
        for request in requests
    }
    while cycle := _find_cycle(after):
        first, second = cycle[0], cycle[1 % len(cycle)]
        where = f"requests[{index_of[first]}].relations[{after[first][second]}]"
        yield Fault(where, "CYCLIC_RELATIONS", "a cycle of AFTER: " + " after ".join([*cycle, first]))
        for request_id in cycle:
            del after[request_id]


def _find_cycle(after: dict[str, dict[str, int]]) -> list[str]:
    remaining = {request_id: set(others) & after.keys() for request_id, others in after.items()}
    # What comes after nothing that remains lies on no cycle.
    while free := [request_id for request_id, others in remaining.items() if not others]:
        for request_id in free:
            del remaining[request_id]
        for others in remaining.values():
            others.difference_update(free)
    if not remaining:
        return []
    walk = [min(remaining)]
    while (following := min(remaining[walk[-1]])) not in walk:
        walk.append(following)
    return walk[walk.index(following) :]
