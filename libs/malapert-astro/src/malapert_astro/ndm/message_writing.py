"""What written messages of version 2.0 have alike: the header, the metadata of segments, the XML around them."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from xml.etree import ElementTree

from malapert_astro.ndm.written_text import comment_line, one_line, text_line

Metadata = Iterable[tuple[str, str]]


class Headed(Protocol):
    """A message with what its header says."""

    @property
    def creation_date(self) -> str:
        """Instant at which it was made."""

    @property
    def originator(self) -> str:
        """Who made it."""


def header_lines(kind: str, message: Headed, comments: Sequence[str]) -> list[str]:
    """Return the lines of a header in keyword-value notation; ``kind`` is ``OEM`` or ``TDM``."""
    return [
        f"CCSDS_{kind}_VERS = 2.0",
        *map(comment_line, comments),
        f"CREATION_DATE = {message.creation_date}",
        text_line("ORIGINATOR", message.originator),
        "",
    ]


def metadata_lines(metadata: Metadata) -> list[str]:
    """Return the lines of a segment's metadata."""
    return ["META_START", *(text_line(name, value) for name, value in metadata), "META_STOP", ""]


def message_elements(
    kind: str, message: Headed, comments: Sequence[str]
) -> tuple[ElementTree.Element, ElementTree.Element]:
    """Return the root of a message in XML, with its header, and the body that its segments go into."""
    root = ElementTree.Element(kind.lower(), {"id": f"CCSDS_{kind}_VERS", "version": "2.0"})
    header = ElementTree.SubElement(root, "header")
    for comment in comments:
        ElementTree.SubElement(header, "COMMENT").text = one_line(comment)
    ElementTree.SubElement(header, "CREATION_DATE").text = message.creation_date
    ElementTree.SubElement(header, "ORIGINATOR").text = one_line(message.originator)
    return root, ElementTree.SubElement(root, "body")


def segment_data(body: ElementTree.Element, metadata: Metadata) -> ElementTree.Element:
    """Add a segment with its metadata to a body; returns the element that its data go into."""
    segment = ElementTree.SubElement(body, "segment")
    element = ElementTree.SubElement(segment, "metadata")
    for name, value in metadata:
        ElementTree.SubElement(element, name).text = one_line(value)
    return ElementTree.SubElement(segment, "data")


def xml_text(root: ElementTree.Element) -> str:
    """Return a message in XML as text."""
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
