"""The terrain skyline at a point, and how much of the solar disc clears it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro import skyline_kernel
from malapert_astro.masks import HorizonMask

Floats = NDArray[np.float64]

_DISC_CHORDS = 48
"""Vertical chords of the disc; against a flat skyline the fraction is then within 0.0005 of the circle segment."""


@dataclass(frozen=True)
class Skyline:
    """Elevation of the terrain against azimuth, seen from one point; linear between azimuths, closed at north.

    Parameters
    ----------
    elevation_deg
        Elevations at evenly spaced azimuths, degrees, shape (m,); the first is north, the rest follow clockwise. May be
        negative.

    Raises
    ------
    ValueError
        If there are no elevations, or one is not between −90 and 90.
    """

    elevation_deg: Floats

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.elevation_deg, dtype=np.float64)
        if values.ndim != 1 or not values.size:
            raise ValueError(f"a skyline is a row of at least one elevation, not an array of shape {values.shape}")
        if not np.all(np.abs(values) <= 90.0):
            raise ValueError("a skyline's elevations lie between -90 and 90 degrees, without gaps")
        object.__setattr__(self, "elevation_deg", values)

    @classmethod
    def flat(cls, elevation_deg: float = 0.0, count: int = 4) -> "Skyline":
        """Return a skyline of one elevation all around."""
        return cls(np.full(count, elevation_deg))

    @property
    def azimuth_step_deg(self) -> float:
        """Step between azimuths, degrees."""
        return 360.0 / self.elevation_deg.size

    @cached_property
    def mask(self) -> HorizonMask:
        """The skyline as a horizon mask."""
        return HorizonMask(np.linspace(0.0, 360.0, self.elevation_deg.size, endpoint=False), self.elevation_deg)

    def elevation_at(self, azimuth_deg: ArrayLike) -> Floats:
        """Return the skyline's elevation at azimuths of any shape, degrees."""
        azimuth = np.asarray(azimuth_deg, dtype=np.float64)
        return skyline_kernel.heights(self.elevation_deg, azimuth.ravel()).reshape(azimuth.shape)


def clearance_deg(skyline: Skyline, azimuth_deg: ArrayLike, elevation_deg: ArrayLike) -> Floats:
    """Return how far directions are above the skyline, degrees; the Earth is visible where it is not negative."""
    return np.asarray(np.asarray(elevation_deg, dtype=np.float64) - skyline.elevation_at(azimuth_deg))


def visible_disc_fraction(
    skyline: Skyline, azimuth_deg: ArrayLike, elevation_deg: ArrayLike, radius_deg: ArrayLike
) -> Floats:
    """Return the share of a disc above the skyline, 0 to 1, shape of the broadcast arguments.

    Parameters
    ----------
    skyline
        The skyline.
    azimuth_deg, elevation_deg
        The disc's centre, degrees.
    radius_deg
        The disc's angular radius, degrees.

    Notes
    -----
    The disc is cut into vertical chords at x = r cos θ, θ evenly spaced; each chord is clipped by the skyline's height
    at its own azimuth. The midpoint rule in θ integrates the whole disc exactly.
    """
    azimuth, elevation, radius = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (azimuth_deg, elevation_deg, radius_deg))
    )
    skylines_deg = skyline.elevation_deg[np.newaxis]
    fractions = visible_disc_fractions(skylines_deg, azimuth.ravel(), elevation.ravel(), radius.ravel())
    return fractions.reshape(azimuth.shape)


def visible_disc_fractions(
    skylines_deg: Floats, azimuth_deg: Floats, elevation_deg: Floats, radius_deg: Floats
) -> Floats:
    """Return the share of a disc above each of many skylines, shape (p, n).

    Parameters
    ----------
    skylines_deg
        Elevations at evenly spaced azimuths from north clockwise, degrees, shape (p, m).
    azimuth_deg, elevation_deg, radius_deg
        The disc's centre and angular radius, degrees, each of shape (n,) or (p, n).
    """
    shape = (skylines_deg.shape[0], np.broadcast_shapes(*(np.shape(v) for v in (azimuth_deg, elevation_deg)))[-1])
    azimuth, elevation, radius = (
        np.ascontiguousarray(np.broadcast_to(values, shape)) for values in (azimuth_deg, elevation_deg, radius_deg)
    )
    return skyline_kernel.disc_fractions(np.ascontiguousarray(skylines_deg), azimuth, elevation, radius, *_CHORDS)


_CHORD_ANGLES = (np.arange(_DISC_CHORDS) + 0.5) * (np.pi / _DISC_CHORDS)
_CHORDS = np.cos(_CHORD_ANGLES), np.sin(_CHORD_ANGLES)
