"""Orbit and tracking files that stumble other tools, each with the right answer, and their siblings."""

from pathlib import Path

import numpy as np
import pytest
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError, KernelError
from malapert_astro.ndm.epochs import tdb_of
from malapert_astro.ndm.faults import Faults, NdmError
from malapert_astro.ndm.oem import read_oem
from malapert_astro.ndm.oem_motion import check_motion
from malapert_astro.ndm.tdm import read_tdm
from malapert_astro.orbit_files import orbit_of_oem, orbit_of_spk
from malapert_astro.two_line_elements import TwoLineError, read_two_line_elements

CASES = Path(__file__).parents[3].parent / "shared" / "data" / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="no cases in ../shared/data/cases")


def content_of(name: str) -> bytes:
    return (CASES / name).read_bytes()


@needs_cases
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("oem-two-objects.oem", {"ANOTHER_OBJECT"}),
        ("oem-mixed-time-systems.oem", {"ANOTHER_TIME_SYSTEM"}),
        ("oem-units-m.xml", {"WRONG_UNIT"}),
        ("oem-export-duplicate-last.oem", {"DUPLICATE_EPOCH"}),
        ("ndm-two-oem.xml", {"ANOTHER_OBJECT"}),
    ],
)
def test_messages_that_contradict_themselves_are_refused(name: str, codes: set[str]) -> None:
    with pytest.raises(NdmError) as caught:
        read_oem(content_of(name))
    assert {fault.code for fault in caught.value.faults} == codes


@needs_cases
def test_a_span_that_is_longer_than_the_states_ends_with_them(ephemeris: Ephemeris) -> None:
    oem = read_oem(content_of("oem-truncated.oem"))
    orbit = orbit_of_oem(oem, ephemeris)
    last_s = oem.segments[0].epoch_tdb_s[-1]
    assert orbit.spans_tdb_s[0][1] == last_s
    assert any("beyond its states" in note for note in oem.passed_over)
    with pytest.raises(EphemerisSpanError, match="the orbit has no state at 2031"):
        orbit.state_km(np.array([last_s + 1.0]))


@needs_cases
@pytest.mark.parametrize("before_s", [1e-3, 0.5, 1.9, 60.0])
def test_before_a_manoeuvre_the_segment_before_it_serves(ephemeris: Ephemeris, before_s: float) -> None:
    """On a straight line at 2.0 km/s before and 1.1 km/s after the boundary."""
    orbit = orbit_of_oem(read_oem(content_of("oem-manoeuvre-boundary.oem")), ephemeris)
    boundary_s = tdb_of("2031-03-02T06:10:00", "UTC")
    position, velocity = orbit.state_km(boundary_s + np.array([-before_s, 0.0, before_s]))
    assert position[0] == pytest.approx([4200.0 - 2.0 * before_s, 4200.0, 4200.0 + 1.1 * before_s], abs=1e-6)
    assert velocity[0] == pytest.approx([2.0, 1.1, 1.1], abs=1e-9)
    assert orbit.seams_tdb_s == (boundary_s,)


@needs_cases
def test_lower_case_values_and_a_dash_in_a_frame_s_name_are_read(ephemeris: Ephemeris) -> None:
    orbit = orbit_of_oem(read_oem(content_of("oem-lowercase.oem")), ephemeris)
    assert orbit.state_km(np.array([tdb_of("2031-03-02T06:01:00", "utc")]))[0][0, 0] == pytest.approx(1847.537678)
    dashed = orbit_of_oem(read_oem(content_of("oem-eme-dash-2000.oem")), ephemeris)
    assert dashed.state_km(np.array([tdb_of("2031-03-02T06:01:00", "UTC")]))[0][:, 0] == pytest.approx([3120, 5000, 0])
    assert read_tdm(content_of("tdm-lowercase.tdm")).segments[0].observations[0].value == 385000.1


@needs_cases
def test_a_leap_second_is_one_second_after_the_second_before_it(ephemeris: Ephemeris) -> None:
    segment = read_oem(content_of("oem-leap-second.oem")).segments[0]
    assert np.diff(segment.epoch_tdb_s) == pytest.approx(np.ones(7), abs=1e-6)
    kernel = str(ephemeris.kernels.leap_seconds)
    spiceypy.furnsh(kernel)
    try:
        expected = [spiceypy.str2et(f"2016-12-31T23:59:{second}") for second in (57, 58, 59, 60)]
    finally:
        spiceypy.kclear()
    assert segment.epoch_tdb_s[:4] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("2017-12-31T23:59:60", "UTC"),
        ("2016-12-31T22:59:60", "UTC"),
        ("2016-12-31T23:59:61", "UTC"),
        ("2016-12-31T23:59:60", "TAI"),
        ("2029-000T00:00:00", "UTC"),
        ("2029-366T00:00:00", "UTC"),
        ("2029-02-29T00:00:00", "UTC"),
        ("2029-01-15T24:00:00", "UTC"),
        ("0001-01-01T00:00:00", "UTC"),
        ("0000-01-01T00:00:00", "TDB"),
        ("9999-366T00:00:00", "UTC"),
        ("9999-12-31T23:59:59.9999999", "UTC"),
        ("２029-01-15T00:00:00", "UTC"),
        ("2029-01-15 00:00:00", "UTC"),
        ("nan", "UTC"),
    ],
)
def test_times_that_are_none_are_refused(text: str, system: str) -> None:
    with pytest.raises(ValueError, match=r"no time|no day|no leap second|not between"):
        tdb_of(text, system)


def test_times_at_their_ends_are_read() -> None:
    leap_s = tdb_of("2016-366T23:59:60.25Z", "UTC")
    assert leap_s - tdb_of("2016-12-31T23:59:59.25", "UTC") == pytest.approx(1.0, abs=1e-6)
    assert tdb_of("2028-366T00:00:00.", "UTC") == tdb_of("2028-12-31T00:00:00", "UTC")
    assert tdb_of("9999-12-31T23:59:59", "TDB") > tdb_of("1972-01-02T00:00:00", "TDB")


@needs_cases
def test_a_hole_in_an_spk_is_named(tmp_path: Path) -> None:
    path = CASES / "spk-gap.bsp"
    body, spans = _bodies_and_spans(path)
    orbit = orbit_of_spk(path, body)
    assert len(orbit.spans_tdb_s) == len(spans) == 2
    assert np.ravel(orbit.spans_tdb_s) == pytest.approx(np.ravel(spans), abs=1e-6)
    with pytest.raises(EphemerisSpanError, match=r"it has .* and "):
        orbit.state_km(np.array([0.5 * (spans[0][1] + spans[1][0])]))
    with pytest.raises(KernelError, match="the file is cut"):
        orbit_of_spk(CASES / "spk-truncated.bsp", body)
    content = path.read_bytes()
    for length in (0, 7, 500, 1024, 2048, 2500, len(content) - 1024 * 4):
        (tmp_path / "cut.bsp").write_bytes(content[:length])
        with pytest.raises(KernelError, match=r"cut|the file is"):
            orbit_of_spk(tmp_path / "cut.bsp", body)


def _bodies_and_spans(path: Path) -> tuple[int, list[tuple[float, float]]]:
    body = int(spiceypy.spkobj(str(path))[0])
    cover = spiceypy.spkcov(str(path), body)
    return body, [tuple(spiceypy.wnfetd(cover, index)) for index in range(spiceypy.wncard(cover))]


@needs_cases
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("tle-blank-eccentricity.tle", "eccentricity"),
        ("tle-blank-epoch.tle", "epoch's"),
        ("tle-day-000.tle", "epoch's day"),
        ("tle-letters-in-epoch.tle", "epoch's day"),
        ("tle-sgp4-xp-type4.tle", "ephemeris type"),
    ],
)
def test_columns_that_only_the_checksum_guards_are_checked(name: str, column: str) -> None:
    with pytest.raises(TwoLineError, match=column):
        read_two_line_elements(content_of(name).decode())


@needs_cases
def test_a_byte_order_mark_is_read() -> None:
    assert read_two_line_elements(content_of("tle-bom.tle").decode()).catalogue_number == "40977"
    oem = b"\xef\xbb\xbf" + content_of("oem-lowercase.oem")
    assert read_oem(oem).segments[0].object_name == "PATHFINDER-X"


def _circle(factor_km: float = 1.0, factor_km_s: float = 1.0, center: str = "MOON") -> list[str]:
    """An OEM's lines, of a circular orbit 100 km above the ground of the Moon; the states are lines 13 to 24."""
    radius_km, rate_rad_s = 1838.0, np.radians(3.0) / 60.0
    angles = np.radians(3.0 * np.arange(12))
    head = (
        "CCSDS_OEM_VERS = 2.0\nCREATION_DATE = 2028-11-04T17:22:31\nORIGINATOR = JAXA\nMETA_START\n"
        f"OBJECT_NAME = RELAY\nOBJECT_ID = 2027-001A\nCENTER_NAME = {center}\nREF_FRAME = EME2000\n"
        "TIME_SYSTEM = UTC\nSTART_TIME = 2029-01-15T00:00:00\nSTOP_TIME = 2029-01-15T00:11:00\nMETA_STOP"
    )
    x, y = (radius_km * factor_km * part for part in (np.cos(angles), np.sin(angles)))
    speed = radius_km * rate_rad_s * factor_km_s
    rates = zip(-speed * np.sin(angles), speed * np.cos(angles), strict=True)
    return [
        *head.splitlines(),
        *(
            f"2029-01-15T00:{minute:02d}:00 {x[minute]:.6f} {y[minute]:.6f} 0 {x_dot:.9f} {y_dot:.9f} 0"
            for minute, (x_dot, y_dot) in enumerate(rates)
        ),
    ]


def _faults_of(lines: list[str]) -> set[str]:
    with pytest.raises(NdmError) as caught:
        read_oem("\n".join(lines).encode())
    return {fault.code for fault in caught.value.faults}


def test_units_of_another_size_show_in_the_motion(ephemeris: Ephemeris) -> None:
    orbit = orbit_of_oem(read_oem("\n".join(_circle()).encode()), ephemeris)
    assert np.linalg.norm(orbit.state_km(np.array([tdb_of("2029-01-15T00:05:30", "UTC")]))[0]) == pytest.approx(1838.0)
    assert _faults_of(_circle(1000.0, 1000.0)) == {"OUT_OF_RANGE"}
    assert _faults_of(_circle(1.0, 1000.0)) == {"OUT_OF_RANGE"}
    assert _faults_of(_circle(1000.0, 1.0)) == {"CONTRADICTING_STATES"}
    assert _faults_of(_circle(1.0, 0.0)) == {"CONTRADICTING_STATES"}


@pytest.mark.parametrize("mend", [lambda x: f"-{x}", lambda x: x[1:], lambda x: x.replace(".", "", 1)[:6]])
def test_a_number_that_is_spoilt_shows_in_the_motion(mend) -> None:  # type: ignore[no-untyped-def]
    lines = _circle()
    epoch, x, *rest = lines[17].split()
    lines[17] = " ".join([epoch, mend(x), *rest])
    with pytest.raises(NdmError) as caught:
        read_oem("\n".join(lines).encode())
    assert [(fault.where, fault.code) for fault in caught.value.faults] == [
        ("line 18", "CONTRADICTING_STATES"),
        ("line 19", "CONTRADICTING_STATES"),
    ]


@pytest.mark.parametrize(("factor", "center"), [(0.6214, "MOON"), (0.3, "MOON"), (0.9, "MOON"), (1.0, "EARTH")])
def test_states_below_the_ground_are_no_orbit(ephemeris: Ephemeris, factor: float, center: str) -> None:
    """Statute miles for one, and states about another body than is stated."""
    with pytest.raises(NdmError, match="below its lowest ground") as caught:
        orbit_of_oem(read_oem("\n".join(_circle(factor, factor, center)).encode()), ephemeris)
    assert [(fault.where, fault.code) for fault in caught.value.faults] == [("line 4", "BELOW_GROUND")]


def test_a_pass_of_a_parabola_between_two_states_is_motion() -> None:
    """The highest ratio of chord and speed on a conic, at true anomalies of -90 and 90 degrees (Barker's equation)."""
    pericenter_km, gravity = 1800.0, 4902.8
    p_km = 2.0 * pericenter_km
    half_s = np.sqrt(p_km**3 / gravity) * (1.0 + 1.0 / 3.0) / 2.0
    speed = np.sqrt(2.0 * gravity / p_km)
    states = np.array([[0.0, 0.0], [-p_km, p_km], [0.0, 0.0], [speed, 0.0], [0.0, speed], [0.0, 0.0]])
    faults = Faults()
    check_motion(np.array([-half_s, half_s]), states, ("first", "second"), faults)
    assert not faults.found
