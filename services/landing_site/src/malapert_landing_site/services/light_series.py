"""Sun and Earth over time at points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from malapert_astro.ephemeris import Ephemeris
from malapert_core.errors import Fault
from malapert_core.timestamps import format_time
from malapert_core.vocabulary.provenance import Provenance

from malapert_landing_site.domain.light import Directions, LightSeries, LightSummary, summarise
from malapert_landing_site.domain.terrain import Place, place_faults
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.ground import places_on_ground
from malapert_landing_site.services.record import provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary, StackScene
from malapert_landing_site.services.spans import computable_span_faults
from malapert_landing_site.terrain.horizon.skyline import SURFACE_MODEL, skylines
from malapert_landing_site.terrain.light.points import Sky, directions_at, light_at

_REFUSAL = "INVALID_LIGHT_REQUEST"

AZIMUTH_COUNT = 720
MAX_POINTS = 20
MAX_STEPS = 20_000
DEFAULT_STEP_S = 3600.0


@dataclass(frozen=True)
class LightAtPlaces:
    """Series at places with what they were made from; directions where they were asked for."""

    places: tuple[Place, ...]
    series: LightSeries
    summary: LightSummary
    directions: Directions | None
    provenance: Provenance


class LightSeriesAtPlaces:
    """Series of light by exact ray cast."""

    def __init__(self, scenes: SceneLibrary, ephemeris: Ephemeris, compute: Compute) -> None:
        self._scenes = scenes
        self._ephemeris = ephemeris
        self._compute = compute

    async def series(
        self, terrain_stack_id: str, places: Sequence[Place], span: tuple[datetime, datetime], step_s: float,
        height_m: float, with_directions: bool = False,
    ) -> LightAtPlaces:  # fmt: skip
        """Return the series at places, in order.

        Raises
        ------
        InvalidInputError
            INVALID_LIGHT_REQUEST, or the code of the only fault, with all faults.
        """
        step_s = step_s or DEFAULT_STEP_S
        refuse(_faults(places, span, step_s, height_m) + computable_span_faults(self._ephemeris, *span), _REFUSAL)
        scene = await self._scenes.get(terrain_stack_id)
        xy_m = places_on_ground(scene, places, _REFUSAL)
        sky = Sky(self._ephemeris, span[0].timestamp(), span[1].timestamp(), step_s)
        return await self._compute.run(self._compute_series, scene, places, xy_m, sky, span, height_m, with_directions)

    def _compute_series(
        self, scene: StackScene, places: Sequence[Place], xy_m: np.ndarray, sky: Sky,
        span: tuple[datetime, datetime], height_m: float, with_directions: bool,
    ) -> LightAtPlaces:  # fmt: skip
        found = skylines(scene.scene, xy_m, height_m, AZIMUTH_COUNT)
        eye_m = found.ground_elevation_m + height_m
        series = light_at(found.elevation_deg, xy_m, eye_m, scene.scene.pole, sky)
        parameters = {
            "start_time": format_time(span[0]),
            "end_time": format_time(span[1]),
            "step_s": f"{sky.step_s:g}",
            "height_m": f"{height_m:g}",
            "azimuth_count": str(AZIMUTH_COUNT),
            "surface_model": SURFACE_MODEL,
        }
        return LightAtPlaces(
            tuple(
                Place(place.longitude_deg, place.latitude_deg, float(ground_m))
                for place, ground_m in zip(places, found.ground_elevation_m, strict=True)
            ),
            series,
            summarise(series, float(series.utc_s[0])),
            directions_at(xy_m, eye_m, scene.scene.pole, sky) if with_directions else None,
            provenance_of(scene.stack, parameters, self._ephemeris),
        )


def _faults(places: Sequence[Place], span: tuple[datetime, datetime], step_s: float, height_m: float) -> list[Fault]:
    faults = [fault for n, place in enumerate(places) for fault in place_faults(place, f"points[{n}]")]
    if not 1 <= len(places) <= MAX_POINTS:
        faults.append(Fault("points", "OUT_OF_RANGE", f"{len(places)} points; 1 to {MAX_POINTS} are allowed"))
    if not 0.0 <= height_m <= 1000.0:
        faults.append(Fault("height_m", "OUT_OF_RANGE", f"the height is {height_m:g} m; 0 to 1000 m is allowed"))
    least_s = max(60.0, (span[1] - span[0]).total_seconds() / MAX_STEPS)
    if not least_s <= step_s <= 86_400.0:
        message = f"the step is {step_s:g} s; {least_s:g} to 86400 s is allowed for this span"
        faults.append(Fault("step_s", "OUT_OF_RANGE", message))
    return faults
