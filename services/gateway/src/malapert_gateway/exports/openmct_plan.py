"""A plan for Open MCT's plan and timelist views: times in milliseconds after 1970 (UTC).

Its file is an object of lanes, in order, and of nothing else: any other key would be shown as a lane of its own.
"""

from datetime import datetime
from typing import Any

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.planner import Plan, PlannedActivityKind
from malapert_http_models.contracts.vocabulary import Interval

from malapert_gateway.exports.mps_plan import contact_key

# Okabe and Ito's palette, told apart by colour-blind eyes too, with the text colour that reads on each.
_COLORS = (
    ("#0072b2", "#ffffff"), ("#e69f00", "#000000"), ("#009e73", "#ffffff"), ("#cc79a7", "#000000"),
    ("#56b4e9", "#000000"), ("#d55e00", "#ffffff"), ("#f0e442", "#000000"),
)  # fmt: skip
_DRIVES, _CONTACTS = "Drives", "Contacts"


def openmct_plan(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """Return drives, the activities of each agency and the contacts as lanes, those without items left out."""
    lanes: dict[str, list[dict[str, Any]]] = {_DRIVES: []}
    for agency_id in sorted({item.agency_id for item in plan.activities if item.agency_id}):
        lanes[_lane(agency_id)] = []
    for item in plan.activities:
        is_drive = item.kind is PlannedActivityKind.DRIVE
        lane = _DRIVES if is_drive else _lane(item.agency_id)
        lanes.setdefault(lane, []).append(
            _entry(one_line(item.title) or item.activity_id, item.interval, item.activity_id)
        )
    lanes[_CONTACTS] = [_entry(item.station_id, item.interval, contact_key(item)) for item in plan.contacts]
    filled = {lane: entries for lane, entries in lanes.items() if entries}
    for number, (lane, entries) in enumerate(filled.items()):
        color, text_color = _COLORS[number % len(_COLORS)]
        for entry in entries:
            entry |= {"type": lane, "color": color, "textColor": text_color}
    return filled


def _lane(agency_id: str) -> str:
    return one_line(f"Activities of {agency_id}") if agency_id else "Activities"


def _entry(name: str, interval: Interval, identifier: str) -> dict[str, Any]:
    start, end = _milliseconds(interval.start_time), _milliseconds(interval.end_time)
    return {"name": one_line(name), "start": start, "end": end, "id": identifier}


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
