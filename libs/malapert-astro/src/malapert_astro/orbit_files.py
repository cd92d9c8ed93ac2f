"""Orbits from files: an OEM's segments, and an SPK of types 2, 3, 9 or 13."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from jplephem.daf import DAF
from numpy.typing import NDArray

from malapert_astro.chebyshev import Segment, SegmentChain
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import KernelError
from malapert_astro.frames import rotate_back
from malapert_astro.ndm.document import NdmError, NdmFault
from malapert_astro.ndm.oem import Oem, OemSegment
from malapert_astro.orbits import Interpolation, Orbit, StateTable, TabulatedOrbit
from malapert_astro.points import Body

Floats = NDArray[np.float64]

CENTERS = {"MOON": Body.MOON, "EARTH": Body.EARTH}
INERTIAL_FRAMES = ("EME2000", "J2000", "ICRF", "GCRF")
"""Taken as J2000; ICRF and GCRF differ from it by 0.02 seconds of arc, 0.2 m at the Moon's radius."""
EARTH_FIXED_FRAMES = ("ITRF93", "ITRF97", "ITRF2000", "ITRF2005", "ITRF2008", "ITRF2014", "ITRF2020", "ITRF")
MOON_FIXED_FRAMES = ("MOON_ME", "MOON_ME_DE421")
_GAP_IN_STEPS = 5.0
_BESIDE_S = 2.0
_NAIF_CENTERS = {301: Body.MOON, 399: Body.EARTH}


def orbit_of_oem(oem: Oem, ephemeris: Ephemeris) -> TabulatedOrbit:
    """Return the orbit of a message, its states turned to J2000.

    Raises
    ------
    NdmError
        With every fault: a centre that is neither Earth nor Moon or not one for all, an unknown frame or one of the
        other body, a gap inside a segment.
    """
    faults: list[NdmFault] = []
    for segment in oem.segments:
        faults += _segment_faults(segment, oem.segments[0].center_name)
    for before, after in pairwise(oem.segments):
        if after.useable_start_tdb_s < before.useable_start_tdb_s:
            message = "segments must follow each other in time"
            faults.append(NdmFault(after.where, "UNSORTED_SEGMENT", message))
    if faults:
        raise NdmError(faults)
    center = CENTERS[oem.segments[0].center_name.upper()]
    return TabulatedOrbit(center, [_table(segment, ephemeris) for segment in oem.segments])


def orbit_of_spk(path: Path, naif_id: int) -> Orbit:
    """Return the orbit of a body in an SPK, which must be given from the Earth or the Moon.

    Raises
    ------
    KernelError
        If the file is no SPK, or holds the body not at all, in another type or frame, or from another centre.
    """
    try:
        with path.open("rb") as file:
            daf = DAF(file)
            if daf.locidw != b"DAF/SPK":
                raise KernelError(f"the file is {daf.locidw.decode(errors='replace')}, not DAF/SPK")
            found = [values for _, values in daf.summaries() if values[2] == naif_id]
            others = sorted({values[2] for _, values in daf.summaries()})
            if not found:
                raise KernelError(f"no segment of body {naif_id}; the file has {', '.join(map(str, others))}")
            centers = {values[3] for values in found}
            if len(centers) != 1 or next(iter(centers)) not in _NAIF_CENTERS:
                raise KernelError(f"body {naif_id} is given from {sorted(centers)}; one of 301 and 399 is needed")
            center = _NAIF_CENTERS[next(iter(centers))]
            types = {values[5] for values in found}
            if any(values[4] != 1 for values in found):
                raise KernelError(f"body {naif_id} is not given in frame 1 (J2000)")
            if types <= {2, 3}:
                return ChebyshevOrbit(center, path, found)
            if types <= {9, 13}:
                return TabulatedOrbit(center, [_spk_table(daf, values) for values in found])
    except (ValueError, UnicodeDecodeError, OSError) as error:
        raise (
            error if isinstance(error, KernelError) else KernelError(f"the file cannot be read as SPK: {error}")
        ) from error
    raise KernelError(f"body {naif_id} has segments of types {sorted(types)}; 2 and 3, or 9 and 13, can be read")


class ChebyshevOrbit(Orbit):
    """An orbiter by Chebyshev segments of an SPK (types 2 and 3).

    Parameters
    ----------
    center
        Earth or Moon.
    path
        The file.
    summaries
        Descriptors of its segments.
    """

    def __init__(self, center: Body, path: Path, summaries: list[tuple[float, ...]]) -> None:
        super().__init__(center)
        self._chain = SegmentChain(
            tuple(
                Segment(path, f"body {int(body)}", start, end, 1, int(first), int(last), 3 * (int(kind) - 1))
                for start, end, body, _, _, kind, first, last in summaries
            )
        )

    @property
    def spans_tdb_s(self) -> tuple[tuple[float, float], ...]:
        """The span of the file's segments, less what light time asks beside it."""
        first, last = self._chain.span_tdb_s
        return ((first + _BESIDE_S, last - _BESIDE_S),)

    @property
    def longest_piece_s(self) -> float:
        """The shortest record: its polynomials are of lower degree than a fit's."""
        return min(segment.series.interval_s for segment in self._chain.segments)

    def state_km(self, epoch_tdb_s: Floats) -> tuple[Floats, Floats]:
        """Return positions and velocities."""
        return self._chain.evaluate_with_rate(epoch_tdb_s)


def _segment_faults(segment: OemSegment, first_center: str) -> list[NdmFault]:
    faults = []
    center = CENTERS.get(segment.center_name.upper())
    if center is None:
        message = f"CENTER_NAME {segment.center_name!r} is none of {', '.join(CENTERS)}"
        faults.append(NdmFault(segment.where, "WRONG_CENTER", message))
    elif segment.center_name != first_center:
        message = f"CENTER_NAME {segment.center_name!r} is not {first_center!r} as before"
        faults.append(NdmFault(segment.where, "WRONG_CENTER", message))
    fixed = EARTH_FIXED_FRAMES if center is Body.EARTH else MOON_FIXED_FRAMES
    if center is not None and segment.reference_frame.upper().replace("-", "") not in (*INERTIAL_FRAMES, *fixed):
        allowed = ", ".join((*INERTIAL_FRAMES, *fixed))
        message = f"REF_FRAME {segment.reference_frame!r} is none of {allowed}, which go with centre {center}"
        faults.append(NdmFault(segment.where, "WRONG_FRAME", message))
    steps_s = np.diff(segment.epoch_tdb_s)
    if steps_s.size >= 2:
        worst = int(np.argmax(steps_s))
        usual_s = float(np.median(steps_s))
        if steps_s[worst] > _GAP_IN_STEPS * usual_s:
            message = (
                f"after state {worst + 1} there is none for {steps_s[worst]:.0f} s, the usual step being "
                f"{usual_s:.0f} s; a gap needs a new segment"
            )
            faults.append(NdmFault(segment.where, "GAP", message))
    needed = 2 if segment.interpolation is Interpolation.HERMITE else segment.interpolation_degree + 1
    if segment.epoch_tdb_s.size < needed:
        message = f"{segment.epoch_tdb_s.size} states are too few for the stated interpolation, which needs {needed}"
        faults.append(NdmFault(segment.where, "TOO_FEW_STATES", message))
    return faults


def _table(segment: OemSegment, ephemeris: Ephemeris) -> StateTable:
    position, velocity = segment.position_km, segment.velocity_km_s
    if segment.reference_frame.upper() not in INERTIAL_FRAMES:
        of_moon = segment.reference_frame.upper() in MOON_FIXED_FRAMES
        motion_of = ephemeris.moon_motion if of_moon else ephemeris.earth_motion
        motion = motion_of(segment.epoch_tdb_s)
        turning = np.cross(motion.spin_rad_s, position, axis=0)
        velocity = rotate_back(motion.from_inertial, velocity + turning)
        position = rotate_back(motion.from_inertial, position)
    return StateTable(
        segment.epoch_tdb_s,
        position,
        velocity,
        segment.interpolation,
        segment.interpolation_degree,
        segment.useable_start_tdb_s,
        segment.useable_stop_tdb_s,
    )


def _spk_table(daf: DAF, values: tuple[float, ...]) -> StateTable:
    """Return the states of a segment of type 9 (Lagrange) or 13 (Hermite), after NAIF's "SPK Required Reading"."""
    start_s, end_s, _, _, _, kind, first, last = values
    words = np.array(daf.read_array(int(first), int(last)), dtype=np.float64)
    count, size = int(words[-1]), int(words[-2])
    states, epochs = words[: 6 * count].reshape(count, 6).T, words[6 * count : 7 * count]
    # Type 9 states the degree, type 13 the window less one: of W + 1 states, degree 2 W + 1.
    interpolation, degree = (Interpolation.LAGRANGE, size) if kind == 9 else (Interpolation.HERMITE, 2 * size + 1)
    return StateTable(epochs, states[:3].copy(), states[3:].copy(), interpolation, degree, start_s, end_s)
