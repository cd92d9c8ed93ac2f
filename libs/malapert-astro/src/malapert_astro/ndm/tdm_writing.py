"""Tracking Data Messages of version 2.0, written (CCSDS 503.0-B-2)."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from malapert_astro.ndm.tdm_segments import Tdm, TdmSegment
from malapert_astro.ndm.written_text import comment_line, one_line, text_line


def write_tdm(tdm: Tdm, *, xml: bool, comments: Sequence[str] = ()) -> bytes:
    """Return a message of version 2.0 with the segments' metadata and observations, and comments in its header."""
    return (_xml_of(tdm, comments) if xml else _text_of(tdm, comments)).encode()


def _values(segment: TdmSegment) -> Iterator[tuple[str, str, str]]:
    for observation in segment.observations:
        yield observation.keyword, observation.epoch, repr(observation.value)


def _text_of(tdm: Tdm, comments: Sequence[str]) -> str:
    lines = [
        "CCSDS_TDM_VERS = 2.0",
        *map(comment_line, comments),
        f"CREATION_DATE = {tdm.creation_date}",
        text_line("ORIGINATOR", tdm.originator),
        "",
    ]
    for segment in tdm.segments:
        lines += ["META_START", *(text_line(name, value) for name, value in segment.metadata.items()), "META_STOP", ""]
        lines += ["DATA_START", *(f"{keyword} = {epoch} {value}" for keyword, epoch, value in _values(segment))]
        lines += ["DATA_STOP", ""]
    return "\n".join(lines)


def _xml_of(tdm: Tdm, comments: Sequence[str]) -> str:
    root = ElementTree.Element("tdm", {"id": "CCSDS_TDM_VERS", "version": "2.0"})
    header = ElementTree.SubElement(root, "header")
    for comment in comments:
        ElementTree.SubElement(header, "COMMENT").text = one_line(comment)
    ElementTree.SubElement(header, "CREATION_DATE").text = tdm.creation_date
    ElementTree.SubElement(header, "ORIGINATOR").text = one_line(tdm.originator)
    body = ElementTree.SubElement(root, "body")
    for segment in tdm.segments:
        element = ElementTree.SubElement(body, "segment")
        metadata = ElementTree.SubElement(element, "metadata")
        for name, value in segment.metadata.items():
            ElementTree.SubElement(metadata, name).text = one_line(value)
        data = ElementTree.SubElement(element, "data")
        for keyword, epoch, value in _values(segment):
            observation = ElementTree.SubElement(data, "observation")
            ElementTree.SubElement(observation, "EPOCH").text = epoch
            ElementTree.SubElement(observation, keyword).text = value
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
