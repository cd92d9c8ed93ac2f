"""Demand that is kept and not planned yet, by agency and reason."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from malapert_payload.domain.requests.request import ActivityRequest, HoldKind, RelationKind

_NEEDING = (RelationKind.REQUIRES, RelationKind.TOGETHER)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Number of an agency's requests that are not planned yet for one reason, the first of each."""

    agency_id: str
    kind: HoldKind
    request_count: int


def admitted(
    requests: Sequence[ActivityRequest], done_ids: Collection[str]
) -> tuple[list[ActivityRequest], tuple[HeldBack, ...]]:
    """Return the requests that nothing holds back, and the numbers of the others.

    What needs another that is neither planned nor done is held back with it. What has begun goes on, whatever hold came
    later.
    """
    reasons = {
        request.request_id: request.holds[0].kind for request in requests if request.holds and not _has_begun(request)
    }
    while True:
        present = {request.request_id for request in requests} - reasons.keys() | set(done_ids)
        stranded = {
            request.request_id: HoldKind.NEEDS_HELD
            for request in requests
            if request.request_id not in reasons
            and any(item.kind in _NEEDING and item.request_id not in present for item in request.relations)
        }
        if not stranded:
            break
        reasons |= stranded
    counts = Counter(
        (request.agency_id, reasons[request.request_id]) for request in requests if request.request_id in reasons
    )
    kept = [request for request in requests if request.request_id not in reasons]
    return kept, tuple(HeldBack(agency_id, kind, count) for (agency_id, kind), count in sorted(counts.items()))


def _has_begun(request: ActivityRequest) -> bool:
    standing = request.standing
    return bool(standing.under_way or standing.done)
