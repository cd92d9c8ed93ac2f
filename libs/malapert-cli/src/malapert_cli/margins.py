"""Margins of a plan as rows: how far it is from breaking a rule, in units that people read."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import PlanMargins, ValidationReport

_HOUR_S, _DAY_S = 3600.0, 86_400.0
# A repetition is another thing: exosphere/0@2 is in its third place.
_AT = re.compile(r"(?<!/\d)(?<!/\d\d)(?<!/\d\d\d)@(\d{1,9})(?![\w-])")
_NAMES = {
    "DRIVE_WAY": "conditions along the way of drives",
    "CONTACT_RATE": "rate at which links close",
    "CONTACT_HAND_OVER": "hand-over between stations",
    "CONTACT_RHYTHM": "silence while a contact could be held",
    "EARTH_NIGHT": "time before the Earth sets away from a haven",
    "DARK_STAY": "time without the Sun",
    "BATTERY_FLOOR": "battery floor",
    "BATTERY_END": "charge at the end",
    "STORAGE_CAPACITY": "room in the storage",
    "PRODUCT_LATENCY": "latency of products",
}


@dataclass(frozen=True, slots=True)
class MarginRow:
    """A rule by name, its least margin as text, what that is of, and whether the rule is kept."""

    rule: str
    margin: str
    text: str
    kept: bool


def margin_rows(report: "ValidationReport | None", start_time: datetime | None = None) -> list[MarginRow]:
    """Return the margins in the validator's order; none of a plan that was made before there were any.

    ``start_time`` is the start of the plan, by which the items that they name are told with their times.
    """
    return [
        MarginRow(
            _NAMES.get(each.rule_id, each.rule_id.lower().replace("_", " ")),
            amount_text(each.amount, each.unit),
            with_times(each.text, start_time),
            each.amount >= 0,
        )
        for each in (report.margins if report else ())
    ]


def figure_rows(report: "ValidationReport | None") -> list[MarginRow]:
    """Return what a plan makes of its time and data; none of a plan that was made before it was told."""
    return [
        MarginRow(
            each.figure_id.capitalize().replace("_", " "),
            f"{each.amount:.1%}" if each.unit == "1" else amount_text(each.amount, each.unit),
            each.text,
            True,
        )
        for each in (report.figures if report else ())
    ]


def planned_margins(margins: "PlanMargins | None") -> str:
    """Return what a plan was built with as a sentence; empty for one whose mission states no margins."""
    if margins is None:
        return ""
    factors = (
        ("array", margins.array_power),
        ("battery", margins.battery_capacity),
        ("loads", margins.load_power),
        ("data rates", margins.data_rate),
        ("storage", margins.storage),
    )
    told = [f"{name} {factor - 1:+.0%}" for name, factor in factors if abs(factor - 1) >= 0.0005]
    if margins.light_edge_s:
        told.append(f"light {amount_text(margins.light_edge_s, 's')} inside its edges")
    counted = ", ".join(["times with their margins", *told])
    return f"Built with the margins of policy {margins.policy}, {margins.sigmas:g} standard deviations: {counted}."


def with_times(text: str, start_time: datetime | None) -> str:
    """Return a text in which items such as usuda-64@7200 are named with their time in place of the seconds."""
    if start_time is None:
        return text
    return _AT.sub(lambda at: f" at {start_time + timedelta(seconds=int(at[1])):%Y-%m-%d %H:%M} UTC", text)


def amount_text(amount: float, unit: str) -> str:
    """Return an amount for a person: times in minutes, hours or days, data in Mbit, rates in kbit/s."""
    size = abs(amount)
    if unit == "s":
        if size < 2 * _HOUR_S:
            return f"{amount / 60:.0f} min"
        return f"{amount / _HOUR_S:.1f} h" if size < 2 * _DAY_S else f"{amount / _DAY_S:.1f} d"
    if unit == "bit":
        return f"{amount / 1e6:,.1f} Mbit"
    if unit == "bit/s":
        return f"{amount / 1e3:,.1f} kbit/s"
    return f"{amount:,.3g}" if unit == "1" else f"{amount:,.4g} {unit}"
