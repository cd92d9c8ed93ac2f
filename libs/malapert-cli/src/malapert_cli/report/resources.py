"""Battery, storage, power, the Sun's elevation and what is shared or used up, over time."""

from datetime import timedelta

import matplotlib.dates as mdates
import numpy as np
from malapert_client.widget.data import Json
from malapert_core.documents.plain_text import one_line
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from malapert_cli.report.data import Array, Ground, ReportData
from malapert_cli.report.style import EARTH, FIRST, LIGHT, OTHER, new_figure, utc_axis

OWN = ("battery_wh", "storage_bit", "generation_w", "load_w", "sun_elevation_deg")
MOST_SHARED = 8
"""Largest number of profiles drawn without a panel of their own, to keep the figure legible."""


def draw_resources(data: ReportData) -> Figure:
    """Draw what is shared or used up over the whole plan, and on a terrain battery, storage, power, Sun and Earth."""
    profiles = {profile["resource_id"]: profile for profile in data.plan["profiles"]}
    shared = [profile for resource_id, profile in profiles.items() if resource_id not in OWN][:MOST_SHARED]
    count = len(shared) + (4 if data.ground else 0)
    figure = new_figure(13, 1.0 + 2.0 * max(1, count))
    panels = figure.subplots(max(1, count), 1, sharex=True, squeeze=False)[:, 0].tolist()
    if data.ground:
        _draw_asset(data, profiles, panels[:3])
        _draw_sky(data.ground, panels[-1])
        others = panels[3:-1]
    else:
        others = panels
    for axes, profile in zip(others, shared, strict=False):
        unit = "" if profile["unit"] == "1" else f", {profile['unit']}"
        _level(axes, data, profile, one_line(f"{profile['resource_id']}{unit}"), 1.0)
    panels[-1].set_xlim(mdates.date2num(data.start_time), mdates.date2num(data.end_time))
    utc_axis(panels[-1])
    return figure


def _draw_asset(data: ReportData, profiles: dict[str, Json], panels: list[Axes]) -> None:
    battery, storage, power = panels
    _level(battery, data, profiles["battery_wh"], "battery, Wh", 1.0)
    _level(storage, data, profiles["storage_bit"], "storage, Gbit", 1e-9)
    for resource_id, colour in (("generation_w", LIGHT), ("load_w", OTHER)):
        times, values = _series(data, profiles[resource_id])
        power.plot(times, values, lw=0.8, color=colour, label=resource_id.removesuffix("_w"))
    power.set_title("power, W")
    power.legend(loc="upper right", ncols=2, frameon=False)


def _draw_sky(ground: Ground, sky: Axes) -> None:
    for track, colour, label in ((ground.sun, LIGHT, "Sun"), (ground.earth, EARTH, "Earth, while in view")):
        sky.plot(track.times, track.elevation_deg, lw=1.0, color=colour, label=label)
    sky.axhline(0, color="#6b7280", lw=0.6)
    sky.set_title("elevation of Sun and Earth at the landing site, °")
    sky.legend(loc="upper right", ncols=2, frameon=False)


def _level(axes: Axes, data: ReportData, profile: Json, label: str, scale: float) -> None:
    times, values = _series(data, profile)
    axes.fill_between(times, values * scale, color=FIRST, alpha=0.25, linewidth=0)
    axes.plot(times, values * scale, lw=0.8, color=FIRST)
    for key, colour in (("floor", "#d1495b"), ("capacity", "#6b7280")):
        if profile.get(key) is not None:
            axes.axhline(
                profile[key] * scale, color=colour, lw=1.0, ls="--", label=f"{key} {profile[key] * scale:,.4g}"
            )
    lowest = f"lowest {profile['minimum'] * scale:,.4g}, highest {profile['maximum'] * scale:,.4g}"
    axes.set_title(f"{label}: {lowest}")
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right", ncols=2, frameon=False)


def _series(data: ReportData, profile: Json) -> tuple[Array, Array]:
    start = data.start_time
    times = np.array([mdates.date2num(start + timedelta(seconds=offset_s)) for offset_s in profile["offset_s"]])
    return times, np.array(profile["value"], dtype=np.float64)
