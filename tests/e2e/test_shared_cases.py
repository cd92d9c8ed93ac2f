"""Small files that stumble comparable tools, sent as a user would: the right value, or what is wrong by its name."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from malapert_cli.mission_file import MissionFileError, load_mission
from malapert_testing.platform import Platform

CASES = Path(__file__).parents[2].parent / "shared" / "data" / "cases"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not CASES.is_dir(), reason="no cases in ../shared/data/cases"),
]
SPK_BODY = -998
ROUNDING = timedelta(milliseconds=2)
"""TDB is within 1.7 ms of TT."""
J2000_TDB = datetime(2000, 1, 1, 11, 58, 55, 816_000, tzinfo=UTC)
"""J2000 TDB in UTC as of 2000; since 2017 UTC is 5 leap seconds later, so that TDB - UTC is 69.184 s."""
Answer = httpx.Response
Seen = Callable[[httpx.Client, str], None]


@pytest.fixture(scope="module")
def client(platform: Platform) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {platform.key('JAXA', 'PLANNER')}"}
    with httpx.Client(base_url=f"{platform.url}/api/v1", headers=headers, timeout=60) as opened:
        yield opened


def registered(client: httpx.Client, name: str) -> Answer:
    source = {"tle": "TLE", "bsp": "SPK"}.get(name.rpartition(".")[2], "OEM")
    body = {
        "orbiter_id": f"case-{name.partition('.')[0]}",
        "source": source,
        "content": base64.b64encode((CASES / name).read_bytes()).decode(),
        "position_error_km": 1.0,
        "origin": "a case",
        **({"naif_id": SPK_BODY} if source == "SPK" else {}),
    }
    return client.post("/orbiters", json=body)


def faults_of(answer: Answer) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {fault["code"] for fault in answer.json()["errors"]}


def refused_orbit(*codes: str, said: str = "") -> Seen:
    def check(client: httpx.Client, name: str) -> None:
        answer = registered(client, name)
        assert faults_of(answer) == set(codes)
        assert said in answer.text

    return check


def with_spans(*spans: tuple[str, str]) -> Seen:
    """Return a check that an orbit is taken with these spans, to two milliseconds."""

    def check(client: httpx.Client, name: str) -> None:
        answer = registered(client, name)
        assert answer.status_code == 201, answer.text
        found = [tuple(map(time_of, span.values())) for span in answer.json()["spans"]]
        assert len(found) == len(spans)
        for pair, wanted in zip(found, spans, strict=True):
            for at, told in zip(pair, wanted, strict=True):
                assert abs(at - time_of(told)) < ROUNDING, (found, spans)

    return check


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def utc_text(tdb_s: float) -> str:
    return (J2000_TDB + timedelta(seconds=tdb_s - 5)).replace(tzinfo=None).isoformat()


def read_before_the_manoeuvre(client: httpx.Client, name: str) -> None:
    """The segment before the boundary serves up to it: 3000 km + 2 km/s; after it 4200 km + 1.1 km/s."""
    with_spans(("2031-03-02T06:00:00", "2031-03-02T06:20:00"))(client, name)
    span = {"start_time": "2031-03-02T06:09:00Z", "end_time": "2031-03-02T06:11:00Z", "step_s": "60"}
    written = client.get(f"/orbiters/case-{name.partition('.')[0]}/oem", params=span)
    assert written.status_code == 200, written.text
    states = [line.split() for line in written.text.splitlines() if line.startswith("2031-03-02T06:")]
    at = {words[0][:19]: float(words[1]) for words in states}
    assert at["2031-03-02T06:09:00"] == pytest.approx(4080.0, abs=1e-6)
    assert at["2031-03-02T06:11:00"] == pytest.approx(4266.0, abs=1e-6)


def read_tracking(client: httpx.Client, name: str) -> None:
    body = {"content": base64.b64encode((CASES / name).read_bytes()).decode()}
    answer = client.post("/tracking-data:read", json=body)
    assert answer.status_code == 200, answer.text
    assert "385000.1" in answer.text


def refused_schedule(client: httpx.Client, name: str) -> None:
    answer = client.post(
        "/schedules:read", content=(CASES / name).read_bytes(), headers={"Content-Type": "application/xml"}
    )
    assert answer.status_code == 422, answer.text
    assert "2029-366" in answer.text


def terrain(check: Callable[[dict[str, Any]], None]) -> Seen:
    def sent(client: httpx.Client, name: str) -> None:
        answer = client.post("/terrains", files={"file": (name, (CASES / name).read_bytes())})
        assert answer.status_code == 201, answer.text
        check(answer.json())

    return sent


def packed_pixels(found: dict[str, Any]) -> None:
    assert found["pixel_size_m"] == pytest.approx(20.0)
    # The first pixel's centre is at -630 m.
    assert found["x_min_m"] + 10.0 == pytest.approx(-630.0)


def has_holes(found: dict[str, Any]) -> None:
    assert found["no_data_fraction"] > 0
    assert found["elevation_min_m"] > -9_500


def refused_plan(client: httpx.Client, name: str) -> None:
    answer = client.post("/plans/plan-none:import", json=json.loads((CASES / name).read_text()))
    assert answer.status_code == 422, answer.text
    assert {"timeSystem", "plan.information.timeSystem"} <= {fault["path"] for fault in answer.json()["errors"]}


def refused_mission(place: str) -> Seen:
    def check(client: httpx.Client, name: str) -> None:
        with pytest.raises(MissionFileError, match=place):
            load_mission(CASES / name)

    return check


def ten_and_never_eight(client: httpx.Client, name: str) -> None:
    assert load_mission(CASES / name)["calendars"][0]["repeated"][0]["count"] == 10


def cut_by_the_mast(client: httpx.Client, name: str) -> None:
    started = client.post("/window-sets", json=json.loads((CASES / name).read_text()))
    assert started.status_code == 202, started.text
    operation = started.json()
    while operation["state"] in ("QUEUED", "RUNNING"):
        time.sleep(0.2)
        operation = client.get(f"/operations/{operation['operation_id']}").json()
    listed = client.get(f"/window-sets/{operation['result_id']}/windows", params={"kinds": "CONTACT"})
    assert listed.status_code == 200, listed.text
    edges = [tuple(map(time_of, window["interval"].values())) for window in listed.json()["windows"]]
    ends, starts = [end for _, end in edges], [start for start, _ in edges]
    for cut, again in (
        ("2029-03-01T21:44:22", "2029-03-01T21:49:03"),
        ("2029-03-02T22:31:53", "2029-03-02T22:36:53"),
    ):
        # The scan knows each edge to a second.
        assert min(abs(end - time_of(cut)) for end in ends) <= timedelta(seconds=1)
        assert min(abs(start - time_of(again)) for start in starts) <= timedelta(seconds=1)


GAP = ((920_000_000.0, 920_007_200.0), (920_014_400.0, 920_021_600.0))
"""Spans of spk-gap.bsp, TDB seconds of J2000, as SPICE's spkcov tells them."""
RIGHT: dict[str, Seen] = {
    "mission-duplicate-requests.yaml": refused_mission("requests: .*line 64.*line 73"),
    "mission-nan-value.yaml": refused_mission(r"requests\[1\]\.value: line 66"),
    "mission-octal-count.yaml": ten_and_never_eight,
    "mps-time-system-tai.json": refused_plan,
    "ndm-two-oem.xml": refused_orbit("ANOTHER_OBJECT"),
    "netcdf-packed-coordinates.nc": terrain(packed_pixels),
    "oem-eme-dash-2000.oem": with_spans(("2031-03-02T06:00:00", "2031-03-02T06:10:00")),
    "oem-export-duplicate-last.oem": refused_orbit("DUPLICATE_EPOCH"),
    "oem-leap-second.oem": with_spans(("2016-12-31T23:59:57", "2017-01-01T00:00:03")),
    "oem-lowercase.oem": with_spans(("2031-03-02T06:00:00", "2031-03-02T06:07:00")),
    "oem-manoeuvre-boundary.oem": read_before_the_manoeuvre,
    "oem-mixed-time-systems.oem": refused_orbit("ANOTHER_TIME_SYSTEM"),
    "oem-truncated.oem": with_spans(("2031-03-02T06:00:00", "2031-03-02T07:00:00")),
    "oem-two-objects.oem": refused_orbit("ANOTHER_OBJECT"),
    "oem-units-m.xml": refused_orbit("WRONG_UNIT"),
    "pds3-hex-missing.zip": terrain(has_holes),
    "spk-gap.bsp": with_spans(*((utc_text(start), utc_text(end)) for start, end in GAP)),
    "spk-truncated.bsp": refused_orbit("WRONG_SPK", said="cut"),
    "ssf-doy-366.xml": refused_schedule,
    "tdm-lowercase.tdm": read_tracking,
    "tle-blank-eccentricity.tle": refused_orbit("WRONG_COLUMN", said="eccentricity"),
    "tle-blank-epoch.tle": refused_orbit("WRONG_COLUMN", said="epoch"),
    "tle-bom.tle": with_spans(("2031-02-16T12:25:40.104192", "2031-03-16T12:25:40.104192")),
    "tle-day-000.tle": refused_orbit("OUT_OF_RANGE", said="epoch's day"),
    "tle-letters-in-epoch.tle": refused_orbit("WRONG_COLUMN", said="epoch's day"),
    "tle-sgp4-xp-type4.tle": refused_orbit("WRONG_COLUMN", said="ephemeris type"),
    "windows-narrow-mast.json": cut_by_the_mast,
}


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_case_has_its_right_answer(client: httpx.Client, name: str) -> None:
    RIGHT[name](client, name)


def test_every_case_of_the_table_is_replayed() -> None:
    assert {path.name for path in CASES.iterdir()} - {"README.md"} == set(RIGHT)
