"""Items of a plan as messages: activities with their data products, drives, contacts."""

from collections import defaultdict
from datetime import timedelta

from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.result import SolveResult
from malapert_planner.domain.validation.report import Delivery, ValidationReport
from malapert_planner.services.making.antenna_time import source_window_id
from malapert_planner.services.requests_out.request_messages import interval


def span_interval(problem: PlanningProblem, span: Span) -> type_pb2.Interval:
    """Return a span of a problem as an interval of times."""
    start_time = problem.start_time
    return interval(start_time + timedelta(seconds=span[0]), start_time + timedelta(seconds=span[1]))


def activity_messages(
    problem: PlanningProblem, result: SolveResult, validation: ValidationReport
) -> list[plan_pb2.PlannedActivity]:
    """Return activities and drives by start."""
    sent: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in validation.deliveries:
        sent[delivery.activity_id].append(delivery)
    by_id = {activity.activity_id: activity for activity in problem.activities}
    drives = {(drive.from_place_id, drive.to_place_id): drive for drive in problem.drives}
    titles = {place.place_id: place.title for place in problem.places}
    placed = []
    for item in result.schedule.activities:
        activity = by_id[item.activity_id]
        message = _requested(activity, problem, item.place_id, item.span)
        message.deliveries.extend(_delivery(each, activity, problem) for each in sent[item.activity_id])
        placed.append((item.span, message))
    for index, move in enumerate(result.schedule.drives):
        drive = drives[move.from_place_id, move.to_place_id]
        message = plan_pb2.PlannedActivity(
            activity_id=f"drive/{index}",
            kind=plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE,
            title=f"Drive from {titles[move.from_place_id]} to {titles[move.to_place_id]}",
            asset_id=problem.asset_id,
            interval=span_interval(problem, move.span),
            place_id=move.from_place_id,
            to_place_id=move.to_place_id,
            power_w=drive.power_w,
            data_bit=drive.data_bit,
            resource_ids=problem.drive_rule.resource_ids,
            margin_s=drive.margin_s,
        )
        placed.append((move.span, message))
    return [message for _, message in sorted(placed, key=lambda pair: (pair[0], pair[1].activity_id))]


def _requested(activity: Activity, problem: PlanningProblem, place_id: str, span: Span) -> plan_pb2.PlannedActivity:
    # Which worth of its start it has is no way to do it.
    mode = activity.mode_id.partition("@")[0]
    return plan_pb2.PlannedActivity(
        activity_id=activity.activity_id,
        kind=plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED,
        request_id=activity.request_id,
        activity_type_id=activity.activity_type_id,
        title=f"{activity.title} ({mode})" if mode else activity.title,
        agency_id=activity.agency_id,
        asset_id=problem.asset_id,
        interval=span_interval(problem, span),
        place_id=place_id,
        power_w=activity.power_w,
        data_bit=activity.data_bit,
        resource_ids=activity.resource_ids,
        chain_id=activity.chain_id,
        value=activity.value,
        mode_id=mode,
        margin_s=activity.margin_s,
    )


def _delivery(delivery: Delivery, activity: Activity, problem: PlanningProblem) -> plan_pb2.ProductDelivery:
    product = next(item for item in activity.products if item.product_id == delivery.product_id)
    message = plan_pb2.ProductDelivery(
        product_id=product.product_id, data_bit=product.data_bit, max_latency_s=product.max_latency_s
    )
    if delivery.sent_s is not None:
        sent_time = problem.start_time + timedelta(seconds=delivery.sent_s)
        message.sent_time.CopyFrom(to_timestamp(sent_time))
        message.latency_s = delivery.sent_s - delivery.made_s
    return message


def contact_messages(
    problem: PlanningProblem, result: SolveResult, validation: ValidationReport
) -> list[plan_pb2.PlannedContact]:
    """Return the chosen contacts by start."""
    windows = {window.window_id: window for window in problem.contact_windows}
    sent_bit = dict(zip(result.schedule.contacts, validation.sent_bit, strict=True))
    messages = []
    for contact in sorted(result.schedule.contacts, key=lambda item: item.span):
        window = windows[contact.window_id]
        hours = (contact.span[1] - contact.span[0]) / 3600.0
        messages.append(
            plan_pb2.PlannedContact(
                station_id=contact.station_id,
                interval=span_interval(problem, contact.span),
                place_id=contact.place_id,
                window_id=source_window_id(contact.window_id),
                capacity_bit=_capacity_bit(window.rate.offset_s, window.rate.rate_bps, contact.span),
                sent_bit=sent_bit[contact],
                cost=window.cost_per_hour * hours,
            )
        )
    return messages


def _capacity_bit(offsets_s: tuple[int, ...], rates_bps: tuple[float, ...], span: Span) -> float:
    ends_s = (*offsets_s[1:], span[1])
    parts = zip(offsets_s, ends_s, rates_bps, strict=True)
    return sum(max(min(end_s, span[1]) - max(start_s, span[0]), 0) * rate_bps for start_s, end_s, rate_bps in parts)
