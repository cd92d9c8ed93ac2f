"""A plan in the terminal: what a flight director reads first."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from malapert_core.documents.plain_text import one_line
from rich.console import Console
from rich.table import Table
from rich.text import Text

from malapert_cli.margins import margin_rows, planned_margins
from malapert_cli.products import product_rows

if TYPE_CHECKING:
    from malapert_http_models.contracts.comms_window import WindowSummary
    from malapert_http_models.contracts.planner import Objective, Plan, ValidationReport
    from malapert_http_models.contracts.vocabulary import Interval

HOUR_S = 3600.0
SMALL_AMOUNT = 100.0


def print_summary(plan: "Plan", console: Console) -> None:
    """Print sites, windows, activities, refusals, resources, objective, verdict and times of a plan."""
    title = f"{plan.mission_id} version {plan.mission_version}: plan {plan.plan_id}"
    console.rule(Text(one_line(title), style="bold"))
    for table in (
        *([_sites(plan), _windows_at_site(plan)] if plan.site else [_windows(plan)]),
        _activities(plan),
        _unplanned(plan),
        _resources(plan),
        _products(plan),
        _agencies(plan),
        _stages(plan),
    ):
        if table.row_count:
            console.print(table)
    _verdict(plan, console)


def parse_time(text: str) -> datetime:
    """Return the UTC time of an RFC 3339 text."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _hours(interval: "Interval | None") -> float:
    return (interval.end_time - interval.start_time).total_seconds() / HOUR_S if interval else 0.0


def _when(time: datetime | None) -> str:
    return f"{time:%m-%d %H:%M}" if time else ""


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="")
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left")
    return table


def _sites(plan: "Plan") -> Table:
    table = _table("Sites, best first", "rank", "site", ">score", "why")
    best = [plan.site] if plan.site else []
    for site in [*best, *plan.alternative_sites][:6]:
        point = site.point
        place = f"{point.latitude_deg:.4f}°, {point.longitude_deg:.4f}°"
        table.add_row(str(site.rank), place, f"{site.score:.3f}", site.explanation)
    return table


def _windows(plan: "Plan") -> Table:
    """Return the windows of a mission without a terrain, of whatever ends they are."""
    table = _table("Windows", "kind", "place", "orbiter", "station", ">count", ">total h", ">longest h", ">Gbit")
    for row in plan.window_summaries:
        if row.count:
            hours = [f"{span_s / HOUR_S:.1f}" for span_s in (row.total_s, row.longest_s)]
            volume = f"{row.volume_bit / 1e9:.3g}" if row.volume_bit else ""
            ends = (row.place_id, row.orbiter_id, row.station_id)
            table.add_row(row.kind.lower(), *ends, str(row.count), *hours, volume)
    return table


def _windows_at_site(plan: "Plan") -> Table:
    table = _table(
        "Windows at the landing site", "kind", "station", ">count", ">total h", ">longest h", ">longest gap h", ">Gbit"
    )
    for row in _at_site(plan.window_summaries, plan):
        volume = f"{row.volume_bit / 1e9:.1f}" if row.kind == "CONTACT" else ""
        hours = [f"{span_s / HOUR_S:.1f}" for span_s in (row.total_s, row.longest_s, row.longest_gap_s)]
        table.add_row(row.kind.lower(), row.station_id, str(row.count), *hours, volume)
    return table


def _at_site(summaries: Iterable["WindowSummary"], plan: "Plan") -> "list[WindowSummary]":
    first = plan.waypoints[0].waypoint_id
    return [row for row in summaries if row.place_id == first]


def _activities(plan: "Plan") -> Table:
    table = _table("Planned", "start", ">hours", "place", "agency", "activity")
    for item in plan.activities:
        place = item.place_id + (f" → {item.to_place_id}" if item.to_place_id else "")
        hours = f"{_hours(item.interval):.1f}"
        table.add_row(
            _when(item.interval.start_time if item.interval else None), hours, place, item.agency_id, item.title
        )
    return table


def _unplanned(plan: "Plan") -> Table:
    table = _table("Not planned", "request", "agency", ">value", "reason", "explanation")
    for item in plan.unplanned:
        name = item.request_id + (f" #{item.repetition_index + 1}" if item.repetition_index else "")
        table.add_row(name, item.agency_id, f"{item.value:g}", item.reason, item.explanation)
    return table


def _resources(plan: "Plan") -> Table:
    table = _table("Resources", "resource", ">lowest", "when", ">highest", ">floor", ">capacity", "unit")
    for profile in plan.profiles:
        limits = ["" if limit is None else _amount(limit) for limit in (profile.floor, profile.capacity)]
        lowest, highest = _amount(profile.minimum), _amount(profile.maximum)
        table.add_row(profile.resource_id, lowest, _when(profile.minimum_time), highest, *limits, profile.unit)
    return table


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= SMALL_AMOUNT else f"{value:.2f}"


def _products(plan: "Plan") -> Table:
    table = _table(
        "Data products", "product", ">count", ">median h to the ground", ">longest h", ">allowed h", ">unsent"
    )
    for row in product_rows(plan):
        hours = ["" if value is None else f"{value:.1f}" for value in (row.median_h, row.longest_h, row.limit_h)]
        table.add_row(row.product_id, str(row.count), *hours, str(row.unsent))
    return table


def _agencies(plan: "Plan") -> Table:
    contact_hours: dict[str, float] = defaultdict(float)
    for contact in plan.contacts:
        contact_hours[contact.station_id] += _hours(contact.interval)
    table = _table("Agencies", "agency", ">value asked", ">value planned", ">unsatisfied")
    for share in plan.objective.agency_shares if plan.objective else ():
        values = [f"{value:g}" for value in (share.requested_value, share.planned_value)]
        table.add_row(share.agency_id, *values, f"{share.unsatisfied_share:.1%}")
    stations = ", ".join(f"{station} {hours:.0f} h" for station, hours in sorted(contact_hours.items()))
    table.caption = f"{len(plan.contacts)} contacts: {stations}" if stations else None
    return table


def _stages(plan: "Plan") -> Table:
    table = _table("Time spent", "stage", ">s")
    for stage in plan.stage_times:
        table.add_row(stage.name, f"{stage.elapsed_s:.1f}")
    return table


def _verdict(plan: "Plan", console: Console) -> None:
    if plan.objective:
        _tell_objective(plan.objective, plan.status, console)
    if plan.validation:
        _tell_validation(plan.validation, console)
    if rows := margin_rows(plan.validation):
        console.print(f"margins: {'; '.join(f'{row.rule} {row.margin}' for row in rows)}")
    if built := planned_margins(plan.margins):
        console.print(built)
    console.print(f"content {plan.content_hash}")
    for note in plan.provenance.notes if plan.provenance else ():
        console.print(f"note: {note}")


def _tell_objective(objective: "Objective", status: str | None, console: Console) -> None:
    parts = ", ".join(f"{name} {value:+.2f}" for name, value in sorted(objective.parts.items()))
    gap = f"bound {objective.bound:.2f}, gap {objective.gap:.2%}, {(status or 'unknown').lower()}"
    console.print(f"objective {objective.objective:.2f} ({parts}), {gap}")


def _tell_validation(validation: "ValidationReport", console: Console) -> None:
    checks = sum(validation.checks.values())
    violations = len(validation.violations)
    verdict = Text("valid", style="green") if validation.valid else Text(f"{violations} violations", style="red")
    rules = f", {checks} checks of {len(validation.checks)} rules at {validation.step_s:g} s"
    console.print(Text.assemble("validator: ", verdict, rules))
