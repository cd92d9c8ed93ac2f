"""Margins of a plan as rows: how far it is from breaking a rule, in units that people read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from malapert_http_models.contracts.planner import ValidationReport

_HOUR_S, _DAY_S = 3600.0, 86_400.0
_NAMES = {
    "DRIVE_WAY": "conditions along the way of drives",
    "CONTACT_RATE": "rate at which links close",
    "CONTACT_RHYTHM": "silence while a contact could be held",
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


def margin_rows(report: "ValidationReport | None") -> list[MarginRow]:
    """Return the margins in the validator's order; none of a plan that was made before there were any."""
    return [
        MarginRow(
            _NAMES.get(each.rule_id, each.rule_id.lower().replace("_", " ")),
            amount_text(each.amount, each.unit),
            each.text,
            each.amount >= 0,
        )
        for each in (report.margins if report else ())
    ]


def figure_rows(report: "ValidationReport | None") -> list[MarginRow]:
    """Return what a plan makes of its time and data; none of a plan that was made before it was told."""
    return [
        MarginRow(each.figure_id.capitalize().replace("_", " "), amount_text(each.amount, each.unit), each.text, True)
        for each in (report.figures if report else ())
    ]


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
