"""An Orbit Ephemeris Message as XML (CCSDS 505.0, ndmxml schemas)."""

from xml.etree import ElementTree

from malapert_astro.ndm.document import known_fields, xml_fields, xml_header, xml_messages, xml_parts
from malapert_astro.ndm.faults import Entry, Faults
from malapert_astro.ndm.oem_covariance import check_xml_covariances
from malapert_astro.ndm.oem_parts import (
    ACCELERATION,
    NEEDED,
    OPTIONAL,
    STATE,
    STATE_UNITS,
    RawSegment,
)

_STATE_FIELDS = ("EPOCH", *STATE, *ACCELERATION)


def raw_of_xml(text: str, faults: Faults) -> list[tuple[dict[str, Entry], list[RawSegment]]]:
    """Return the header and the segments of each message as they are written."""
    return [
        (xml_header(root, where, faults), _segments(root, where, faults))
        for root, where in xml_messages(text, "oem", faults)
    ]


def _segments(root: ElementTree.Element, where: str, faults: Faults) -> list[RawSegment]:
    body = root.find("body")
    found = [] if body is None else xml_parts(body, (), f"{where}body", faults, several=("segment",))["segment"]
    return [_segment(element, f"{where}segment {number}", faults) for number, element in enumerate(found, 1)]


def _segment(element: ElementTree.Element, where: str, faults: Faults) -> RawSegment:
    parts = xml_parts(element, ("metadata", "data"), where, faults)
    segment = RawSegment(where)
    for metadata in parts["metadata"]:
        segment.metadata = xml_fields(metadata, where, faults)
        known_fields(segment.metadata, (*NEEDED, *OPTIONAL), "metadata of an OEM", faults)
    for data in parts["data"]:
        vectors = xml_parts(data, (), where, faults, several=("stateVector", "covarianceMatrix"))
        for index, vector in enumerate(vectors["stateVector"], 1):
            place = f"{where}, stateVector {index}"
            segment.places.append(place)
            segment.rows.append(_row(vector, place, faults))
        check_xml_covariances(segment, vectors["covarianceMatrix"], faults)
    return segment


def _row(vector: ElementTree.Element, where: str, faults: Faults) -> list[str]:
    fields = xml_fields(vector, where, faults, STATE_UNITS)
    known_fields(fields, _STATE_FIELDS, "part of a state vector", faults)
    names = [name for name in _STATE_FIELDS if name in fields or name not in ACCELERATION]
    for name in names:
        if name not in fields:
            faults.add(where, "MISSING", f"{name} is needed")
    return [fields[name].value for name in names if name in fields]
