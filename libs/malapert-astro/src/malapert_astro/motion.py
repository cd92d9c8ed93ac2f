"""Points of moving, turning bodies, and what one receives of another.

Directions carry light time and stellar aberration, no refraction: JPL Horizons' airless apparent directions, SPICE's
``CN+S``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_astro.frames import rotate_back

Floats = NDArray[np.float64]

LIGHT_SPEED_KM_S = 299_792.458
# Each step leaves the target's speed over that of light, 1e-4, of the error before it: 12 s, 1 ms, 0.1 us, 10 ps.
_LIGHT_TIME_STEPS = 3


@dataclass(frozen=True)
class State:
    """Barycentric positions (km) and velocities (km/s) in J2000, each of shape (3, ...)."""

    position_km: Floats
    velocity_km_s: Floats


@dataclass(frozen=True)
class BodyMotion:
    """State and orientation of a body at epochs.

    Parameters
    ----------
    center
        State of its centre.
    from_inertial
        Rotation matrices from J2000 to its fixed axes, shape (3, 3, ...).
    spin_rad_s
        Angular velocity in its fixed axes, shape (3, ...).
    """

    center: State
    from_inertial: Floats
    spin_rad_s: Floats

    def point(self, position_km: Floats) -> State:
        """Return the state of the point with this body-fixed position, km, shape (3,)."""
        offset_km = position_km.reshape(3, *(1,) * (self.spin_rad_s.ndim - 1))
        turning_km_s = np.cross(self.spin_rad_s, offset_km, axis=0)
        return State(
            self.center.position_km + rotate_back(self.from_inertial, offset_km),
            self.center.velocity_km_s + rotate_back(self.from_inertial, turning_km_s),
        )


def received_km(observer: State, target_before: State, before_s: float) -> Floats:
    """Return the apparent vectors of a target in J2000 axes, km, shape (3, ...); their length is the light path.

    Parameters
    ----------
    observer
        The observer at the epochs of reception.
    target_before
        The target a constant time earlier, near the light time.
    before_s
        That time.

    Notes
    -----
    The light time τ solves |r + v (before − τ) − r_observer| = c τ. The target's acceleration a is left out between
    `before_s` and τ, which costs a (before − τ)² / 2: under 0.3 mm for the Earth's surface seen from the Moon (3.4e-5
    km/s² over 0.12 s) and for the Sun (3e-10 km/s² over 12 s).
    """
    separation_km = target_before.position_km - observer.position_km
    vector_km = separation_km
    for _ in range(_LIGHT_TIME_STEPS):
        light_time_s = _length(vector_km) / LIGHT_SPEED_KM_S
        vector_km = separation_km + target_before.velocity_km_s * (before_s - light_time_s)
    return aberrated(vector_km, observer.velocity_km_s)


def aberrated(vector_km: Floats, observer_velocity_km_s: Floats) -> Floats:
    """Return a vector turned by stellar aberration, its length kept, as SPICE ``STELAB`` does.

    Parameters
    ----------
    vector_km
        Light-time corrected vector from the observer, shape (3, ...).
    observer_velocity_km_s
        Barycentric velocity of the observer in the same axes, shape (3, ...).
    """
    length = _length(vector_km)
    direction, beta = vector_km / length, observer_velocity_km_s / LIGHT_SPEED_KM_S
    across = beta - direction * np.sum(direction * beta, axis=0)
    return np.asarray(length * (direction * np.sqrt(1.0 - np.sum(across**2, axis=0)) + across))


def _length(vector: Floats) -> Floats:
    return np.asarray(np.sqrt(np.sum(vector**2, axis=0)))
