"""Tracking Data Messages of version 2.0, written (CCSDS 503.0-B-2)."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from malapert_astro.ndm.message_writing import header_lines, message_elements, metadata_lines, segment_data, xml_text
from malapert_astro.ndm.tdm_segments import Tdm, TdmSegment


def write_tdm(tdm: Tdm, *, xml: bool, comments: Sequence[str] = ()) -> bytes:
    """Return a message of version 2.0 with the segments' metadata and observations, and comments in its header."""
    return (_xml_of(tdm, comments) if xml else _text_of(tdm, comments)).encode()


def _values(segment: TdmSegment) -> Iterator[tuple[str, str, str]]:
    for observation in segment.observations:
        yield observation.keyword, observation.epoch, repr(observation.value)


def _text_of(tdm: Tdm, comments: Sequence[str]) -> str:
    lines = header_lines("TDM", tdm, comments)
    for segment in tdm.segments:
        lines += metadata_lines(segment.metadata.items())
        lines += ["DATA_START", *(f"{keyword} = {epoch} {value}" for keyword, epoch, value in _values(segment))]
        lines += ["DATA_STOP", ""]
    return "\n".join(lines)


def _xml_of(tdm: Tdm, comments: Sequence[str]) -> str:
    root, body = message_elements("TDM", tdm, comments)
    for segment in tdm.segments:
        data = segment_data(body, segment.metadata.items())
        for keyword, epoch, value in _values(segment):
            observation = ElementTree.SubElement(data, "observation")
            ElementTree.SubElement(observation, "EPOCH").text = epoch
            ElementTree.SubElement(observation, keyword).text = value
    return xml_text(root)
