"""A referee of drives that shares nothing with the planner: SPICE over skylines, point by point and by the minute.

What it is told is the plan as it is published, the skylines at the points of its routes, and the stations' positions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import numpy as np
import spiceypy
from malapert_astro.kernels import installed_kernels

MOON_KM = 1737.4
SUN_KM = 695_700.0
STEP_S = 60.0
SLACK_DEG = 0.01
"""Skylines of the profiles and of the routes are cast apart, to single precision."""


@dataclass(frozen=True)
class Breach:
    """What was missing of a drive at which point, and by how much, degrees."""

    drive: str
    point: int
    what: str
    short_deg: float


class WayReferee:
    """Looks at every drive of a plan at the planned pace and at a slower one, at every point between its neighbours."""

    def __init__(self, client: httpx.Client, plan: dict[str, Any], heights_m: tuple[float, float], pace: float) -> None:
        self._client, self._plan, self._pace = client, plan, pace
        self._heights_m = {"light": heights_m[0], "station": heights_m[1]}
        self._skylines: dict[tuple[str, float, float], tuple[np.ndarray, np.ndarray]] = {}
        stations = client.get("/stations", params={"page_size": 200}).raise_for_status().json()["stations"]
        self._stations = {each["station_id"]: each for each in stations}
        for path in vars(installed_kernels()).values():
            spiceypy.furnsh(str(path))

    def breaches(self, dark_places: tuple[str, ...]) -> tuple[list[Breach], int]:
        """Return what is missing on drives, and how many points of drives were looked at."""
        routes = {(r["from_waypoint_id"], r["to_waypoint_id"]): r for r in self._plan["routes"]}
        found, looked = [], 0
        for drive in (item for item in self._plan["activities"] if item["kind"] == "DRIVE"):
            ends = (drive["place_id"], drive["to_place_id"])
            route, start = routes[ends], _instant(drive["interval"]["start_time"])
            length_s = (_instant(drive["interval"]["end_time"]) - start).total_seconds()
            is_dark = not set(ends).isdisjoint(dark_places)
            for number, offset_s in enumerate(route["path_offset_s"]):
                looked += 1
                before_s = route["path_offset_s"][max(number - 1, 0)]
                after_s = route["path_offset_s"][min(number + 1, len(route["path"]) - 1)] * self._pace
                times = np.arange(before_s, max(min(after_s, length_s), offset_s) + 1.0, STEP_S)
                name = f"{ends[0]}->{ends[1]}@{drive['interval']['start_time']}"
                for what, short_deg in self._missing(route["path"][number], start, times, is_dark=is_dark):
                    found.append(Breach(name, number, what, short_deg))
        spiceypy.kclear()
        return found, looked

    def _missing(self, point: dict[str, float], start: datetime, times: np.ndarray, *, is_dark: bool) -> Any:
        first = spiceypy.str2et(start.strftime("%Y-%m-%dT%H:%M:%S"))
        if not is_dark:
            above, radius_deg = self._above("light", point, _seen("SUN", first + times))
            if (short := float((above + radius_deg + SLACK_DEG).min())) < 0.0:
                yield "light", short
        for contact in self._plan["contacts"]:
            held = [
                (_instant(contact["interval"][edge]) - start).total_seconds() for edge in ("start_time", "end_time")
            ]
            during = times[(times >= held[0]) & (times < held[1])]
            if not len(during):
                continue
            station = self._stations[contact["station_id"]]
            above, _ = self._above("station", point, _station_km(station, first + during))
            if (short := float((above + SLACK_DEG).min())) < 0.0:
                yield contact["station_id"], short
        covered = [
            any(
                _instant(c["interval"]["start_time"]) <= at < _instant(c["interval"]["end_time"])
                for c in self._plan["contacts"]
            )
            for at in (datetime.fromtimestamp(start.timestamp() + t, start.tzinfo) for t in times[:-1])
        ]
        if not all(covered):
            yield "contact", -1.0

    def _above(self, what: str, point: dict[str, float], seen_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far a body's centre is above the skyline of a point, and its angular radius as the Sun's."""
        skyline_deg, eye_km = self._skyline(what, point)
        up = eye_km / np.linalg.norm(eye_km)
        east = np.cross([0.0, 0.0, 1.0], up)
        east /= np.linalg.norm(east)
        towards = seen_km - eye_km
        distance_km = np.linalg.norm(towards, axis=1)
        azimuth_deg = np.degrees(np.arctan2(towards @ east, towards @ np.cross(up, east))) % 360.0
        sky_deg = np.interp(azimuth_deg, np.linspace(0.0, 360.0, len(skyline_deg) + 1), [*skyline_deg, skyline_deg[0]])
        elevation_deg = np.degrees(np.arcsin(towards @ up / distance_km))
        return elevation_deg - sky_deg, np.degrees(np.arcsin(SUN_KM / np.maximum(distance_km, 2 * SUN_KM)))

    def _skyline(self, what: str, point: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
        key = (what, point["x_m"], point["y_m"])
        if key not in self._skylines:
            # Inverse of the south polar stereographic projection of the sphere.
            rho_km = np.hypot(point["x_m"], point["y_m"]) / 1000.0
            latitude = 2.0 * np.arctan(rho_km / (2.0 * MOON_KM)) - np.pi / 2.0
            longitude = np.arctan2(point["x_m"], point["y_m"])
            where = {"longitude_deg": np.degrees(longitude), "latitude_deg": np.degrees(latitude)}
            asked = {
                "terrain_stack_id": self._plan["site"]["terrain_stack_id"], "points": [where],
                "height_m": self._heights_m[what], "azimuth_count": 720,
            }  # fmt: skip
            answer = self._client.post("/horizon-profiles:compute", json=asked).raise_for_status().json()["profiles"][0]
            radius_km = MOON_KM + (answer["point"]["elevation_m"] + self._heights_m[what]) / 1000.0
            eye_km = np.array(spiceypy.latrec(radius_km, longitude, latitude))
            self._skylines[key] = np.array(answer["elevation_deg"]), eye_km
        return self._skylines[key]


def _seen(body: str, ephemeris_s: np.ndarray) -> np.ndarray:
    return np.array(spiceypy.spkpos(body, ephemeris_s, "MOON_ME", "CN+S", "MOON")[0]).reshape(-1, 3)


def _station_km(station: dict[str, Any], ephemeris_s: np.ndarray) -> np.ndarray:
    flattening = 1.0 / 298.257223563
    longitude, latitude = np.radians([station["longitude_deg"], station["latitude_deg"]])
    fixed_km = spiceypy.georec(longitude, latitude, station["height_m"] / 1000.0, 6378.137, flattening)
    # Within the light time the Earth turns by 0.005°, and a station by half a kilometre: 1e-4° as seen from the Moon.
    turned = [spiceypy.pxform("ITRF93", "MOON_ME", each) @ fixed_km for each in ephemeris_s]
    return _seen("EARTH", ephemeris_s) + np.array(turned)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
