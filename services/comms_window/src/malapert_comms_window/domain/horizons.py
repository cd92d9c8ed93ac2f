"""Skylines as landing-site gives them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from malapert_core.vocabulary.provenance import InputRecord
from numpy.typing import NDArray

from malapert_comms_window.domain.window_requests import Place

SPHERE_M = 1_737_400.0
_AZIMUTHS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """The skyline at one place for an eye at a height above ground.

    Parameters
    ----------
    place_id
        The place.
    longitude_deg, latitude_deg, elevation_m
        Where it is; the elevation is the terrain's, above the 1,737,400 m sphere.
    height_m
        Height of the eye above ground.
    skyline_deg
        Elevation of the skyline at evenly spaced azimuths from north clockwise, shape (m,).
    elevation_error_deg
        One standard deviation of the skyline's elevation.
    """

    place_id: str
    longitude_deg: float
    latitude_deg: float
    elevation_m: float
    height_m: float
    skyline_deg: NDArray[np.float64]
    elevation_error_deg: float


@dataclass(frozen=True, slots=True)
class HorizonSet:
    """Skylines in the order of the places asked for, and what they were made from."""

    horizons: tuple[Horizon, ...]
    inputs: tuple[InputRecord, ...]
    synthetic_terrain: bool
    notes: tuple[str, ...]


def sphere_horizons(places: Sequence[Place], height_m: float) -> HorizonSet:
    """Return the skylines of a smooth sphere through each place, for an eye at a height above it.

    It dips by arccos(R / (R + h)) below the level, R the sphere's radius at the place, h the eye's height.
    """
    return HorizonSet(
        horizons=tuple(_sphere_horizon(place, height_m) for place in places),
        inputs=(),
        synthetic_terrain=False,
        notes=tuple(
            f"no terrain is given: the skyline of {place.place_id} is that of a smooth sphere" for place in places
        ),
    )


def _sphere_horizon(place: Place, height_m: float) -> Horizon:
    radius_m = SPHERE_M + place.elevation_m
    dip_deg = float(np.degrees(np.arccos(radius_m / (radius_m + height_m))))
    return Horizon(
        place.place_id,
        place.longitude_deg,
        place.latitude_deg,
        place.elevation_m,
        height_m,
        np.full(_AZIMUTHS, -dip_deg),
        0.0,
    )
