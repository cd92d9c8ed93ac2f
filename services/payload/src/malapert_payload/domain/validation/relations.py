"""Relations between requests: known, consistent, without a cycle."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from malapert_core.errors import Fault

from malapert_payload.domain.requests.request import ActivityRequest, Relation, RelationKind
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import missing_kind, unknown_faults

_NEEDING_BOTH = frozenset(
    {RelationKind.AFTER, RelationKind.BEFORE, RelationKind.REQUIRES, RelationKind.TOGETHER, RelationKind.NOT_WITH}
)

# Each is found by a walk over all relations; no answer tells of more faults.
_MOST_CYCLES = 100


def relation_faults(request: ActivityRequest, path: str, known_request_ids: Collection[str]) -> Iterator[Fault]:
    """Yield the faults of each of a request's relations by itself."""
    for index, relation in enumerate(request.relations):
        where = f"{path}.relations[{index}]"
        if relation.kind == RelationKind.UNSPECIFIED:
            yield missing_kind(f"{where}.kind", RelationKind)
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
        if relation.kind in _NEEDING_BOTH and relation.request_id in excluded:
            message = f"{relation.kind.name} and EXCLUDES of {relation.request_id!r} contradict each other; keep one"
            yield Fault(f"{path}.relations[{index}]", "CONTRADICTING_RELATIONS", message)


def cycle_faults(requests: Sequence[ActivityRequest], others: Iterable[ActivityRequest] = ()) -> Iterator[Fault]:
    """Yield a fault for each cycle of AFTER and BEFORE relations that shares no request with one named; 100 at most.

    A request that comes after itself by way of others can never be placed. REQUIRES both ways is no such cycle: it asks
    for both or none. `others` are requests that stand already; a cycle is a fault of the ones that are given.
    """
    index_of = {request.request_id: index for index, request in enumerate(requests)}
    paths: dict[tuple[str, str], str] = {}
    after: dict[str, set[str]] = {}
    for request in (*requests, *(other for other in others if other.request_id not in index_of)):
        after.setdefault(request.request_id, set())
        for index, relation in enumerate(request.relations):
            pair = (request.request_id, relation.request_id)
            if relation.kind not in (RelationKind.AFTER, RelationKind.BEFORE) or pair[0] == pair[1]:
                continue
            later, earlier = pair if relation.kind == RelationKind.AFTER else pair[::-1]
            after.setdefault(later, set()).add(earlier)
            if request.request_id in index_of:
                where = f"requests[{index_of[request.request_id]}].relations[{index}]"
                paths.setdefault((later, earlier), where)
    found = 0
    while found < _MOST_CYCLES and (cycle := _find_cycle(after)):
        links = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        own = next((paths[link] for link in links if link in paths), "")
        if own:
            found += 1
            yield Fault(own, "CYCLIC_RELATIONS", "a cycle of AFTER: " + " after ".join([*cycle, cycle[0]]))
        for request_id in cycle:
            del after[request_id]


def _find_cycle(after: dict[str, set[str]]) -> list[str]:
    """Return requests of which each comes after the next, and the last after the first; none without a cycle."""
    try:
        TopologicalSorter({request_id: others & after.keys() for request_id, others in after.items()}).prepare()
    except CycleError as error:
        walk: list[str] = error.args[1][:0:-1]
        first = walk.index(min(walk))
        return walk[first:] + walk[:first]
    return []
