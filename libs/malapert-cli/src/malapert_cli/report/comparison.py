"""Two plans side by side: both timelines, both courses of the resources, every figure and every change on one page."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import matplotlib.dates as mdates
import numpy as np
from malapert_client.widget.data import Json, timeline_data
from malapert_core.documents.plain_text import one_line
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from malapert_cli.report.page import has_script, png_of, render_page
from malapert_cli.report.style import BUSY, FIRST, GRID, OTHER, new_figure, utc_axis
from malapert_cli.summary import parse_time

SAME, GONE, NEW = BUSY, OTHER, FIRST
SCALES = {"1": (1.0, ""), "bit": (1e-9, "Gbit")}
LEVELS = {"battery_wh": ("battery, Wh", 1.0), "storage_bit": ("storage, Gbit", 1e-9)}


def write_comparison(
    plans: tuple[Json, Json], comparison: Json, page: Path, stations: Sequence[Json] = (), windows: Sequence[Json] = ()
) -> None:
    """Write the page of two plans and what the service says of both."""
    drawn = () if has_script() else (("When", draw_timelines), ("Battery and storage", draw_levels))
    pictures = [{"title": title, "data": base64.b64encode(png_of(draw(plans))).decode()} for title, draw in drawn]
    text = render_page(
        "comparison.html.j2",
        timeline_data(plans, windows, stations),
        plans=plans,
        comparison=comparison,
        figures=[_figure_row(figure) for figure in comparison["figures"]],
        pictures=pictures,
    )
    page.write_text(text, encoding="utf-8")


def _figure_row(figure: Json) -> tuple[str, str, str, str, str]:
    """Return a figure's name, both values, their difference and the unit as the page shows them."""
    scale, unit = SCALES.get(figure["unit"], (1.0, figure["unit"]))
    first, other = figure["value"] * scale, figure["other_value"] * scale
    digits = 0 if first.is_integer() and other.is_integer() else 2
    difference = f"{other - first:+,.{digits}f}" if first != other else "same"
    return figure["name"].replace("_", " "), f"{first:,.{digits}f}", f"{other:,.{digits}f}", difference, unit


def draw_timelines(plans: tuple[Json, Json]) -> Figure:
    """Draw for each place and station what both plans hold: the first above, the other below in the same lane."""
    lanes = sorted({lane for plan in plans for lane, _ in _items(plan)}, key=lambda lane: (lane[0], lane[1]))
    figure = new_figure(13, 1.6 + 0.4 * len(lanes))
    axes = figure.subplots()
    held = [{(lane, span) for lane, span in _items(plan)} for plan in plans]
    for number, lane in enumerate(lanes):
        axes.axhline(number + 0.5, color=GRID, lw=0.6)
        for side, (own, others) in enumerate(((held[0], held[1]), (held[1], held[0]))):
            for colour, chosen in ((SAME, own & others), ((GONE, NEW)[side], own - others)):
                bars = [(start, end - start) for at, (start, end) in sorted(chosen) if at == lane]
                axes.broken_barh(bars, (number - 0.4 + 0.42 * side, 0.38), color=colour, linewidth=0.8)
    axes.set_yticks(range(len(lanes)), [one_line(name) for _, name in lanes])
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.set_xlim(*_limits(plans))
    axes.grid(visible=False, axis="y")
    utc_axis(axes)
    names = {"in both": SAME, "in the first alone": GONE, "in the other alone": NEW}
    patches = [Patch(color=colour, label=name) for name, colour in names.items()]
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(patches), frameon=False)
    return figure


def draw_levels(plans: tuple[Json, Json]) -> Figure:
    """Draw charge and stored data of both plans over each other; a plan without them leaves its line out."""
    figure = new_figure(13, 5.5)
    axes_of: list[Axes] = list(figure.subplots(len(LEVELS), 1, sharex=True))
    for axes, (resource_id, (label, scale)) in zip(axes_of, LEVELS.items(), strict=True):
        for plan, colour, name in zip(plans, (GONE, NEW), ("first", "other"), strict=True):
            for profile in (item for item in plan["profiles"] if item["resource_id"] == resource_id):
                times = [_number(_start(plan) + timedelta(seconds=offset_s)) for offset_s in profile["offset_s"]]
                axes.plot(times, np.array(profile["value"]) * scale, lw=0.9, color=colour, label=name)
        axes.set_title(label)
        axes.set_ylim(bottom=0)
        if axes.lines:
            axes.legend(loc="lower right", ncols=2, frameon=False)
    axes_of[-1].set_xlim(*_limits(plans))
    utc_axis(axes_of[-1])
    return figure


Lane = tuple[int, str]
Item = tuple[Lane, tuple[float, float]]


def _items(plan: Json) -> list[Item]:
    """Return every item with its lane: drives first, then places, then stations."""
    found: list[Item] = []
    for activity in plan["activities"]:
        lane = (0, "drive") if activity["kind"] == "DRIVE" else (1, f"at {activity['place_id']}")
        found.append((lane, _span(activity)))
    found += [((2, contact["station_id"]), _span(contact)) for contact in plan["contacts"]]
    return found


def _span(item: Json) -> tuple[float, float]:
    interval = item["interval"]
    return _number(parse_time(interval["start_time"])), _number(parse_time(interval["end_time"]))


def _start(plan: Json) -> datetime:
    return parse_time(plan["horizon"]["start_time"])


def _limits(plans: tuple[Json, Json]) -> tuple[float, float]:
    return _number(_start(plans[0])), _number(parse_time(plans[0]["horizon"]["end_time"]))


def _number(time: datetime) -> float:
    return float(mdates.date2num(time))
