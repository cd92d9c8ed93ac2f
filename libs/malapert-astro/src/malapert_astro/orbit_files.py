"""The orbit of an Orbit Ephemeris Message, its segments turned to J2000."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError
from malapert_astro.frames import rotate_back
from malapert_astro.ndm.faults import Faults
from malapert_astro.ndm.oem_segments import Oem, OemSegment
from malapert_astro.ndm.reference_frames import Axes, axes_of, center_of
from malapert_astro.points import Body
from malapert_astro.segmented_orbits import SegmentedOrbit
from malapert_astro.spk_orbits import orbit_of_spk
from malapert_astro.state_tables import Interpolation, StateTable, states_needed

__all__ = ["orbit_of_oem", "orbit_of_spk"]

Floats = NDArray[np.float64]

_GAP_IN_STEPS = 5.0
_ROUNDING_S = 1e-3
_LOWEST_GROUND_KM = {Body.EARTH: 6_351.0, Body.MOON: 1_728.0}
"""Least distance of any ground from the centre: the bottom of the Arctic Ocean, and of the crater Antoniadi."""


def orbit_of_oem(oem: Oem, ephemeris: Ephemeris) -> SegmentedOrbit:
    """Return the orbit of a message; each segment serves within its useable span and its states, and no farther.

    Raises
    ------
    NdmError
        With every fault: a centre that is neither Earth nor Moon or not one for all, an unknown frame or one of the
        other body, a gap inside a segment, segments that overlap, too few states for the interpolation.
    """
    faults = Faults()
    axes = [_axes(segment, oem.segments[0], faults) for segment in oem.segments]
    for segment in oem.segments:
        _check_states(segment, faults)
        _check_ground(segment, faults)
    for before, after in pairwise(oem.segments):
        if after.useable_start_tdb_s < before.useable_start_tdb_s:
            faults.add(after.where, "UNSORTED_SEGMENT", "segments must follow each other in time")
        elif after.useable_start_tdb_s < before.useable_stop_tdb_s - _ROUNDING_S:
            message = f"the useable span begins before that of the segment before ({before.where}) ends"
            faults.add(after.where, "OVERLAPPING_SEGMENT", message)
    faults.raise_if_any()
    pairs = zip(oem.segments, axes, strict=True)
    tables = [table for segment, each in pairs for table in _tables(segment, each, ephemeris, faults)]
    faults.raise_if_any()
    return SegmentedOrbit(center_of(oem.segments[0].center_name), tables, oem.passed_over)


def _axes(segment: OemSegment, first: OemSegment, faults: Faults) -> Axes | None:
    try:
        center = center_of(segment.center_name)
    except ValueError as error:
        faults.add(segment.where, "WRONG_CENTER", str(error))
        return None
    if segment.center_name.upper() != first.center_name.upper():
        message = f"CENTER_NAME {segment.center_name!r} is not {first.center_name!r} as before ({first.where})"
        faults.add(segment.where, "WRONG_CENTER", message)
    if segment.reference_frame_epoch_tdb_s is not None:
        message = "REF_FRAME_EPOCH is not used: frames whose axes depend on one cannot be read"
        faults.add(segment.where, "WRONG_FRAME", message)
    try:
        return axes_of(segment.reference_frame, center)
    except ValueError as error:
        faults.add(segment.where, "WRONG_FRAME", str(error))
        return None


def _check_states(segment: OemSegment, faults: Faults) -> None:
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
    needed = max(states_needed(segment.interpolation, _degree(segment)), 2)
    if segment.epoch_tdb_s.size < needed:
        message = f"{segment.epoch_tdb_s.size} states are too few for the interpolation, which needs {needed}"
        faults.add(segment.where, "TOO_FEW_STATES", message)


def _check_ground(segment: OemSegment, faults: Faults) -> None:
    try:
        lowest_km = _LOWEST_GROUND_KM[center_of(segment.center_name)]
    except ValueError:  # said already
        return
    distances_km = np.linalg.norm(segment.position_km, axis=0)
    lowest = int(np.argmin(distances_km))
    if distances_km[lowest] < lowest_km:
        message = (
            f"state {lowest + 1} is {distances_km[lowest]:.6g} km from the centre of {segment.center_name}, below its "
            f"lowest ground at {lowest_km:g} km; positions are in km"
        )
        faults.add(segment.where, "BELOW_GROUND", message)


def _tables(segment: OemSegment, axes: Axes | None, ephemeris: Ephemeris, faults: Faults) -> list[StateTable]:
    start_s = max(segment.useable_start_tdb_s, float(segment.epoch_tdb_s[0]))
    end_s = min(segment.useable_stop_tdb_s, float(segment.epoch_tdb_s[-1]))
    if not end_s > start_s:
        faults.add(segment.where, "NO_USEABLE_STATES", "no state lies in the useable span, or only one instant of it")
        return []
    position, velocity = segment.position_km, segment.velocity_km_s
    if axes in (Axes.ITRF, Axes.MOON_ME):
        motion_of = ephemeris.moon_motion if axes is Axes.MOON_ME else ephemeris.earth_motion
        try:
            motion = motion_of(segment.epoch_tdb_s)
        except EphemerisSpanError as error:
            faults.add(segment.where, "OUTSIDE_EPHEMERIS", f"{segment.reference_frame}: {error}")
            return []
        turning = np.cross(motion.spin_rad_s, position, axis=0)
        velocity = rotate_back(motion.from_inertial, velocity + turning)
        position = rotate_back(motion.from_inertial, position)
    interpolation, degree = segment.interpolation, _degree(segment)
    return [StateTable(segment.epoch_tdb_s, position, velocity, interpolation, degree, start_s, end_s)]


def _degree(segment: OemSegment) -> int:
    """Return the degree that a segment recommends; one of Hermite's between two states takes all of them."""
    cubic = 3 if segment.interpolation is Interpolation.HERMITE else 1
    return max(segment.interpolation_degree, cubic)
