"""Input data of the report: the plan, its windows, its maps and the skyline, fetched once."""

import base64
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from malapert_client import Client
from malapert_client.widget.data import Json, stations_of
from numpy.typing import NDArray

from malapert_cli.report.figures import FigureRow, figures_of
from malapert_cli.summary import parse_time

Array = NDArray[np.float64]
LOCAL_MARGIN = 1.5
OVERVIEW_MARGIN = 1.1
OVERVIEW_PIXELS = 128
LOCAL_PIXELS = 128


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer of numbers on the polar grid.

    ``values`` has rows from north to south; ``extent_m`` is (x_min, x_max, y_min, y_max) of the outer edges.
    """

    values: Array
    extent_m: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Track:
    """A body's path over the sky of the site: times (UTC), azimuth from true north and elevation, degrees."""

    times: NDArray[np.object_]
    azimuth_deg: Array
    elevation_deg: Array


@dataclass(frozen=True, slots=True)
class Ground:
    """The landing site: maps, the skyline, and where Sun and Earth go over it."""

    overview: dict[str, MapLayer]
    local: dict[str, MapLayer]
    skyline: Json
    sun: Track
    earth: Track


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that is drawn; a mission without a terrain has no ground.

    ``light`` holds the windows of light of every place but the landing site, whose own are among the ``windows``.
    """

    plan: Json
    figures: list[FigureRow]
    windows: list[Json]
    light: list[Json]
    stations: list[Json]
    ground: Ground | None

    @property
    def start_time(self) -> datetime:
        """First instant of the plan."""
        return parse_time(self.plan["horizon"]["start_time"])

    @property
    def end_time(self) -> datetime:
        """The end of the plan."""
        return parse_time(self.plan["horizon"]["end_time"])


def fetch(client: Client, plan: Json) -> ReportData:
    """Fetch the mission's figures, windows, and on a terrain maps and the skyline of a plan."""
    version = {"mission_id": plan["mission_id"], "version": plan["mission_version"]}
    mission = client.plain("get_mission_version", path=version)
    figures = figures_of(mission["document"])
    stations = stations_of(client, [plan])
    if plan["site"] is None:
        windows = _windows(client, plan) if plan["window_set_id"] else []
        return ReportData(plan, figures, windows, [], stations, None)
    kinds = ["ILLUMINATION", "DARKNESS", "EARTH_VISIBILITY"]
    site, *others = (place["waypoint_id"] for place in plan["waypoints"])
    windows = _windows(client, plan, kinds=kinds, place_ids=[site])
    light = _windows(client, plan, kinds=["ILLUMINATION"], place_ids=others, without_profiles=True) if others else []
    return ReportData(plan, figures, windows, light, stations, _ground(client, plan, windows))


def _ground(client: Client, plan: Json, windows: list[Json]) -> Ground:
    window_set = client.plain("get_window_set", path={"window_set_id": plan["window_set_id"]})
    antenna_height_m = window_set["request"]["antenna_height_m"]
    stack_id, point = plan["site"]["terrain_stack_id"], plan["site"]["point"]
    region = client.plain("get_terrain_stack", path={"terrain_stack_id": stack_id})["region"]
    asked = {"terrain_stack_id": stack_id, "points": [point], "height_m": antenna_height_m, "azimuth_count": 720}
    skyline = client.plain("get_horizon_profiles", body=asked)["profiles"][0]

    def layers(size_m: float, center: Json, pixels: int) -> dict[str, MapLayer]:
        return {
            layer: _layer(client, stack_id, layer, center, size_m, pixels, plan["horizon"], antenna_height_m)
            for layer in ("HILLSHADE", "ILLUMINATION")
        }

    return Ground(
        overview=layers(2 * OVERVIEW_MARGIN * region["radius_m"], region["center"], OVERVIEW_PIXELS),
        local=layers(_local_size_m(plan), point, LOCAL_PIXELS),
        skyline=skyline,
        sun=_track(windows, ("ILLUMINATION", "DARKNESS"), "sun_azimuth_deg", "sun_elevation_deg"),
        earth=_track(windows, ("EARTH_VISIBILITY",), "azimuth_deg", "elevation_deg"),
    )


def _windows(client: Client, plan: Json, **wanted: list[str] | bool) -> list[Json]:
    windows: list[Json] = []
    token: str | None = None
    while token != "":
        path, query = {"window_set_id": plan["window_set_id"]}, {**wanted, "page_token": token}
        page = client.plain("list_windows", path=path, query=query)
        windows += page["windows"]
        token = page["next_page_token"]
    return windows


def _local_size_m(plan: Json) -> float:
    home = plan["waypoints"][0]["grid_point"]
    reach_m = max(
        max(abs(point["grid_point"]["x_m"] - home["x_m"]), abs(point["grid_point"]["y_m"] - home["y_m"]))
        for point in plan["waypoints"]
    )
    return float(max(2 * LOCAL_MARGIN * reach_m, 500.0))


def _layer(
    client: Client, stack_id: str, layer: str, center: Json, size_m: float, pixels: int, span: Json, height_m: float
) -> MapLayer:
    answer = client.plain(
        "get_map_layer",
        path={"terrain_stack_id": stack_id, "layer": layer},
        query={
            "longitude_deg": center["longitude_deg"],
            "latitude_deg": center["latitude_deg"],
            "size_m": size_m,
            "pixel_count": pixels,
            "start_time": span["start_time"],
            "end_time": span["end_time"],
            "height_m": height_m,
        },
    )
    values = np.frombuffer(base64.b64decode(answer["data"]), "<f4").reshape(answer["height_px"], answer["width_px"])
    x_min_m, y_max_m, pixel_m = answer["x_min_m"], answer["y_max_m"], answer["pixel_size_m"]
    extent_m = (x_min_m, x_min_m + answer["width_px"] * pixel_m, y_max_m - answer["height_px"] * pixel_m, y_max_m)
    return MapLayer(values.astype(np.float64), extent_m)


def _track(windows: list[Json], kinds: tuple[str, ...], azimuth: str, elevation: str) -> Track:
    samples: list[tuple[float, float, float]] = []
    for window in windows:
        if window["kind"] not in kinds:
            continue
        start_s = parse_time(window["interval"]["start_time"]).timestamp()
        profiles = {profile["quantity"]: profile for profile in window["profiles"]}
        if azimuth not in profiles or elevation not in profiles:
            continue
        offsets_s = profiles[azimuth]["offset_s"]
        samples += zip(
            (start_s + s for s in offsets_s), profiles[azimuth]["value"], profiles[elevation]["value"], strict=True
        )
        samples.append((start_s + offsets_s[-1], np.nan, np.nan))
    table = np.array(sorted(samples, key=lambda row: row[0])).reshape(-1, 3)
    times = np.array(
        [datetime.fromtimestamp(s, tz=parse_time("2000-01-01T00:00:00Z").tzinfo) for s in table[:, 0]], dtype=object
    )
    return Track(times, table[:, 1], table[:, 2])
