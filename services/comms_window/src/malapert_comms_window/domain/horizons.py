"""Skylines as landing-site gives them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_comms_window.domain.windows import InputRecord


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
