"""Scan of landing dates at places against the limits of the lander."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.times import utc_datetime
from malapert_core.errors import Fault
from malapert_core.timestamps import format_time
from malapert_core.vocabulary.provenance import Provenance
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.domain.terrain import Place, place_faults
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.ground import places_on_ground
from malapert_landing_site.services.record import provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary, StackScene
from malapert_landing_site.services.spans import computable_span_faults, later
from malapert_landing_site.terrain.horizon.skyline import skylines
from malapert_landing_site.terrain.light.points import Sky, light_at
from malapert_landing_site.terrain.sites.ellipse import AZIMUTH_COUNT as ELLIPSE_AZIMUTH_COUNT
from malapert_landing_site.terrain.sites.ellipse import POINT_COUNT, Ellipse

_REFUSAL = "INVALID_DATE_SCAN"

AZIMUTH_COUNT = 720
LIGHT_STEP_S = 1800.0
LONGEST_LIGHT_S = 90 * 86_400.0
"""Longest span after the last date, seconds, over which light is computed."""

LEAST_SHARE = 0.9
"""Share of a landing ellipse that keeps the limits at a date that is admitted."""
MAX_PLACES = 50
MAX_DATES = 2000
DEFAULT_STEP_S = 86_400.0


@dataclass(frozen=True)
class LandingDateScan:
    """Request for a scan: places, dates from `start_time` to before `end_time`, and the lander's limits."""

    terrain_stack_id: str
    places: tuple[Place, ...]
    start_time: datetime
    end_time: datetime
    step_s: float
    min_lit_days: float
    earth_visible_at_landing: bool
    array_height_m: float
    antenna_height_m: float
    landing_radius_m: float = 0.0
    landing_semi_minor_m: float = 0.0
    landing_azimuth_deg: float = 0.0

    @property
    def ellipse(self) -> Ellipse | None:
        """The landing ellipse; None where the places alone are looked at."""
        if not self.landing_radius_m:
            return None
        minor_m = self.landing_semi_minor_m or self.landing_radius_m
        return Ellipse(self.landing_radius_m, minor_m, self.landing_azimuth_deg)

    @property
    def between_s(self) -> float:
        """Step between dates, seconds."""
        return self.step_s or DEFAULT_STEP_S

    @property
    def date_count(self) -> int:
        """Number of dates."""
        return max(int(np.ceil((self.end_time - self.start_time).total_seconds() / self.between_s - 1e-9)), 0)


@dataclass(frozen=True)
class LandingDates:
    """Dates and, for each place and date: light in a row (seconds), Earth in view, both limits kept.

    ``ellipse_share`` is the share of the points of its landing ellipse that keep them; None without an ellipse.
    """

    places: tuple[Place, ...]
    landing_times: tuple[datetime, ...]
    lit_s: FloatArray
    earth_visible: NDArray[np.bool_]
    admitted: NDArray[np.bool_]
    provenance: Provenance
    ellipse_share: FloatArray | None = None


class LandingDateScans:
    """Scans landing dates by exact ray cast."""

    def __init__(self, scenes: SceneLibrary, ephemeris: Ephemeris, compute: Compute) -> None:
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute

    async def scan(self, request: LandingDateScan) -> LandingDates:
        """Scan dates.

        Raises
        ------
        InvalidInputError
            INVALID_DATE_SCAN, or the code of the only fault, with all faults.
        """
        last_light = later(request.end_time, LONGEST_LIGHT_S)
        faults = _faults(request) + computable_span_faults(self._ephemeris, request.start_time, last_light)
        refuse(faults, _REFUSAL)
        scene = await self._scenes.get(request.terrain_stack_id)
        xy_m = places_on_ground(scene, request.places, _REFUSAL)
        return await self._compute.run(self._scan, request, scene, xy_m)

    def _scan(self, request: LandingDateScan, scene: StackScene, xy_m: FloatArray) -> LandingDates:
        start_s = request.start_time.timestamp()
        landing_s = start_s + request.between_s * np.arange(request.date_count)
        end_s = float(landing_s[-1]) + LONGEST_LIGHT_S
        sky, pole = Sky(self._ephemeris, start_s, end_s, LIGHT_STEP_S), scene.scene.pole
        first = np.clip(((landing_s - start_s) / sky.step_s).astype(np.int64), 0, len(sky.utc_s) - 1)
        lit_s, earth_visible, admitted, ground_m = _looked(request, scene, xy_m, sky, first, AZIMUTH_COUNT)
        ellipse_share = None
        if request.ellipse is not None:
            around_m = request.ellipse.points(xy_m, pole).reshape(-1, 2)
            kept = _looked(request, scene, around_m, sky, first, ELLIPSE_AZIMUTH_COUNT)[2]
            ellipse_share = kept.reshape(len(xy_m), -1, len(first)).mean(axis=1)
            admitted = admitted & (ellipse_share >= LEAST_SHARE)
        places = tuple(
            Place(place.longitude_deg, place.latitude_deg, float(ground_m))
            for place, ground_m in zip(request.places, ground_m, strict=True)
        )
        dates = tuple(utc_datetime(float(second)) for second in landing_s)
        provenance = self._provenance(request, scene, sky)
        return LandingDates(places, dates, lit_s, earth_visible, admitted, provenance, ellipse_share)

    def _provenance(self, request: LandingDateScan, scene: StackScene, sky: Sky) -> Provenance:
        parameters = {
            "start_time": format_time(request.start_time),
            "end_time": format_time(request.end_time),
            "between_s": f"{request.between_s:g}",
            "light_step_s": f"{sky.step_s:g}",
            "min_lit_days": f"{request.min_lit_days:g}",
            "earth_visible_at_landing": str(request.earth_visible_at_landing).lower(),
            "array_height_m": f"{request.array_height_m:g}",
            "antenna_height_m": f"{request.antenna_height_m:g}",
            "azimuth_count": str(AZIMUTH_COUNT),
            "ellipse_points": str(POINT_COUNT if request.ellipse is not None else 0),
        }
        return provenance_of(scene.stack, parameters, self._ephemeris)


def _looked(
    request: LandingDateScan,
    scene: StackScene,
    xy_m: FloatArray,
    sky: Sky,
    first: NDArray[np.int64],
    azimuth_count: int,
) -> tuple[FloatArray, NDArray[np.bool_], NDArray[np.bool_], FloatArray]:
    """Return for points and dates: light in a row, Earth in view, limits kept; and the ground of each point."""
    pole = scene.scene.pole
    sun = skylines(scene.scene, xy_m, request.array_height_m, azimuth_count)
    earth = skylines(scene.scene, xy_m, request.antenna_height_m, azimuth_count)
    lit = light_at(sun.elevation_deg, xy_m, sun.ground_elevation_m, pole, sky, earth=False).sun_fraction > 0.0
    seen = light_at(earth.elevation_deg, xy_m, earth.ground_elevation_m, pole, sky, sun=False).earth_visible
    lit_s = _runs(lit)[:, first].astype(np.float64) * sky.step_s
    admitted = lit_s >= request.min_lit_days * 86_400.0
    if request.earth_visible_at_landing:
        admitted &= seen[:, first]
    return lit_s, seen[:, first], admitted, sun.ground_elevation_m


def _runs(lit: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number of true values in a row from each column on."""
    runs = np.zeros(lit.shape, dtype=np.int64)
    following = np.zeros(lit.shape[0], dtype=np.int64)
    for column in range(lit.shape[1] - 1, -1, -1):
        following = (following + 1) * lit[:, column]
        runs[:, column] = following
    return runs


def _faults(request: LandingDateScan) -> list[Fault]:
    faults = [fault for n, place in enumerate(request.places) for fault in place_faults(place, f"points[{n}]")]
    limits = {
        "points": (len(request.places), 1, MAX_PLACES, ""),
        "step_s": (request.between_s, 3600.0, 30 * 86_400.0, " s"),
        "min_lit_days": (request.min_lit_days, 0.0, LONGEST_LIGHT_S / 86_400.0, " days"),
        "array_height_m": (request.array_height_m, 0.0, 100.0, " m"),
        "antenna_height_m": (request.antenna_height_m, 0.0, 100.0, " m"),
        "landing_radius_m": (request.landing_radius_m, 0.0, 5000.0, " m"),
        "landing_semi_minor_m": (request.landing_semi_minor_m, 0.0, request.landing_radius_m, " m"),
        "landing_azimuth_deg": (request.landing_azimuth_deg, 0.0, 360.0, "°"),
    }
    faults += [
        Fault(path, "OUT_OF_RANGE", f"the value is {value:g}{unit}; {low:g} to {high:g}{unit} is allowed")
        for path, (value, low, high, unit) in limits.items()
        if not low <= value <= high
    ]
    if not faults and not 1 <= request.date_count <= MAX_DATES:
        message = f"the span holds {request.date_count} dates; 1 to {MAX_DATES} are allowed"
        faults.append(Fault("span", "OUT_OF_RANGE", message))
    return faults
