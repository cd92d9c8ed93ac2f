"""A plan as a table (CSV, RFC 4180), and as a command timeline: what begins and ends when, line by line."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.planner import Plan, PlannedActivity, PlannedContact
from malapert_http_models.contracts.vocabulary import Interval
from malapert_http_models.wire import rfc3339

from malapert_gateway.exports.csv_table import csv_table
from malapert_gateway.exports.day_of_year import day_of_year_time
from malapert_gateway.exports.fixed_columns import fixed_columns

_COLUMNS = (
    "kind", "id", "title", "agency_id", "asset_id", "start_time", "end_time", "duration_s", "place_id", "to_place_id",
    "station_id", "power_w", "data_bit", "capacity_bit", "sent_bit", "value", "resource_ids", "request_id",
    "activity_type_id", "chain_id", "window_id", "contact_id",
)  # fmt: skip


def plan_csv(plan: Plan) -> bytes:
    """Return activities, drives and contacts one a row by start time; times are RFC 3339 in UTC."""
    timed = [(activity.interval.start_time, _activity_row(activity)) for activity in plan.activities]
    timed += [(contact.interval.start_time, _contact_row(contact)) for contact in plan.contacts]
    timed.sort(key=lambda pair: (pair[0], pair[1]["kind"], pair[1]["id"]))
    return csv_table(_COLUMNS, ([row.get(name) for name in _COLUMNS] for _, row in timed))


def _activity_row(activity: PlannedActivity) -> dict[str, Any]:
    return {
        "kind": activity.kind,
        "id": activity.activity_id,
        "title": activity.title,
        "agency_id": activity.agency_id,
        "asset_id": activity.asset_id,
        **_span(activity.interval),
        "place_id": activity.place_id,
        "to_place_id": activity.to_place_id,
        # Of a busy item these are withheld, which is not nothing.
        "power_w": None if activity.is_busy else activity.power_w,
        "data_bit": None if activity.is_busy else activity.data_bit,
        "value": None if activity.is_busy else activity.value,
        "resource_ids": " ".join(activity.resource_ids),
        "request_id": activity.request_id,
        "activity_type_id": activity.activity_type_id,
        "chain_id": activity.chain_id,
    }


def _contact_row(contact: PlannedContact) -> dict[str, Any]:
    return {
        "kind": "CONTACT",
        "id": contact.window_id,
        "title": f"Contact {contact.station_id}",
        **_span(contact.interval),
        "place_id": contact.place_id,
        "station_id": contact.station_id,
        "capacity_bit": contact.capacity_bit,
        "sent_bit": contact.sent_bit,
        "window_id": contact.window_id,
        "contact_id": contact.contact_id,
    }


def _span(interval: Interval) -> dict[str, str | float]:
    return {
        "start_time": rfc3339(interval.start_time),
        "end_time": rfc3339(interval.end_time),
        "duration_s": (interval.end_time - interval.start_time).total_seconds(),
    }


def plan_timeline(plan: Plan) -> bytes:
    """Return a line for each begin and end by time, ends before begins where both fall together.

    Times are UTC as year, day of the year and time of day; BEGIN and END are of activities and drives, AOS and LOS of
    contacts. The head names the plan and the hash of its content. Columns are as wide as what is in them.
    """
    head = [
        f"# plan {one_line(plan.plan_id)} of {one_line(plan.mission_id)} version {plan.mission_version}, {plan.state}",
        f"# content {one_line(plan.content_hash)}",
    ]
    rows = [row for _, _, row in sorted(_rows(plan))]
    lines = fixed_columns(("# TIME (UTC)", "WHAT", "ASSET", "PLACE", "ITEM"), rows, (18, 5, 12, 24))
    return ("\n".join([*head, *lines]) + "\n").encode()


def _rows(plan: Plan) -> Iterator[tuple[datetime, int, tuple[str, ...]]]:
    for activity in plan.activities:
        way = f"{activity.place_id}>{activity.to_place_id}" if activity.to_place_id else activity.place_id
        item = f"{activity.activity_id} | {activity.title}"
        for what, time, order in (("BEGIN", activity.interval.start_time, 1), ("END", activity.interval.end_time, 0)):
            yield time, order, (day_of_year_time(time), what, activity.asset_id, way, item)
    for contact in plan.contacts:
        item = f"{contact.station_id} | {contact.sent_bit:.0f} of {contact.capacity_bit:.0f} bit"
        for what, time, order in (("AOS", contact.interval.start_time, 1), ("LOS", contact.interval.end_time, 0)):
            yield time, order, (day_of_year_time(time), what, "", contact.place_id, item)
