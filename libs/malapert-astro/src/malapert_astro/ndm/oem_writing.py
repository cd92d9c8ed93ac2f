"""Orbit Ephemeris Messages of version 2.0, written in UTC (CCSDS 502.0-B-3)."""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from malapert_astro.ndm.epochs import utc_texts
from malapert_astro.ndm.message_writing import header_lines, message_elements, metadata_lines, segment_data, xml_text
from malapert_astro.ndm.oem_parts import STATE
from malapert_astro.ndm.oem_segments import Oem, OemSegment


def write_oem(oem: Oem, *, xml: bool, comments: Sequence[str] = ()) -> bytes:
    """Return a message of version 2.0 in UTC with the segments' states, and comments in its header."""
    return (_xml_of(oem, comments) if xml else _text_of(oem, comments)).encode()


def _metadata(segment: OemSegment, times: list[str]) -> list[tuple[str, str]]:
    start_s = max(segment.useable_start_tdb_s, float(segment.epoch_tdb_s[0]))
    stop_s = min(segment.useable_stop_tdb_s, float(segment.epoch_tdb_s[-1]))
    useable = utc_texts([start_s, max(start_s, stop_s)])
    epoch_tdb_s = segment.reference_frame_epoch_tdb_s
    frame_epoch = [] if epoch_tdb_s is None else [("REF_FRAME_EPOCH", utc_texts([epoch_tdb_s])[0])]
    return [
        ("OBJECT_NAME", segment.object_name),
        ("OBJECT_ID", segment.object_id),
        ("CENTER_NAME", segment.center_name),
        ("REF_FRAME", segment.reference_frame),
        *frame_epoch,
        ("TIME_SYSTEM", "UTC"),
        ("START_TIME", times[0]),
        ("USEABLE_START_TIME", useable[0]),
        ("USEABLE_STOP_TIME", useable[1]),
        ("STOP_TIME", times[-1]),
        ("INTERPOLATION", segment.interpolation.value),
        ("INTERPOLATION_DEGREE", str(segment.interpolation_degree)),
    ]


def _rows(segment: OemSegment, times: list[str]) -> Iterator[list[str]]:
    for index, time in enumerate(times):
        place = [f"{value:.9f}" for value in segment.position_km[:, index]]
        speed = [f"{value:.12f}" for value in segment.velocity_km_s[:, index]]
        yield [time, *place, *speed]


def _text_of(oem: Oem, comments: Sequence[str]) -> str:
    lines = header_lines("OEM", oem, comments)
    for segment in oem.segments:
        times = utc_texts(segment.epoch_tdb_s)
        lines += metadata_lines(_metadata(segment, times))
        lines += [" ".join(row) for row in _rows(segment, times)]
        lines.append("")
    return "\n".join(lines)


def _xml_of(oem: Oem, comments: Sequence[str]) -> str:
    root, body = message_elements("OEM", oem, comments)
    for segment in oem.segments:
        times = utc_texts(segment.epoch_tdb_s)
        data = segment_data(body, _metadata(segment, times))
        for row in _rows(segment, times):
            vector = ElementTree.SubElement(data, "stateVector")
            for name, value in zip(("EPOCH", *STATE), row, strict=True):
                ElementTree.SubElement(vector, name).text = value
    return xml_text(root)
