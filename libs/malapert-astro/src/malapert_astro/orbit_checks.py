"""Checks of an ephemeris message's states as the motion of an orbiter of the Earth or the Moon."""

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ndm.faults import Faults
from malapert_astro.ndm.oem_segments import OemSegment
from malapert_astro.ndm.reference_frames import center_of
from malapert_astro.orbits import GRAVITY_KM3_S2
from malapert_astro.points import Body
from malapert_astro.state_tables import Interpolation, states_needed

Floats = NDArray[np.float64]

ROUNDING_S = 1e-3
_GAP_IN_STEPS = 5.0
_LOWEST_GROUND_KM = {Body.EARTH: 6_351.0, Body.MOON: 1_728.0}
"""Least distance of any ground from the centre: the bottom of the Arctic Ocean, and of the crater Antoniadi."""
_GRAVITY_MARGIN = 1.5
_OTHER_PULL_KM_S2 = 3e-6
"""More than the tides of Earth, Moon and Sun on the orbiters of the other, and than an electric engine."""
_EARTH_RATE_RAD_S = 7.292115e-5
_ROUNDING_KM, _ROUNDING_KM_S = 0.1, 1e-3


def degree_of(segment: OemSegment) -> int:
    """Return the degree that a segment recommends; one of Hermite's between two states takes all of them."""
    cubic = 3 if segment.interpolation is Interpolation.HERMITE else 1
    return max(segment.interpolation_degree, cubic)


def check_states(segment: OemSegment, faults: Faults) -> None:
    """Note gaps, too few states for the interpolation, states below ground, velocities that are not the positions'."""
    _check_steps(segment, faults)
    try:
        center = center_of(segment.center_name)
    except ValueError:  # said already
        return
    _check_ground(segment, center, faults)
    if segment.epoch_tdb_s.size > 1:
        _check_velocities(segment, center, faults)


def _check_steps(segment: OemSegment, faults: Faults) -> None:
    steps_s = np.diff(segment.epoch_tdb_s)
    if steps_s.size >= 2:
        worst = int(np.argmax(steps_s))
        usual_s = float(np.median(steps_s))
        if steps_s[worst] > _GAP_IN_STEPS * usual_s:
            message = (
                f"after state {worst + 1} there is none for {steps_s[worst]:.0f} s, the usual step being "
                f"{usual_s:.0f} s; a gap needs a new segment"
            )
            faults.add(segment.where, "GAP", message)
    needed = max(states_needed(segment.interpolation, degree_of(segment)), 2)
    if segment.epoch_tdb_s.size < needed:
        message = f"{segment.epoch_tdb_s.size} states are too few for the interpolation, which needs {needed}"
        faults.add(segment.where, "TOO_FEW_STATES", message)


def _check_ground(segment: OemSegment, center: Body, faults: Faults) -> None:
    distances_km = np.linalg.norm(segment.position_km, axis=0)
    lowest = int(np.argmin(distances_km))
    if distances_km[lowest] < _LOWEST_GROUND_KM[center]:
        message = (
            f"state {lowest + 1} is {distances_km[lowest]:.6g} km from the centre of {segment.center_name}, below its "
            f"lowest ground at {_LOWEST_GROUND_KM[center]:g} km; positions are in km"
        )
        faults.add(segment.where, "BELOW_GROUND", message)


def _check_velocities(segment: OemSegment, center: Body, faults: Faults) -> None:
    """Note velocities of another sign or of other axes than the positions'.

    The mean of both velocities of a step leads from place to place but for half of what gravity can do in its time; it
    is wrong where it misses by more than the whole way. A manoeuvre breaks this for one step, so that the median of
    all steps counts.
    """
    steps_s = np.diff(segment.epoch_tdb_s)
    mean_km_s = 0.5 * (segment.velocity_km_s[:, 1:] + segment.velocity_km_s[:, :-1])
    way_km = np.diff(segment.position_km, axis=1)
    off_km = np.linalg.norm(way_km - mean_km_s * steps_s, axis=0)
    allowed_km = 0.5 * _strongest_pull_km_s2(segment, center, steps_s) * steps_s**2
    allowed_km = np.maximum(allowed_km + _ROUNDING_KM + _ROUNDING_KM_S * steps_s, np.linalg.norm(way_km, axis=0))
    if np.median(off_km / allowed_km) > 1.0:
        worst = int(np.argmax(off_km / allowed_km))
        message = (
            f"the velocities are not those of the positions: from state {worst + 1} the mean of its velocity and the "
            f"next leads {off_km[worst]:.4g} km beside the next place; both are needed along the same axes, in km/s"
        )
        faults.add(segment.where, "CONTRADICTING_STATES", message)


def _strongest_pull_km_s2(segment: OemSegment, center: Body, steps_s: Floats) -> Floats:
    """Return the most by which a velocity can turn within each step, also as axes that turn with the Earth show it."""
    distances_km = np.linalg.norm(segment.position_km, axis=0)
    speeds_km_s = np.linalg.norm(segment.velocity_km_s, axis=0)
    fastest_km_s = np.maximum(speeds_km_s[1:], speeds_km_s[:-1])
    nearest_km = np.minimum(distances_km[1:], distances_km[:-1]) - fastest_km_s * steps_s
    gravity = GRAVITY_KM3_S2[center] / np.maximum(nearest_km, _LOWEST_GROUND_KM[center]) ** 2
    turning = _EARTH_RATE_RAD_S * (2.0 * fastest_km_s + _EARTH_RATE_RAD_S * distances_km[1:])
    return np.asarray(_GRAVITY_MARGIN * gravity + turning + _OTHER_PULL_KM_S2)
