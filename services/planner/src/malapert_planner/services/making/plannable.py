"""Selection of the part of a mission's demand that can be planned; the rest is left out with its reason, not
silently."""

from collections.abc import Iterator
from dataclasses import dataclass

from malapert.payload.v1 import request_pb2

from malapert_planner.domain.schedule.result import Unplanned
from malapert_planner.services.making.held_spans import CHOSEN_CONDITIONS, TIMED_CONDITIONS

NOT_SUPPORTED = "NOT_SUPPORTED"
_PLANNED_CONDITIONS = (
    TIMED_CONDITIONS
    | CHOSEN_CONDITIONS
    | {request_pb2.CONDITION_KIND_RELAY_CONTACT, request_pb2.CONDITION_KIND_OPTICAL_LINK}
)
_NEEDING = (request_pb2.RELATION_KIND_REQUIRES, request_pb2.RELATION_KIND_TOGETHER)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A repetition that is not planned since the planner does not know what it asks for."""

    unplanned: Unplanned
    title: str
    agency_id: str
    value: float


@dataclass(frozen=True, slots=True)
class Plannable:
    """The demand that is planned, and what is left out."""

    demand: request_pb2.ExpandRequestsResponse
    left_out: tuple[LeftOut, ...]


def plannable(demand: request_pb2.ExpandRequestsResponse) -> Plannable:
    """Return what of a demand is planned. A request that needs one that is left out is left out with it."""
    reasons: dict[str, str] = {}
    for draft in demand.activities:
        for reason in _unknown(draft):
            reasons.setdefault(draft.request_id, reason)
    while True:
        stranded = {
            relation.request_id: f"it needs {relation.other_request_id}, of which {reasons[relation.other_request_id]}"
            for relation in demand.relations
            if relation.kind in _NEEDING and relation.other_request_id in reasons and relation.request_id not in reasons
        }
        if not stranded:
            break
        reasons |= stranded
    kept = request_pb2.ExpandRequestsResponse()
    kept.CopyFrom(demand)
    for name, owner in (("activities", "request_id"), ("repetitions", "request_id"), ("choices", "request_id")):
        items = [item for item in getattr(demand, name) if getattr(item, owner) not in reasons]
        kept.ClearField(name)  # type: ignore[arg-type]
        getattr(kept, name).extend(items)
    kept.ClearField("relations")
    kept.relations.extend(
        relation for relation in demand.relations if not {relation.request_id, relation.other_request_id} & set(reasons)
    )
    return Plannable(kept, tuple(_left_out(demand, reasons)))


def _unknown(draft: request_pb2.ActivityDraft) -> Iterator[str]:
    # Payload may be of a later version, with kinds that have no name here.
    for condition in draft.conditions:
        if condition.kind not in _PLANNED_CONDITIONS:
            yield f"the condition of kind {condition.kind} is not planned with"


def _left_out(demand: request_pb2.ExpandRequestsResponse, reasons: dict[str, str]) -> Iterator[LeftOut]:
    seen: set[tuple[str, int]] = set()
    for draft in demand.activities:
        key = (draft.request_id, draft.repetition_index)
        if draft.request_id in reasons and key not in seen:
            seen.add(key)
            reason = reasons[draft.request_id]
            unplanned = Unplanned(*key, NOT_SUPPORTED, f"this planner does not plan it: {reason}", ("planner",))
            yield LeftOut(unplanned, draft.title, draft.agency_id, draft.value)
