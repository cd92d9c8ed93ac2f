"""Readers of orbits and tracking data: OEM in both forms, TDM, two-line elements, SPK; held against SPICE and sgp4."""

import math
import re
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import spiceypy
from malapert_astro.ephemeris import Ephemeris
from malapert_astro.kernels import installed_kernels
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import Oem, read_oem
from malapert_astro.ndm.tdm import read_tdm
from malapert_astro.orbits import Orbit
from malapert_astro.two_line_elements import TwoLineElements, read_two_line_elements
from malapert_comms_window.domain.orbiters import OrbitSource
from malapert_comms_window.geometry.orbits import orbit_of
from malapert_core.errors import InvalidInputError
from sgp4.api import Satrec

from reader_fuzz.forms import mutate_binary, mutate_two_lines, mutate_xml
from reader_fuzz.running import Contradiction, Target
from reader_fuzz.text import mutate_text

BODY = -998
MOON_KM3_S2 = 4902.8
START = datetime(2029, 3, 1, tzinfo=UTC)
STEP_S = 120.0
_UNIX_JD = 2_440_587.5
_STATE = re.compile(r"\d{4}-[0-9-]+T\S+(?:\s+\S+){6,9}")
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


def _time(index: int) -> str:
    return (START + timedelta(seconds=STEP_S * index)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _segment(first: int, last: int, extra: str = "") -> tuple[list[tuple[str, str]], list[tuple[str, ...]]]:
    metadata = [
        ("OBJECT_NAME", "HOPPER"), ("OBJECT_ID", "2029-044B"), ("CENTER_NAME", "MOON"),
        ("REF_FRAME", "EME2000"), ("TIME_SYSTEM", "UTC"),
        ("START_TIME", _time(first)), ("STOP_TIME", _time(last - 1)),
        ("INTERPOLATION", "HERMITE"), ("INTERPOLATION_DEGREE", "7"),
    ]  # fmt: skip
    table = states(last)[:, first:]
    return metadata, [(_time(first + at), *(f"{value:.9f}" for value in row)) for at, row in enumerate(table.T)]


def _oem_text() -> list[bytes]:
    head = "CCSDS_OEM_VERS = 2.0\nCOMMENT made up\nCREATION_DATE = 2029-02-01T00:00:00\nORIGINATOR = TESTLAB\n"
    parts = []
    for first, last in ((0, 12), (11, 22)):
        metadata, rows = _segment(first, last)
        parts.append("META_START\n" + "".join(f"{key} = {value}\n" for key, value in metadata) + "META_STOP\n")
        parts[-1] += "".join(" ".join(row) + "\n" for row in rows)
    covariance = (
        f"COVARIANCE_START\nEPOCH = {_time(3)}\nCOV_REF_FRAME = EME2000\n"
        + "".join(" ".join(["1.0e-4"] * size) + "\n" for size in range(1, 7))
        + "COVARIANCE_STOP\n"
    )
    one = parts[0].replace("HERMITE", "LAGRANGE").replace("UTC", "TDB").replace("EME2000", "ICRF")
    return [(head + "".join(parts)).encode(), (head + parts[0] + covariance).encode(), (head + one).encode()]


def _oem_xml() -> list[bytes]:
    metadata, rows = _segment(0, 10)
    fields = "".join(f"<{key}>{value}</{key}>" for key, value in metadata)
    names = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    vectors = "".join(
        "<stateVector>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in zip(names, row, strict=True))
        + "</stateVector>\n"
        for row in rows
    )
    oem = (
        '<oem id="CCSDS_OEM_VERS" version="2.0"><header><CREATION_DATE>2029-02-01T00:00:00</CREATION_DATE>'
        "<ORIGINATOR>T</ORIGINATOR></header>\n"
        f"<body><segment><metadata>{fields}</metadata>\n<data>{vectors}</data></segment></body></oem>"
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return [(head + oem).encode(), (head + f"<ndm>{oem}</ndm>").encode()]


def _tdm() -> list[bytes]:
    head = "CCSDS_TDM_VERS = 2.0\nCREATION_DATE = 2029-03-02T00:00:00\nORIGINATOR = TESTLAB\n"
    metadata = (
        "META_START\nTIME_SYSTEM = UTC\nPARTICIPANT_1 = GS-NORD\nPARTICIPANT_2 = HOPPER\nMODE = SEQUENTIAL\n"
        "PATH = 1,2,1\n"
        "INTEGRATION_INTERVAL = 1.0\nRANGE_UNITS = km\nMETA_STOP\n"
    )
    rows = "".join(f"RANGE = {_time(at)} {385_000.1 + at}\n" for at in range(8))
    more = "".join(
        f"RECEIVE_FREQ_2 = {_time(at)} {2.2e9 + at}\nDOPPLER_INTEGRATED = {_time(at)} -{at}.5\n" for at in range(4)
    )
    return [(head + metadata + f"DATA_START\n{rows}DATA_STOP\n" + metadata + f"DATA_START\n{more}DATA_STOP\n").encode()]


def _two_lines() -> list[bytes]:
    lines = (
        "1 40977U 15047A   31061.51782528 -.00002182  00000-0 -11606-4 0  2922",
        "2 40977  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563534",
    )
    return ["\n".join(lines).encode(), "\n".join(("0 HOPPER", *lines, "")).encode()]


@cache
def _spk(kind: int) -> bytes:
    """Two segments with a hole between; types 9 and 13 as states, 2 as polynomials."""
    ephemeris()
    epochs = float(spiceypy.str2et("2029-03-01T00:00:00")) + STEP_S * np.arange(24)
    table = states(24)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "orbiter.bsp")
        handle = spiceypy.spkopn(path, "orbiter", 0)
        for part in (slice(0, 10), slice(14, 24)):
            span = (float(epochs[part][0]), float(epochs[part][-1]))
            if kind == 2:
                values = np.concatenate(
                    [[span[0] + 600.0, 600.0], *(np.array([2000.0 + axis, 10.0, 1.0, 0.1]) for axis in range(3))]
                )
                spiceypy.spkw02(
                    handle,
                    BODY,
                    301,
                    "J2000",
                    span[0],
                    span[0] + 1200.0,
                    "s",
                    1200.0,
                    1,
                    3,
                    values[2:].tolist(),
                    span[0],
                )
                continue
            write = spiceypy.spkw09 if kind == 9 else spiceypy.spkw13
            states_in = np.ascontiguousarray(table[:, part].T)
            write(handle, BODY, 301, "J2000", *span, "s", 7, len(states_in), states_in, epochs[part])
        spiceypy.spkcls(handle)
        return Path(path).read_bytes()


def _orbit(source: OrbitSource, content: bytes) -> Orbit:
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


def read_oem_text(content: bytes) -> None:
    """Read an OEM of lines; what is taken has the states that its lines have, at the times that SPICE reads in them."""
    oem = _read_oem(content)
    text = re.sub(r"COVARIANCE_START.*?COVARIANCE_STOP", "", content.decode("utf-8-sig"), flags=re.S | re.I)
    rows = [line.split() for line in text.splitlines() if _STATE.fullmatch(line.strip())]
    _compare_states(oem, rows)


def read_oem_xml(content: bytes) -> None:
    """Read an OEM of elements, as `read_oem_text`."""
    oem = _read_oem(content)
    root = ElementTree.fromstring(content.decode("utf-8-sig").strip())
    vectors = [element for element in root.iter() if str(element.tag).rpartition("}")[2] == "stateVector"]
    names = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    found = [{str(each.tag).rpartition("}")[2]: (each.text or "").strip() for each in vector} for vector in vectors]
    _compare_states(oem, [[row[name] for name in names] for row in found])


def _read_oem(content: bytes) -> Oem:
    try:
        _orbit(OrbitSource.OEM, content)
    finally:
        # The message alone may be taken where the orbit is not; it must not fail in another way.
        try:
            oem = read_oem(content)
        except NdmError:
            oem = None
    if oem is None:
        raise Contradiction("the orbit is taken, the message is not")
    return oem


def _compare_states(oem: Oem, rows: list[list[str]]) -> None:
    epochs = np.concatenate([segment.epoch_tdb_s for segment in oem.segments])
    table = np.concatenate([np.vstack([s.position_km, s.velocity_km_s]) for s in oem.segments], axis=1)
    if len(rows) != epochs.size:
        raise Contradiction(f"{epochs.size} states are read of {len(rows)}")
    expected = np.array([[float(cell) for cell in row[1:7]] for row in rows]).T
    if not np.allclose(table, expected, rtol=1e-15, atol=_POSITION_KM):
        raise Contradiction("states differ from the numbers of the file")
    system = oem.segments[0].time_system
    if system not in ("UTC", "TDB", "TDT", "TT"):
        return
    for epoch, row in zip(epochs, rows, strict=True):
        other = _spice_epoch(row[0], system)
        if other is not None and abs(other - epoch) > _EPOCH_S:
            raise Contradiction(f"the epoch {row[0]} {system} is {epoch}; SPICE has {other}")


def _spice_epoch(text: str, system: str) -> float | None:
    try:
        plain = text.upper().rstrip("Z")
        return float(spiceypy.str2et(plain + ("" if system == "UTC" else f" {'TDT' if system == 'TT' else system}")))
    except spiceypy.exceptions.SpiceyError:
        return None


def read_tracking(content: bytes) -> None:
    """Read a TDM; what is taken has as many observations as lines say, with their values."""
    tdm = read_tdm(content)
    lines = content.decode("utf-8-sig").splitlines()
    pattern = re.compile(r"\s*[A-Za-z_0-9]+\s*=\s*(\d{4}-[0-9-]+T\S+)\s+(\S+)\s*")
    rows = [match.groups() for line in lines if (match := pattern.fullmatch(line))]
    found = [each for segment in tdm.segments for each in segment.observations]
    if len(rows) != len(found):
        raise Contradiction(f"{len(found)} observations are read of {len(rows)}")
    for (epoch, value), observation in zip(rows, found, strict=True):
        if observation.value != float(value):
            raise Contradiction(f"{observation.value} is read of {value}")
        other = _spice_epoch(epoch, "UTC") if tdm.segments[0].metadata.get("TIME_SYSTEM", "").upper() == "UTC" else None
        if other is not None and len(tdm.segments) == 1 and abs(other - observation.epoch_tdb_s) > _EPOCH_S:
            raise Contradiction(f"the epoch {epoch} is {observation.epoch_tdb_s}; SPICE has {other}")


def read_elements(content: bytes) -> None:
    """Read two-line elements; what is taken has the numbers that stand in its columns."""
    _orbit(OrbitSource.TLE, content)
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
    orbit = _orbit(OrbitSource.SPK, content)
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
        state, _ = spiceypy.spkgeo(BODY, epoch, "J2000", int(orbit.center))
    except (spiceypy.exceptions.SpiceyError, ValueError):
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
        Target("oem-text", _oem_text, mutate_text, read_oem_text, _REFUSALS),
        Target("oem-xml", _oem_xml, mutate_xml, read_oem_xml, _REFUSALS),
        Target("tdm", _tdm, mutate_text, read_tracking, _REFUSALS),
        Target("two-line-elements", _two_lines, mutate_two_lines, read_elements, _REFUSALS),
        Target("spk", lambda: [_spk(2), _spk(9), _spk(13)], mutate_binary, read_spk, _REFUSALS),
    )
}
