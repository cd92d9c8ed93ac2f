"""Orbit Ephemeris Messages of versions 1.0, 2.0 and 3.0, in both forms, read and written (CCSDS 502.0-B-3)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from malapert_astro.ndm.document import (
    TIME_SYSTEMS,
    Faults,
    Line,
    decoded,
    is_xml,
    lines_of,
    text_of,
    utc_text,
    xml_root,
)
from malapert_astro.orbits import Interpolation
from malapert_astro.times import utc_datetime, utc_from_tdb

Floats = NDArray[np.float64]

VERSIONS = ("1.0", "2.0", "3.0")
_HEADER = ("CCSDS_OEM_VERS", "CREATION_DATE", "ORIGINATOR")
_NEEDED = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
_OPTIONAL = ("REF_FRAME_EPOCH", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "INTERPOLATION", "INTERPOLATION_DEGREE")
_OTHER_HEADER = ("MESSAGE_ID", "CLASSIFICATION")
_STATE = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_ROUNDING_S = 1e-3
_USUAL_DEGREE = 7


@dataclass(frozen=True, eq=False)
class OemSegment:
    """One segment: who, about what, in which axes, and its states.

    `epoch_tdb_s` has shape (n,), the states (km, km/s) shape (3, n) in the axes of the message.
    """

    object_name: str
    object_id: str
    center_name: str
    reference_frame: str
    time_system: str
    useable_start_tdb_s: float
    useable_stop_tdb_s: float
    interpolation: Interpolation
    interpolation_degree: int
    epoch_tdb_s: Floats
    position_km: Floats
    velocity_km_s: Floats
    where: str


@dataclass(frozen=True)
class Oem:
    """An ephemeris message."""

    version: str
    originator: str
    creation_date: str
    segments: tuple[OemSegment, ...]


def read_oem(content: bytes) -> Oem:
    """Return the ephemeris of a message in either form.

    Raises
    ------
    NdmError
        With every fault: unknown version, missing or unknown keywords, epochs that do not rise or are outside the
        stated span, numbers that are none.
    """
    text, faults = decoded(content), Faults()
    oem = _of_xml(text, faults) if is_xml(text) else _of_text(text, faults)
    if not oem.segments and not faults.found:
        faults.add("message", "NO_SEGMENT", "at least one segment of metadata and states is needed")
    faults.raise_if_any()
    return oem


def write_oem(oem: Oem, *, xml: bool) -> bytes:
    """Return a message of version 2.0 in UTC with the segments' states."""
    return (_xml_of(oem) if xml else _text_of(oem)).encode()


def _of_text(text: str, faults: Faults) -> Oem:
    header: dict[str, str] = {}
    segments: list[OemSegment] = []
    metadata: dict[str, Line] | None = None
    states: list[tuple[str, list[str]]] = []
    place, in_covariance, in_metadata = "message", False, False
    for line in lines_of(text):
        if line.keyword == "META_START":
            if metadata is not None:
                segments += _segment(_values(metadata), states, place, faults)
            metadata, states, place, in_metadata = {}, [], line.where, True
        elif line.keyword == "META_STOP":
            in_metadata = False
        elif line.keyword in ("COVARIANCE_START", "COVARIANCE_STOP"):
            in_covariance = line.keyword == "COVARIANCE_START"
        elif in_covariance:
            continue
        elif in_metadata and metadata is not None:
            if line.keyword not in (*_NEEDED, *_OPTIONAL):
                faults.add(line.where, "UNKNOWN_KEYWORD", f"{line.keyword or line.value!r} is no metadata of an OEM")
            metadata[line.keyword] = line
        elif metadata is None:
            if line.keyword not in (*_HEADER, *_OTHER_HEADER):
                faults.add(line.where, "UNKNOWN_KEYWORD", f"{line.keyword or line.value!r} is not in an OEM's header")
            header[line.keyword] = line.value
        elif line.keyword:
            faults.add(line.where, "UNEXPECTED_KEYWORD", f"{line.keyword} is between states")
        else:
            states.append((line.where, line.value.split()))
    if metadata is not None:
        segments += _segment(_values(metadata), states, place, faults)
    return _message(header, segments, faults)


def _values(metadata: dict[str, Line]) -> dict[str, str]:
    return {keyword: line.value for keyword, line in metadata.items()}


def _of_xml(text: str, faults: Faults) -> Oem:
    root = xml_root(text, "oem")
    header = {name: text_of(root.find("header"), name) for name in _HEADER[1:]}
    header["CCSDS_OEM_VERS"] = root.get("version", "")
    segments: list[OemSegment] = []
    for number, segment in enumerate(root.iterfind("body/segment"), 1):
        metadata = {child.tag: (child.text or "").strip() for child in segment.iterfind("metadata/*")}
        metadata.pop("COMMENT", None)
        states = []
        for index, vector in enumerate(segment.iterfind("data/stateVector"), 1):
            row = [text_of(vector, name) for name in ("EPOCH", *_STATE)]
            states.append((f"segment {number}, stateVector {index}", row))
        segments += _segment(metadata, states, f"segment {number}", faults)
    return _message(header, segments, faults)


def _message(header: dict[str, str], segments: list[OemSegment], faults: Faults) -> Oem:
    for keyword in _HEADER:
        if not header.get(keyword):
            faults.add("header", "MISSING", f"{keyword} is needed")
    version = header.get("CCSDS_OEM_VERS", "")
    if version and version not in VERSIONS:
        faults.add("header", "UNKNOWN_VERSION", f"version {version!r} is none of {', '.join(VERSIONS)}")
    return Oem(version, header.get("ORIGINATOR", ""), header.get("CREATION_DATE", ""), tuple(segments))


def _segment(
    metadata: dict[str, str], states: list[tuple[str, list[str]]], where: str, faults: Faults
) -> Iterator[OemSegment]:
    """Yield the segment, or nothing where its faults leave none."""
    known = len(faults.found)
    for keyword in _NEEDED:
        if not metadata.get(keyword):
            faults.add(where, "MISSING", f"{keyword} is needed")
    system = metadata.get("TIME_SYSTEM", "")
    if system and system not in TIME_SYSTEMS:
        faults.add(where, "UNKNOWN_TIME_SYSTEM", f"TIME_SYSTEM {system!r} is none of {', '.join(TIME_SYSTEMS)}")
    interpolation, degree = _interpolation(metadata, where, faults)
    if not states:
        faults.add(where, "NO_STATES", "a segment needs at least one state")
    if len(faults.found) > known:
        return
    span = [faults.epoch(metadata[name], system, f"{where}, {name}") for name in ("START_TIME", "STOP_TIME")]
    useable = [
        faults.epoch(metadata[name], system, f"{where}, {name}") if metadata.get(name) else default
        for name, default in zip(("USEABLE_START_TIME", "USEABLE_STOP_TIME"), span, strict=True)
    ]
    if len(faults.found) == known and not span[0] <= useable[0] <= useable[1] <= span[1]:
        faults.add(where, "WRONG_SPAN", "START_TIME ≤ USEABLE_START_TIME ≤ USEABLE_STOP_TIME ≤ STOP_TIME is needed")
    epochs, rows = _states(states, system, faults)
    _check_epochs(epochs, [place for place, _ in states], span, faults)
    if len(faults.found) > known:
        return
    table = np.array(rows, dtype=np.float64).T
    yield OemSegment(
        object_name=metadata["OBJECT_NAME"],
        object_id=metadata["OBJECT_ID"],
        center_name=metadata["CENTER_NAME"],
        reference_frame=metadata["REF_FRAME"],
        time_system=system,
        useable_start_tdb_s=useable[0],
        useable_stop_tdb_s=useable[1],
        interpolation=interpolation,
        interpolation_degree=degree,
        epoch_tdb_s=np.array(epochs),
        position_km=table[:3],
        velocity_km_s=table[3:],
        where=where,
    )


def _interpolation(metadata: dict[str, str], where: str, faults: Faults) -> tuple[Interpolation, int]:
    name = metadata.get("INTERPOLATION", "").upper()
    if not name:
        return Interpolation.LAGRANGE, _USUAL_DEGREE
    if name not in tuple(Interpolation):
        faults.add(where, "UNKNOWN_INTERPOLATION", f"INTERPOLATION {name!r} is none of {', '.join(Interpolation)}")
        return Interpolation.LAGRANGE, _USUAL_DEGREE
    interpolation = Interpolation(name)
    text = metadata.get("INTERPOLATION_DEGREE", "1" if interpolation is Interpolation.LINEAR else "")
    if not text.isdecimal() or not 1 <= int(text) <= 31:
        faults.add(where, "WRONG_DEGREE", f"INTERPOLATION_DEGREE {text!r} is no whole number from 1 to 31")
        return interpolation, _USUAL_DEGREE
    return interpolation, int(text)


def _states(states: list[tuple[str, list[str]]], system: str, faults: Faults) -> tuple[list[float], list[list[float]]]:
    epochs, rows = [], []
    for place, fields in states:
        if len(fields) not in (7, 10):
            faults.add(
                place, "WRONG_STATE", f"an epoch and 6 numbers (or 9 with accelerations), not {len(fields)} fields"
            )
            continue
        epochs.append(faults.epoch(fields[0], system, place))
        rows.append([faults.number(text, place, name) for name, text in zip(_STATE, fields[1:7], strict=True)])
    return epochs, rows


def _check_epochs(epochs: list[float], places: list[str], span: list[float], faults: Faults) -> None:
    if len(epochs) != len(places) or math.isnan(sum(epochs)):
        return
    for (before, after), place in zip(pairwise(epochs), places[1:], strict=True):
        if after == before:
            faults.add(place, "DUPLICATE_EPOCH", "the epoch is that of the state before")
        elif after < before:
            faults.add(place, "UNSORTED_EPOCH", "the epoch is before that of the state before; epochs must rise")
    for epoch, place in zip(epochs, places, strict=True):
        if not span[0] - _ROUNDING_S <= epoch <= span[1] + _ROUNDING_S:
            faults.add(place, "OUTSIDE_SPAN", "the epoch is outside START_TIME to STOP_TIME")


def _times(segment: OemSegment) -> list[str]:
    return [utc_text(utc_datetime(float(second))) for second in utc_from_tdb(segment.epoch_tdb_s)]


def _metadata(segment: OemSegment) -> list[tuple[str, str]]:
    times = _times(segment)
    useable = utc_from_tdb([segment.useable_start_tdb_s, segment.useable_stop_tdb_s])
    return [
        ("OBJECT_NAME", segment.object_name),
        ("OBJECT_ID", segment.object_id),
        ("CENTER_NAME", segment.center_name),
        ("REF_FRAME", segment.reference_frame),
        ("TIME_SYSTEM", "UTC"),
        ("START_TIME", times[0]),
        ("USEABLE_START_TIME", utc_text(utc_datetime(float(useable[0])))),
        ("USEABLE_STOP_TIME", utc_text(utc_datetime(float(useable[1])))),
        ("STOP_TIME", times[-1]),
        ("INTERPOLATION", segment.interpolation.value),
        ("INTERPOLATION_DEGREE", str(segment.interpolation_degree)),
    ]


def _rows(segment: OemSegment) -> Iterator[list[str]]:
    for index, time in enumerate(_times(segment)):
        place = [f"{value:.9f}" for value in segment.position_km[:, index]]
        speed = [f"{value:.12f}" for value in segment.velocity_km_s[:, index]]
        yield [time, *place, *speed]


def _text_of(oem: Oem) -> str:
    lines = ["CCSDS_OEM_VERS = 2.0", f"CREATION_DATE = {oem.creation_date}", f"ORIGINATOR = {oem.originator}", ""]
    for segment in oem.segments:
        lines += ["META_START", *(f"{name} = {value}" for name, value in _metadata(segment)), "META_STOP", ""]
        lines += [" ".join(row) for row in _rows(segment)]
        lines.append("")
    return "\n".join(lines)


def _xml_of(oem: Oem) -> str:
    root = ElementTree.Element("oem", {"id": "CCSDS_OEM_VERS", "version": "2.0"})
    header = ElementTree.SubElement(root, "header")
    ElementTree.SubElement(header, "CREATION_DATE").text = oem.creation_date
    ElementTree.SubElement(header, "ORIGINATOR").text = oem.originator
    body = ElementTree.SubElement(root, "body")
    for segment in oem.segments:
        element = ElementTree.SubElement(body, "segment")
        metadata = ElementTree.SubElement(element, "metadata")
        for name, value in _metadata(segment):
            ElementTree.SubElement(metadata, name).text = value
        data = ElementTree.SubElement(element, "data")
        for row in _rows(segment):
            vector = ElementTree.SubElement(data, "stateVector")
            for name, value in zip(("EPOCH", *_STATE), row, strict=True):
                ElementTree.SubElement(vector, name).text = value
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
