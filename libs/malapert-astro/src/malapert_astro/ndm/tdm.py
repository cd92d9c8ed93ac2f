"""Tracking Data Messages of versions 1.0 and 2.0, in both forms, read and written (CCSDS 503.0-B-2).

A version 3.0 is read too where it uses the keywords of 2.0: there is no published book of it to check against.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from malapert_astro.ndm.document import Faults, decoded, is_xml, lines_of, text_of, xml_root

VERSIONS = ("1.0", "2.0", "3.0")
UNITS = {
    "ANGLE_1": "deg",
    "ANGLE_2": "deg",
    "CARRIER_POWER": "dBW",
    "CLOCK_BIAS": "s",
    "CLOCK_DRIFT": "s/s",
    "DOPPLER_COUNT": "1",
    "DOPPLER_INSTANTANEOUS": "km/s",
    "DOPPLER_INTEGRATED": "km/s",
    "DOR": "s",
    "MAG": "1",
    "PC_N0": "dBHz",
    "PR_N0": "dBHz",
    "PRESSURE": "hPa",
    "RANGE": "km, s or RU",
    "RCS": "m**2",
    "RECEIVE_FREQ": "Hz",
    "RECEIVE_PHASE_CT": "1",
    "RHUMIDITY": "%",
    "STEC": "TECU",
    "TEMPERATURE": "K",
    "TRANSMIT_FREQ": "Hz",
    "TRANSMIT_FREQ_RATE": "Hz/s",
    "TRANSMIT_PHASE_CT": "1",
    "TROPO_DRY": "m",
    "TROPO_WET": "m",
    "VLBI_DELAY": "s",
}
"""Data keywords without their index, and their units (table 3-5)."""
_INDEXED = ("RECEIVE_FREQ", "RECEIVE_PHASE_CT", "TRANSMIT_FREQ", "TRANSMIT_FREQ_RATE", "TRANSMIT_PHASE_CT")
_HEADER = ("CCSDS_TDM_VERS", "CREATION_DATE", "ORIGINATOR")
_METADATA = re.compile(
    r"TRACK_ID|DATA_TYPES|TIME_SYSTEM|START_TIME|STOP_TIME|PARTICIPANT_[1-5]|MODE|PATH(_[12])?|EPHEMERIS_NAME_[1-5]"
    r"|(TRANSMIT|RECEIVE)_BAND|TURNAROUND_(NUMERATOR|DENOMINATOR)|TIMETAG_REF|INTEGRATION_(INTERVAL|REF)|FREQ_OFFSET"
    r"|RANGE_(MODE|MODULUS|UNITS)|ANGLE_TYPE|REFERENCE_FRAME|INTERPOLATION(_DEGREE)?|DOPPLER_COUNT_(BIAS|SCALE|ROLLOVER)"
    r"|(TRANSMIT|RECEIVE)_DELAY_[1-5]|DATA_QUALITY|CORRECTION_\w+|CORRECTIONS_APPLIED"
)
_CHOICES = {
    "MODE": ("SEQUENTIAL", "SINGLE_DIFF"),
    "TIMETAG_REF": ("TRANSMIT", "RECEIVE"),
    "INTEGRATION_REF": ("START", "MIDDLE", "END"),
    "RANGE_MODE": ("COHERENT", "CONSTANT", "ONE_WAY"),
    "RANGE_UNITS": ("KM", "S", "RU"),
    "ANGLE_TYPE": ("AZEL", "RADEC", "XEYN", "XSYE"),
    "DATA_QUALITY": ("RAW", "VALIDATED", "DEGRADED"),
    "CORRECTIONS_APPLIED": ("YES", "NO"),
}
_CLOCKS_OF_THEIR_OWN = ("SCLK", "UT1")
_PATH = re.compile(r"[1-5](,\s*[1-5]){1,4}")


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation: a keyword, an epoch as it was written, TDB seconds past J2000 (NaN for SCLK), and a value."""

    keyword: str
    epoch: str
    epoch_tdb_s: float
    value: float


@dataclass(frozen=True)
class TdmSegment:
    """One segment: metadata as written, and observations in their order."""

    metadata: dict[str, str]
    observations: tuple[Observation, ...]


@dataclass(frozen=True)
class Tdm:
    """A tracking data message."""

    version: str
    originator: str
    creation_date: str
    segments: tuple[TdmSegment, ...]


def read_tdm(content: bytes) -> Tdm:
    """Return the tracking data of a message in either form.

    Raises
    ------
    NdmError
        With every fault: unknown version, missing or unknown keywords and choices, paths to participants that there
        are not, epochs of a keyword that fall or repeat, numbers that are none.
    """
    text, faults = decoded(content), Faults()
    header, rows = _of_xml(text, faults) if is_xml(text) else _of_text(text, faults)
    for keyword in _HEADER:
        if not header.get(keyword):
            faults.add("header", "MISSING", f"{keyword} is needed")
    version = header.get("CCSDS_TDM_VERS", "")
    if version and version not in VERSIONS:
        faults.add("header", "UNKNOWN_VERSION", f"version {version!r} is none of {', '.join(VERSIONS)}")
    if not rows:
        faults.add("message", "NO_SEGMENT", "at least one segment of metadata and data is needed")
    segments = tuple(_segment(*row, faults) for row in rows)
    faults.raise_if_any()
    return Tdm(version, header["ORIGINATOR"], header["CREATION_DATE"], segments)


def write_tdm(tdm: Tdm, *, xml: bool) -> bytes:
    """Return a message of version 2.0 with the segments' metadata and observations."""
    return (_xml_of(tdm) if xml else _text_of(tdm)).encode()


_Row = tuple[dict[str, str], list[tuple[str, str, str, str]], str]
"""Metadata, observations (where, keyword, epoch, value), and where the segment begins."""


def _of_text(text: str, faults: Faults) -> tuple[dict[str, str], list[_Row]]:
    header: dict[str, str] = {}
    rows: list[_Row] = []
    section = "header"
    for line in lines_of(text):
        if line.keyword == "META_START":
            rows.append(({}, [], line.where))
            section = "metadata"
        elif line.keyword == "DATA_START":
            section = "data"
        elif line.keyword in ("META_STOP", "DATA_STOP"):
            section = "between"
        elif section == "header":
            header[line.keyword] = line.value
        elif section == "metadata":
            rows[-1][0][line.keyword] = line.value
        elif section == "data":
            fields = line.value.split()
            if len(fields) != 2:
                faults.add(line.where, "WRONG_RECORD", "a record is KEYWORD = epoch value")
                continue
            rows[-1][1].append((line.where, line.keyword, fields[0], fields[1]))
        else:
            faults.add(line.where, "UNEXPECTED_KEYWORD", f"{line.keyword or line.value!r} is outside every section")
    return header, rows


def _of_xml(text: str, faults: Faults) -> tuple[dict[str, str], list[_Row]]:
    root = xml_root(text, "tdm")
    header = {name: text_of(root.find("header"), name) for name in _HEADER[1:]}
    header["CCSDS_TDM_VERS"] = root.get("version", "")
    rows: list[_Row] = []
    for number, segment in enumerate(root.iterfind("body/segment"), 1):
        metadata = {child.tag: (child.text or "").strip() for child in segment.iterfind("metadata/*")}
        metadata.pop("COMMENT", None)
        observations = []
        for index, observation in enumerate(segment.iterfind("data/observation"), 1):
            where = f"segment {number}, observation {index}"
            values = [child for child in observation if child.tag not in ("EPOCH", "COMMENT")]
            if len(values) != 1:
                faults.add(where, "WRONG_RECORD", f"an observation has one value, not {len(values)}")
                continue
            observations.append((where, values[0].tag, text_of(observation, "EPOCH"), (values[0].text or "").strip()))
        rows.append((metadata, observations, f"segment {number}"))
    return header, rows


def _segment(
    metadata: dict[str, str], records: list[tuple[str, str, str, str]], where: str, faults: Faults
) -> TdmSegment:
    _check_metadata(metadata, where, faults)
    if not records:
        faults.add(where, "NO_DATA", "a segment needs at least one observation")
    system = metadata.get("TIME_SYSTEM", "")
    latest: dict[str, float] = {}
    observations = []
    for place, keyword, epoch, text in records:
        stem = re.sub(r"_[1-5]$", "", keyword)
        if keyword not in UNITS and not (stem in _INDEXED and stem != keyword):
            faults.add(place, "UNKNOWN_KEYWORD", f"{keyword!r} is no data keyword of a TDM")
            continue
        epoch_s = math.nan if system in _CLOCKS_OF_THEIR_OWN else faults.epoch(epoch, system, place)
        if epoch_s == latest.get(keyword):
            faults.add(place, "DUPLICATE_EPOCH", f"there is a {keyword} of this epoch already")
        elif epoch_s < latest.get(keyword, -math.inf):
            faults.add(place, "UNSORTED_EPOCH", f"the epoch is before that of the {keyword} before; they must rise")
        latest[keyword] = epoch_s
        observations.append(Observation(keyword, epoch, epoch_s, faults.number(text, place, keyword)))
    return TdmSegment(metadata, tuple(observations))


def _check_metadata(metadata: dict[str, str], where: str, faults: Faults) -> None:
    for keyword in ("TIME_SYSTEM", "PARTICIPANT_1"):
        if not metadata.get(keyword):
            faults.add(where, "MISSING", f"{keyword} is needed")
    for keyword, value in metadata.items():
        if _METADATA.fullmatch(keyword) is None:
            faults.add(where, "UNKNOWN_KEYWORD", f"{keyword!r} is no metadata of a TDM")
        choices = _CHOICES.get(keyword)
        if choices and value.upper() not in choices:
            faults.add(where, "UNKNOWN_CHOICE", f"{keyword} {value!r} is none of {', '.join(choices)}")
    mode = metadata.get("MODE", "").upper()
    paths = {"SEQUENTIAL": ("PATH",), "SINGLE_DIFF": ("PATH_1", "PATH_2")}.get(mode, ())
    for keyword in paths:
        path = metadata.get(keyword, "")
        if _PATH.fullmatch(path) is None:
            faults.add(where, "WRONG_PATH", f"{keyword} {path!r} is no list of participants like 1,2,1")
            continue
        for number in sorted(set(re.findall(r"\d", path))):
            if not metadata.get(f"PARTICIPANT_{number}"):
                faults.add(where, "UNKNOWN_PARTICIPANT", f"{keyword} names participant {number}, which there is not")
    system = metadata.get("TIME_SYSTEM", "")
    for keyword in ("START_TIME", "STOP_TIME"):
        if metadata.get(keyword) and system not in _CLOCKS_OF_THEIR_OWN:
            faults.epoch(metadata[keyword], system, f"{where}, {keyword}")


def _values(segment: TdmSegment) -> Iterator[tuple[str, str, str]]:
    for observation in segment.observations:
        yield observation.keyword, observation.epoch, repr(observation.value)


def _text_of(tdm: Tdm) -> str:
    lines = ["CCSDS_TDM_VERS = 2.0", f"CREATION_DATE = {tdm.creation_date}", f"ORIGINATOR = {tdm.originator}", ""]
    for segment in tdm.segments:
        lines += ["META_START", *(f"{name} = {value}" for name, value in segment.metadata.items()), "META_STOP", ""]
        lines += ["DATA_START", *(f"{keyword} = {epoch} {value}" for keyword, epoch, value in _values(segment))]
        lines += ["DATA_STOP", ""]
    return "\n".join(lines)


def _xml_of(tdm: Tdm) -> str:
    root = ElementTree.Element("tdm", {"id": "CCSDS_TDM_VERS", "version": "2.0"})
    header = ElementTree.SubElement(root, "header")
    ElementTree.SubElement(header, "CREATION_DATE").text = tdm.creation_date
    ElementTree.SubElement(header, "ORIGINATOR").text = tdm.originator
    body = ElementTree.SubElement(root, "body")
    for segment in tdm.segments:
        element = ElementTree.SubElement(body, "segment")
        metadata = ElementTree.SubElement(element, "metadata")
        for name, value in segment.metadata.items():
            ElementTree.SubElement(metadata, name).text = value
        data = ElementTree.SubElement(element, "data")
        for keyword, epoch, value in _values(segment):
            observation = ElementTree.SubElement(data, "observation")
            ElementTree.SubElement(observation, "EPOCH").text = epoch
            ElementTree.SubElement(observation, keyword).text = value
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
