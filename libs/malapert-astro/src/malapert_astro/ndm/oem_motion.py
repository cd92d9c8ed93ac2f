"""Check of an ephemeris' states against each other: units of another size and exchanged rows show in the motion."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ndm.faults import Faults

Floats = NDArray[np.float64]

FASTEST_KM_S = 73.0
"""Highest speed, km/s, that a body bound to the Sun has past the Earth: sqrt(2) and 1 times the Earth's own 30.3."""
_MOST_RATIO = 3.0
"""Highest ratio of the speed between two states to the higher of theirs; on a conic it is at most 3 sqrt(2) / 4."""
_ROUNDING_KM = 1.0


def check_motion(epochs_s: Floats, states: Floats, places: Sequence[str], faults: Faults) -> None:
    """Note states that are no motion about the Earth or the Moon in km and km/s.

    Parameters
    ----------
    epochs_s
        Rising epochs, seconds, shape (n,).
    states
        Positions, km, and velocities, km/s, shape (6, n).
    places, faults
        Place of each state, and what takes the faults.
    """
    speeds = np.linalg.norm(states[3:6], axis=0)
    for index in np.flatnonzero(speeds > FASTEST_KM_S).tolist():
        stated = f"the speed is {speeds[index]:.6g} km/s; at most {FASTEST_KM_S:g} is allowed, in km/s"
        faults.add(places[index], "OUT_OF_RANGE", stated)
    steps_s = np.diff(epochs_s)
    moved_km = np.linalg.norm(np.diff(states[:3], axis=1), axis=0)
    faster = np.maximum(speeds[:-1], speeds[1:])
    for index in np.flatnonzero(moved_km > _MOST_RATIO * faster * steps_s + _ROUNDING_KM).tolist():
        message = (
            f"from the state before ({places[index]}) it moved {moved_km[index]:.6g} km in {steps_s[index]:.6g} s, "
            f"with at most {faster[index]:.6g} km/s at both"
        )
        faults.add(places[index + 1], "CONTRADICTING_STATES", message)
