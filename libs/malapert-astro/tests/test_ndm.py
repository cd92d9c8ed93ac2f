"""Navigation data messages: the given samples, what is written read again, and every fault named with its place."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from malapert_astro.ndm.epochs import tdb_of
from malapert_astro.ndm.faults import NdmError
from malapert_astro.ndm.oem import read_oem, write_oem
from malapert_astro.ndm.tdm import read_tdm, write_tdm
from malapert_astro.times import tdb_from_utc, utc_seconds

SHARED = Path(__file__).parents[3].parent / "shared" / "reference" / "standards" / "ndm" / "samples"
# Two samples break their own standard: states of one epoch (502.0, 5.2.4.4), a value given twice (503.0, 3.4.11).
BROKEN = {"xml_ndmxml-1.0-oem-2.0-single.xml": "DUPLICATE_EPOCH", "tdm_e17.kvn": "DUPLICATE_EPOCH"}

OEM = (Path(__file__).parent / "data" / "relay.oem").read_text()
TDM = (Path(__file__).parent / "data" / "range.tdm").read_text()


def samples(message: str) -> list[Path]:
    return sorted(path for path in SHARED.rglob("*") if message in path.name and path.suffix in (".kvn", ".xml"))


@pytest.mark.parametrize("message", ["oem", "tdm"])
def test_every_valid_sample_is_read_and_survives_being_written(message: str) -> None:
    found = samples(message)
    if not found:
        pytest.skip("no samples in ../shared/reference/standards/ndm")
    assert len(found) >= 5
    for path in found:
        if path.name in BROKEN:
            with pytest.raises(NdmError) as caught:
                (read_oem if message == "oem" else read_tdm)(path.read_bytes())
            assert {fault.code for fault in caught.value.faults} == {BROKEN[path.name]}
        elif message == "oem":
            _check_oem(path.read_bytes())
        else:
            _check_tdm(path.read_bytes())


def _check_oem(content: bytes) -> None:
    first = read_oem(content)
    for xml in (False, True):
        again = read_oem(write_oem(first, xml=xml))
        for before, after in zip(first.segments, again.segments, strict=True):
            assert (before.object_name, before.center_name) == (after.object_name, after.center_name)
            assert np.max(np.abs(before.epoch_tdb_s - after.epoch_tdb_s)) < 2e-6
            assert np.max(np.abs(before.position_km - after.position_km)) < 1e-8
            assert np.max(np.abs(before.velocity_km_s - after.velocity_km_s)) < 1e-11


def _check_tdm(content: bytes) -> None:
    first = read_tdm(content)
    for xml in (False, True):
        again = read_tdm(write_tdm(first, xml=xml))
        assert [segment.metadata for segment in again.segments] == [segment.metadata for segment in first.segments]
        for before, after in zip(first.segments, again.segments, strict=True):
            rows = [
                [(each.keyword, each.epoch, each.value) for each in segment.observations] for segment in (before, after)
            ]
            assert rows[0] == rows[1]


def codes(text: str, message: str) -> list[tuple[str, str]]:
    with pytest.raises(NdmError) as caught:
        (read_oem if message == "oem" else read_tdm)(text.encode())
    return [(fault.where, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("version", ["1.0", "2.0", "3.0"])
def test_versions(version: str) -> None:
    assert read_oem(OEM.replace("VERS = 2.0", f"VERS = {version}").encode()).version == version
    assert read_tdm(TDM.replace("VERS = 2.0", f"VERS = {version}").encode()).version == version


@pytest.mark.parametrize(
    ("old", "new", "where", "code"),
    [
        ("VERS = 2.0", "VERS = 9.0", "header", "UNKNOWN_VERSION"),
        ("ORIGINATOR = JAXA\n", "", "header", "MISSING"),
        ("CENTER_NAME = MOON\n", "", "line 4", "MISSING"),
        ("TIME_SYSTEM = UTC", "TIME_SYSTEM = MST", "line 4", "UNKNOWN_TIME_SYSTEM"),
        ("META_STOP", "COLOUR = RED\nMETA_STOP", "line 12", "UNKNOWN_KEYWORD"),
        ("00:02:00 1830", "00:01:00 1830", "line 15", "DUPLICATE_EPOCH"),
        ("00:02:00 1830", "00:00:30 1830", "line 15", "UNSORTED_EPOCH"),
        ("00:02:00 1830 192", "00:02:00 1830 nan", "line 15", "NOT_A_NUMBER"),
        ("00:02:00 1830 192", "00:02:00 1830", "line 15", "WRONG_STATE"),
        ("2029-01-15T00:02:00 1830", "2029-02-31T00:02:00 1830", "line 15", "NOT_AN_EPOCH"),
        ("T00:03:00\nMETA", "T00:02:30\nMETA", "line 16", "OUTSIDE_SPAN"),
        ("META_STOP", "INTERPOLATION = SPLINE\nMETA_STOP", "line 4", "UNKNOWN_INTERPOLATION"),
        ("META_STOP", "USEABLE_START_TIME = 2028-01-01T00:00:00\nMETA_STOP", "line 4", "WRONG_SPAN"),
    ],
)
def test_faults_of_an_oem_say_where(old: str, new: str, where: str, code: str) -> None:
    assert OEM.count(old) == 1
    assert codes(OEM.replace(old, new), "oem")[0] == (where, code)


@pytest.mark.parametrize(
    ("old", "new", "where", "code"),
    [
        ("PARTICIPANT_1 = IDSN-32\n", "", "line 4", "MISSING"),
        ("PATH = 2,1", "PATH = 3,1", "line 4", "UNKNOWN_PARTICIPANT"),
        ("PATH = 2,1", "PATH = there", "line 4", "WRONG_PATH"),
        ("SEQUENTIAL", "SIDEWAYS", "line 4", "UNKNOWN_CHOICE"),
        ("RANGE = 2029-015T00:01:00 370001.5", "RAINFALL = 2029-015T00:01:00 3", "line 13", "UNKNOWN_KEYWORD"),
        ("00:01:00 370001.5", "00:00:00 370001.5", "line 13", "DUPLICATE_EPOCH"),
        ("015T00:01:00 370001.5", "014T00:01:00 370001.5", "line 13", "UNSORTED_EPOCH"),
        ("370001.5", "far", "line 13", "NOT_A_NUMBER"),
        ("370001.5", "", "line 13", "WRONG_RECORD"),
    ],
)
def test_faults_of_a_tdm_say_where(old: str, new: str, where: str, code: str) -> None:
    assert TDM.count(old) == 1
    assert codes(TDM.replace(old, new), "tdm")[0] == (where, code)


@pytest.mark.parametrize("message", ["oem", "tdm"])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"\xff\xfe", "NOT_TEXT"),
        (b"<oem", "NOT_XML"),
        (b"<omm/>", "WRONG_MESSAGE"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><oem>&a;</oem>', "DOCTYPE"),
    ],
)
def test_what_is_no_message_is_refused(message: str, content: bytes, code: str) -> None:
    with pytest.raises(NdmError) as caught:
        (read_oem if message == "oem" else read_tdm)(content)
    assert [fault.code for fault in caught.value.faults] == [code]


def test_all_faults_come_at_once() -> None:
    text = OEM.replace("1836", "x").replace("1830", "y").replace("1820", "z")
    assert len(codes(text, "oem")) == 3


def test_time_systems_agree_with_leap_seconds() -> None:
    """TAI−UTC is 37 s since 2017, GPS is 19 s behind TAI, TT 32.184 s ahead of it."""
    utc = tdb_of("2029-01-15T00:00:00", "UTC")
    assert utc == pytest.approx(float(tdb_from_utc(utc_seconds(datetime(2029, 1, 15, tzinfo=UTC)))), abs=1e-6)
    assert tdb_of("2029-015T00:00:37.000Z", "TAI") == pytest.approx(utc, abs=1e-6)
    assert tdb_of("2029-01-15T00:00:18", "GPS") == pytest.approx(utc, abs=1e-6)
    assert tdb_of("2029-01-15T00:01:09.184", "TT") == pytest.approx(utc, abs=1e-6)
    assert abs(tdb_of("2029-01-15T00:01:09.184", "TDB") - utc) < 0.002
