"""Sunlight and Earth visibility at points over a span."""

from __future__ import annotations

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.surface import azimuth_elevation, surface_position_km, unproject_polar
from malapert_astro.times import tdb_from_utc
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.light import Directions, LightSeries, steps
from malapert_landing_site.terrain.grid.projection import pole_named
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.skyline import Progress, SkylineRange, run_parts, skylines
from malapert_landing_site.terrain.light.points_kernel import (
    earth_over_skylines,
    elevation_range,
    light_over_skylines,
)

# Half the solar disc (0.27°) and the slack of a skyline between two azimuths.
_DISC_MARGIN_DEG = 0.35
_POINTS_PER_TASK = 32


class Sky:
    """Sun and Earth at the middles of equal steps of a span, as seen from the Moon's centre.

    Light time and aberration are those of the Moon's centre: the direction from a point on the surface is off by less
    than 1e-6 degrees once the point's own place is subtracted.
    """

    def __init__(self, ephemeris: Ephemeris, start_utc_s: float, end_utc_s: float, step_s: float) -> None:
        self._fill(ephemeris, *steps(start_utc_s, end_utc_s, step_s))

    @classmethod
    def at_edges(cls, ephemeris: Ephemeris, start_utc_s: float, end_utc_s: float, step_s: float) -> Sky:
        """Sun and Earth at the edges of the steps, both ends of the span among them."""
        sky = cls.__new__(cls)
        middles, length_s = steps(start_utc_s, end_utc_s, step_s)
        sky._fill(ephemeris, np.append(middles - 0.5 * length_s, end_utc_s), length_s)
        return sky

    def _fill(self, ephemeris: Ephemeris, utc_s: FloatArray, step_s: float) -> None:
        self.utc_s, self.step_s = utc_s, step_s
        epoch_tdb_s = tdb_from_utc(self.utc_s)
        self.sun_km: FloatArray = np.ascontiguousarray(ephemeris.apparent_sun_km(epoch_tdb_s).T)
        self.earth_km: FloatArray = np.ascontiguousarray(ephemeris.apparent_earth_km(epoch_tdb_s).T)


def local_frames(xy_m: FloatArray, elevation_m: FloatArray, pole: int) -> tuple[FloatArray, FloatArray]:
    """East, north and up (points, 3, 3) and positions (points, 3) in km of points of the grid, MOON_ME."""
    longitude_deg, latitude_deg = unproject_polar(xy_m[:, 0], xy_m[:, 1], pole_named(pole))
    lon, lat = np.radians(longitude_deg), np.radians(latitude_deg)
    zero = np.zeros_like(lon)
    east = np.stack([-np.sin(lon), np.cos(lon), zero], axis=1)
    north = np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=1)
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    position_km = surface_position_km(longitude_deg, latitude_deg, np.nan_to_num(elevation_m)).T
    return np.ascontiguousarray(np.stack([east, north, up], axis=1)), np.ascontiguousarray(position_km)


def light_at(
    skyline_deg: NDArray[np.float32],
    xy_m: FloatArray,
    elevation_m: FloatArray,
    pole: int,
    sky: Sky,
    sun: bool = True,
    earth: bool = True,
) -> LightSeries:
    """Light at points whose skylines are known; a body that is not asked for is left at zero."""
    frames, positions_km = local_frames(xy_m, elevation_m, pole)
    skyline_rad = np.radians(skyline_deg.astype(np.float64))
    none = np.empty((0, 3))
    sun_km, earth_km = (sky.sun_km if sun else none), (sky.earth_km if earth else none)
    sun_fraction = np.zeros((len(xy_m), len(sky.utc_s)), dtype=np.float32)
    earth_visible = np.zeros((len(xy_m), len(sky.utc_s)), dtype=np.bool_)

    def fill(start: int) -> None:
        part = slice(start, start + _POINTS_PER_TASK)
        light_over_skylines(
            skyline_rad[part], frames[part], positions_km[part], sun_km, earth_km, sun_fraction[part],
            earth_visible[part],
        )  # fmt: skip

    run_parts(fill, range(0, len(xy_m), _POINTS_PER_TASK), None)
    return LightSeries(sky.utc_s, sky.step_s, sun_fraction, earth_visible)


def directions_at(xy_m: FloatArray, elevation_m: FloatArray, pole: int, sky: Sky) -> Directions:
    """Where Sun and Earth stand over points, each seen from its own place."""
    longitude_deg, latitude_deg = unproject_polar(xy_m[:, 0], xy_m[:, 1], pole_named(pole))
    position_km = surface_position_km(longitude_deg, latitude_deg, np.nan_to_num(elevation_m))
    seen = [
        azimuth_elevation(
            body_km.T[:, None, :] - position_km[:, :, None], longitude_deg[:, None], latitude_deg[:, None]
        )
        for body_km in (sky.sun_km, sky.earth_km)
    ]
    return Directions(*(angle_deg.astype(np.float32) for body in seen for angle_deg in body))


def earth_at(
    skyline_deg: NDArray[np.float32], xy_m: FloatArray, elevation_m: FloatArray, pole: int, sky: Sky, slack_deg: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether the Earth's centre, and its whole disc, is above known skylines by a slack (points, epochs)."""
    frames, positions_km = local_frames(xy_m, elevation_m, pole)
    skyline_rad = np.radians(skyline_deg.astype(np.float64))
    centre, whole = np.zeros((2, len(xy_m), len(sky.utc_s)), dtype=np.bool_)

    def fill(start: int) -> None:
        part = slice(start, start + _POINTS_PER_TASK)
        earth_over_skylines(
            skyline_rad[part], frames[part], positions_km[part], sky.earth_km, np.radians(slack_deg), centre[part],
            whole[part],
        )  # fmt: skip

    run_parts(fill, range(0, len(xy_m), _POINTS_PER_TASK), None)
    return centre, whole


def mean_sun_fraction(
    scene: HorizonScene,
    xy_m: FloatArray,
    height_m: float,
    sky: Sky,
    azimuth_count: int,
    progress: Progress | None = None,
) -> FloatArray:
    """Mean visible fraction of the solar disc at points; NaN where the ground has no data.

    Only the skyline between the Sun's lowest and highest elevation is sought: the rest cannot change the result.
    """
    matters = body_range(scene, xy_m, sky.sun_km)
    found = skylines(scene, xy_m, height_m, azimuth_count, matters, progress)
    mean = np.empty(len(xy_m))
    for start in range(0, len(xy_m), 2048):
        part = slice(start, start + 2048)
        series = light_at(
            found.elevation_deg[part], xy_m[part], found.ground_elevation_m[part] + height_m, scene.pole, sky,
            earth=False,
        )  # fmt: skip
        mean[part] = series.sun_fraction.mean(axis=1, dtype=np.float64)
    return np.where(np.isnan(found.ground_elevation_m), np.nan, mean)


def body_range(scene: HorizonScene, xy_m: FloatArray, body_km: FloatArray) -> SkylineRange:
    """Elevations that a body's disc can reach, from the points and the corners of the box around them."""
    low, high = xy_m.min(axis=0), xy_m.max(axis=0)
    box = np.array([(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])])
    sample = np.concatenate([box, xy_m[:: max(1, len(xy_m) // 64)]])
    frames, positions_km = local_frames(sample, np.zeros(len(sample)), scene.pole)
    lowest, highest = elevation_range(frames, positions_km, body_km)
    return SkylineRange(float(np.degrees(lowest)) - _DISC_MARGIN_DEG, float(np.degrees(highest)) + _DISC_MARGIN_DEG)
