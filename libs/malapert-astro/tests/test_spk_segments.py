"""Segments of an SPK against SPICE: types 2, 3, 9 and 13, even and odd windows, overlaps, bounds; and damaged files."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import spiceypy
from malapert_astro.errors import EphemerisSpanError, KernelError
from malapert_astro.orbit_files import orbit_of_spk
from malapert_astro.orbits import KeplerianElements, KeplerianOrbit
from malapert_astro.points import Body
from numpy.typing import NDArray
from spiceypy.utils.exceptions import SpiceyError

RELAY, MOON = -155, 301
START_S = 9.0e8
STEP_S, RECORD_S, DEGREE = 300.0, 1800.0, 12


def orbit_with_node_at(node_deg: float) -> KeplerianOrbit:
    """Each segment is of another orbit, so that it shows which one a state is from."""
    return KeplerianOrbit(Body.MOON, KeplerianElements(START_S, 5740.0, 0.58, 54.86, node_deg, 86.3, 15.0), np.eye(3))


def add_segment(handle: int, kind: int, span: tuple[float, float], node_deg: float, degree: int = 7) -> None:
    """Add a segment whose bounds, minutes after the start, may lie inside of its data."""
    orbit, bounds = orbit_with_node_at(node_deg), [START_S + 60.0 * edge for edge in span]
    if kind in (9, 13):
        first = STEP_S * np.floor((bounds[0] - START_S) / STEP_S - 4.0)
        epochs = START_S + np.arange(first, bounds[1] - START_S + 5.0 * STEP_S, STEP_S)
        states = np.concatenate(orbit.state_km(epochs)).T
        write = spiceypy.spkw09 if kind == 9 else spiceypy.spkw13
        name, count = f"node {node_deg}", len(epochs)
        write(handle, RELAY, MOON, "J2000", *bounds, name, degree, count, states.tolist(), epochs.tolist())
        return
    count = int(np.ceil((bounds[1] - bounds[0]) / RECORD_S))
    places = np.cos((np.arange(DEGREE + 1) + 0.5) * np.pi / (DEGREE + 1))
    records = []
    for number in range(count):
        position, velocity = orbit.state_km(bounds[0] + RECORD_S * (number + 0.5 + 0.5 * places))
        rows = position if kind == 2 else np.concatenate((position, velocity))
        records += [np.polynomial.chebyshev.chebfit(places, row, DEGREE) for row in rows]
    write = spiceypy.spkw02 if kind == 2 else spiceypy.spkw03
    words = np.concatenate(records).tolist()
    write(handle, RELAY, MOON, "J2000", *bounds, "records", RECORD_S, count, DEGREE, words, bounds[0])


@pytest.fixture
def spk_of(tmp_path: Path) -> Callable[..., Path]:
    def write(*segments: tuple[int, tuple[float, float], float] | tuple[int, tuple[float, float], float, int]) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.bsp"
        handle = spiceypy.spkopn(str(path), "relay", 0)
        for segment in segments:
            add_segment(handle, *segment)
        spiceypy.spkcls(handle)
        return path

    return write


def by_spice(path: Path, epochs: Sequence[float]) -> NDArray[np.float64]:
    spiceypy.furnsh(str(path))
    try:
        return np.array([spiceypy.spkezr(str(RELAY), epoch, "J2000", "NONE", str(MOON))[0] for epoch in epochs]).T
    finally:
        spiceypy.kclear()


@pytest.mark.parametrize(("kind", "degrees"), [(9, (1, 2, 3, 4, 6, 7, 8, 15)), (13, (1, 3, 5, 7, 9, 11, 15))])
def test_windows_are_chosen_as_spice_does(spk_of: Callable[..., Path], kind: int, degrees: tuple[int, ...]) -> None:
    random = np.random.default_rng(3)
    for degree in degrees:
        path = spk_of((kind, (0.0, 600.0), 20.0, degree))
        asked = np.concatenate((START_S + random.uniform(0.0, 36_000.0, 60), START_S + STEP_S * np.arange(0, 100, 7)))
        expected = by_spice(path, asked.tolist())
        position, velocity = orbit_of_spk(path, RELAY).state_km(asked)
        assert np.max(np.abs(position - expected[:3])) < 1e-7, degree
        assert np.max(np.abs(velocity - expected[3:])) < 1e-10, degree


def test_the_later_segment_wins_within_its_own_bounds(spk_of: Callable[..., Path]) -> None:
    path = spk_of(
        (9, (0.0, 600.0), 0.0),
        (13, (100.0, 220.0), 30.0),
        (2, (180.0, 300.0), 60.0),
        (3, (700.0, 820.0), 90.0),
        (9, (190.0, 200.0), 120.0),
        (13, (800.0, 815.0), 150.0),
        (2, (820.0, 880.0), 180.0),
    )
    orbit = orbit_of_spk(path, RELAY)
    edges = START_S + 60.0 * np.array([0, 100, 180, 190, 200, 220, 300, 600, 700, 800, 815, 820, 880.0])
    inside = [edge + beside for edge in edges for beside in (-1e-3, 0.0, 1e-3)]
    covered = [epoch for epoch in inside if any(first <= epoch <= last for first, last in orbit.spans_tdb_s)]
    asked = np.array([*covered, *(START_S + np.random.default_rng(4).uniform(0.0, 36_000.0, 200))])
    position, velocity = orbit.state_km(asked)
    expected = by_spice(path, asked.tolist())
    assert np.max(np.abs(position - expected[:3])) < 1e-6
    # Type 2 has velocities by its derivative, type 3 its own: the records are fits, to 1e-9 of them.
    assert np.max(np.abs(velocity - expected[3:])) < 1e-8
    cover = spiceypy.spkcov(str(path), RELAY)
    spans = [spiceypy.wnfetd(cover, index) for index in range(spiceypy.wncard(cover))]
    assert np.ravel(orbit.spans_tdb_s) == pytest.approx(np.ravel(spans), abs=1e-6)
    for hole in (START_S - 1.0, START_S + 60.0 * 650.0, START_S + 60.0 * 880.0 + 1.0):
        with pytest.raises(EphemerisSpanError, match=r"no state at .*; it has .* and "):
            orbit.state_km(np.array([hole]))


def test_other_bodies_of_a_file_are_said_to_be_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "two.bsp"
    handle = spiceypy.spkopn(str(path), "two", 0)
    add_segment(handle, 9, (0.0, 600.0), 0.0)
    states = np.concatenate(orbit_with_node_at(5.0).state_km(START_S + STEP_S * np.arange(20))).T
    epochs = (START_S + STEP_S * np.arange(20)).tolist()
    spiceypy.spkw09(handle, -200, MOON, "J2000", epochs[0], epochs[-1], "other", 7, 20, states.tolist(), epochs)
    spiceypy.spkcls(handle)
    assert orbit_of_spk(path, RELAY).passed_over == ("segments of 1 other bodies: -200",)


@pytest.mark.parametrize(
    ("word", "value", "what"),
    [
        (-1, 1e6, "words do not hold"),
        (-2, 40.0, "do not allow an interpolation"),
        (-2, float("nan"), "not finite"),
        (0, float("inf"), "not finite"),
    ],
)
def test_damaged_segments_are_refused(spk_of: Callable[..., Path], word: int, value: float, what: str) -> None:
    path = spk_of((9, (0.0, 600.0), 0.0))
    content = bytearray(path.read_bytes())
    # The one summary begins after three words of its record: first and last word of the segment end it.
    first, last = struct.unpack_from("<2i", content, 1024 + 24 + 16 + 16)
    at = 8 * ((first if word >= 0 else last + 1) + word - 1)
    struct.pack_into("<d", content, at, value)
    path.write_bytes(content)
    with pytest.raises(KernelError, match=what):
        orbit_of_spk(path, RELAY)


@pytest.mark.parametrize("missing", [1, 100, 1000])
def test_a_last_record_that_is_not_whole_is_refused_as_spice_does(spk_of: Callable[..., Path], missing: int) -> None:
    path = spk_of((9, (0.0, 600.0), 0.0))
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(SpiceyError):
        by_spice(path, [300.0])
    with pytest.raises(KernelError, match="the file is cut"):
        orbit_of_spk(path, RELAY)


def test_records_that_lead_in_a_circle_or_out_of_the_file_are_refused(spk_of: Callable[..., Path]) -> None:
    path = spk_of((9, (0.0, 600.0), 0.0))
    content = path.read_bytes()
    for following, what in ((2.0, "there already"), (900.0, "not in the file"), (-1.0, "says that it holds")):
        changed = bytearray(content)
        struct.pack_into("<d", changed, 1024, following)
        path.write_bytes(changed)
        with pytest.raises(KernelError, match=what):
            orbit_of_spk(path, RELAY)
    path.write_bytes(content.replace(b"FTPSTR:\r:\n:", b"FTPSTR:\n:\n:", 1))
    with pytest.raises(KernelError, match="changed in transfer"):
        orbit_of_spk(path, RELAY)


@pytest.mark.parametrize("kind", [2, 3])
def test_records_whose_numbers_no_orbit_has_are_refused(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "far.bsp"
    handle = spiceypy.spkopn(str(path), "far", 0)
    words = [2000.0, -1e307] * (3 * (kind - 1))
    write = spiceypy.spkw02 if kind == 2 else spiceypy.spkw03
    write(handle, RELAY, MOON, "J2000", START_S, START_S + 600.0, "far", 600.0, 1, 1, words, START_S)
    spiceypy.spkcls(handle)
    with pytest.raises(KernelError, match="farther than 1e"):
        orbit_of_spk(path, RELAY)
