"""A plan for Open MCT's plan and timelist views: lanes in order, times in milliseconds after 1970 (UTC)."""

from datetime import datetime
from typing import Any

from malapert_gateway.models.plan import Plan, PlannedActivityKind

# Okabe and Ito's palette, told apart by colour-blind eyes too, with the text colour that reads on each.
_COLORS = (
    ("#0072b2", "#ffffff"), ("#e69f00", "#000000"), ("#009e73", "#ffffff"), ("#cc79a7", "#000000"),
    ("#56b4e9", "#000000"), ("#d55e00", "#ffffff"), ("#f0e442", "#000000"),
)  # fmt: skip
_ORDER = "Groups"
_DRIVES, _CONTACTS = "Drives", "Contacts"


def openmct_plan(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """Return drives, the activities of each agency and the contacts as lanes, those without items left out."""
    lanes: dict[str, list[dict[str, Any]]] = {_DRIVES: []}
    for agency_id in sorted({item.agency_id for item in plan.activities if item.agency_id}):
        lanes[f"Activities of {agency_id}"] = []
    for item in plan.activities:
        is_drive = item.kind is PlannedActivityKind.DRIVE
        lane = _DRIVES if is_drive else f"Activities of {item.agency_id}" if item.agency_id else "Activities"
        entry = _entry(
            item.title or item.activity_id, item.interval.start_time, item.interval.end_time, item.activity_id
        )
        lanes.setdefault(lane, []).append(entry)
    lanes[_CONTACTS] = [
        _entry(contact.station_id, contact.interval.start_time, contact.interval.end_time, contact.window_id)
        for contact in plan.contacts
    ]
    filled = {lane: entries for lane, entries in lanes.items() if entries}
    for number, (lane, entries) in enumerate(filled.items()):
        color, text_color = _COLORS[number % len(_COLORS)]
        for entry in entries:
            entry |= {"type": lane, "color": color, "textColor": text_color}
    return {_ORDER: [{"name": lane} for lane in filled], **filled}


def _entry(name: str, start: datetime, end: datetime, identifier: str) -> dict[str, Any]:
    return {"name": name, "start": _milliseconds(start), "end": _milliseconds(end), "id": identifier}


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
