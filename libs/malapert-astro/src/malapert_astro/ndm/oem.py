"""Orbit Ephemeris Messages of versions 1.0, 2.0 and 3.0, in both forms (CCSDS 502.0-B-3): what they hold, and reading.

What is read: the keywords of header and metadata below, states with or without accelerations, covariance matrices.
Accelerations and covariance matrices are checked and then passed over, which the message says.
"""

from malapert_astro.ndm.document import check_header, decoded, is_xml, value_of
from malapert_astro.ndm.faults import Faults
from malapert_astro.ndm.oem_parts import OTHER_HEADER, RawSegment
from malapert_astro.ndm.oem_segments import Oem, OemSegment, check_together, segments_of
from malapert_astro.ndm.oem_text import raw_of_text
from malapert_astro.ndm.oem_writing import write_oem
from malapert_astro.ndm.oem_xml import raw_of_xml

__all__ = ["VERSIONS", "Oem", "OemSegment", "read_oem", "write_oem"]

VERSIONS = ("1.0", "2.0", "3.0")


def read_oem(content: bytes) -> Oem:
    """Return the ephemeris of a message in either form; several messages of one NDM must be of one object.

    Raises
    ------
    NdmError
        With every fault: unknown version, missing, unknown or repeated keywords, epochs that do not rise or are
        outside the stated span, numbers that are none, another unit, segments of different objects or time systems.
    """
    text, faults = decoded(content), Faults()
    messages = raw_of_xml(text, faults) if is_xml(text) else [raw_of_text(text, faults)]
    raw: list[RawSegment] = []
    for header, segments in messages:
        check_header(header, "OEM", VERSIONS, OTHER_HEADER, faults)
        if not segments:
            faults.add("message", "NO_SEGMENT", "at least one segment of metadata and states is needed")
        raw += segments
    check_together(raw, faults)
    segments_found = segments_of(raw, faults)
    faults.raise_if_any()
    headers = [header for header, _ in messages]
    return Oem(
        value_of(headers[0], "CCSDS_OEM_VERS"),
        ", ".join(dict.fromkeys(value_of(header, "ORIGINATOR") for header in headers)),
        value_of(headers[-1], "CREATION_DATE"),
        tuple(segments_found),
        tuple(note for segment in raw for note in segment.passed_over),
    )
