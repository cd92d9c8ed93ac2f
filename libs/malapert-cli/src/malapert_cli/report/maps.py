"""The map: relief with light, sites, waypoints and routes, in the polar stereographic grid."""

import numpy as np
from malapert_client.widget.data import Json
from malapert_core.documents.plain_text import one_line
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from malapert_cli.report.data import Ground, MapLayer, ReportData
from malapert_cli.report.style import DRIVE, INK, new_figure

LIGHT_MAP = LinearSegmentedColormap.from_list("light", ["#11152a", "#3c4a7d", "#a97f6b", "#f2b634", "#fff6cf"])
HALO = [withStroke(linewidth=2.5, foreground="white")]


def draw_map(data: ReportData, ground: Ground) -> Figure:
    """Draw the surroundings with the ranked sites, and the ground of the rover with waypoints and driven routes."""
    figure = new_figure(13, 6.2)
    overview, local = figure.subplots(1, 2)
    _relief(overview, ground.overview)
    _sites(overview, data.plan)
    overview.set_title("Ranked sites on mean illumination over the mission")
    _relief(local, ground.local)
    _routes(local, data.plan)
    _waypoints(local, data.plan)
    local.set_title("Waypoints, open routes (thin) and driven routes (thick)")
    shown = ScalarMappable(Normalize(0, 100), LIGHT_MAP)
    figure.colorbar(shown, ax=[overview, local], shrink=0.85, label="mean visible fraction of the solar disc, %")
    return figure


def _relief(axes: Axes, layers: dict[str, MapLayer]) -> None:
    light, shade = layers["ILLUMINATION"], layers["HILLSHADE"]
    colour = LIGHT_MAP(np.clip(light.values, 0, 1))
    # The Sun is so low that shading uses a small part of its range: stretch it to the eye's.
    low, high = np.nanpercentile(shade.values, [2, 98])
    relief = np.clip((np.nan_to_num(shade.values) - low) / max(high - low, 1e-6), 0, 1)
    colour[..., :3] *= (0.55 + 0.45 * relief)[..., None]
    colour[np.isnan(light.values)] = (0.6, 0.6, 0.6, 1.0)
    extent_km = [edge / 1e3 for edge in light.extent_m]
    axes.imshow(colour, extent=(extent_km[0], extent_km[1], extent_km[2], extent_km[3]), interpolation="nearest")
    axes.set_xlabel("polar stereographic x, km")
    axes.set_ylabel("y, km")
    axes.grid(visible=False)
    x_km, y_km = np.linspace(extent_km[0], extent_km[1], 200), np.linspace(extent_km[2], extent_km[3], 200)
    colatitude = np.hypot(*np.meshgrid(x_km, y_km)) / (2 * 1737.4)
    lines = axes.contour(
        x_km, y_km, np.degrees(2 * np.arctan(colatitude)) - 90, 4, colors="white", linewidths=0.5, alpha=0.6
    )
    axes.clabel(lines, fmt=lambda value: f"{value:.2f}°", fontsize=7)
    axes.set_aspect("equal")


def _sites(axes: Axes, plan: Json) -> None:
    for site in [*reversed(plan["alternative_sites"]), plan["site"]]:
        x_km, y_km = site["grid_point"]["x_m"] / 1e3, site["grid_point"]["y_m"] / 1e3
        best = site["site_id"] == plan["site"]["site_id"]
        axes.plot(x_km, y_km, "*" if best else "o", color="#d1495b" if best else "white", mec=INK, ms=16 if best else 6)
        axes.annotate(
            str(site["rank"]), (x_km, y_km), (6, 4), textcoords="offset points", path_effects=HALO, fontsize=8
        )


def _routes(axes: Axes, plan: Json) -> None:
    driven = {(item["place_id"], item["to_place_id"]) for item in plan["activities"] if item["kind"] == "DRIVE"}
    for route in plan["routes"]:
        if not route["reachable"]:
            continue
        path_km = np.array([(point["x_m"], point["y_m"]) for point in route["path"]]) / 1e3
        on = (route["from_waypoint_id"], route["to_waypoint_id"]) in driven
        axes.plot(
            path_km[:, 0],
            path_km[:, 1],
            color=DRIVE if on else "white",
            lw=2.4 if on else 0.5,
            alpha=1.0 if on else 0.5,
        )


def _waypoints(axes: Axes, plan: Json) -> None:
    for waypoint in plan["waypoints"]:
        x_km, y_km = waypoint["grid_point"]["x_m"] / 1e3, waypoint["grid_point"]["y_m"] / 1e3
        axes.plot(x_km, y_km, "o", color="white", mec=INK, ms=7)
        label = f"{one_line(waypoint['waypoint_id'])} ({waypoint['mean_sun_fraction']:.0%})"
        axes.annotate(label, (x_km, y_km), (6, 5), textcoords="offset points", path_effects=HALO, fontsize=8)
