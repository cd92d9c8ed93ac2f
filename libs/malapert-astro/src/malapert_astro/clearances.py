"""Functions of time along fitted paths with bounds over a while, for the search of windows.

Each is called with TDB seconds past J2000 of shape (n,), holds where it is not negative, and bounds itself over
intervals by what the paths' speeds and accelerations allow.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_astro import mask_kernel
from malapert_astro.fitted_paths import FittedPath
from malapert_astro.masks import HorizonMask

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats, NDArray[np.bool_]]

_NO_FLOOR_DEG = -180.0


class Clearance(ABC):
    """A function of time that bounds itself: see `malapert_astro.windows.Bounded`.

    Parameters
    ----------
    path
        One of the paths that it is made from; its pieces are those of the others.
    """

    def __init__(self, path: FittedPath) -> None:
        self._path = path

    @abstractmethod
    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the value at epochs of shape (n,)."""

    @abstractmethod
    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the least and the greatest value within `half_s` of epochs, and where it crosses zero once at most."""

    def cuts(self, start_s: float, end_s: float) -> Floats:
        """Return the epochs between which the paths are smooth."""
        return self._path.cuts(start_s, end_s)


class AboveMask(Clearance):
    """Elevation of the end of a path above a horizon mask, degrees.

    Parameters
    ----------
    path
        What is seen, in local axes.
    mask
        The mask.
    floor_deg
        A least elevation on top of the mask.
    """

    def __init__(self, path: FittedPath, mask: HorizonMask, floor_deg: float = -90.0) -> None:
        super().__init__(path)
        self._mask, self._floor_deg = mask, floor_deg

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the clearance."""
        azimuth, elevation = self._path.direction_deg(epoch_tdb_s)
        return np.asarray(elevation - np.maximum(self._mask.elevation_at(azimuth), self._floor_deg))

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the bounds of the clearance."""
        return _mask_bounds(self._path, self._mask, self._floor_deg, 0.0, middle_s, half_s)


class DiscAboveMask(Clearance):
    """Elevation of the most visible part of a sphere's rim above a horizon mask, degrees.

    Parameters
    ----------
    path
        The sphere's centre, in local axes.
    mask
        The mask.
    radius_km
        The sphere's radius.
    """

    def __init__(self, path: FittedPath, mask: HorizonMask, radius_km: float) -> None:
        super().__init__(path)
        self._mask, self._radius_km = mask, radius_km

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the clearance."""
        distance_km = np.linalg.norm(self._path.vector_km(epoch_tdb_s), axis=0)
        radius_deg = np.degrees(np.arcsin(self._radius_km / distance_km))
        return self._mask.disc_clearance_deg(*self._path.direction_deg(epoch_tdb_s), radius_deg)

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the bounds of the clearance."""
        return _mask_bounds(self._path, self._mask, _NO_FLOOR_DEG, self._radius_km, middle_s, half_s)


class AngularSeparation(Clearance):
    """Angle between two directions less a least one, degrees.

    Parameters
    ----------
    one, other
        Both, as one observer sees them, in axes that had better not turn: what both share counts as motion.
    least_deg
        The least angle.
    """

    def __init__(self, one: FittedPath, other: FittedPath, least_deg: float) -> None:
        super().__init__(one)
        self._other, self._least_deg = other, least_deg

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the angle over the least one."""
        one_km, other_km = self._path.vector_km(epoch_tdb_s), self._other.vector_km(epoch_tdb_s)
        return separation_deg(one_km, other_km) - self._least_deg

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the bounds: a direction turns by at most its speed over its nearest distance."""
        reach_deg = turn_deg(self._path, middle_s, half_s) + turn_deg(self._other, middle_s, half_s)
        value = self(middle_s)
        return around(value, reach_deg)


@dataclass(frozen=True)
class Negative:
    """The opposite of a clearance: it holds where that is not positive."""

    of: Clearance

    def __call__(self, epoch_tdb_s: Floats) -> Floats:
        """Return the value at epochs of shape (n,)."""
        return -self.of(epoch_tdb_s)

    def bounds(self, middle_s: Floats, half_s: Floats) -> Bounds:
        """Return the least and the greatest value within `half_s` of epochs, and where it crosses zero once at most."""
        least, greatest, steady = self.of.bounds(middle_s, half_s)
        return -greatest, -least, steady

    def cuts(self, start_s: float, end_s: float) -> Floats:
        """Return the epochs between which the paths are smooth."""
        return self.of.cuts(start_s, end_s)


def around(value: Floats, reach: Floats) -> Bounds:
    """Return the bounds of what is no further than `reach` from a value, and may turn as it likes."""
    return value - reach, value + reach, np.zeros(value.shape, dtype=np.bool_)


def separation_deg(one_km: Floats, other_km: Floats) -> Floats:
    """Return the angle between vectors of shape (3, n), degrees; exact for small and for straight angles."""
    across = np.linalg.norm(np.cross(one_km, other_km, axis=0), axis=0)
    return np.asarray(np.degrees(np.arctan2(across, np.sum(one_km * other_km, axis=0))))


def turn_deg(path: FittedPath, middle_s: Floats, half_s: Floats) -> Floats:
    """Return a bound of the angle by which a path's direction turns within `half_s` of epochs, degrees."""
    vector_km, rate_km_s, acceleration_km_s2 = path.motion(middle_s)
    way_km = (np.linalg.norm(rate_km_s, axis=0) + acceleration_km_s2 * half_s) * half_s
    nearest_km = np.linalg.norm(vector_km, axis=0) - way_km
    with np.errstate(divide="ignore"):
        return np.where(nearest_km > 0.0, np.degrees(way_km / nearest_km), 360.0)


def _mask_bounds(
    path: FittedPath, mask: HorizonMask, floor_deg: float, radius_km: float, middle_s: Floats, half_s: Floats
) -> Bounds:
    return mask_kernel.bounds(
        mask.azimuth_deg, mask.elevation_deg, floor_deg, radius_km, *path.motion(middle_s), half_s
    )
