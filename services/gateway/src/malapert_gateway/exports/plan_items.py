"""Items of a plan for planning systems that know activities alone: requested ones, drives and contacts in one shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from malapert_core.documents.plain_text import one_line
from malapert_http_models.contracts.planner import Plan, PlannedActivity, PlannedContact

from malapert_gateway.exports.mps_plan import CONTACT, contact_key, definition_key, definition_title

ITEM_ARGUMENTS = (
    ("asset", "string", ""), ("place", "string", ""), ("to_place", "string", ""), ("agency", "string", ""),
    ("power", "real", "W"), ("data", "real", "bit"), ("value", "real", ""), ("resources", "strings", ""),
)  # fmt: skip
"""Arguments of activities and drives: name, type and unit."""
CONTACT_ARGUMENTS = (
    ("station", "string", ""), ("place", "string", ""), ("window", "string", ""), ("booking", "string", ""),
    ("capacity", "real", "bit"), ("sent", "real", "bit"),
)  # fmt: skip
"""Arguments of contacts."""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """An activity, a drive or a contact; ``arguments`` has what is known of it, texts in one line."""

    key: str
    title: str
    type_id: str
    type_title: str
    subsystem: str
    agency_id: str
    span: tuple[datetime, datetime]
    arguments: Mapping[str, Any]

    @property
    def is_contact(self) -> bool:
        """Whether it is a contact."""
        return self.type_id == CONTACT


def items_of(plan: Plan) -> list[PlanItem]:
    """Return the items of a plan by start time."""
    items = [_activity(activity) for activity in plan.activities] + [_contact(each) for each in plan.contacts]
    return sorted(items, key=lambda item: (item.span[0], item.key))


def _activity(activity: PlannedActivity) -> PlanItem:
    texts = {
        "asset": activity.asset_id,
        "place": activity.place_id,
        "to_place": activity.to_place_id,
        "agency": activity.agency_id,
    }
    # Of a busy item figures are withheld, which is not nothing.
    figures = {"power": activity.power_w, "data": activity.data_bit, "value": activity.value}
    return PlanItem(
        key=one_line(activity.activity_id),
        title=one_line(activity.title) or one_line(activity.activity_id),
        type_id=one_line(definition_key(activity)) or "activity/",
        type_title=one_line(definition_title(activity)),
        subsystem=one_line(activity.asset_id),
        agency_id=one_line(activity.agency_id),
        span=(activity.interval.start_time, activity.interval.end_time),
        arguments=_known(texts)
        | ({} if activity.is_busy else figures)
        | {"resources": [one_line(each) for each in activity.resource_ids]},
    )


def _contact(contact: PlannedContact) -> PlanItem:
    texts = {
        "station": contact.station_id,
        "place": contact.place_id,
        "window": contact.window_id,
        "booking": contact.contact_id,
    }
    return PlanItem(
        key=one_line(contact_key(contact)),
        title=one_line(f"Contact {contact.station_id}"),
        type_id=CONTACT,
        type_title="Contact with a ground station",
        subsystem="contacts",
        agency_id="",
        span=(contact.interval.start_time, contact.interval.end_time),
        arguments=_known(texts) | {"capacity": contact.capacity_bit, "sent": contact.sent_bit},
    )


def _known(texts: Mapping[str, str]) -> dict[str, Any]:
    return {name: one_line(text) for name, text in texts.items() if text}
