"""What messages may not hold: each is refused by name and place, in text and XML, and what is written is read."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from malapert_astro.ndm.epochs import tdb_of, utc_texts
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import read_oem, write_oem
from malapert_astro.ndm.reference_frames import Axes, axes_of, center_of
from malapert_astro.ndm.tdm import read_tdm
from malapert_astro.points import Body

OEM = (Path(__file__).parent / "data" / "relay.oem").read_text()
XML = write_oem(read_oem(OEM.encode()), xml=True).decode()
INSTANCE = "xmlns:i='http://www.w3.org/2001/XMLSchema-instance'"
MATRIX = [" ".join(["1e-4"] * size) for size in range(1, 7)]
EPOCH = "EPOCH = 2029-01-15T00:00:00"
TDM = (Path(__file__).parent / "data" / "range.tdm").read_text()


def faults_of(text: str, message: str = "oem") -> list[tuple[str, str, str]]:
    with pytest.raises(NdmError) as caught:
        (read_oem if message == "oem" else read_tdm)(text.encode())
    return [(fault.where, fault.code, fault.message) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("old", "new", "where", "code"),
    [
        ("CENTER_NAME = MOON", "CENTER_NAME = MOON\nCENTER_NAME = EARTH", "line 8", "DUPLICATE_KEYWORD"),
        ("ORIGINATOR = JAXA", "ORIGINATOR = JAXA\nORIGINATOR = ESA", "line 4", "DUPLICATE_KEYWORD"),
        ("META_STOP\n", "", "line 13", "UNKNOWN_KEYWORD"),
        ("META_STOP", "META_STOP\nMETA_STOP", "line 13", "UNEXPECTED_KEYWORD"),
        ("META_STOP", "META_STOP\nMANOEUVRE_START", "line 13", "UNEXPECTED_KEYWORD"),
        ("ORIGINATOR = JAXA", "ORIGINATOR = JAXA\nMAN_ID = 3", "line 4", "UNKNOWN_KEYWORD"),
        ("00:02:00 1830 192", "00:02:00 1_830 192", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 １８３０ 192", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 1e999 192", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 1830 1e-400", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 1830 -.00001e-330", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 1830[km] 192", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 1e12 192", "line 15", "OUT_OF_RANGE"),
        ("ORIGINATOR = JAXA", "ORIGINATOR = JA\x07XA", "line 3", "CONTROL_CHARACTER"),
        ("ORIGINATOR = JAXA", "ORIGINATOR = JA\u202eXA", "line 3", "CONTROL_CHARACTER"),
        ("ORIGINATOR = JAXA", "ORIGINATOR = JA\ufdd0XA", "line 3", "CONTROL_CHARACTER"),
        ("CCSDS_OEM_VERS = 2.0\n", "", "line 1", "WRONG_MESSAGE"),
    ],
)
def test_text_is_refused_with_its_line(old: str, new: str, where: str, code: str) -> None:
    assert OEM.count(old) == 1
    assert (where, code) in [(place, found) for place, found, _ in faults_of(OEM.replace(old, new))]


@pytest.mark.parametrize(
    ("pattern", "new", "where", "code"),
    [
        (r"<X>", '<X units="m">', "segment 1, stateVector 1, X", "WRONG_UNIT"),
        (r"<X_DOT>", '<X_DOT units="m/s">', "segment 1, stateVector 1, X_DOT", "WRONG_UNIT"),
        (r"<X>", '<X frame="ITRF">', "segment 1, stateVector 1, X", "UNKNOWN_ATTRIBUTE"),
        (r"<X>[^<]*</X>", "", "segment 1, stateVector 1", "MISSING"),
        (r"(<Y>[^<]*</Y>)", r"\1\1", "segment 1, stateVector 1, Y", "DUPLICATE_KEYWORD"),
        (r"(<CENTER_NAME>)", r"<COLOUR>RED</COLOUR>\1", "segment 1, COLOUR", "UNKNOWN_KEYWORD"),
        (r"(<CENTER_NAME>)", r"<CENTER_NAME>EARTH</CENTER_NAME>\1", "segment 1, CENTER_NAME", "DUPLICATE_KEYWORD"),
        (r"(<data>)", r"\1<manoeuvre/>", "segment 1", "UNKNOWN_ELEMENT"),
        (r"(<data>)", r"\1 in km ", "segment 1", "UNEXPECTED_TEXT"),
        (r"(<body>)", r"<body/>\1", "<oem>", "DUPLICATE_ELEMENT"),
        (r'version="2.0"', 'version="2.0" unit="km"', "<oem>", "UNKNOWN_ATTRIBUTE"),
        (r"(<data>)", r"\1<COMMENT>c</COMMENT>in km", "segment 1", "UNEXPECTED_TEXT"),
        (r"(<metadata>)", r"\1<COMMENT><X>1</X></COMMENT>", "segment 1, COMMENT", "UNKNOWN_ELEMENT"),
        (r"(<data>)", r"\1<COMMENT><X>1</X></COMMENT>", "segment 1", "UNKNOWN_ELEMENT"),
        (r"(<metadata>)", r"\1in km", "segment 1", "UNEXPECTED_TEXT"),
        (r"(<metadata>)", r"\1<COMMENT>c</COMMENT>in km", "segment 1, COMMENT", "UNEXPECTED_TEXT"),
        (r"(<stateVector>)", r"\1in km", "segment 1", "UNEXPECTED_TEXT"),
        (r"(<body>)", r"\1in km", "<oem>", "UNEXPECTED_TEXT"),
        (r"(<oem[^>]*>)", r"\1in km", "<oem>", "UNEXPECTED_TEXT"),
        (r"(<X)>", rf"\1 {INSTANCE} i:nil='true'>", "segment 1, stateVector 1, X", "UNKNOWN_ATTRIBUTE"),
        (r"(<stateVector)>", rf"\1 {INSTANCE} i:type='opm'>", "segment 1", "UNKNOWN_ATTRIBUTE"),
        (r"(<stateVector>)", "\\1\u00a0", "segment 1", "UNEXPECTED_TEXT"),
        (r"(<EPOCH>)", "\\1\u3000", "segment 1, stateVector 1", "NOT_AN_EPOCH"),
        (r"(<X>)", "\\1\u2007", "segment 1, stateVector 1", "NOT_A_NUMBER"),
        (r"(<OBJECT_NAME>)", r"\1&#x202E;", "segment 1, OBJECT_NAME", "CONTROL_CHARACTER"),
        (r"(<OBJECT_NAME>)", r"\1a&#10;b", "segment 1, OBJECT_NAME", "CONTROL_CHARACTER"),
        (r"(<ORIGINATOR>)", r"\1&#x85;", "header, ORIGINATOR", "CONTROL_CHARACTER"),
        (r'xml version="1.0"', 'xml version="2.0"', "line 1", "NOT_XML"),
        (r'xml version="1.0"', 'xml version=""', "line 1", "NOT_XML"),
        (r'xml version="1.0"', 'xml version="-x"', "line 1", "NOT_XML"),
    ],
)
def test_xml_is_refused_with_its_element(pattern: str, new: str, where: str, code: str) -> None:
    changed, count = re.subn(pattern, new, XML, count=1)
    assert count == 1
    assert (where, code) in [(place, found) for place, found, _ in faults_of(changed)]


@pytest.mark.parametrize(
    ("lines", "number", "code"),
    [
        (["EPOCH = 2029-13-01T00:00:00", *MATRIX], 1, "NOT_AN_EPOCH"),
        ([EPOCH, "COV_REF_FRAME = RTN", "COV_REF_FRAME = RSW", *MATRIX], 3, "DUPLICATE_KEYWORD"),
        (["COV_REF_FRAME = RTN", EPOCH, *MATRIX], 1, "WRONG_COVARIANCE"),
        ([EPOCH, *MATRIX, "COV_REF_FRAME = RTN"], 8, "WRONG_COVARIANCE"),
        ([EPOCH, "1", EPOCH, *MATRIX], 1, "WRONG_COVARIANCE"),
        ([EPOCH, "UNIT = m", *MATRIX], 2, "UNKNOWN_KEYWORD"),
    ],
)
def test_covariances_that_are_passed_over_are_checked(lines: list[str], number: int, code: str) -> None:
    text = "\n".join([OEM.rstrip(), "COVARIANCE_START", *lines, "COVARIANCE_STOP"])
    (found,) = faults_of(text)
    place = f"line {OEM.rstrip().count(chr(10)) + 2 + number}"
    assert found[:2] == (f"{place}, EPOCH" if code == "NOT_AN_EPOCH" else place, code)


def test_a_covariance_in_elements_has_an_epoch_of_the_time_system() -> None:
    names = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    elements = "".join(
        f"<C{row}_{column}>1</C{row}_{column}>" for at, row in enumerate(names) for column in names[: at + 1]
    )
    matrix = f"<covarianceMatrix><EPOCH>2029-01-15T24:00:00</EPOCH>{elements}</covarianceMatrix>"
    found = faults_of(XML.replace("</data>", f"{matrix}</data>", 1))
    assert [fault[:2] for fault in found] == [("segment 1, covarianceMatrix 1, EPOCH", "NOT_AN_EPOCH")]


def test_units_of_the_standard_are_read() -> None:
    stated = XML.replace("<X>", '<X units="km">').replace("<X_DOT>", '<X_DOT units="km/s">')
    assert np.array_equal(
        read_oem(stated.encode()).segments[0].position_km, read_oem(OEM.encode()).segments[0].position_km
    )


def test_text_in_another_encoding_than_declared_is_refused() -> None:
    declared = XML.replace("UTF-8", "ISO-8859-1")
    assert read_oem(declared.encode()).segments
    ((where, code, _),) = faults_of(declared.replace("JAXA", "JÄXA"))
    assert (where, code) == ("line 1", "WRONG_ENCODING")


def test_both_places_of_a_repeated_keyword_are_named() -> None:
    ((where, _, message),) = faults_of(OEM.replace("CENTER_NAME = MOON", "CENTER_NAME = MOON\nCENTER_NAME = MOON"))
    assert (where, message) == ("line 8", "'CENTER_NAME' is given already: line 7")
    ((where, _, message),) = faults_of(TDM.replace("PATH = 2,1", "PATH = 2,1\nPATH = 1,2"), "tdm")
    assert (where, message) == ("line 10", "'PATH' is given already: line 9")
    (fault,) = faults_of(TDM.replace("DATA_STOP", "RANGE = 2029-015T00:01:00 1\nDATA_STOP"), "tdm")
    assert fault[1:] == ("DUPLICATE_EPOCH", "there is a RANGE of this epoch already: line 13")


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("MODE = SEQUENTIAL", "MODE = SEQUENTIAL\nINTEGRATION_INTERVAL = 1_0", "NOT_A_NUMBER"),
        ("TIME_SYSTEM = UTC", "TIME_SYSTEM = TCB", "UNKNOWN_TIME_SYSTEM"),
        ("MODE = SEQUENTIAL", "MODE = SEQUENTIAL\nREFERENCE_FRAME = MARS", "UNKNOWN_CHOICE"),
        ("DATA_STOP", "", "UNFINISHED"),
        ("ORIGINATOR = ISRO", "ORIGINATOR = ISRO\nWEATHER = FINE", "UNKNOWN_KEYWORD"),
        ("015T00:00:00", "366T00:00:00", "NOT_AN_EPOCH"),
        ("015T00:00:00", "365T23:59:60", "NOT_AN_EPOCH"),
        ("PATH = 2,1", "PATH = 2,1\nPATH_1 = 1,2", "WRONG_PATH"),
        ("PATH = 2,1", "PATH = 2,2", "WRONG_PATH"),
        ("PATH = 2,1", "PATH = 1,2,2,1", "WRONG_PATH"),
        ("META_STOP", "INTEGRATION_INTERVAL = -60\nMETA_STOP", "OUT_OF_RANGE"),
        ("META_STOP", "RANGE_MODULUS = -1\nMETA_STOP", "OUT_OF_RANGE"),
        ("META_STOP", "RECEIVE_DELAY_2 = -1e-9\nMETA_STOP", "OUT_OF_RANGE"),
        ("META_STOP", "TURNAROUND_DENOMINATOR = 0\nMETA_STOP", "OUT_OF_RANGE"),
        ("META_STOP", "TURNAROUND_NUMERATOR = 240.5\nMETA_STOP", "NOT_A_NUMBER"),
        ("META_STOP", "TURNAROUND_NUMERATOR = 240.0\nMETA_STOP", "NOT_A_NUMBER"),
        ("META_STOP", "TURNAROUND_NUMERATOR = 24e1\nMETA_STOP", "NOT_A_NUMBER"),
        ("META_STOP", "TURNAROUND_NUMERATOR = 2147483648\nMETA_STOP", "OUT_OF_RANGE"),
        ("RANGE =", "RHUMIDITY =", "OUT_OF_RANGE"),
        ("RANGE =", "ANGLE_1 =", "OUT_OF_RANGE"),
        ("META_STOP", "DATA_TYPES = RECEIVE_FREQ\nMETA_STOP", "CONTRADICTING_DATA"),
        ("META_STOP", "DATA_TYPES = RANGE, DOPPLER_INSTANTANEOUS\nMETA_STOP", "CONTRADICTING_DATA"),
        ("META_STOP", "DATA_TYPES = RANGE, COMMENT\nMETA_STOP", "UNKNOWN_CHOICE"),
        ("META_STOP", "DATA_TYPES = \nMETA_STOP", "UNKNOWN_CHOICE"),
        ("00:00 370000.5", "00:00 -1\nTEMPERATURE = 2029-015T00:00:00 -1", "OUT_OF_RANGE"),
        ("META_STOP", "STOP_TIME = 2029-015T00:00:30\nMETA_STOP", "OUTSIDE_SPAN"),
        ("META_STOP", "START_TIME = 2029-015T00:00:30\nMETA_STOP", "OUTSIDE_SPAN"),
        ("RANGE = 2029-015T00:00:00 370000.5", "ANGLE_1 = 2029-015T00:00:00 45", "MISSING"),
        ("META_STOP", "ANGLE_TYPE = RADEC\nMETA_STOP", "MISSING"),
        ("META_STOP", "REFERENCE_FRAME = EME2000\nMETA_STOP", "CONTRADICTING_DATA"),
        ("META_STOP", "ANGLE_TYPE = AZEL\nREFERENCE_FRAME = EME2000\nMETA_STOP", "CONTRADICTING_DATA"),
        ("META_STOP", "CORRECTION_RANGE = 46.5\nMETA_STOP", "MISSING"),
    ],
)
def test_tracking_data_are_refused_by_name(old: str, new: str, code: str) -> None:
    assert code in [found for _, found, _ in faults_of(TDM.replace(old, new, 1), "tdm")]


def test_the_span_of_tracking_data_is_in_utc() -> None:
    """503.0-B-2 4.3.10; TAI is 37 s ahead. What was sent lies a light time before the span (example E-11)."""
    span = "START_TIME = 2029-015T00:00:00\nSTOP_TIME = 2029-015T00:01:00\nMETA_STOP"
    sent = "TRANSMIT_FREQ_1 = 2029-014T23:00:00 8.4e9\nTEMPERATURE = 2029-015T09:00:00 290\nDATA_STOP"
    text = TDM.replace("META_STOP", span).replace("DATA_STOP", sent)
    assert len(read_tdm(text.encode()).segments[0].observations) == 4
    atomic = text.replace("TIME_SYSTEM = UTC", "TIME_SYSTEM = TAI")
    assert [code for _, code, _ in faults_of(atomic, "tdm")] == ["OUTSIDE_SPAN"]
    read_tdm(atomic.replace("015T00:00:00 370000.5", "015T00:00:37 370000.5").encode())


@pytest.mark.parametrize(
    ("stated", "written"),
    [("range", "RANGE"), ("TRANSMIT_FREQ_n", "TRANSMIT_FREQ_1"), ("RECEIVE_FREQ", "RECEIVE_FREQ_2")],
)
def test_the_stated_data_types_may_be_written_as_in_the_book(stated: str, written: str) -> None:
    text = TDM.replace("META_STOP", f"DATA_TYPES = {stated}\nMETA_STOP").replace("RANGE = 2", f"{written} = 2")
    assert {observation.keyword for observation in read_tdm(text.encode()).segments[0].observations} == {written}


def test_elements_have_no_namespace_or_the_one_of_the_standard() -> None:
    qualified = XML.replace("<oem ", '<oem xmlns="urn:ccsds:schema:ndmxml" ')
    assert read_oem(qualified.encode()).segments
    for where, changed in (
        ("<oem>", XML.replace("<oem ", '<oem xmlns="urn:example:other" ')),
        ("<X>", XML.replace("<X>", '<a:X xmlns:a="urn:example:other">', 1).replace("</X>", "</a:X>", 1)),
        ("<body>", XML.replace("<body>", '<b:body xmlns:b="http://ccsds.org/">').replace("</body>", "</b:body>")),
    ):
        assert (where, "OTHER_NAMESPACE") in [fault[:2] for fault in faults_of(changed)]


def test_messages_of_one_ndm_are_all_read_or_named() -> None:
    body = XML.partition("?>")[2]
    later = body.replace("2029-01-15T00:", "2029-01-15T01:")
    assert len(read_oem(f"<ndm>{body}{later}</ndm>".encode()).segments) == 2
    for stray in (f"<ndm>stray{body}</ndm>", f"<ndm>{body}stray</ndm>"):
        assert ("ndm", "UNEXPECTED_TEXT") in [found[:2] for found in faults_of(stray)]
    (fault,) = faults_of(f'<ndm>{body}<opm id="CCSDS_OPM_VERS" version="2.0"/></ndm>')
    assert fault[:2] == ("<opm>", "OTHER_MESSAGE")
    codes = {
        code for _, code, _ in faults_of(f"<ndm>{body}{later.replace('MOON', 'EARTH', 0).replace('UTC', 'TAI')}</ndm>")
    }
    assert codes == {"ANOTHER_TIME_SYSTEM"}


@pytest.mark.parametrize(
    ("name", "axes"),
    [("EME2000", Axes.J2000), ("eme-2000", Axes.J2000), ("MOON_ME", Axes.MOON_ME), ("moon_me_de421", Axes.MOON_ME)],
)
def test_a_frame_is_one_however_it_is_written(name: str, axes: Axes) -> None:
    assert axes_of(name, center_of("moon")) is axes
    assert {axes_of(each, Body.EARTH) for each in ("ITRF93", "ITRF-93", "itrf1997", "ITRF-97", "ITRF2014")} == {
        Axes.ITRF
    }
    with pytest.raises(ValueError, match="go with centre"):
        axes_of("ITRF93", Body.MOON)


@settings(max_examples=60)
@given(
    st.one_of(
        st.floats(tdb_of("1972-01-02T00:00:00", "UTC"), tdb_of("9999-12-30T00:00:00", "UTC")),
        st.floats(-2.0, 2.0).map(lambda beside_s: tdb_of("2016-12-31T23:59:60", "UTC") + beside_s),
        st.floats(-2.0, 2.0).map(lambda beside_s: tdb_of("1972-06-30T23:59:60", "UTC") + beside_s),
    )
)
def test_times_that_are_written_are_read(epoch_tdb_s: float) -> None:
    (text,) = utc_texts([epoch_tdb_s])
    # Microseconds are written; doubles of seconds since 1970 are 1e-7 s apart today, and 3e-5 s in the year 9999.
    rounding_s = np.spacing(abs(epoch_tdb_s) + tdb_of("2030-01-01T00:00:00", "UTC"))
    assert tdb_of(text, "UTC") == pytest.approx(epoch_tdb_s, abs=5e-7 + 4.0 * rounding_s)
