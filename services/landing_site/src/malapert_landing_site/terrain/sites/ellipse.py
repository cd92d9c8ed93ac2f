"""What holds over a landing ellipse: light, nights, Earth and slope at points spread evenly over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from malapert_astro.surface import grid_convergence_deg, unproject_polar

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray
from malapert_landing_site.domain.light import LightSeries, LightSummary, summarise
from malapert_landing_site.domain.site import EllipseMetrics, OverEllipse, SiteSearchRequest
from malapert_landing_site.terrain.grid.projection import pole_named
from malapert_landing_site.terrain.grid.scene import HEIGHT_ERROR_PER_PIXEL, HorizonScene
from malapert_landing_site.terrain.grid.surface import fit_planes
from malapert_landing_site.terrain.horizon.skyline import Skylines, skylines
from malapert_landing_site.terrain.light.points import Sky, body_range, light_at

POINT_COUNT = 19
AZIMUTH_COUNT = 180
TENTH = 0.1
_GOLDEN_ANGLE_RAD = np.pi * (3.0 - np.sqrt(5.0))
_LIGHT = (
    "mean_sun_fraction",
    "longest_night_s",
    "earth_visible_fraction",
    "sun_and_earth_fraction",
    "lit_from_landing_s",
)


@dataclass(frozen=True)
class Ellipse:
    """A landing ellipse: semi-axes in metres, the azimuth of the longer one from true north in degrees."""

    semi_major_m: float
    semi_minor_m: float
    azimuth_deg: float

    def points(self, xy_m: FloatArray, pole: int) -> FloatArray:
        """Return points (places, POINT_COUNT, 2) on the grid: each place itself, and others about it, evenly."""
        number = np.arange(POINT_COUNT - 1)
        radius = np.append(0.0, np.sqrt((number + 0.5) / (POINT_COUNT - 1)))
        angle = np.append(0.0, number * _GOLDEN_ANGLE_RAD)
        along_m, across_m = self.semi_major_m * radius * np.cos(angle), self.semi_minor_m * radius * np.sin(angle)
        longitude_deg = unproject_polar(xy_m[:, 0], xy_m[:, 1], pole_named(pole))[0]
        bearing = np.radians(self.azimuth_deg + grid_convergence_deg(longitude_deg, pole_named(pole)))[:, None]
        east_m = along_m * np.sin(bearing) + across_m * np.cos(bearing)
        north_m = along_m * np.cos(bearing) - across_m * np.sin(bearing)
        found: FloatArray = xy_m[:, None, :] + np.stack([east_m, north_m], axis=2)
        return found


class EllipseAssessment:
    """Measures the landing ellipses of sites on a scene.

    Parameters
    ----------
    scene : HorizonScene
    grid : ElevationGrid
        Where slopes are taken.
    request : SiteSearchRequest
    sky : Sky
        Sun and Earth over the request's span.
    """

    def __init__(self, scene: HorizonScene, grid: ElevationGrid, request: SiteSearchRequest, sky: Sky) -> None:
        self._scene, self._grid, self._request, self._sky = scene, grid, request, sky
        limits = request.limits
        self._ellipse = Ellipse(limits.landing_radius_m, limits.semi_minor_m, limits.landing_azimuth_deg)

    def assess(self, xy_m: FloatArray) -> list[EllipseMetrics]:
        """Return the metrics of the ellipse about each place."""
        if not len(xy_m):
            return []
        points = self._ellipse.points(xy_m, self._scene.pole)
        flat = points.reshape(-1, 2)
        request, sky = self._request, self._sky
        sun = skylines(
            self._scene, flat, request.array_height_m, AZIMUTH_COUNT, body_range(self._scene, flat, sky.sun_km)
        )
        earth = skylines(
            self._scene, flat, request.antenna_height_m, AZIMUTH_COUNT, body_range(self._scene, flat, sky.earth_km)
        )
        here, worse = self._light(flat, sun, earth, 0.0), self._light(flat, sun, earth, 1.0)
        slope_deg, slope_error_deg = self._slopes(points)
        return [
            EllipseMetrics(
                POINT_COUNT,
                **{
                    name: _over(_of(here, name, site), _of(worse, name, site), less_is_better=name == "longest_night_s")
                    for name in _LIGHT
                },
                slope_deg=_over(slope_deg[site], slope_deg[site] + slope_error_deg, less_is_better=True),
            )
            for site in range(len(xy_m))
        ]

    def _light(self, xy_m: FloatArray, sun: Skylines, earth: Skylines, deviations: float) -> LightSummary:
        """Return the light at points with every skyline so many standard deviations of its height higher."""
        sky, pole = self._sky, self._scene.pole
        above_sun = sun.elevation_deg + deviations * sun.height_error_deg[:, None]
        above_earth = earth.elevation_deg + deviations * earth.height_error_deg[:, None]
        lit = light_at(above_sun, xy_m, sun.ground_elevation_m, pole, sky, earth=False)
        seen = light_at(above_earth, xy_m, earth.ground_elevation_m, pole, sky, sun=False)
        series = LightSeries(sky.utc_s, sky.step_s, lit.sun_fraction, seen.earth_visible)
        return summarise(series, self._request.landing_time.timestamp())

    def _slopes(self, points: FloatArray) -> tuple[FloatArray, float]:
        """Return the slope at each point of each ellipse, NaN beyond the grid, and its standard deviation."""
        baseline_m, pixel_m = self._request.limits.slope_baseline_m, self._grid.geometry.pixel_size_m
        found = np.full(points.shape[:2], np.nan)
        for site, of_site in enumerate(points):
            (west_m, south_m), (east_m, north_m) = of_site.min(axis=0), of_site.max(axis=0)
            reach_m = baseline_m + 4.0 * pixel_m
            part = self._grid.window(west_m - reach_m, east_m + reach_m, south_m - reach_m, north_m + reach_m)
            g, plane = part.geometry, fit_planes(part, baseline_m)
            columns = np.rint((of_site[:, 0] - g.x_of(0)) / (g.x_of(1) - g.x_of(0))).astype(np.int64)
            rows = np.rint((of_site[:, 1] - g.y_of(0)) / (g.y_of(1) - g.y_of(0))).astype(np.int64)
            inside = (columns >= 0) & (columns < g.width_px) & (rows >= 0) & (rows < g.height_px)
            found[site, inside] = plane.slope_deg[rows[inside], columns[inside]]
        error_m = HEIGHT_ERROR_PER_PIXEL * pixel_m
        return found, float(np.degrees(np.arctan(np.sqrt(2.0) * error_m / max(baseline_m, 2.0 * pixel_m))))


def _of(light: LightSummary, name: str, site: int) -> FloatArray:
    values: FloatArray = np.asarray(getattr(light, name), np.float64)[site * POINT_COUNT : (site + 1) * POINT_COUNT]
    return values


def _over(here: FloatArray, worse: FloatArray, *, less_is_better: bool) -> OverEllipse:
    """Return a metric over points; those beyond the grid are left out, and it is 0 where all are."""
    known, known_worse = here[np.isfinite(here)], worse[np.isfinite(worse)]
    if not len(known):
        return OverEllipse(0.0, 0.0, 0.0)
    at = 1.0 - TENTH if less_is_better else TENTH
    worst = known_worse.max() if less_is_better else known_worse.min()
    return OverEllipse(float(known.mean()), float(np.quantile(known_worse, at)), float(worst))
