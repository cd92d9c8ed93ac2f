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
from malapert_astro.orbit_checks import ROUNDING_S, check_states
from malapert_astro.segmented_orbits import SegmentedOrbit
from malapert_astro.spk_orbits import orbit_of_spk
from malapert_astro.state_tables import StateTable

__all__ = ["orbit_of_oem", "orbit_of_spk"]

Floats = NDArray[np.float64]


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
        check_states(segment, faults)
    for before, after in pairwise(oem.segments):
        if after.useable_start_tdb_s < before.useable_start_tdb_s:
            faults.add(after.where, "UNSORTED_SEGMENT", "segments must follow each other in time")
        elif after.useable_start_tdb_s < before.useable_stop_tdb_s - ROUNDING_S:
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
    interpolation, degree = segment.interpolation, segment.interpolation_degree
    return [StateTable(segment.epoch_tdb_s, position, velocity, interpolation, degree, start_s, end_s)]
