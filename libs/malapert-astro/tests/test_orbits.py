"""Orbits against others: SPICE for tables, conics and files, Skyfield for two-line elements, and analytic rates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError, KernelError
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import read_oem
from malapert_astro.orbit_files import orbit_of_oem, orbit_of_spk
from malapert_astro.orbits import GRAVITY_KM3_S2, Interpolation, KeplerianElements, KeplerianOrbit
from malapert_astro.points import Body, StationPosition
from malapert_astro.times import tdb_from_utc, utc_seconds
from malapert_astro.two_line_elements import TwoLineError, TwoLineOrbit, checksum, read_two_line_elements
from skyfield.api import EarthSatellite, load, wgs84

OEM = (Path(__file__).parent / "data" / "relay.oem").read_text()
EPOCH_S = float(tdb_from_utc(utc_seconds(datetime(2029, 1, 15, tzinfo=UTC))))
# Lunar Pathfinder's elements as published (reference notes, section 5).
ELEMENTS = KeplerianElements(EPOCH_S, 5740.0, 0.58, 54.86, 20.0, 86.3, 15.0)


def tle(first: str, second: str) -> str:
    return "\n".join(line[:68] + str(checksum(line)) for line in (first.ljust(68), second.ljust(68)))


STATION_TLE = tle(
    "1 25544U 98067A   29015.50000000  .00016717  00000+0  30000-3 0  999",
    "2 25544  51.6400 208.9163 0006317  69.9862  25.2906 15.49560532    1",
)


def test_without_j2_elements_move_as_spice_s_conics() -> None:
    orbit = KeplerianOrbit(Body.MOON, ELEMENTS, np.eye(3))
    epoch_s = EPOCH_S + np.linspace(0.0, 3600.0, 13)
    gravity = GRAVITY_KM3_S2[Body.MOON]
    angles = np.radians([ELEMENTS.inclination_deg, ELEMENTS.ascending_node_deg, ELEMENTS.argument_of_pericenter_deg])
    first = spiceypy.conics(
        [5740.0 * 0.42, 0.58, *angles, np.radians(ELEMENTS.mean_anomaly_deg), EPOCH_S, gravity], EPOCH_S
    )
    position, velocity = orbit.state_km(np.array([EPOCH_S]))
    assert np.max(np.abs(position[:, 0] - first[:3])) < 1e-8
    assert np.max(np.abs(velocity[:, 0] - first[3:])) < 2e-4  # the drift by J2
    # J2 turns this orbit by a millionth of a degree a second: within the hour the conic is off by less than that.
    later = np.array([spiceypy.prop2b(gravity, first, float(epoch - EPOCH_S)) for epoch in epoch_s]).T
    assert np.max(np.linalg.norm(orbit.state_km(epoch_s)[0] - later[:3], axis=0)) < 1.0


def test_velocities_are_the_derivatives_of_positions() -> None:
    orbit = KeplerianOrbit(Body.MOON, ELEMENTS, np.eye(3))
    epoch_s = EPOCH_S + np.linspace(0.0, 40_000.0, 30)
    (before, _), (after, _) = orbit.state_km(epoch_s - 0.5), orbit.state_km(epoch_s + 0.5)
    assert np.max(np.abs(after - before - orbit.state_km(epoch_s)[1])) < 1e-7


def test_j2_turns_a_sun_synchronous_orbit_once_a_year() -> None:
    """At 700 km and 98.19° the node goes with the Sun (Vallado, Fundamentals of Astrodynamics, table 11-1)."""
    elements = KeplerianElements(EPOCH_S, 7078.137, 0.0, 98.19, 0.0, 0.0, 0.0)
    orbit = KeplerianOrbit(Body.EARTH, elements, np.eye(3))
    normals = []
    for epoch in (EPOCH_S, EPOCH_S + 10 * 86_400.0):
        position, velocity = orbit.state_km(np.array([epoch]))
        normals.append(np.cross(position[:, 0], velocity[:, 0]))
    nodes = [np.arctan2(normal[0], -normal[1]) for normal in normals]
    assert np.degrees(nodes[1] - nodes[0]) / 10.0 == pytest.approx(360.0 / 365.2422, rel=2e-3)


@pytest.mark.parametrize("kind", [9, 13])
def test_tables_of_an_spk_are_read_and_interpolated_as_by_spice(tmp_path: Path, kind: int) -> None:
    orbit = KeplerianOrbit(Body.MOON, ELEMENTS, np.eye(3))
    epochs = EPOCH_S + np.arange(0.0, 86_400.0, 300.0)
    states = np.concatenate(orbit.state_km(epochs)).T
    path = tmp_path / "relay.bsp"
    handle = spiceypy.spkopn(str(path), "relay", 0)
    write = spiceypy.spkw09 if kind == 9 else spiceypy.spkw13
    write(handle, -155, 301, "J2000", epochs[0], epochs[-1], "relay", 7, len(epochs), states.tolist(), epochs.tolist())
    spiceypy.spkcls(handle)
    asked = np.random.default_rng(1).uniform(epochs[0] + 3.0, epochs[-1] - 3.0, 200)
    spiceypy.furnsh(str(path))
    try:
        expected = np.array([spiceypy.spkezr("-155", epoch, "J2000", "NONE", "301")[0] for epoch in asked]).T
    finally:
        spiceypy.kclear()
    position, velocity = orbit_of_spk(path, -155).state_km(asked)
    assert np.max(np.abs(position - expected[:3])) < 1e-8
    assert np.max(np.abs(velocity - expected[3:])) < (1e-11 if kind == 9 else 5e-4)
    with pytest.raises(KernelError, match="no segment of body -156; the file has -155"):
        orbit_of_spk(path, -156)


def test_chebyshev_segments_of_an_spk_are_read(ephemeris: Ephemeris) -> None:
    """DE421's Moon, as if it were an orbiter, is not given from the Earth: the file says so."""
    with pytest.raises(KernelError, match="one of 301 and 399 is needed"):
        orbit_of_spk(ephemeris.kernels.ephemeris_spk, 301)
    with pytest.raises(KernelError, match=r"cannot be read as SPK|not DAF/SPK"):
        orbit_of_spk(ephemeris.kernels.leap_seconds, 301)


def test_an_oem_gives_its_states_and_what_is_between(ephemeris: Ephemeris) -> None:
    orbit = orbit_of_oem(
        read_oem(OEM.replace("META_STOP", "INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 3\nMETA_STOP").encode()),
        ephemeris,
    )
    position, velocity = orbit.state_km(EPOCH_S + np.array([0.0, 60.0, 90.0]))
    assert position[:, 1] == pytest.approx([1836.0, 96.0, 0.0], abs=1e-9)
    assert position[0, 2] == pytest.approx(1833.5, abs=1e-6)  # the cubic through 1838, 1836, 1830, 1820
    assert velocity[:, 0] == pytest.approx([0.0, 1.6, 0.0])
    segment: Any = orbit.segments[0]
    assert segment.interpolation is Interpolation.LAGRANGE
    assert orbit.covers(EPOCH_S, EPOCH_S + 180.0)
    assert not orbit.covers(EPOCH_S, EPOCH_S + 181.0)
    with pytest.raises(EphemerisSpanError, match="no state"):
        orbit.state_km(np.array([EPOCH_S + 300.0]))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("CENTER_NAME = MOON", "CENTER_NAME = MARS", "WRONG_CENTER"),
        ("REF_FRAME = EME2000", "REF_FRAME = ITRF2014", "WRONG_FRAME"),
        ("REF_FRAME = EME2000", "REF_FRAME = TEME", "WRONG_FRAME"),
        ("T00:03:00\nMETA", "T05:03:00\nMETA", "GAP"),
    ],
)
def test_an_oem_that_is_no_orbit_here_is_refused(ephemeris: Ephemeris, old: str, new: str, code: str) -> None:
    text = OEM.replace("META_STOP", "INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 3\nMETA_STOP")
    if code == "GAP":
        text = text.replace("STOP_TIME = 2029-01-15T00:03:00", "STOP_TIME = 2029-01-15T05:03:00")
        text = text.replace("2029-01-15T00:03:00 1820", "2029-01-15T05:03:00 1820")
    with pytest.raises(NdmError) as caught:
        orbit_of_oem(read_oem(text.replace(old, new).encode()), ephemeris)
    assert code in {fault.code for fault in caught.value.faults}
    with pytest.raises(NdmError, match="too few"):
        orbit_of_oem(read_oem(OEM.encode()), ephemeris)


def test_an_oem_in_turning_axes_is_turned(ephemeris: Ephemeris) -> None:
    """A point at rest in ITRF moves with the Earth: 0.465 km/s at the equator."""
    text = OEM.replace("MOON", "EARTH").replace("EME2000", "ITRF2014")
    text = text.replace("META_STOP", "INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 3\nMETA_STOP")
    for row in ("1838 0 0 0 1.6 0", "1836 96 0 -0.1 1.6 0", "1830 192 0 -0.2 1.6 0", "1820 288 0 -0.3 1.6 0"):
        text = text.replace(row, "6378.137 0 0 0 0 0")
    position, velocity = orbit_of_oem(read_oem(text.encode()), ephemeris).state_km(EPOCH_S + np.array([60.0]))
    assert np.linalg.norm(position) == pytest.approx(6378.137, abs=1e-3)
    assert np.linalg.norm(velocity) == pytest.approx(0.4651, abs=1e-4)


def test_two_line_elements_stand_where_skyfield_sees_them(ephemeris: Ephemeris) -> None:
    orbit = TwoLineOrbit(read_two_line_elements("0 STATION\n" + STATION_TLE), ephemeris)
    assert (orbit.elements.name, orbit.elements.catalogue_number) == ("STATION", "25544")
    utc_s = orbit.elements.epoch_utc_s + np.linspace(0.0, 86_400.0, 1500)
    epoch_s = tdb_from_utc(utc_s)
    paths = SpanPaths(ephemeris, epoch_s[0], epoch_s[-1], orbit.longest_piece_s)
    azimuth, elevation = paths.seen(StationPosition(77.368, 12.9, 800.0), orbit).direction_deg(epoch_s)
    first, second = STATION_TLE.splitlines()
    scale = load.timescale(builtin=True)
    seen = EarthSatellite(first, second, "", scale) - wgs84.latlon(12.9, 77.368, 800.0)
    times = scale.from_datetimes([datetime.fromtimestamp(second_s, UTC) for second_s in utc_s])
    altitude, around, _ = seen.at(times).altaz()
    up = altitude.degrees > 5.0
    # Skyfield's own prediction of UT1 is another: half a second of it is 0.02° for an orbiter 400 km overhead.
    assert np.count_nonzero(up) > 20
    assert np.max(np.abs(elevation - altitude.degrees)[up]) < 0.02
    assert (
        np.max(np.abs((azimuth - around.degrees + 180.0) % 360.0 - 180.0)[up] * np.cos(np.radians(elevation[up])))
        < 0.02
    )
    assert not orbit.covers(epoch_s[0], epoch_s[0] + 15 * 86_400.0)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", {"WRONG_LINES"}),
        (STATION_TLE.replace("51.6400", "51.6401"), {"WRONG_CHECKSUM"}),
        (STATION_TLE[:-3], {"WRONG_LENGTH"}),
        ("\n".join(reversed(STATION_TLE.splitlines())), {"WRONG_NUMBER"}),
        (tle(STATION_TLE[:68], STATION_TLE.splitlines()[1].replace("25544", "25545")[:68]), {"DIFFERENT_OBJECTS"}),
        # A turn in a hundred days is beyond the Moon.
        (tle(STATION_TLE[:68], STATION_TLE.splitlines()[1][:52] + " 0.01000000" + "    1"), {"OUT_OF_RANGE"}),
    ],
)
def test_lines_that_are_no_elements_are_refused(text: str, codes: set[str]) -> None:
    with pytest.raises(TwoLineError) as caught:
        read_two_line_elements(text)
    assert {code for _, code, _ in caught.value.faults} == codes


@pytest.mark.parametrize(("degree", "used"), [(1, 3), (2, 3), (3, 3), (4, 5)])
def test_a_degree_that_hermite_cannot_have_is_said_to_be_read_as_the_next_that_it_can(degree: int, used: int) -> None:
    """A published sample states 1; two states with their rates are met by a cubic."""
    stated = f"INTERPOLATION = HERMITE\nINTERPOLATION_DEGREE = {degree}\nMETA_STOP"
    oem = read_oem(OEM.replace("META_STOP", stated).encode())
    assert oem.segments[0].interpolation_degree == used
    assert any(f"{used} is used" in note for note in oem.passed_over) == (used != degree)
