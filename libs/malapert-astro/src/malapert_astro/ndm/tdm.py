"""Tracking Data Messages of versions 1.0 and 2.0, in both forms, read (CCSDS 503.0-B-2).

A version 3.0 is read too where it uses the keywords of 2.0: there is no published book of it to check against.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from malapert_astro.ndm.document import (
    Line,
    check_header,
    decoded,
    is_xml,
    lines_of,
    value_of,
    xml_fields,
    xml_header,
    xml_messages,
    xml_parts,
)
from malapert_astro.ndm.faults import Entry, Faults, quoted
from malapert_astro.ndm.tdm_keywords import (
    CLOCKS_OF_THEIR_OWN,
    XML_UNITS,
    check_data_types,
    check_meaning,
    check_metadata,
    is_data_keyword,
    is_tracking_keyword,
    number_of,
)
from malapert_astro.ndm.tdm_segments import Observation, Tdm, TdmSegment
from malapert_astro.ndm.tdm_writing import write_tdm

__all__ = ["VERSIONS", "Observation", "Tdm", "TdmSegment", "read_tdm", "write_tdm"]

VERSIONS = ("1.0", "2.0", "3.0")
_ROUNDING_S = 1e-3
_CLOCK_TIME = re.compile(r"[0-9A-Z:./+-]{1,40}")


@dataclass
class _Raw:
    """A segment as it is written: metadata, and observations as (where, keyword, epoch, value)."""

    where: str
    metadata: dict[str, Entry]
    records: list[tuple[str, str, str, str]]


def read_tdm(content: bytes) -> Tdm:
    """Return the tracking data of a message in either form, of all messages of an NDM.

    Raises
    ------
    NdmError
        With every fault: unknown version, missing, unknown or repeated keywords, unknown choices, paths to
        participants that there are not, epochs of a keyword that fall or repeat, numbers that are none.
    """
    text, faults = decoded(content), Faults()
    messages = _of_xml(text, faults) if is_xml(text) else [_TextReading(faults).read(text)]
    segments = []
    for header, raw in messages:
        check_header(header, "TDM", VERSIONS, ("MESSAGE_ID",), faults)
        if not raw:
            faults.add("message", "NO_SEGMENT", "at least one segment of metadata and data is needed")
        segments += [_segment(each, faults) for each in raw]
    faults.raise_if_any()
    headers = [header for header, _ in messages]
    return Tdm(
        value_of(headers[0], "CCSDS_TDM_VERS"),
        ", ".join(dict.fromkeys(value_of(header, "ORIGINATOR") for header in headers)),
        value_of(headers[-1], "CREATION_DATE"),
        tuple(segments),
    )


_STEPS = {
    "META_START": (("header", "between segments"), "metadata"),
    "META_STOP": (("metadata",), "before data"),
    "DATA_START": (("before data",), "data"),
    "DATA_STOP": (("data",), "between segments"),
}


class _TextReading:
    """Takes the lines of a message in turn; `_section` is where the last one left it."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._header: dict[str, Entry] = {}
        self._segments: list[_Raw] = []
        self._section = "header"

    def read(self, text: str) -> tuple[dict[str, Entry], list[_Raw]]:
        """Return header and segments."""
        for line in lines_of(text, self._faults):
            self._take(line)
        if self._section not in ("header", "between segments"):
            place = self._segments[-1].where if self._segments else "message"
            self._faults.add(place, "UNFINISHED", f"the message ends in the {self._section} part of a segment")
        return self._header, self._segments

    def _take(self, line: Line) -> None:
        if line.keyword in _STEPS and not line.value:
            allowed, following = _STEPS[line.keyword]
            if self._section not in allowed:
                message = f"{line.keyword} cannot stand in the {self._section} part"
                self._faults.add(line.where, "UNEXPECTED_KEYWORD", message)
            if following == "metadata" or not self._segments:
                self._segments.append(_Raw(line.where, {}, []))
            self._section = following
        elif self._section in ("header", "metadata"):
            entries = self._header if self._section == "header" else self._segments[-1].metadata
            self._faults.enter(entries, line.keyword or quoted(line.value), line.value, line.where)
            if self._section == "header" and len(entries) == 1 and line.keyword != "CCSDS_TDM_VERS":
                self._faults.add(line.where, "WRONG_MESSAGE", "a TDM begins with CCSDS_TDM_VERS")
        elif self._section == "data":
            fields = line.value.split()
            if len(fields) != 2 or not line.keyword:
                self._faults.add(line.where, "WRONG_RECORD", "a record is KEYWORD = epoch value")
                return
            self._segments[-1].records.append((line.where, line.keyword, fields[0], fields[1]))
        else:
            message = f"{line.keyword or quoted(line.value)} is outside every section"
            self._faults.add(line.where, "UNEXPECTED_KEYWORD", message)


def _of_xml(text: str, faults: Faults) -> list[tuple[dict[str, Entry], list[_Raw]]]:
    messages = []
    for root, where in xml_messages(text, "tdm", faults):
        header, body = xml_header(root, where, faults), root.find("body")
        found = [] if body is None else xml_parts(body, (), f"{where}body", faults, several=("segment",))["segment"]
        raw = [_xml_segment(element, f"{where}segment {number}", faults) for number, element in enumerate(found, 1)]
        messages.append((header, raw))
    return messages


def _xml_segment(element: ElementTree.Element, where: str, faults: Faults) -> _Raw:
    parts = xml_parts(element, ("metadata", "data"), where, faults)
    raw = _Raw(where, {}, [])
    for metadata in parts["metadata"]:
        raw.metadata = xml_fields(metadata, where, faults)
    for data in parts["data"]:
        observations = xml_parts(data, (), where, faults, several=("observation",))["observation"]
        for index, observation in enumerate(observations, 1):
            place = f"{where}, observation {index}"
            fields = xml_fields(observation, place, faults, XML_UNITS)
            values = [keyword for keyword in fields if keyword != "EPOCH"]
            if len(values) != 1 or "EPOCH" not in fields:
                faults.add(place, "WRONG_RECORD", f"an observation has an EPOCH and one value, not {len(values)}")
                continue
            raw.records.append((place, values[0], fields["EPOCH"].value, fields[values[0]].value))
    return raw


def _segment(raw: _Raw, faults: Faults) -> TdmSegment:
    check_metadata(raw.metadata, raw.where, faults)
    if not raw.records:
        faults.add(raw.where, "NO_DATA", "a segment needs at least one observation")
    keywords = {keyword: place for place, keyword, _, _ in reversed(raw.records)}
    check_data_types(raw.metadata, keywords, faults)
    check_meaning(raw.metadata, keywords, raw.where, faults)
    epochs = _epochs(raw, faults)
    latest: dict[str, tuple[float, str]] = {}
    observations = []
    for (place, keyword, epoch, text), epoch_s in zip(raw.records, epochs, strict=True):
        if not is_data_keyword(keyword):
            faults.add(place, "UNKNOWN_KEYWORD", f"{quoted(keyword)} is no data keyword of a TDM")
            continue
        before_s, before = latest.get(keyword, (-math.inf, ""))
        if epoch_s == before_s:
            faults.add(place, "DUPLICATE_EPOCH", f"there is a {keyword} of this epoch already: {before}")
        elif epoch_s < before_s:
            faults.add(place, "UNSORTED_EPOCH", f"the epoch is before that of the {keyword} before; they must rise")
        latest[keyword] = (epoch_s, place)
        observations.append(Observation(keyword, epoch, epoch_s, number_of(text, keyword, place, faults)))
    return TdmSegment({keyword: entry.value for keyword, entry in raw.metadata.items()}, tuple(observations))


def _epochs(raw: _Raw, faults: Faults) -> Sequence[float]:
    """Return the epochs of the records, NaN for a clock of its own; those that are wrong are noted."""
    stated = value_of(raw.metadata, "TIME_SYSTEM")
    texts, places = [epoch for _, _, epoch, _ in raw.records], [place for place, *_ in raw.records]
    first_s, last_s = _span(raw, faults)
    if stated.upper() in CLOCKS_OF_THEIR_OWN:
        for text, place in zip(texts, places, strict=True):
            if _CLOCK_TIME.fullmatch(text) is None:
                faults.add(place, "NOT_AN_EPOCH", f"{quoted(text)} is no reading of a clock")
        return [math.nan] * len(texts)
    system = faults.time_system(stated, raw.where) if stated else ""
    if not system:
        return [math.nan] * len(texts)
    epochs = [float(epoch) for epoch in faults.epochs(texts, system, places)]
    for epoch_s, (place, keyword, _, _) in zip(epochs, raw.records, strict=True):
        if is_tracking_keyword(keyword) and not first_s - _ROUNDING_S <= epoch_s <= last_s + _ROUNDING_S:
            faults.add(place, "OUTSIDE_SPAN", "the epoch is outside START_TIME to STOP_TIME")
    return epochs


def _span(raw: _Raw, faults: Faults) -> tuple[float, float]:
    """Return the span that a segment states, in UTC whatever its time system (503.0-B-2 table 3-3, 4.3.10)."""
    first_s, last_s = (
        faults.epoch(raw.metadata[keyword].value, "UTC", f"{raw.where}, {keyword}")
        if keyword in raw.metadata
        else default
        for keyword, default in (("START_TIME", -math.inf), ("STOP_TIME", math.inf))
    )
    if first_s > last_s:
        faults.add(raw.where, "WRONG_SPAN", "START_TIME ≤ STOP_TIME is needed")
    return first_s, last_s
