"""Horizon masks: a least elevation against azimuth, linear between the azimuths at which it is given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from malapert_astro import mask_kernel

Floats = NDArray[np.float64]

_TURN_DEG = 360.0


@dataclass(frozen=True)
class HorizonMask:
    """A least elevation against azimuth, all around.

    Parameters
    ----------
    azimuth_deg
        Azimuths that do not fall, within one turn, degrees, shape (m,). Two at one place are a vertical edge.
    elevation_deg
        The mask there, degrees, shape (m,); linear between them and from the last to the first.

    Raises
    ------
    ValueError
        If there is no azimuth, one falls or they go round more than once, or an elevation is not −90 to 90.
    """

    azimuth_deg: Floats
    elevation_deg: Floats

    def __post_init__(self) -> None:
        azimuth, elevation = (np.asarray(each, dtype=np.float64) for each in (self.azimuth_deg, self.elevation_deg))
        if azimuth.ndim != 1 or not azimuth.size or azimuth.shape != elevation.shape:
            raise ValueError(f"a mask is a row of azimuths and elevations, not {azimuth.shape} and {elevation.shape}")
        if not (np.all(np.diff(azimuth) >= 0.0) and azimuth[-1] - azimuth[0] <= _TURN_DEG):
            raise ValueError("a mask's azimuths do not fall and go round once")
        if not np.all(np.abs(elevation) <= 90.0):
            raise ValueError("a mask's elevations lie between -90 and 90 degrees, without gaps")
        object.__setattr__(self, "azimuth_deg", np.append(azimuth, azimuth[0] + _TURN_DEG))
        object.__setattr__(self, "elevation_deg", np.append(elevation, elevation[0]))

    @classmethod
    def flat(cls, elevation_deg: float) -> "HorizonMask":
        """Return a mask of one elevation all around."""
        return cls(np.zeros(1), np.full(1, elevation_deg))

    def elevation_at(self, azimuth_deg: ArrayLike) -> Floats:
        """Return the mask at azimuths of any shape, degrees."""
        azimuth = np.asarray(azimuth_deg, dtype=np.float64)
        return mask_kernel.heights(self.azimuth_deg, self.elevation_deg, azimuth.ravel()).reshape(azimuth.shape)

    def disc_clearance_deg(self, azimuth_deg: ArrayLike, elevation_deg: ArrayLike, radius_deg: ArrayLike) -> Floats:
        """Return how far the most visible part of a disc's rim is above the mask, degrees; any of it shows where > 0.

        Parameters
        ----------
        azimuth_deg, elevation_deg, radius_deg
            The disc's centre and angular radius, degrees, of any shapes that go together.
        """
        shape = np.broadcast_shapes(*(np.shape(each) for each in (azimuth_deg, elevation_deg, radius_deg)))
        azimuth, elevation, radius = (
            np.broadcast_to(np.asarray(each, dtype=np.float64), shape).ravel()
            for each in (azimuth_deg, elevation_deg, radius_deg)
        )
        clearance = mask_kernel.disc_clearances(self.azimuth_deg, self.elevation_deg, azimuth, elevation, radius)
        return clearance.reshape(shape)
