"""The faults of requests, in an import and in a submission."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue import Catalogue
from malapert_payload.domain.lifecycle import SETTLED_STATES
from malapert_payload.domain.request import ActivityRequest, Visibility
from malapert_payload.domain.validation.catalogue import catalogue_faults
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import identifier_faults, repeated_faults, unknown_faults
from malapert_payload.domain.validation.relations import cycle_faults, relation_faults
from malapert_payload.domain.validation.windows import repetition_faults, window_faults


def import_faults(
    catalogue: Catalogue, requests: Sequence[ActivityRequest], stored: Mapping[str, ActivityRequest]
) -> tuple[Fault, ...]:
    """Return every fault of a mission version's import.

    Parameters
    ----------
    catalogue : Catalogue
        As given.
    requests : sequence of ActivityRequest
        As given.
    stored : mapping of str to ActivityRequest
        The mission's requests as they stand, by identifier.
    """
    known = {request.request_id for request in requests}
    return (
        *catalogue_faults(catalogue),
        *_requests_faults(requests, catalogue, known),
        *_settled_faults(requests, stored),
    )


def submission_faults(
    catalogue: Catalogue,
    requests: Sequence[ActivityRequest],
    taken_ids: Collection[str],
    related_ids: Collection[str],
) -> tuple[Fault, ...]:
    """Return every fault of requests that are submitted to a mission.

    Parameters
    ----------
    catalogue : Catalogue
        Of the mission's newest version.
    requests : sequence of ActivityRequest
        As given.
    taken_ids : collection of str
        Identifiers of the mission's requests.
    related_ids : collection of str
        Those of them that a relation may name: live, and seen by whoever submits.
    """
    known = {*related_ids, *(request.request_id for request in requests)}
    return (
        *_empty_faults(requests),
        *_requests_faults(requests, catalogue, known),
        *_taken_faults(requests, taken_ids),
    )


def request_faults(
    request: ActivityRequest, path: str, catalogue: Catalogue, known_request_ids: Collection[str]
) -> Iterator[Fault]:
    """Yield the faults of one request by itself against a catalogue."""
    if request.mission_id != catalogue.mission_id:
        message = f"{request.mission_id!r} is another mission; allowed: {catalogue.mission_id!r}"
        yield Fault(f"{path}.mission_id", "WRONG_MISSION", message)
    types = catalogue.activity_types_by_id()
    yield from unknown_faults(request.activity_type_id, types, f"{path}.activity_type_id", "activity type")
    yield from unknown_faults(request.agency_id, catalogue.agency_ids, f"{path}.agency_id", "agency")
    yield from number_faults(request.value, f"{path}.value")
    for index, place_id in enumerate(request.place_ids):
        yield from unknown_faults(place_id, catalogue.place_ids, f"{path}.place_ids[{index}]", "place")
    yield from repeated_faults(request.place_ids, f"{path}.place_ids")
    if request.visibility == Visibility.UNSPECIFIED:
        allowed = ", ".join(v.name for v in Visibility if v != Visibility.UNSPECIFIED)
        yield Fault(f"{path}.visibility", "MISSING_VISIBILITY", f"say who may see the request; allowed: {allowed}")
    kind = types.get(request.activity_type_id)
    duration_s = kind.duration_s if kind else 0.0
    yield from window_faults(request, path, catalogue.horizon, duration_s)
    yield from repetition_faults(request, path, catalogue.horizon, duration_s)
    yield from relation_faults(request, path, known_request_ids)


def _requests_faults(
    requests: Sequence[ActivityRequest], catalogue: Catalogue, known_request_ids: Collection[str]
) -> Iterator[Fault]:
    yield from identifier_faults([request.request_id for request in requests], "requests", "request_id")
    for index, request in enumerate(requests):
        yield from request_faults(request, f"requests[{index}]", catalogue, known_request_ids)
    yield from cycle_faults(requests)


def _empty_faults(requests: Sequence[ActivityRequest]) -> Iterator[Fault]:
    if not requests:
        yield Fault("requests", "NO_REQUESTS", "submit one request at least")


def _taken_faults(requests: Sequence[ActivityRequest], taken_ids: Collection[str]) -> Iterator[Fault]:
    for index, request in enumerate(requests):
        if request.request_id in taken_ids:
            message = f"the mission has a request {request.request_id!r} already; give another identifier"
            yield Fault(f"requests[{index}].request_id", "DUPLICATE_ID", message)


def _settled_faults(requests: Sequence[ActivityRequest], stored: Mapping[str, ActivityRequest]) -> Iterator[Fault]:
    for index, request in enumerate(requests):
        before = stored.get(request.request_id)
        if before and before.state in SETTLED_STATES and before.definition() != request.definition():
            message = (
                f"{request.request_id!r} is {before.state.name} and can no longer change; ask under another identifier"
            )
            yield Fault(f"requests[{index}]", "REQUEST_SETTLED", message)
