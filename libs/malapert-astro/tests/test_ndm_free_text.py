"""Messages whose names hold anything: one line each, XML that any parser takes, read back by our reader."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from malapert_astro.ndm.oem import read_oem
from malapert_astro.ndm.oem_segments import Oem
from malapert_astro.ndm.oem_writing import write_oem
from malapert_astro.ndm.tdm import read_tdm
from malapert_astro.ndm.tdm_segments import Observation, Tdm, TdmSegment
from malapert_astro.ndm.tdm_writing import write_tdm

OEM = """CCSDS_OEM_VERS = 2.0
CREATION_DATE = 2029-01-01T00:00:00
ORIGINATOR = JAXA
META_START
OBJECT_NAME = RELAY
OBJECT_ID = relay-1
CENTER_NAME = MOON
REF_FRAME = EME2000
TIME_SYSTEM = UTC
START_TIME = 2029-01-15T00:00:00
STOP_TIME = 2029-01-15T00:05:00
INTERPOLATION = HERMITE
INTERPOLATION_DEGREE = 3
META_STOP
""" + "".join(f"2029-01-15T00:0{minute}:00 {2000 + minute} 0 0 0 1.5 0\n" for minute in range(6))
# What a name may be; a name of nothing but blanks does not come in.
NAMES = st.text(min_size=1, max_size=300).filter(lambda name: any(c.isascii() and c.isalnum() for c in name))
NASTY = (
    "two\nlines META_STOP", "a\r\nMETA_STOP", "nul\x00l", "next\x85line", "sep\u2028x", "tab\tx", "月面 relay", "Größe",
    "x" * 300, "]]>x", "<script>x", "a = b", "حفر a", "a\ud800", "\u202eover", "in\u2066to",
)  # fmt: skip
# What may not stand in a line of the standards, or in XML.
# Written again from what the standards say, not taken from the writer.
UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def written_oem(name: str, *, xml: bool) -> bytes:
    read = read_oem(OEM.encode())
    segments = tuple(replace(segment, object_name=name) for segment in read.segments)
    return write_oem(Oem("2.0", name, "2029-01-01T00:00:00", segments), xml=xml, comments=(name,))


def written_tdm(name: str, *, xml: bool) -> bytes:
    metadata = {
        "TIME_SYSTEM": "UTC", "PARTICIPANT_1": name, "PARTICIPANT_2": "relay", "MODE": "SEQUENTIAL", "PATH": "2,1",
        "RANGE_UNITS": "km",
    }  # fmt: skip
    observations = (Observation("RANGE", "2029-01-15T00:00:00.000000", np.nan, 384_000.5),)
    return write_tdm(
        Tdm("2.0", name, "2029-01-01T00:00:00", (TdmSegment(metadata, observations),)), xml=xml, comments=(name,)
    )


def check(name: str) -> None:
    clean = " ".join(UNCLEAN.sub(" ", name).split())
    for content in (written_oem(name, xml=False), written_tdm(name, xml=False)):
        lines = content.decode().split("\n")
        assert max(map(len, lines)) <= 254
        assert not any(UNCLEAN.search(line) for line in lines)
        assert lines[1] == f"COMMENT {clean}"[:254].rstrip()
        assert lines[2:4] == ["CREATION_DATE = 2029-01-01T00:00:00", f"ORIGINATOR = {clean}"[:254].rstrip()]
    for content in (written_oem(name, xml=True), written_tdm(name, xml=True)):
        header = ElementTree.fromstring(content).find("header")
        assert header is not None
        assert [part.tag for part in header] == ["COMMENT", "CREATION_DATE", "ORIGINATOR"]
        assert header[0].text == header[2].text == clean
    for xml in (False, True):
        (segment,) = read_oem(written_oem(name, xml=xml)).segments
        np.testing.assert_allclose(segment.position_km[0], 2000.0 + np.arange(6))
        (tracked,) = read_tdm(written_tdm(name, xml=xml)).segments
        assert [each.value for each in tracked.observations] == [384_000.5]
        if len(clean) < 200:
            assert segment.object_name == tracked.metadata["PARTICIPANT_1"] == clean


@pytest.mark.parametrize("name", NASTY)
def test_names_that_people_stumble_over(name: str) -> None:
    check(name)


@settings(max_examples=30)
@example("COMMENT x")
@given(NAMES)
def test_any_name(name: str) -> None:
    check(name)
