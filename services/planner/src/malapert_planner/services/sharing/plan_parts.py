"""A plan's content in items of parts: the unit that is sealed, and that a redacted plan shows or withholds.

=============  =====  ============================================================================================
section        items  parts
=============  =====  ============================================================================================
activities     each   busy: kind, asset, time, place, the mission's resources; private: all else
contacts       each   content
unplanned      each   content; reason: explanation and what is in the way (padded)
changes        each   busy: kind and times; private: what it is; cause: explanation and what is in the way
profiles       each   content; users: the requests that take of the resource
objective      one    summary: gap; worth: all else
provenance     one    content; demand: the mission's and catalogue's hashes, versions of types and instruments
notes          each   content
replan         one    content
events         each   content (padded)
all else       one    content
=============  =====  ============================================================================================
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.signing.sealing import Entry, Salts, Sealed, seal

PADDED = ("unplanned", "events")
"""Sections of which not even the number of items is told."""
CONTENT, BUSY, PRIVATE, REASON, CAUSE = "content", "busy", "private", "reason", "cause"
USERS, SUMMARY, WORTH, DEMAND = "users", "summary", "worth", "demand"

_SINGLE = {
    "mission": ("mission_id", "mission_version", "horizon", "status", "margins"),
    "problem": ("problem_hash",),
    "site": ("site",),
    "alternative_sites": ("alternative_sites",),
    "waypoints": ("waypoints",),
    "routes": ("routes",),
    "window_summaries": ("window_summaries",),
    "validation": ("validation",),
}
_BUSY_ACTIVITY = ("kind", "asset_id", "interval", "place_id", "to_place_id", "mission_resource_ids")
_BUSY_CHANGE, _CAUSE = ("kind", "before", "after"), ("explanation", "because")
_REASON = ("explanation", "blocking")
_DEMAND_RECORDS, _DEMAND_PARAMETERS = ("mission", "catalogue"), ("item_versions",)
M = TypeVar("M", bound=Message)
RequestItem = plan_pb2.PlannedActivity | plan_pb2.UnplannedRequest | replan_pb2.PlanChange
"""What of a plan's content is of a request, with its agency and who may see it."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a section at an index, None in a padded one: the whole of it, and its parts as messages."""

    section: str
    index: int | None
    whole: Message
    parts: Mapping[str, Message]


def request_items(plan: plan_pb2.Plan) -> Iterator[RequestItem]:
    """Yield what of a plan's content is of requests; of drives and contacts the request is empty."""
    yield from plan.activities
    yield from plan.unplanned
    yield from plan.changes


def items_of(plan: plan_pb2.Plan) -> Iterator[Item]:
    """Yield the items of a plan's content in the order in which they are sealed."""
    for section, names in _SINGLE.items():
        yield _one(section, _with(plan, names))
    for index, activity in enumerate(plan.activities):
        yield Item("activities", index, activity, _split(activity, {BUSY: _BUSY_ACTIVITY}, PRIVATE))
    for index, contact in enumerate(plan.contacts):
        yield Item("contacts", index, contact, {CONTENT: contact})
    for unplanned in plan.unplanned:
        yield Item("unplanned", None, unplanned, _split(unplanned, {REASON: _REASON}, CONTENT))
    for index, change in enumerate(plan.changes):
        yield Item("changes", index, change, _split(change, {BUSY: _BUSY_CHANGE, CAUSE: _CAUSE}, PRIVATE))
    for index, profile in enumerate(plan.profiles):
        yield Item("profiles", index, profile, _split(profile, {USERS: ("request_ids",)}, CONTENT))
    yield Item("objective", 0, plan.objective, _split(plan.objective, {SUMMARY: ("gap",)}, WORTH))
    yield _provenance(plan.provenance)
    for index, note in enumerate(plan.provenance.notes):
        yield _one("notes", type_pb2.Provenance(notes=[note]), index)
    yield _one("replan", _without(plan.replan, ("events",)))
    for event in plan.replan.events:
        yield Item("events", None, event, {CONTENT: event})


def put(plan: plan_pb2.Plan, section: str, shown: Message) -> None:
    """Add what is shown of an item of a section to a plan."""
    if isinstance(shown, plan_pb2.Plan):
        plan.MergeFrom(shown)
    elif isinstance(shown, type_pb2.Provenance):
        plan.provenance.MergeFrom(shown)
    elif isinstance(shown, replan_pb2.PlanEvent):
        plan.replan.events.append(shown)
    elif section in ("objective", "replan"):
        if shown.ListFields():
            getattr(plan, section).MergeFrom(shown)
    else:
        getattr(plan, section).append(shown)


def sealed_plan(plan: plan_pb2.Plan, secret: bytes) -> tuple[Sealed, dict[int, Item]]:
    """Return a plan's content sealed with the secret of its mission, and the item of each entry by its identity.

    Identifiers that another run would make anew and times of making are left out: within a mission the same inputs,
    seed and limits give the same content hash.
    """
    lasting = _lasting(plan)
    salts = Salts(secret, f"plan {plan.mission_id} {plan.problem_hash}")
    items = list(items_of(lasting))
    entries = [
        Entry(item.section, item.index, {name: _json(part) for name, part in item.parts.items()}) for item in items
    ]
    return seal(entries, salts, PADDED), {id(entry): item for entry, item in zip(entries, items, strict=True)}


def _json(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True)


def _lasting(plan: plan_pb2.Plan) -> plan_pb2.Plan:
    kept = plan_pb2.Plan()
    kept.CopyFrom(plan)
    if kept.HasField("replan"):
        kept.replan.ClearField("base_plan_id")
        kept.replan.ClearField("merged_plan_id")
    kept.provenance.ClearField("created_time")
    for record in kept.provenance.inputs:
        record.ClearField("name")
    for site in (*([kept.site] if kept.HasField("site") else ()), *kept.alternative_sites):
        site.ClearField("site_id")
        site.ClearField("terrain_stack_id")
    return kept


def _one(section: str, content: Message, index: int = 0) -> Item:
    return Item(section, index, content, {CONTENT: content})


def _provenance(provenance: type_pb2.Provenance) -> Item:
    whole = _without(provenance, ("notes",))
    demand = type_pb2.Provenance(
        inputs=[record for record in provenance.inputs if record.kind in _DEMAND_RECORDS],
        parameters={name: provenance.parameters[name] for name in _DEMAND_PARAMETERS if name in provenance.parameters},
    )
    content = _without(whole, ("inputs",))
    content.inputs.extend(record for record in provenance.inputs if record.kind not in _DEMAND_RECORDS)
    for name in _DEMAND_PARAMETERS:
        content.parameters.pop(name, None)
    return Item("provenance", 0, whole, {CONTENT: content, DEMAND: demand})


def _split(message: M, named: Mapping[str, Collection[str]], rest: str) -> dict[str, Message]:
    """Return parts of a message: fields by part, and all else as the rest."""
    taken = [name for names in named.values() for name in names]
    return {**{part: _with(message, names) for part, names in named.items()}, rest: _without(message, taken)}


def _with(message: M, names: Collection[str]) -> M:
    return _without(message, [field.name for field in message.DESCRIPTOR.fields if field.name not in names])


def _without(message: M, names: Collection[str]) -> M:
    kept = type(message)()
    kept.CopyFrom(message)
    for name in names:
        kept.ClearField(name)
    return kept
