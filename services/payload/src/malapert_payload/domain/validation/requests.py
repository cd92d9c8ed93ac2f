"""The faults of requests, in an import and in a submission."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from malapert_core.errors import Fault

from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.expansion.modes import variants
from malapert_payload.domain.expansion.sequence import numbered_steps
from malapert_payload.domain.requests.lifecycle import SETTLED_STATES
from malapert_payload.domain.requests.request import ActivityRequest, Origin, Visibility
from malapert_payload.domain.validation.campaigns import campaign_faults, decay_faults
from malapert_payload.domain.validation.catalogue import catalogue_faults
from malapert_payload.domain.validation.figures import number_faults
from malapert_payload.domain.validation.identifiers import (
    identifier_faults,
    repeated_faults,
    tag_faults,
    text_faults,
    unknown_faults,
    version_faults,
)
from malapert_payload.domain.validation.modes import mode_faults, start_faults
from malapert_payload.domain.validation.relations import cycle_faults, relation_faults
from malapert_payload.domain.validation.windows import repetition_faults, window_faults


def import_faults(
    catalogue: Catalogue,
    requests: Sequence[ActivityRequest],
    stored: Mapping[str, ActivityRequest],
    author_agency_id: str = "",
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
    author_agency_id : str
        The agency whose document it is: what others handed in themselves it does not change.
    """
    known = {request.request_id for request in requests}
    changed = {
        key: item
        for key, item in stored.items()
        if item.standing.origin == Origin.DOCUMENT or item.agency_id == author_agency_id
    }
    return (
        *catalogue_faults(catalogue),
        *_requests_faults(requests, catalogue, known),
        *_settled_faults(requests, changed),
        *_handed_in_faults(requests, stored),
    )


def submission_faults(
    catalogue: Catalogue,
    requests: Sequence[ActivityRequest],
    existing_ids: Collection[str],
    related_ids: Collection[str],
    others: Collection[ActivityRequest] = (),
) -> tuple[Fault, ...]:
    """Return every fault of requests that are submitted to a mission.

    Parameters
    ----------
    catalogue : Catalogue
        Of the mission's newest version.
    requests : sequence of ActivityRequest
        As given.
    existing_ids : collection of str
        Identifiers that the mission's requests have already.
    related_ids : collection of str
        Those of them that a relation may name: live, and seen by whoever submits.
    others : collection of ActivityRequest
        Live requests with relations, which may close a cycle.
    """
    known = {*related_ids, *(request.request_id for request in requests)}
    return (
        *_empty_faults(requests),
        *_requests_faults(requests, catalogue, known, others),
        *_taken_faults(requests, existing_ids),
    )


def request_faults(
    request: ActivityRequest, path: str, catalogue: Catalogue, known_request_ids: Collection[str]
) -> Iterator[Fault]:
    """Yield the faults of one request by itself against a catalogue."""
    if request.mission_id != catalogue.mission_id:
        message = f"{request.mission_id!r} is another mission; allowed: {catalogue.mission_id!r}"
        yield Fault(f"{path}.mission_id", "WRONG_MISSION", message)
    yield from unknown_faults(request.agency_id, catalogue.known_agency_ids, f"{path}.agency_id", "agency")
    yield from text_faults(request.title, f"{path}.title")
    if not request.title.strip():
        yield Fault(f"{path}.title", "EMPTY_TEXT", "give the request a title for a person")
    yield from tag_faults(request.tags, f"{path}.tags")
    yield from number_faults(request.value, f"{path}.value")
    for index, place_id in enumerate(request.place_ids):
        yield from unknown_faults(place_id, catalogue.known_place_ids, f"{path}.place_ids[{index}]", "place")
    yield from repeated_faults(request.place_ids, f"{path}.place_ids")
    if request.visibility == Visibility.UNSPECIFIED:
        allowed = ", ".join(v.name for v in Visibility if v != Visibility.UNSPECIFIED)
        yield Fault(f"{path}.visibility", "MISSING_VISIBILITY", f"say who may see the request; allowed: {allowed}")
    kind_faults = list(_kind_faults(request, path, catalogue))
    yield from kind_faults
    duration_s = 0.0 if kind_faults else _duration_s(request, catalogue)
    yield from window_faults(request, path, catalogue.horizon, duration_s)
    yield from repetition_faults(request, path, catalogue.horizon, duration_s)
    if request.campaign is not None:
        yield from campaign_faults(request, request.campaign, f"{path}.campaign", catalogue)
    yield from _set_faults(request, path, catalogue)
    falls = request.decay and list(decay_faults(request, request.decay, f"{path}.decay", catalogue.horizon))
    yield from falls or ()
    if not (kind_faults or falls):
        yield from start_faults(request, path, catalogue.horizon)
    yield from relation_faults(request, path, known_request_ids)


def _set_faults(request: ActivityRequest, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of a request of a set: each of its requests is one of so many."""
    group = catalogue.sets_by_request_id.get(request.request_id)
    if group is None:
        return
    where = f"it is one of the set {group.request_set_id!r}, of which {group.count} are enough"
    for name in ("repetition", "campaign"):
        if getattr(request, name) is not None:
            yield Fault(f"{path}.{name}", "IN_A_SET", f"{where}; it cannot be a {name}")
    if request.mandatory:
        yield Fault(f"{path}.mandatory", "MANDATORY_CHOICE", f"{where}; it cannot be mandatory")


def _kind_faults(request: ActivityRequest, path: str, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield the faults of the activity type that a request names, and of what it says of it."""
    kind_id = request.activity_type_id
    yield from unknown_faults(kind_id, catalogue.activity_types_by_id, f"{path}.activity_type_id", "activity type")
    if kind_id not in catalogue.activity_types_by_id:
        return
    versions = catalogue.activity_type_versions(kind_id)
    where = f"{path}.activity_type_version"
    yield from version_faults(request.activity_type_version, versions, where, "activity type", kind_id)
    kind = catalogue.activity_type(kind_id, request.activity_type_version)
    if kind is None:
        return
    yield from mode_faults(request, path, kind, catalogue)
    known = kind.product_ids()
    for index, demand in enumerate(request.products):
        product_path = f"{path}.products[{index}]"
        yield from unknown_faults(demand.product_id, known, f"{product_path}.product_id", "product")
        yield from number_faults(demand.max_latency_s, f"{product_path}.max_latency_s")
    yield from repeated_faults([demand.product_id for demand in request.products], f"{path}.products")


def _duration_s(request: ActivityRequest, catalogue: Catalogue) -> float:
    """Return how long the shortest variant of a request takes without waits; 0 where that cannot be told."""
    kind = catalogue.activity_type(request.activity_type_id, request.activity_type_version)
    if kind is None:
        return 0.0
    try:
        return min(
            sum(step.duration_s for step in numbered_steps(kind, variant.settled(kind), catalogue))
            for variant in variants(request, kind)
        )
    except (ValueError, KeyError):
        return 0.0  # The activity type or an instrument of it has faults of its own.


def _requests_faults(
    requests: Sequence[ActivityRequest],
    catalogue: Catalogue,
    known_request_ids: Collection[str],
    others: Iterable[ActivityRequest] = (),
) -> Iterator[Fault]:
    yield from identifier_faults([request.request_id for request in requests], "requests", "request_id")
    for index, request in enumerate(requests):
        yield from request_faults(request, f"requests[{index}]", catalogue, known_request_ids)
    yield from cycle_faults(requests, others)


def _empty_faults(requests: Sequence[ActivityRequest]) -> Iterator[Fault]:
    if not requests:
        yield Fault("requests", "NO_REQUESTS", "submit one request at least")


def _taken_faults(requests: Sequence[ActivityRequest], existing_ids: Collection[str]) -> Iterator[Fault]:
    for index, request in enumerate(requests):
        if request.request_id in existing_ids:
            message = f"the mission has a request {request.request_id!r} already; give another identifier, or revise it"
            yield Fault(f"requests[{index}].request_id", "DUPLICATE_ID", message)


def _settled_faults(requests: Sequence[ActivityRequest], stored: Mapping[str, ActivityRequest]) -> Iterator[Fault]:
    for index, request in enumerate(requests):
        before = stored.get(request.request_id)
        if before and before.state in SETTLED_STATES and before.definition() != request.definition():
            message = (
                f"{request.request_id!r} is {before.state.name} and can no longer change; ask under another identifier"
            )
            yield Fault(f"requests[{index}]", "REQUEST_SETTLED", message)


def _handed_in_faults(requests: Sequence[ActivityRequest], stored: Mapping[str, ActivityRequest]) -> Iterator[Fault]:
    """Yield a fault for each request of a document whose identifier another agency gave one that it handed in."""
    for index, request in enumerate(requests):
        before = stored.get(request.request_id)
        if before and before.agency_id != request.agency_id and before.standing.origin == Origin.AGENCY:
            message = f"{before.agency_id} handed in a request {request.request_id!r} itself; give another identifier"
            yield Fault(f"requests[{index}].request_id", "DUPLICATE_ID", message)


def change_faults(
    catalogue: Catalogue,
    requests: Sequence[ActivityRequest],
    stored: Mapping[str, ActivityRequest],
    related_ids: Collection[str],
    others: Collection[ActivityRequest],
) -> tuple[Fault, ...]:
    """Return every fault of requests that are new or change stored ones; parameters as of `submission_faults`."""
    known = {*related_ids, *(request.request_id for request in requests)}
    return (
        *_empty_faults(requests),
        *_requests_faults(requests, catalogue, known, others),
        *_settled_faults(requests, stored),
    )
