"""Checks of an ephemeris message's states as the motion of an orbiter of the Earth or the Moon."""

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ndm.faults import Faults
from malapert_astro.ndm.oem_segments import OemSegment
from malapert_astro.ndm.reference_frames import center_of
from malapert_astro.orbits import GRAVITY_KM3_S2
from malapert_astro.points import Body
from malapert_astro.state_tables import states_needed

Floats = NDArray[np.float64]

ROUNDING_S = 1e-3
_GAP_IN_STEPS = 1.75
"""A step is a gap from here on, against the segment's own: one state that is missing makes two of it."""
_RUN_OF_STEPS = 3
"""Least number of steps of a size that are how densely a stretch is given, and no gaps."""
_LOWEST_GROUND_KM = {Body.EARTH: 6_351.0, Body.MOON: 1_728.0}
"""Least distance of any ground from the centre: the bottom of the Arctic Ocean, and of the crater Antoniadi."""
_GRAVITY_MARGIN = 1.5
_OTHER_PULL_KM_S2 = 3e-6
"""More than the tides of Earth, Moon and Sun on the orbiters of the other, and than an electric engine."""
_EARTH_RATE_RAD_S = 7.292115e-5
_ROUNDING_KM, _ROUNDING_KM_S = 0.1, 1e-3
_SCALE_MARGIN = 0.005


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
    own_s = _own_steps_s(steps_s)
    gaps = np.flatnonzero(steps_s > _GAP_IN_STEPS * own_s)
    if gaps.size:
        worst = int(gaps[np.argmax(steps_s[gaps] / own_s[gaps])])
        message = (
            f"after state {worst + 1} there is none for {steps_s[worst]:.6g} s, the segment's own step there being "
            f"{own_s[worst]:.6g} s; a gap needs a new segment (gaps in this one: {gaps.size})"
        )
        faults.add(segment.where, "GAP", message)
    needed = max(states_needed(segment.interpolation, segment.interpolation_degree), 2)
    if segment.epoch_tdb_s.size < needed:
        message = f"{segment.epoch_tdb_s.size} states are too few for the interpolation, which needs {needed}"
        faults.add(segment.where, "TOO_FEW_STATES", message)


def _own_steps_s(steps_s: Floats) -> Floats:
    """Return, for each step, how far apart the segment gives its states there.

    It is the usual step of the whole, or that of a stretch that is given less densely: of some steps in a row with this
    one among them, the shortest. One step alone that is longer than those beside it is a gap.
    """
    if steps_s.size == 0:
        return steps_s
    usual_s = np.sort(steps_s)[(steps_s.size - 1) // 2]
    if steps_s.size < _RUN_OF_STEPS:
        return np.full(steps_s.shape, usual_s)
    shortest_s = np.lib.stride_tricks.sliding_window_view(steps_s, _RUN_OF_STEPS).min(axis=1)
    padded_s = np.pad(shortest_s, _RUN_OF_STEPS - 1)
    of_stretch_s = np.lib.stride_tricks.sliding_window_view(padded_s, _RUN_OF_STEPS).max(axis=1)
    return np.asarray(np.maximum(of_stretch_s, usual_s))


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
    """Note velocities of another sign, of other axes or of another scale than the positions'.

    The mean of both velocities of a step leads from place to place but for half of what gravity can do in its time; it
    is wrong where it misses by more than the whole way. A manoeuvre breaks this for one step, so that the median of
    all steps counts.
    """
    steps_s = np.diff(segment.epoch_tdb_s)
    led_km = 0.5 * (segment.velocity_km_s[:, 1:] + segment.velocity_km_s[:, :-1]) * steps_s
    way_km = np.diff(segment.position_km, axis=1)
    off_km = np.linalg.norm(way_km - led_km, axis=0)
    bent_km = 0.5 * _strongest_pull_km_s2(segment, center, steps_s) * steps_s**2
    rounding_km = _ROUNDING_KM + _ROUNDING_KM_S * steps_s
    allowed_km = np.maximum(bent_km + rounding_km, np.linalg.norm(way_km, axis=0))
    if np.median(off_km / allowed_km) > 1.0:
        worst = int(np.argmax(off_km / allowed_km))
        message = (
            f"the velocities are not those of the positions: from state {worst + 1} the mean of its velocity and the "
            f"next leads {off_km[worst]:.4g} km beside the next place; both are needed along the same axes, in km/s"
        )
        faults.add(segment.where, "CONTRADICTING_STATES", message)
    else:
        _check_scale(segment, (way_km, led_km), (bent_km, rounding_km), faults)


def _check_scale(
    segment: OemSegment, ways_km: tuple[Floats, Floats], unsure_km: tuple[Floats, Floats], faults: Faults
) -> None:
    """Note velocities that are those of the positions times a number, such as in other units of length or time.

    On an arc of θ the mean of both velocities leads 1 / (1 + θ²/12) of the chord, to the second order; θ is at most
    twice what the way is bent by, in ways.
    """
    (way_km, led_km), (bent_km, rounding_km) = ways_km, unsure_km
    length_km = np.linalg.norm(led_km, axis=0)
    told = length_km > 0.0
    if not told.any():
        return
    length_km = length_km[told]
    scale = np.sum(way_km * led_km, axis=0)[told] / length_km**2
    allowed = _SCALE_MARGIN + (2.0 * bent_km[told] / length_km) ** 2 / 6.0 + rounding_km[told] / length_km
    usual = float(np.median(scale))
    if usual > 0.0 and np.median(np.abs(scale - 1.0) / allowed) > 1.0:
        message = f"the positions move {usual:.4g} times as fast as the velocities say; both are needed, in km and km/s"
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
