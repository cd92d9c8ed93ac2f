"""Readers of orbits: two-line elements and SPK; held against SPICE and sgp4."""

import math
import re
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.kernels import installed_kernels
from malapert_astro.ndm.faults import NdmError
from malapert_astro.orbits import Orbit
from malapert_astro.points import Body
from malapert_astro.two_line_elements import TwoLineElements, read_two_line_elements
from malapert_comms_window.domain.orbiters import OrbitSource
from malapert_comms_window.geometry.orbits import orbit_of
from malapert_core.errors import InvalidInputError
from sgp4.api import Satrec

from reader_fuzz.forms import mutate_binary, mutate_two_lines
from reader_fuzz.running import Contradiction, Target

BODY = -998
MOON_KM3_S2 = 4902.8
START = datetime(2029, 3, 1, tzinfo=UTC)
STEP_S = 120.0
_UNIX_JD = 2_440_587.5
_STATE = re.compile(r"\d{4}-[0-9-]+T\S+(?:\s+\S+){6,9}")
_NAIF_ID = {Body.MOON: 301, Body.EARTH: 399}
_EPOCH_S, _POSITION_KM, _SPICE_KM = 2e-3, 1e-9, 1e-5


@cache
def ephemeris() -> Ephemeris:
    """The ephemeris of the installed kernels, for which SPICE has the leap seconds too."""
    kernels = installed_kernels()
    spiceypy.furnsh(str(kernels.leap_seconds))
    return Ephemeris(kernels)


def states(count: int, seconds: float = STEP_S) -> np.ndarray:
    """Return states of a circular orbit about the Moon, shape (6, count), km and km/s."""
    radius_km = 1937.4
    rate = math.sqrt(MOON_KM3_S2 / radius_km**3)
    angle = rate * seconds * np.arange(count)
    cos, sin, zero = np.cos(angle), np.sin(angle), np.zeros(count)
    speed = radius_km * rate
    return np.array([radius_km * cos, zero, radius_km * sin, -speed * sin, zero, speed * cos])


def _two_lines() -> list[bytes]:
    lines = (
        "1 40977U 15047A   31061.51782528 -.00002182  00000-0 -11606-4 0  2922",
        "2 40977  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563534",
    )
    return ["\n".join(lines).encode(), "\n".join(("0 HOPPER", *lines, "")).encode()]


@cache
def _spk(kind: int) -> bytes:
    """Two segments with a hole between; types 9 and 13 as states, 2 and 3 as polynomials."""
    ephemeris()
    epochs = float(spiceypy.str2et("2029-03-01T00:00:00")) + STEP_S * np.arange(24)
    table = states(24)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "orbiter.bsp")
        handle = spiceypy.spkopn(path, "orbiter", 0)
        for part in (slice(0, 10), slice(14, 24)):
            span = (float(epochs[part][0]), float(epochs[part][-1]))
            if kind in (2, 3):
                # Of type 3 the velocities are polynomials of their own, here not the positions' rates.
                table_of_axes = [[2000.0 + axis, 10.0, 1.0, 0.1] for axis in range(3)]
                rates = [[0.5 + axis, 0.02, 0.002, 0.0] for axis in range(3)] if kind == 3 else []
                values = np.concatenate([*table_of_axes, *rates]).tolist()
                write = spiceypy.spkw02 if kind == 2 else spiceypy.spkw03
                write(handle, BODY, 301, "J2000", span[0], span[0] + 1200.0, "s", 1200.0, 1, 3, values, span[0])
                continue
            write = spiceypy.spkw09 if kind == 9 else spiceypy.spkw13
            states_in = np.ascontiguousarray(table[:, part].T)
            write(handle, BODY, 301, "J2000", *span, "s", 7, len(states_in), states_in, epochs[part])
        spiceypy.spkcls(handle)
        return Path(path).read_bytes()


def orbit_read(source: OrbitSource, content: bytes) -> Orbit:
    """Read as the service does, and ask for states at the ends of what the orbit covers."""
    orbit = orbit_of(source, content, BODY, ephemeris())
    spans = orbit.spans_tdb_s
    if not spans or not all(start <= end for start, end in spans) or any(b[0] <= a[1] for a, b in pairwise(spans)):
        raise Contradiction(f"spans that are none or not in order: {spans}")
    for span in spans[:20]:
        for vector in orbit.state_km(np.array(span)):
            if not np.isfinite(vector).all():
                raise Contradiction(f"a state that is not finite in {span}")
    return orbit


def read_elements(content: bytes) -> None:
    """Read two-line elements; what is taken has the numbers that stand in its columns."""
    orbit_read(OrbitSource.TLE, content)
    read = read_two_line_elements(content.decode("utf-8-sig"))
    year, day = int(read.first[18:20]), float(read.first[20:32])
    start = datetime(2000 + year if year < 57 else 1900 + year, 1, 1, tzinfo=UTC)
    epoch_s = (start + timedelta(days=day - 1.0)).timestamp()
    if abs(epoch_s - read.epoch_utc_s) > 1e-3:
        raise Contradiction(f"the epoch {read.first[18:32]} is {read.epoch_utc_s}, by its columns {epoch_s}")
    _compare_with_sgp4(read)
    for start_column, end_column, most in ((8, 16, 180.0), (17, 25, 360.0), (34, 42, 360.0), (43, 51, 360.0)):
        text = read.second[start_column:end_column]
        if not 0.0 <= float(text) <= most:
            raise Contradiction(f"an angle of {text}")


def _compare_with_sgp4(read: TwoLineElements) -> None:
    other = Satrec.twoline2rv(read.first, read.second)
    epoch_s = ((other.jdsatepoch - _UNIX_JD) + other.jdsatepochF) * 86_400.0
    if abs(epoch_s - read.epoch_utc_s) > 1e-3:
        raise Contradiction(f"the epoch {read.first[18:32]} is {read.epoch_utc_s}; sgp4 has {epoch_s}")
    columns = {"inclo": (8, 16), "nodeo": (17, 25), "argpo": (34, 42), "mo": (43, 51)}
    for name, (first, last) in columns.items():
        angle_deg = math.degrees(getattr(other, name))
        if abs(angle_deg - float(read.second[first:last])) > 1e-9:
            raise Contradiction(f"{name} of {read.second[first:last]} is {angle_deg} by sgp4")
    if other.error:
        raise Contradiction(f"sgp4 refuses what is taken: error {other.error}")


def read_spk(content: bytes) -> None:
    """Read an SPK; where SPICE has a state too, it is the same."""
    orbit = orbit_read(OrbitSource.SPK, content)
    with tempfile.NamedTemporaryFile(suffix=".bsp") as file:
        file.write(content)
        file.flush()
        try:
            spiceypy.furnsh(file.name)
        except spiceypy.exceptions.SpiceyError:
            spiceypy.reset()
            return
        try:
            for start, end in orbit.spans_tdb_s[:20]:
                for epoch in (start, start + 0.37 * (end - start), end):
                    _compare_with_spice(orbit, epoch)
        finally:
            spiceypy.unload(file.name)


def _compare_with_spice(orbit: Orbit, epoch: float) -> None:
    try:
        state, _ = spiceypy.spkgeo(BODY, epoch, "J2000", _NAIF_ID[orbit.center])
    except spiceypy.exceptions.SpiceyError:
        spiceypy.reset()
        return
    own = np.concatenate([vector[:, 0] for vector in orbit.state_km(np.array([epoch]))])
    scale = max(1.0, float(np.max(np.abs(state))))
    if not np.allclose(own, state, rtol=0, atol=_SPICE_KM * max(1.0, scale / 1e5)):
        raise Contradiction(f"at {epoch} the state is {own}; SPICE has {state}")


_REFUSALS = (InvalidInputError, NdmError)

TARGETS = {
    target.name: target
    for target in (
        Target("two-line-elements", _two_lines, mutate_two_lines, read_elements, _REFUSALS),
        Target("spk", lambda: [_spk(2), _spk(3), _spk(9), _spk(13)], mutate_binary, read_spk, _REFUSALS),
    )
}
