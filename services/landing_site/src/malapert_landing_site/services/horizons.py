"""Skylines at points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from malapert_core.errors import Fault
from malapert_core.vocabulary.provenance import Provenance
from numpy.typing import NDArray

from malapert_landing_site.domain.provenance import content_key
from malapert_landing_site.domain.terrain import Place, place_faults
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.ground import places_on_ground
from malapert_landing_site.services.record import SOFTWARE, provenance_of
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.scenes import SceneLibrary
from malapert_landing_site.storage.files import ProductFiles
from malapert_landing_site.terrain.horizon.skyline import REACH_M, SURFACE_MODEL, skylines

_REFUSAL = "INVALID_HORIZON_REQUEST"

DEFAULT_AZIMUTH_COUNT = 720
MAX_AZIMUTH_COUNT = 7200
MAX_POINTS = 1000
# Interpolation between azimuths 0.5° apart costs 0.0074° RMS, 1° apart 0.017°: it grows as the power 1.2 of the step.
_AZIMUTH_ERROR_AT_1_DEG = 0.017


@dataclass(frozen=True)
class HorizonProfile:
    """The skyline at a place: elevations in degrees from true north clockwise."""

    place: Place
    height_m: float
    azimuth_step_deg: float
    elevation_deg: NDArray[np.float32]
    elevation_error_deg: float
    surface_model: str = SURFACE_MODEL


@dataclass(frozen=True)
class HorizonProfiles:
    """Skylines with what they were made from."""

    profiles: tuple[HorizonProfile, ...]
    provenance: Provenance


class Horizons:
    """Skylines at points, computed once for the same stack, points and height."""

    def __init__(self, scenes: SceneLibrary, products: ProductFiles, compute: Compute) -> None:
        self._scenes = scenes
        self._products = products
        self._compute = compute

    async def profiles(
        self, terrain_stack_id: str, places: Sequence[Place], height_m: float, azimuth_count: int
    ) -> HorizonProfiles:
        """Return the skylines at places, in order.

        Raises
        ------
        InvalidInputError
            INVALID_HORIZON_REQUEST, or the code of the only fault, with all faults.
        """
        count = azimuth_count or DEFAULT_AZIMUTH_COUNT
        refuse(_faults(places, height_m, count), _REFUSAL)
        scene = await self._scenes.get(terrain_stack_id)
        xy_m = places_on_ground(scene, places, _REFUSAL)
        key = content_key("horizons", SOFTWARE, terrain_stack_id, xy_m.tolist(), height_m, count)
        arrays = self._products.find(key)
        if arrays is None:
            found = await self._compute.run(skylines, scene.scene, xy_m, height_m, count)
            arrays = {
                "elevation_deg": found.elevation_deg,
                "error_deg": found.height_error_deg,
                "ground_m": found.ground_elevation_m,
            }
            self._products.save(key, arrays)
        azimuth_error_deg = _AZIMUTH_ERROR_AT_1_DEG * (360.0 / count) ** 1.2
        profiles = tuple(
            HorizonProfile(
                Place(place.longitude_deg, place.latitude_deg, float(arrays["ground_m"][n])),
                height_m,
                360.0 / count,
                arrays["elevation_deg"][n].astype(np.float32),
                float(np.hypot(arrays["error_deg"][n], azimuth_error_deg)),
            )
            for n, place in enumerate(places)
        )
        parameters = {
            "height_m": f"{height_m:g}",
            "azimuth_count": str(count),
            "reach_m": f"{REACH_M:g}",
            "surface_model": SURFACE_MODEL,
            "azimuth_interpolation_error_deg": f"{azimuth_error_deg:.4f}",
        }
        return HorizonProfiles(profiles, provenance_of(scene.stack, parameters))


def _faults(places: Sequence[Place], height_m: float, count: int) -> list[Fault]:
    faults = [fault for n, place in enumerate(places) for fault in place_faults(place, f"points[{n}]")]
    if not 1 <= len(places) <= MAX_POINTS:
        faults.append(Fault("points", "OUT_OF_RANGE", f"{len(places)} points; 1 to {MAX_POINTS} are allowed"))
    if not 0.0 <= height_m <= 1000.0:
        faults.append(Fault("height_m", "OUT_OF_RANGE", f"the height is {height_m:g} m; 0 to 1000 m is allowed"))
    if not 8 <= count <= MAX_AZIMUTH_COUNT:
        message = f"{count} azimuths; 8 to {MAX_AZIMUTH_COUNT}, or 0 for {DEFAULT_AZIMUTH_COUNT}, are allowed"
        faults.append(Fault("azimuth_count", "OUT_OF_RANGE", message))
    return faults
