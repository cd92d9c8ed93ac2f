"""Steps and velocities of an ephemeris message: gaps, velocities that are not the positions', true orbits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.ndm.epochs import tdb_of
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import read_oem
from malapert_astro.orbit_files import orbit_of_oem
from malapert_astro.orbits import GRAVITY_KM3_S2
from malapert_astro.points import Body
from numpy.typing import NDArray

Floats = NDArray[np.float64]
START = datetime(2029, 1, 15, tzinfo=UTC)
"""A reading of a clock of TDB."""


def conic(center: Body, axis_km: float, eccentricity: float, step_s: float, count: int) -> Floats:
    """States by SPICE's own propagator, shape (6, count)."""
    elements = [axis_km * (1 - eccentricity), eccentricity, 1.1, 0.3, 0.7, 0.0, 0.0, GRAVITY_KM3_S2[center]]
    return np.array([spiceypy.conics(elements, step_s * number) for number in range(count)]).T


def message(
    states: Floats, step_s: float | Floats, center: Body = Body.MOON, frame: str = "EME2000", method: str = "LAGRANGE"
) -> bytes:
    offsets_s = step_s if isinstance(step_s, np.ndarray) else step_s * np.arange(states.shape[1])
    times = [(START + timedelta(seconds=float(each))).replace(tzinfo=None).isoformat() for each in offsets_s]
    rows = [" ".join([time, *(f"{value:.9f}" for value in state)]) for time, state in zip(times, states.T, strict=True)]
    head = (
        "CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2028-11-04T17:22:31\nORIGINATOR = JAXA\nMETA_START\n"
        f"OBJECT_NAME = RELAY\nOBJECT_ID = 2027-001A\nCENTER_NAME = {center}\nREF_FRAME = {frame}\nTIME_SYSTEM = TDB\n"
        f"START_TIME = {times[0]}\nSTOP_TIME = {times[-1]}\nINTERPOLATION = {method}\n"
        f"INTERPOLATION_DEGREE = {1 if method == 'LINEAR' else 7}\nMETA_STOP\n"
    )
    return (head + "\n".join(rows)).encode()


@pytest.mark.parametrize("method", ["LAGRANGE", "HERMITE", "LINEAR"])
@pytest.mark.parametrize(
    "spoilt",
    [lambda x, y, z: (-x, -y, -z), lambda x, y, z: (y, -x, -z)],
    ids=["sign", "turned back"],
)  # fmt: skip
def test_velocities_that_are_not_the_positions_are_refused(
    ephemeris: Ephemeris, spoilt: Callable[[Floats, Floats, Floats], tuple[Floats, ...]], method: str
) -> None:
    states = conic(Body.MOON, 1_838.0, 0.0, 60.0, 12)
    orbit_of_oem(read_oem(message(states, 60.0, method=method)), ephemeris)
    states[3:] = spoilt(*states[3:])
    with pytest.raises(NdmError) as caught:
        orbit_of_oem(read_oem(message(states, 60.0, method=method)), ephemeris)
    assert {fault.code for fault in caught.value.faults} == {"CONTRADICTING_STATES"}


def test_rough_velocities_are_read(ephemeris: Ephemeris) -> None:
    """A step of 1 s along two axes of which the velocities have one."""
    states = np.array([[1850.0 + t, 1.6 * t, 0.0, 0.0, 1.6, 0.0] for t in range(8)]).T
    orbit_of_oem(read_oem(message(states, 1.0)), ephemeris)


def test_a_manoeuvre_within_a_segment_is_read(ephemeris: Ephemeris) -> None:
    """The velocities of one step do not agree; those of the others do."""
    states = conic(Body.MOON, 1_838.0, 0.0, 60.0, 12)
    states[3:, -1] *= 0.7
    orbit_of_oem(read_oem(message(states, 60.0)), ephemeris)


@pytest.mark.parametrize("step_s", [10.0, 60.0, 300.0, 1200.0, 3600.0])
@pytest.mark.parametrize(
    ("center", "frame", "axis_km", "eccentricity"),
    [
        (Body.MOON, "EME2000", 1_800.0, 0.01),
        (Body.MOON, "EME2000", 9_750.0, 0.6),
        (Body.MOON, "MOON_ME", 6_142.0, 0.6),
        (Body.MOON, "EME2000", 50_000.0, 0.2),
        (Body.EARTH, "EME2000", 6_700.0, 0.01),
        (Body.EARTH, "EME2000", 26_560.0, 0.74),
        (Body.EARTH, "ITRF-93", 42_164.0, 0.0),
        (Body.EARTH, "ITRF-93", 6_900.0, 0.01),
        (Body.EARTH, "EME2000", 384_400.0, 0.05),
    ],
)
def test_true_orbits_have_the_velocities_of_their_positions(
    ephemeris: Ephemeris, center: Body, frame: str, axis_km: float, eccentricity: float, step_s: float
) -> None:
    """Conics at every step, also in axes that turn with the body."""
    states = conic(center, axis_km, eccentricity, step_s, 30)
    motion_of = {"ITRF-93": ephemeris.earth_motion, "MOON_ME": ephemeris.moon_motion}.get(frame)
    if motion_of is not None:
        motion = motion_of(tdb_of("2029-01-15T00:00:00", "TDB") + step_s * np.arange(30))
        place, speed = (np.einsum("ijn,jn->in", motion.from_inertial, part) for part in (states[:3], states[3:]))
        states = np.concatenate([place, speed - np.cross(motion.spin_rad_s, place, axis=0)])
    orbit_of_oem(read_oem(message(states, step_s, center, frame)), ephemeris)


@pytest.mark.parametrize("scale", [0.5, 0.3048, 1.02, 1.1, 1.609344, 1.852, 2.5])
@pytest.mark.parametrize("method", ["LAGRANGE", "HERMITE", "LINEAR"])
def test_velocities_of_another_scale_than_the_positions_are_refused(
    ephemeris: Ephemeris, scale: float, method: str
) -> None:
    """Feet, miles, nautical miles, or a factor without a name, beside positions in km."""
    states = conic(Body.MOON, 1_838.0, 0.0, 60.0, 30)
    states[3:] *= scale
    with pytest.raises(NdmError) as caught:
        orbit_of_oem(read_oem(message(states, 60.0, method=method)), ephemeris)
    assert {fault.code for fault in caught.value.faults} == {"CONTRADICTING_STATES"}


STEPS_S = {
    "one state is missing": ([60.0] * 9 + [120.0] + [60.0] * 9, True),
    "five are": ([60.0] * 9 + [360.0] + [60.0] * 9, True),
    "after the first state": ([240.0] + [60.0] * 19, True),
    "before the last one": ([60.0] * 19 + [240.0], True),
    "two gaps with one state between": ([60.0] * 9 + [300.0, 300.0] + [60.0] * 9, True),
    "a longer one in a stretch that is less dense": ([10.0] * 9 + [60.0] * 4 + [180.0] + [60.0] * 4, True),
    "even steps": ([60.0] * 19, False),
    "a shorter one at the end": ([60.0] * 18 + [11.5], False),
    "a state off the grid": ([60.0] * 9 + [20.0, 40.0] + [60.0] * 9, False),
    "two densities": ([10.0] * 12 + [60.0] * 8, False),
    "dense about one place": ([60.0] * 6 + [10.0] * 20 + [60.0] * 6, False),
    "steps that grow and shrink": ([10.0 * 1.25 ** (8 - abs(n - 8)) for n in range(17)], False),
}


@pytest.mark.parametrize("kind", STEPS_S)
def test_gaps_are_told_by_the_segments_own_steps(ephemeris: Ephemeris, kind: str) -> None:
    steps_s, is_gap = STEPS_S[kind]
    offsets_s = np.concatenate([[0.0], np.cumsum(np.round(steps_s, 3))])
    elements = [1_838.0, 0.0, 1.1, 0.3, 0.7, 0.0, 0.0, GRAVITY_KM3_S2[Body.MOON]]
    states = np.array([spiceypy.conics(elements, offset_s) for offset_s in offsets_s]).T
    content = message(states, offsets_s)
    if not is_gap:
        orbit_of_oem(read_oem(content), ephemeris)
        return
    with pytest.raises(NdmError) as caught:
        orbit_of_oem(read_oem(content), ephemeris)
    assert [fault.code for fault in caught.value.faults] == ["GAP"]
