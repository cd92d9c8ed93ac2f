"""Identifiers of requests: a common namespace of what a mission's agencies see, and one for each agency.

An identifier that two agencies may both choose must not tell by a refusal that the other has it. So what only its
agency sees is named ``AGENCY:name``, and the common namespace holds only what a refusal may name.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from malapert_core.errors import Fault

from malapert_payload.domain.requests.request import ActivityRequest, Visibility

_MARK = ":"


def own_name(agency_id: str, request_id: str) -> str:
    """Return an identifier in an agency's namespace; one that is there already as it is."""
    prefix = agency_id + _MARK
    return request_id if request_id.startswith(prefix) else prefix + request_id


def candidate_ids(requests: Sequence[ActivityRequest]) -> set[str]:
    """Return every identifier that what requests and their relations name may have in the mission."""
    named = {
        (request.agency_id, name)
        for request in requests
        for name in (request.request_id, *(relation.request_id for relation in request.relations))
    }
    return {candidate for agency_id, name in named for candidate in (name, own_name(agency_id, name))}


def named_in_mission(
    requests: Sequence[ActivityRequest],
    stored: Mapping[str, ActivityRequest],
    seen: Callable[[ActivityRequest], bool],
) -> tuple[ActivityRequest, ...]:
    """Return requests with the identifiers that they, and what their relations name, have in the mission.

    Parameters
    ----------
    requests : sequence of ActivityRequest
        As given.
    stored : mapping of str to ActivityRequest
        Those of `candidate_ids` that there are.
    seen : callable
        Whether whoever hands them in sees a stored one.
    """
    names = {(item.agency_id, item.request_id): _name(item, stored, seen) for item in requests}
    given = {plain: name for (_, plain), name in names.items()}
    return tuple(_renamed(item, names, given, stored, seen) for item in requests)


def namespace_faults(requests: Sequence[ActivityRequest], agency_ids: Collection[str]) -> Iterator[Fault]:
    """Yield a fault for each request whose identifier is in the namespace of an agency that does not ask for it."""
    for index, request in enumerate(requests):
        prefix, mark, _ = request.request_id.partition(_MARK)
        if mark and prefix in agency_ids and prefix != request.agency_id:
            message = f"identifiers that begin with {prefix + _MARK!r} are for requests of {prefix} alone"
            yield Fault(f"requests[{index}].request_id", "FOREIGN_NAMESPACE", message)


def _name(
    request: ActivityRequest, stored: Mapping[str, ActivityRequest], seen: Callable[[ActivityRequest], bool]
) -> str:
    plain, own = request.request_id, own_name(request.agency_id, request.request_id)
    present = stored.get(plain)
    if present is not None and present.agency_id == request.agency_id:
        return plain
    if own in stored or request.visibility == Visibility.OWNER:
        return own
    # One of another agency that was seen once and no longer is: a refusal would tell that it is there.
    return plain if present is None or seen(present) else own


def _renamed(
    request: ActivityRequest,
    names: Mapping[tuple[str, str], str],
    given: Mapping[str, str],
    stored: Mapping[str, ActivityRequest],
    seen: Callable[[ActivityRequest], bool],
) -> ActivityRequest:
    def other(name: str) -> str:
        own = own_name(request.agency_id, name)
        if (request.agency_id, name) in names:
            return names[request.agency_id, name]
        if own in stored and not (name in stored and seen(stored[name])):
            return own
        return given.get(name, name)

    name = names[request.agency_id, request.request_id]
    if name == request.request_id and not request.relations:
        return request
    relations = tuple(replace(item, request_id=other(item.request_id)) for item in request.relations)
    return replace(request, request_id=name, relations=relations)
