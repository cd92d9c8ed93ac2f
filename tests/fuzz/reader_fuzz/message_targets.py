"""Readers of OEM and TDM in both forms; held against SPICE, libxml2 and the schema of the standard."""

import math
import random
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import numpy as np
from malapert_astro.ndm.document import is_xml
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import Oem, read_oem
from malapert_astro.ndm.tdm import read_tdm
from malapert_astro.ndm.tdm_segments import Observation, Tdm, TdmSegment
from malapert_astro.ndm.tdm_writing import write_tdm
from malapert_comms_window.domain.orbiters import OrbitSource
from malapert_core.errors import InvalidInputError

from reader_fuzz.forms import mutate_xml
from reader_fuzz.ndm_schema import STANDARDS, parsed, schema_errors
from reader_fuzz.orbit_targets import START, STEP_S, orbit_read, states
from reader_fuzz.running import Contradiction, Target
from reader_fuzz.spice_epochs import spice_epoch_tdb_s
from reader_fuzz.text import mutate_text

_STATE = re.compile(r"\d{4}-[0-9-]+T\S+(?:\s+\S+){6,9}")
_RECORD = re.compile(r"\s*(?!COMMENT\s)[A-Za-z_0-9]+\s*=\s*(\d{4}-[0-9-]+T\S+)\s+(\S+)\s*")
_EPOCH_S, _POSITION_KM = 2e-3, 1e-9
_VECTOR = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_SAMPLES = {"oem": ("*/oem_*", "*/kvn_odmv2-*"), "tdm": ("*/tdm_*", "*/kvn_tdm*", "*/xml_tdm*")}
# It gives one keyword twice at one epoch (503.0-B-2 3.4.9).
_UNSOUND = ("tdm_e17.kvn",)


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
    vectors = "".join(
        "<stateVector>"
        + "".join(f"<{name}>{value}</{name}>" for name, value in zip(_VECTOR, row, strict=True))
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


def _tdm_text() -> list[bytes]:
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


def _tdm_xml() -> list[bytes]:
    tdm = read_tdm(_tdm_text()[0])
    angles = tuple(
        Observation(f"ANGLE_{axis}", _time(at), math.nan, 10.0 * axis + at) for at in range(4) for axis in (1, 2)
    )
    metadata = {**tdm.segments[0].metadata, "ANGLE_TYPE": "AZEL"}
    other = replace(tdm, segments=(TdmSegment(metadata, angles),))
    return [write_tdm(each, xml=True) for each in (tdm, other)]


def read_oem_text(content: bytes) -> None:
    """Read an orbit of lines; what is taken has the states that its lines have, at the times that SPICE reads."""
    _compare_with_lines(_read_orbit(content), content)


def read_oem_xml(content: bytes) -> None:
    """Read an orbit of elements; what is taken keeps the schema and has the states that libxml2 finds."""
    _compare_with_elements(_read_orbit(content), content)


def _compare_with_lines(oem: Oem, content: bytes) -> None:
    text = re.sub(r"COVARIANCE_START.*?COVARIANCE_STOP", "", content.decode("utf-8-sig"), flags=re.S | re.I)
    rows = [line.split() for line in text.splitlines() if _STATE.fullmatch(line.strip())]
    _compare_states(oem, rows)


def _compare_with_elements(oem: Oem, content: bytes) -> None:
    _check_schema(content)
    vectors = [
        {each.tag: (each.text or "").strip() for each in vector} for vector in parsed(content).iter("{*}stateVector")
    ]
    _compare_states(oem, [[row[name] for name in _VECTOR] for row in vectors])


def _check_schema(content: bytes) -> None:
    errors = schema_errors(content)
    if errors:
        raise Contradiction(f"the schema is broken: {'; '.join(errors)}")


def _read_orbit(content: bytes) -> Oem:
    try:
        orbit_read(OrbitSource.OEM, content)
    except InvalidInputError:
        # The message alone may be taken where the orbit is not; it must not fail in another way.
        with suppress(NdmError):
            read_oem(content)
        raise
    try:
        return read_oem(content)
    except NdmError as error:
        raise Contradiction(f"the orbit is taken, the message is not: {error}") from error


def _compare_states(oem: Oem, rows: list[list[str]]) -> None:
    epochs = np.concatenate([segment.epoch_tdb_s for segment in oem.segments])
    table = np.concatenate([np.vstack([s.position_km, s.velocity_km_s]) for s in oem.segments], axis=1)
    if len(rows) != epochs.size:
        raise Contradiction(f"{epochs.size} states are read of {len(rows)}")
    expected = np.array([[float(cell) for cell in row[1:7]] for row in rows]).T
    if not np.allclose(table, expected, rtol=1e-15, atol=_POSITION_KM):
        raise Contradiction("states differ from the numbers of the file")
    _compare_epochs([row[0] for row in rows], epochs.tolist(), oem.segments[0].time_system)


def _compare_epochs(texts: list[str], epochs_tdb_s: list[float], system: str) -> None:
    for text, epoch_tdb_s in zip(texts, epochs_tdb_s, strict=True):
        other = spice_epoch_tdb_s(text, system)
        if other is not None and not abs(other - epoch_tdb_s) <= _EPOCH_S:
            raise Contradiction(f"the epoch {text} {system} is {epoch_tdb_s}; SPICE has {other}")


def read_tdm_text(content: bytes) -> None:
    """Read a TDM of lines; what is taken has the observations that its lines have, at the times that SPICE reads."""
    tdm = read_tdm(content)
    rows = [match.groups() for line in content.decode("utf-8-sig").splitlines() if (match := _RECORD.fullmatch(line))]
    _compare_observations(tdm, rows)


def read_tdm_xml(content: bytes) -> None:
    """Read a TDM of elements; what is taken keeps the schema and has the observations that libxml2 finds."""
    tdm = read_tdm(content)
    _check_schema(content)
    rows = []
    for element in parsed(content).iter("{*}observation"):
        texts = {each.tag: (each.text or "").strip() for each in element if isinstance(each.tag, str)}
        epoch = texts.pop("EPOCH")
        rows += [(epoch, text) for name, text in texts.items() if name != "COMMENT"]
    _compare_observations(tdm, rows)


def _compare_observations(tdm: Tdm, rows: Sequence[Sequence[str]]) -> None:
    found = [(segment.metadata, each) for segment in tdm.segments for each in segment.observations]
    if len(rows) != len(found):
        raise Contradiction(f"{len(found)} observations are read of {len(rows)}")
    for (epoch, value), (metadata, observation) in zip(rows, found, strict=True):
        if observation.value != float(value):
            raise Contradiction(f"{observation.value} is read of {value}")
        _compare_epochs([epoch], [observation.epoch_tdb_s], metadata["TIME_SYSTEM"].upper())


def _samples(message: str) -> list[bytes]:
    """Return the sound samples that the standards and a public collection have of a message."""
    paths = (path for pattern in _SAMPLES[message] for path in sorted((STANDARDS / "samples").glob(pattern)))
    return [path.read_bytes() for path in paths if path.name not in _UNSOUND]


def _is_xml(content: bytes) -> bool:
    return is_xml(content.decode("utf-8-sig", "replace"))


def _mutate_either(rng: random.Random, content: bytes) -> bytes:
    return (mutate_xml if _is_xml(content) else mutate_text)(rng, content)


def read_oem_sample(content: bytes) -> None:
    """Read an OEM in either form, about any body."""
    (_compare_with_elements if _is_xml(content) else _compare_with_lines)(read_oem(content), content)


def read_tdm_sample(content: bytes) -> None:
    """Read a TDM in either form."""
    (read_tdm_xml if _is_xml(content) else read_tdm_text)(content)


_REFUSALS = (InvalidInputError, NdmError)

TARGETS = {
    target.name: target
    for target in (
        Target("oem-text", _oem_text, mutate_text, read_oem_text, _REFUSALS),
        Target("oem-xml", _oem_xml, mutate_xml, read_oem_xml, _REFUSALS),
        Target("oem-samples", lambda: _samples("oem"), _mutate_either, read_oem_sample, _REFUSALS),
        Target("tdm-text", _tdm_text, mutate_text, read_tdm_text, _REFUSALS),
        Target("tdm-xml", _tdm_xml, mutate_xml, read_tdm_xml, _REFUSALS),
        Target("tdm-samples", lambda: _samples("tdm"), _mutate_either, read_tdm_sample, _REFUSALS),
    )
}
