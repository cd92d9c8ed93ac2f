"""The sky of the site: its skyline, the Sun's rounds and the Earth's rise and set."""

import numpy as np
from matplotlib.figure import Figure

from malapert_cli.report.data import Ground
from malapert_cli.report.style import EARTH, LIGHT, NIGHT, new_figure

MARGIN_DEG = 1.0


def draw_sky(ground: Ground) -> Figure:
    """Draw skyline, Sun and Earth in azimuth and elevation."""
    figure = new_figure(13, 4.2)
    axes = figure.subplots()
    skyline_deg = np.array(ground.skyline["elevation_deg"])
    azimuth_deg = np.arange(len(skyline_deg)) * ground.skyline["azimuth_step_deg"]
    shown = np.concatenate([skyline_deg, ground.sun.elevation_deg, ground.earth.elevation_deg])
    bottom = float(np.nanmin(shown)) - MARGIN_DEG
    axes.fill_between(azimuth_deg, skyline_deg, bottom, color=NIGHT, linewidth=0, label="terrain", zorder=3, alpha=0.85)
    axes.plot(ground.sun.azimuth_deg, ground.sun.elevation_deg, ".", ms=1.5, color=LIGHT, label="Sun", zorder=2)
    axes.plot(
        ground.earth.azimuth_deg,
        ground.earth.elevation_deg,
        ".",
        ms=1.5,
        color=EARTH,
        label="Earth, while in view",
        zorder=4,
    )
    axes.set_xlim(0, 360)
    axes.set_xticks(range(0, 361, 45))
    axes.set_ylim(bottom, float(np.nanmax(shown)) + MARGIN_DEG)
    axes.set_xlabel("azimuth from true north, °")
    axes.set_ylabel("elevation, °")
    axes.set_title(
        f"Skyline {ground.skyline['height_m']:g} m above ground at the landing site, and what passes over it"
    )
    axes.legend(loc="upper right", ncols=3, frameon=False, markerscale=6)
    return figure
