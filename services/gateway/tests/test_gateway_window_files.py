"""Windows as files, read back by pandas, csv and astropy's times."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from astropy.time import Time
from gateway_platform import GatewayPlatform
from malapert.comms_window.v1 import window_pb2
from malapert_gateway.routes import files

START = datetime(2025, 1, 31, 23, 50, 0, 123_600, tzinfo=UTC)
AER = ("station_azimuth_deg", "station_elevation_deg", "range_km")


def window(number: int, station_id: str, minutes: float) -> window_pb2.Window:
    made = window_pb2.Window(
        window_id=f"w-{number}", kind=window_pb2.WINDOW_KIND_CONTACT, place_id="=ridge  1", station_id=station_id,
        predictability=window_pb2.PREDICTABILITY_PREDICTED,
    )  # fmt: skip
    begin = START + timedelta(hours=number)
    made.interval.start_time.FromDatetime(begin)
    made.interval.end_time.FromDatetime(begin + timedelta(minutes=minutes))
    for quantity, values in zip(AER, ((359.0, 1.0, 3.0), (5.0, 15.0), (384_000.0, 385_000.0)), strict=True):
        offsets = [index * minutes * 60.0 / (len(values) - 1) for index in range(len(values))]
        made.profiles.add(quantity=quantity, offset_s=offsets, value=values)
    return made


async def exported(platform: GatewayPlatform, query: str) -> str:
    windows = [window(0, "esa-mlg", 20.0), window(1, "dsn-goldstone", 30.0), window(2, "esa-mlg", 40.0)]
    pages = {"": windows[:2], "next": windows[2:]}
    platform.services.answers["ListWindows"] = lambda request: window_pb2.ListWindowsResponse(
        windows=pages[request.page.page_token], next_page_token="" if request.page.page_token else "next"
    )
    answer = await platform.http.get(f"/api/v1/window-sets/set-1/export?{query}", headers=platform.bearer())
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return str(answer.text)


def tables(report: str) -> dict[str, pd.DataFrame]:
    """Return the tables of a report by their names: columns stand under rules of dashes."""
    found = {}
    for block in report.split("\n\n"):
        lines = block.splitlines()
        if len(lines) > 3 and set(lines[1]) == {"-"}:
            found[lines[0]] = pd.read_csv(
                io.StringIO("\n".join([lines[2], *lines[4:]])), sep=r"\s{2,}", engine="python"
            )
    return found


@pytest.mark.asyncio
async def test_an_access_report_has_each_pair_s_accesses_and_statistics(sqlite_platform: GatewayPlatform) -> None:
    report = await exported(sqlite_platform, "format=stk-access")
    found = tables(report)
    assert sorted(found) == ["=ridge 1-To-dsn-goldstone (CONTACT)", "=ridge 1-To-esa-mlg (CONTACT)"]
    table = found["=ridge 1-To-esa-mlg (CONTACT)"]
    assert list(table.columns) == ["Access", "Start Time (UTCG)", "Stop Time (UTCG)", "Duration (sec)"]
    starts = Time.strptime(list(table["Start Time (UTCG)"]), "%d %b %Y %H:%M:%S.%f", scale="utc")
    assert starts[0].isot == "2025-01-31T23:50:00.124"
    assert starts[1].isot == "2025-02-01T01:50:00.124"
    assert list(table["Duration (sec)"]) == [1200.0, 2400.0]
    (statistics,) = re.findall(r"Global Statistics\n((?:.+\n){4})", report.partition("To-esa-mlg")[2])
    figures = dict(re.findall(r"(\w+ Duration).* ([\d.]+)$", statistics, re.MULTILINE))
    assert figures == {
        "Min Duration": "1200.000", "Max Duration": "2400.000", "Mean Duration": "1800.000",
        "Total Duration": "3600.000",
    }  # fmt: skip


@pytest.mark.asyncio
async def test_shares_of_the_solar_disc_are_accesses_apart(sqlite_platform: GatewayPlatform) -> None:
    found = [window(0, "", 60.0), window(0, "", 20.0), window(1, "", 40.0)]
    for each, name in zip(found, ("0.5:0000", "0.8:0000", "0.8:0001"), strict=True):
        each.kind, each.window_id = window_pb2.WINDOW_KIND_SUN_SHARE, f"{each.place_id}:sun_share:{name}"
        del each.profiles[:]
    sqlite_platform.services.answers["ListWindows"] = lambda _: window_pb2.ListWindowsResponse(windows=found)
    answer = await sqlite_platform.http.get(
        "/api/v1/window-sets/set-1/export?format=stk-access", headers=sqlite_platform.bearer()
    )
    durations_s = {name: list(table["Duration (sec)"]) for name, table in tables(answer.text).items()}
    assert durations_s == {"=ridge 1 (SUN_SHARE 0.5)": [3600.0], "=ridge 1 (SUN_SHARE 0.8)": [1200.0, 2400.0]}


@pytest.mark.asyncio
async def test_azimuth_elevation_and_range_along_the_windows(sqlite_platform: GatewayPlatform) -> None:
    table = tables(await exported(sqlite_platform, "format=stk-aer"))["=ridge 1-To-dsn-goldstone (CONTACT)"]
    assert list(table["Azimuth (deg)"]) == [359.0, 1.0, 3.0]
    assert list(table["Elevation (deg)"]) == [5.0, 10.0, 15.0]
    assert list(table["Range (km)"]) == [384_000.0, 384_500.0, 385_000.0]
    assert not sqlite_platform.services.asked("ListWindows")[-1].without_profiles


@pytest.mark.asyncio
async def test_a_table_of_windows_is_read_by_pandas(sqlite_platform: GatewayPlatform) -> None:
    text = await exported(sqlite_platform, "format=csv&kinds=CONTACT&station_ids=esa-mlg&place_ids=a&orbiter_ids=b")
    asked: Any = sqlite_platform.services.asked("ListWindows")[-1]
    assert list(asked.kinds) == [window_pb2.WINDOW_KIND_CONTACT]
    assert (list(asked.station_ids), list(asked.place_ids), list(asked.orbiter_ids)) == (["esa-mlg"], ["a"], ["b"])
    table = pd.read_csv(io.StringIO(text), parse_dates=["start_time", "end_time"])
    assert list(table["duration_s"]) == [1200.0, 1800.0, 2400.0]
    assert table["start_time"][0] == pd.Timestamp(START)
    # A spreadsheet would run it.
    assert next(csv.DictReader(io.StringIO(text)))["place_id"] == "'=ridge  1"


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["stk-access", "stk-aer", "csv"])
async def test_a_set_without_windows_is_a_file(sqlite_platform: GatewayPlatform, name: str) -> None:
    sqlite_platform.services.answers["ListWindows"] = lambda _: window_pb2.ListWindowsResponse()
    answer = await sqlite_platform.http.get(
        f"/api/v1/window-sets/set-1/export?format={name}", headers=sqlite_platform.bearer()
    )
    assert (answer.status_code, bool(answer.content)) == (200, True)


@pytest.mark.asyncio
async def test_profiles_are_asked_for_in_small_pages_and_end_at_a_bound(
    sqlite_platform: GatewayPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_SAMPLES", 30)
    made = window(0, "esa-mlg", 20.0)
    sqlite_platform.services.answers["ListWindows"] = lambda request: window_pb2.ListWindowsResponse(
        windows=[made], next_page_token=f"{request.page.page_token}x"
    )
    answer = await sqlite_platform.http.get(
        "/api/v1/window-sets/set-1/export?format=stk-aer", headers=sqlite_platform.bearer()
    )
    assert answer.json()["reason"] == "TOO_MANY_SAMPLES"
    assert answer.status_code < 500
    asked = sqlite_platform.services.asked("ListWindows")
    # Seven samples a window.
    assert len(asked) == 5
    assert {request.page.page_size for request in asked} == {50}
