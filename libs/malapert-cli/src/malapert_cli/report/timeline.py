"""The timeline: where the asset is, what it does for whom, and with whom it speaks."""

from datetime import datetime, timedelta

import matplotlib.dates as mdates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from malapert_cli.api import Json
from malapert_cli.report.data import ReportData
from malapert_cli.report.style import DRIVE, EARTH, LIGHT, NIGHT, colours, new_figure, utc_axis
from malapert_cli.summary import parse_time

Bar = tuple[float, float]
CLOSE_UP_DAYS = 7


def draw_timeline(data: ReportData) -> Figure:
    """Draw the whole plan."""
    horizon = data.plan["horizon"]
    return _draw(data, parse_time(horizon["start_time"]), parse_time(horizon["end_time"]), "The whole plan")


def draw_close_up(data: ReportData) -> Figure:
    """Draw the week with the most planned activities, close enough to read every step."""
    starts = [parse_time(item["interval"]["start_time"]) for item in data.plan["activities"]] or [data.start_time]
    week = timedelta(days=CLOSE_UP_DAYS)
    first = max(starts, key=lambda begin: sum(begin <= start < begin + week for start in starts))
    return _draw(data, first, first + week, f"The busiest {CLOSE_UP_DAYS} days, from {first:%Y-%m-%d %H:%M} UTC")


def _draw(data: ReportData, first: datetime, last: datetime, title: str) -> Figure:
    plan = data.plan
    lanes = _lanes(data)
    tint = colours([item["agency_id"] for item in plan["activities"] if item["agency_id"]])
    figure = new_figure(13, 1.6 + 0.28 * len(lanes))
    axes = figure.subplots()
    for number, (_, bars) in enumerate(lanes):
        for bar, colour in bars:
            axes.broken_barh([bar], (number - 0.38, 0.76), color=tint.get(colour, colour), linewidth=0.8)
    axes.set_yticks(range(len(lanes)), [name for name, _ in lanes])
    axes.set_ylim(len(lanes) - 0.4, -0.6)
    axes.set_xlim(float(mdates.date2num(first)), float(mdates.date2num(last)))
    axes.set_title(title)
    utc_axis(axes)
    _legend(axes, tint)
    return figure


def _lanes(data: ReportData) -> list[tuple[str, list[tuple[Bar, str]]]]:
    plan = data.plan
    by_kind = {
        kind: [(_bar(w["interval"]), kind) for w in data.windows if w["kind"] == kind]
        for kind in ("ILLUMINATION", "EARTH_VISIBILITY")
    }
    lanes = [
        ("Sun at the site", [(bar, LIGHT) for bar, _ in by_kind["ILLUMINATION"]]),
        ("Earth at the site", [(bar, EARTH) for bar, _ in by_kind["EARTH_VISIBILITY"]]),
        ("drive", [(_bar(item["interval"]), DRIVE) for item in plan["activities"] if item["kind"] == "DRIVE"]),
    ]
    requested = [item for item in plan["activities"] if item["kind"] == "REQUESTED"]
    for place in plan["waypoints"]:
        at = [
            (_bar(item["interval"]), item["agency_id"])
            for item in requested
            if item["place_id"] == place["waypoint_id"]
        ]
        lanes.append((f"at {place['waypoint_id']}", at))
    for station in sorted({contact["station_id"] for contact in plan["contacts"]}):
        held = [(_bar(contact["interval"]), NIGHT) for contact in plan["contacts"] if contact["station_id"] == station]
        lanes.append((station, held))
    return lanes


def _bar(interval: Json) -> Bar:
    start, end = (float(mdates.date2num(parse_time(interval[key]))) for key in ("start_time", "end_time"))
    return start, end - start


def _legend(axes: Axes, tint: dict[str, str]) -> None:
    fixed = {"light": LIGHT, "Earth in view": EARTH, "drive": DRIVE, "contact": NIGHT}
    patches = [Patch(color=colour, label=name) for name, colour in {**fixed, **tint}.items()]
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(patches), frameon=False)
