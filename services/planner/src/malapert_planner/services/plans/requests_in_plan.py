"""Requests in a plan: what became of each, when its data are on the ground, and what has happened to it since."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import NotFoundError
from malapert_core.rpc.mapping import to_message

from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.making.problem_file import unpack_problem

_PLANNED = plan_pb2.REQUEST_IN_PLAN_STATE_PLANNED
_PARTLY = plan_pb2.REQUEST_IN_PLAN_STATE_PARTLY_PLANNED
_UNPLANNED = plan_pb2.REQUEST_IN_PLAN_STATE_UNPLANNED


def requests_in_plan(plan: Plan, agency_id: str, request_ids: Iterable[str] = ()) -> list[plan_pb2.RequestInPlan]:
    """Return the requests of an agency in a plan by identifier, only some where these are named.

    An empty agency means every agency. A request that the plan was not made for is not among them.
    """
    message = plan_pb2.Plan.FromString(plan.content.message)
    for contact, contact_id in zip(message.contacts, plan.contact_ids, strict=False):
        contact.contact_id = contact_id
    wanted = set(request_ids)
    problem = unpack_problem(plan.content.problem)
    repetitions = {activity.activity_id: activity.repetition_index for activity in problem.activities}
    found: dict[str, plan_pb2.RequestInPlan] = {}
    slots: dict[tuple[str, int], list[plan_pb2.PlannedActivity]] = defaultdict(list)
    for activity in message.activities:
        if activity.request_id and _is_wanted(activity, agency_id, wanted):
            slots[activity.request_id, repetitions.get(activity.activity_id, 0)].append(activity)
            _entry(found, activity)
    for unplanned in message.unplanned:
        if _is_wanted(unplanned, agency_id, wanted):
            _entry(found, unplanned).unplanned.append(unplanned)
    for (request_id, repetition_index), steps in slots.items():
        found[request_id].slots.append(_slot(repetition_index, steps, message.contacts))
    return [_completed(found[request_id], plan) for request_id in sorted(found)]


def request_in_plan(plan: Plan, agency_id: str, request_id: str) -> plan_pb2.RequestInPlan:
    """Return a request of an agency in a plan.

    Raises
    ------
    NotFoundError
        ``UNKNOWN_REQUEST``, alike where it is another agency's and where the plan was not made for it.
    """
    found = requests_in_plan(plan, agency_id, [request_id])
    if not found:
        raise NotFoundError("request", request_id)
    return found[0]


def _is_wanted(item: plan_pb2.PlannedActivity | plan_pb2.UnplannedRequest, agency_id: str, wanted: set[str]) -> bool:
    return (not agency_id or item.agency_id == agency_id) and (not wanted or item.request_id in wanted)


def _entry(
    found: dict[str, plan_pb2.RequestInPlan], item: plan_pb2.PlannedActivity | plan_pb2.UnplannedRequest
) -> plan_pb2.RequestInPlan:
    if item.request_id not in found:
        found[item.request_id] = plan_pb2.RequestInPlan(
            request_id=item.request_id, agency_id=item.agency_id, title=item.title
        )
    return found[item.request_id]


def _slot(
    repetition_index: int,
    steps: Sequence[plan_pb2.PlannedActivity],
    contacts: Sequence[plan_pb2.PlannedContact],
) -> plan_pb2.RequestSlot:
    return plan_pb2.RequestSlot(
        repetition_index=repetition_index,
        interval=type_pb2.Interval(start_time=steps[0].interval.start_time, end_time=steps[-1].interval.end_time),
        place_id=steps[0].place_id,
        mode_id=steps[0].mode_id,
        activities=steps,
        deliveries=[_delivery(each, contacts) for step in steps for each in step.deliveries],
    )


def _delivery(product: plan_pb2.ProductDelivery, contacts: Sequence[plan_pb2.PlannedContact]) -> plan_pb2.SlotDelivery:
    delivery = plan_pb2.SlotDelivery(product_id=product.product_id, data_bit=product.data_bit)
    if not product.HasField("sent_time"):
        return delivery
    delivery.ground_time.CopyFrom(product.sent_time)
    for contact in contacts:
        if _ns(contact.interval.start_time) < _ns(product.sent_time) <= _ns(contact.interval.end_time):
            delivery.station_id, delivery.contact_id = contact.station_id, contact.contact_id
            delivery.contact.CopyFrom(contact.interval)
            break
    return delivery


def _completed(request: plan_pb2.RequestInPlan, plan: Plan) -> plan_pb2.RequestInPlan:
    slots = sorted(request.slots, key=lambda slot: _ns(slot.interval.start_time))
    del request.slots[:]
    request.slots.extend(slots)
    request.state = _UNPLANNED if not slots else _PARTLY if request.unplanned else _PLANNED
    deliveries = [each for slot in slots for each in slot.deliveries]
    if deliveries and all(each.HasField("ground_time") for each in deliveries):
        request.delivered_time.CopyFrom(max((each.ground_time for each in deliveries), key=_ns))
    contacts = {each.contact_id for each in deliveries if each.contact_id}
    for notice in plan.notices:
        theirs = notice.request_id == request.request_id
        by_contact = notice.subject_id in contacts
        general = not notice.request_id and not notice.item_ids
        if theirs or by_contact or general:
            request.notices.append(to_message(notice, plan_pb2.PlanNotice))
    return request


def _ns(time: Timestamp) -> int:
    return time.ToNanoseconds()
