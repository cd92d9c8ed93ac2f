"""Timeline of a plan: the asset's place, its activities by agency, and its contacts."""

from collections import defaultdict
from datetime import datetime, timedelta

import matplotlib.dates as mdates
from malapert_client.widget.data import Json
from malapert_core.documents.plain_text import one_line
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from malapert_cli.report.data import ReportData
from malapert_cli.report.style import BUSY, DRIVE, EARTH, LIGHT, NIGHT, new_figure, utc_axis
from malapert_cli.report.tokens import agency_colours
from malapert_cli.summary import parse_time

Bar = tuple[float, float]
CLOSE_UP_DAYS = 7
MOST_WINDOW_LANES = 14
_ROUNDING_D = 1e-7
"""Days by which numbers of one instant may differ."""


def draw_timeline(data: ReportData) -> Figure:
    """Draw the whole plan."""
    return _draw(data, data.start_time, data.end_time, "The whole plan")


def draw_close_up(data: ReportData) -> Figure:
    """Draw the week with the most planned activities, close enough to read every step."""
    starts = [parse_time(item["interval"]["start_time"]) for item in data.plan["activities"]] or [data.start_time]
    week = timedelta(days=CLOSE_UP_DAYS)
    first = max(starts, key=lambda begin: sum(begin <= start < begin + week for start in starts))
    return _draw(data, first, first + week, f"The busiest {CLOSE_UP_DAYS} days, from {first:%Y-%m-%d %H:%M} UTC")


def _draw(data: ReportData, first: datetime, last: datetime, title: str) -> Figure:
    plan = data.plan
    lanes = _lanes(data) if data.ground else _lanes_without_ground(data)
    tint = agency_colours(item["agency_id"] for item in plan["activities"] if item["agency_id"])
    figure = new_figure(13, 1.6 + 0.28 * len(lanes))
    axes = figure.subplots()
    for number, (_, bars) in enumerate(lanes):
        for bar, colour in bars:
            axes.broken_barh([bar], (number - 0.38, 0.76), color=tint.get(colour, colour) or BUSY, linewidth=0.8)
    axes.set_yticks(range(len(lanes)), [one_line(name) for name, _ in lanes])
    axes.set_ylim(len(lanes) - 0.4, -0.6)
    axes.set_xlim(float(mdates.date2num(first)), float(mdates.date2num(last)))
    axes.set_title(title)
    utc_axis(axes)
    fixed = {"light": LIGHT, "Earth in view": EARTH, "drive": DRIVE, "contact": NIGHT}
    hidden = any(item["kind"] != "DRIVE" and not item["agency_id"] for item in plan["activities"])
    busy = {"busy": BUSY} if hidden else {}
    _legend(axes, {**(fixed if data.ground else {"window": EARTH}), **tint, **busy})
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
        lanes += [("" if row else f"at {place['waypoint_id']}", bars) for row, bars in enumerate(_stacked(at))]
    for station in sorted({contact["station_id"] for contact in plan["contacts"]}):
        held = [(_bar(contact["interval"]), NIGHT) for contact in plan["contacts"] if contact["station_id"] == station]
        lanes.append((station, held))
    return lanes


def _stacked(bars: list[tuple[Bar, str]]) -> list[list[tuple[Bar, str]]]:
    """Return bars in as few rows as keep those apart that go on at once; at least one row."""
    rows: list[list[tuple[Bar, str]]] = [[]]
    for bar in sorted(bars):
        start = bar[0][0]
        row = next((row for row in rows if not row or sum(row[-1][0]) <= start + _ROUNDING_D), None)
        if row is None:
            rows.append([bar])
        else:
            row.append(bar)
    return rows


def _bar(interval: Json) -> Bar:
    start, end = (float(mdates.date2num(parse_time(interval[key]))) for key in ("start_time", "end_time"))
    return start, end - start


def _lanes_without_ground(data: ReportData) -> list[tuple[str, list[tuple[Bar, str]]]]:
    """Return a lane for each kind and ends of windows, the longest open first, then one for each request."""
    opened: dict[str, list[tuple[Bar, str]]] = defaultdict(list)
    prefix = f"{data.plan['mission_id']}."
    for window in data.windows:
        ends = (
            window["place_id"],
            window["orbiter_id"].removeprefix(prefix),
            window["station_id"].removeprefix(prefix),
        )
        name = " ".join([window["kind"].lower().replace("_", " "), *(end for end in ends if end)])
        opened[name].append((_bar(window["interval"]), EARTH))
    longest = sorted(opened, key=lambda name: -sum(bar[1] for bar, _ in opened[name]))[:MOST_WINDOW_LANES]
    asked: dict[str, list[tuple[Bar, str]]] = {}
    for item in data.plan["activities"]:
        asked.setdefault(item["request_id"] or "busy", []).append((_bar(item["interval"]), item["agency_id"]))
    stacked = [("" if row else name, bars) for name in asked for row, bars in enumerate(_stacked(asked[name]))]
    return [*((name, opened[name]) for name in sorted(longest)), *stacked]


def _legend(axes: Axes, colour_of: dict[str, str]) -> None:
    patches = [Patch(color=colour, label=one_line(name)) for name, colour in colour_of.items()]
    axes.legend(handles=patches, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=len(patches), frameon=False)
