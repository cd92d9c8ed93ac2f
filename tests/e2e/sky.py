"""Sun, Earth and stations above the skylines of a plan's points, by SPICE: nothing of it is the platform's but the
skylines."""

from datetime import datetime
from typing import Any

import httpx
import numpy as np
import spiceypy
from malapert_astro.kernels import installed_kernels

MOON_KM = 1737.4
SUN_KM = 695_700.0


class Sky:
    """Bodies over the skylines of points on the polar grid, at the heights of the array and of the antenna."""

    def __init__(self, client: httpx.Client, terrain_stack_id: str, heights_m: tuple[float, float]) -> None:
        self._client, self._stack_id = client, terrain_stack_id
        self._heights_m = {"light": heights_m[0], "station": heights_m[1]}
        self._skylines: dict[tuple[str, float, float], tuple[np.ndarray, np.ndarray]] = {}
        for path in vars(installed_kernels()).values():
            spiceypy.furnsh(str(path))

    def above(self, what: str, point: dict[str, float], seen_km: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far a body's centre is above the skyline of a point, and its angular radius as the Sun's."""
        azimuth_deg, elevation_deg, radius_deg = self._seen(what, point, seen_km)
        return elevation_deg - self._height_deg(what, point, azimuth_deg), radius_deg

    def eye_km(self, point: dict[str, float]) -> np.ndarray:
        """Return where the antenna at a point is, in the Moon's mean Earth frame."""
        return self._skyline("station", point)[1]

    def sun_share(self, point: dict[str, float], seen_km: np.ndarray) -> np.ndarray:
        """Return the part of the Sun's disc above the skyline of a point, by upright strips of it."""
        azimuth_deg, elevation_deg, radius_deg = self._seen("light", point, seen_km)
        across = ((np.arange(101) + 0.5) / 50.5 - 1.0)[:, np.newaxis]
        half_deg = radius_deg * np.sqrt(1.0 - across**2)
        beside_deg = (azimuth_deg + radius_deg * across / np.cos(np.radians(elevation_deg))) % 360.0
        above_deg = elevation_deg - self._height_deg("light", point, beside_deg)
        shown: np.ndarray = np.clip(above_deg + half_deg, 0.0, 2.0 * half_deg).sum(axis=0)
        return shown / (2.0 * half_deg.sum(axis=0))

    def _height_deg(self, what: str, point: dict[str, float], azimuth_deg: np.ndarray) -> np.ndarray:
        skyline_deg, _ = self._skyline(what, point)
        azimuths_deg = np.linspace(0.0, 360.0, len(skyline_deg) + 1)
        return np.asarray(np.interp(azimuth_deg, azimuths_deg, [*skyline_deg, skyline_deg[0]]))

    def _seen(
        self, what: str, point: dict[str, float], seen_km: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return azimuth and elevation of a body from a point, and its angular radius as the Sun's."""
        _, eye_km = self._skyline(what, point)
        up = eye_km / np.linalg.norm(eye_km)
        east = np.cross([0.0, 0.0, 1.0], up)
        east /= np.linalg.norm(east)
        towards = seen_km - eye_km
        distance_km = np.linalg.norm(towards, axis=1)
        azimuth_deg = np.degrees(np.arctan2(towards @ east, towards @ np.cross(up, east))) % 360.0
        elevation_deg = np.degrees(np.arcsin(towards @ up / distance_km))
        radius_deg = np.degrees(np.arcsin(SUN_KM / np.maximum(distance_km, 2 * SUN_KM)))
        return azimuth_deg, elevation_deg, radius_deg

    def sun_fraction(self, point: dict[str, float], seen_km: np.ndarray) -> np.ndarray:
        """Return the part of the Sun's disc above the skyline of a point, the skyline level across the disc."""
        above_deg, radius_deg = self.above("light", point, seen_km)
        hidden = np.clip(-above_deg / radius_deg, -1.0, 1.0)
        # Area of the part of a unit disc above a chord at this height.
        return np.asarray((np.arccos(hidden) - hidden * np.sqrt(1.0 - hidden**2)) / np.pi)

    def _skyline(self, what: str, point: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
        key = (what, point["x_m"], point["y_m"])
        if key not in self._skylines:
            # Inverse of the south polar stereographic projection of the sphere.
            rho_km = np.hypot(point["x_m"], point["y_m"]) / 1000.0
            latitude = 2.0 * np.arctan(rho_km / (2.0 * MOON_KM)) - np.pi / 2.0
            longitude = np.arctan2(point["x_m"], point["y_m"])
            where = {"longitude_deg": np.degrees(longitude), "latitude_deg": np.degrees(latitude)}
            asked = {
                "terrain_stack_id": self._stack_id, "points": [where],
                "height_m": self._heights_m[what], "azimuth_count": 720,
            }  # fmt: skip
            answer = self._client.post("/horizon-profiles:compute", json=asked).raise_for_status().json()["profiles"][0]
            radius_km = MOON_KM + (answer["point"]["elevation_m"] + self._heights_m[what]) / 1000.0
            eye_km = np.array(spiceypy.latrec(radius_km, longitude, latitude))
            self._skylines[key] = np.array(answer["elevation_deg"]), eye_km
        return self._skylines[key]


def ephemeris_s(time: datetime) -> float:
    """Return the ephemeris time of an instant."""
    return float(spiceypy.str2et(time.strftime("%Y-%m-%dT%H:%M:%S")))


def seen_km(body: str, ephemeris_times_s: np.ndarray) -> np.ndarray:
    """Return where a body is seen from the Moon's centre, in the axes of the Moon's mean Earth frame."""
    return np.array(spiceypy.spkpos(body, ephemeris_times_s, "MOON_ME", "CN+S", "MOON")[0]).reshape(-1, 3)


def station_km(station: dict[str, Any], ephemeris_times_s: np.ndarray) -> np.ndarray:
    """Return likewise where a station on the Earth is."""
    fixed_km = _fixed_km(station)
    # Within the light time the Earth turns by 0.005°, and a station by half a kilometre: 1e-4° as seen from the Moon.
    turned = [spiceypy.pxform("ITRF93", "MOON_ME", each) @ fixed_km for each in ephemeris_times_s]
    return seen_km("EARTH", ephemeris_times_s) + np.array(turned).reshape(-1, 3)


def moon_elevation_deg(
    station: dict[str, Any], ephemeris_times_s: np.ndarray, eye_km: np.ndarray | None = None
) -> np.ndarray:
    """Return how high a point of the Moon, in its mean Earth frame, is over a station's ellipsoid; without one its
    centre, from which a point near the pole may be a quarter of a degree off."""
    fixed_km = _fixed_km(station)
    longitude, latitude = np.radians([station["longitude_deg"], station["latitude_deg"]])
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    towards = np.array(spiceypy.spkpos("MOON", ephemeris_times_s, "ITRF93", "CN+S", "EARTH")[0]) - fixed_km
    if eye_km is not None:
        towards = towards + [spiceypy.pxform("MOON_ME", "ITRF93", each) @ eye_km for each in ephemeris_times_s]
    return np.degrees(np.arcsin(towards @ up / np.linalg.norm(towards, axis=1)))


def _fixed_km(station: dict[str, Any]) -> np.ndarray:
    longitude, latitude = np.radians([station["longitude_deg"], station["latitude_deg"]])
    flattening = 1.0 / 298.257223563
    return np.array(spiceypy.georec(longitude, latitude, station["height_m"] / 1000.0, 6378.137, flattening))
