"""Where an orbiter's data end: windows end there and say so, exports keep within, files say what was passed over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from malapert.comms_window.v1 import orbiter_pb2, orbiter_pb2_grpc, window_pb2, window_pb2_grpc
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_astro.ndm.oem import Oem, OemSegment, read_oem, write_oem
from malapert_astro.orbits import Interpolation, KeplerianElements, KeplerianOrbit
from malapert_astro.points import Body
from malapert_astro.times import tdb_from_utc
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import to_timestamp
from malapert_testing.services import identity_of, open_test_channel

START = datetime(2029, 1, 18, tzinfo=UTC)
START_S = float(tdb_from_utc(START.timestamp()))
ESA = identity_of("ESA")
ORBIT = KeplerianOrbit(Body.MOON, KeplerianElements(START_S, 5740.0, 0.58, 54.86, 20.0, 86.3, 15.0), np.eye(3))
COVARIANCE = "COVARIANCE_START\nEPOCH = 2029-01-18T00:00:00\n{rows}COVARIANCE_STOP\n"


def span(first_h: float, last_h: float) -> type_pb2.Interval:
    edges = [to_timestamp(START + timedelta(hours=hour)) for hour in (first_h, last_h)]
    return type_pb2.Interval(start_time=edges[0], end_time=edges[1])


def oem_of(*spans_h: tuple[float, float]) -> bytes:
    segments = []
    for first_h, last_h in spans_h:
        epoch_s = tdb_from_utc(START.timestamp() + np.arange(first_h * 3600.0, last_h * 3600.0 + 1.0, 60.0))
        position_km, velocity_km_s = ORBIT.state_km(epoch_s)
        segments.append(
            OemSegment(
                *("RELAY", "2029-001A", "MOON", "EME2000", "UTC", float(epoch_s[0]), float(epoch_s[-1])),
                *(Interpolation.HERMITE, 7, epoch_s, position_km, velocity_km_s, "here"),
            )
        )
    return write_oem(Oem("2.0", "TEST", "2029-01-01T00:00:00", tuple(segments)), xml=False)


def registration(content: bytes, **changed: Any) -> orbiter_pb2.RegisterOrbiterRequest:
    values = {"orbiter_id": "relay", "source": orbiter_pb2.ORBIT_SOURCE_OEM, "content": content, "origin": "test"}
    return orbiter_pb2.RegisterOrbiterRequest(**{**values, **changed})


def windows_request(asked: type_pb2.Interval) -> window_pb2.ComputeWindowsRequest:
    radio = window_pb2.LinkTerminal(
        band="X", frequency_hz=8.45e9, eirp_dbw=20.0, required_eb_n0_db=4.0, margin_db=3.0, rate_steps_bps=[1e6]
    )
    return window_pb2.ComputeWindowsRequest(
        station_ids=["esa-mlg"],
        span=asked,
        profile_step_s=900.0,
        orbiters=[window_pb2.OrbiterLink(orbiter_id="relay", terminal=radio)],
    )


async def computed(channel: Any, request: window_pb2.ComputeWindowsRequest) -> list[window_pb2.Window]:
    stub = window_pb2_grpc.WindowServiceStub(channel)
    started = await stub.ComputeWindows(request)
    watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
    responses = operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch)
    set_id = [response.operation.result_id async for response in responses][-1]
    window_set = (await stub.GetWindowSet(window_pb2.GetWindowSetRequest(window_set_id=set_id))).window_set
    assert any("its windows end there" in note for note in window_set.provenance.notes)
    return list((await stub.ListWindows(window_pb2.ListWindowsRequest(window_set_id=set_id))).windows)


@pytest.mark.asyncio
async def test_windows_end_with_the_data_and_say_so(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        found = (await orbiters.RegisterOrbiter(registration(oem_of((0, 7), (9, 16))))).orbiter
        assert list(found.spans) == [span(0, 7), span(9, 16)]
        windows = await computed(channel, windows_request(span(-3, 20)))
        assert windows
        causes = set()
        for window in windows:
            start, end = (edge.ToDatetime(UTC) for edge in (window.interval.start_time, window.interval.end_time))
            assert any(
                START + timedelta(hours=first) <= start and end <= START + timedelta(hours=last)
                for first, last in ((0, 7), (9, 16))
            )
            for time, edge in ((start, window.start_edge), (end, window.end_edge)):
                causes.add(edge.cause)
                hours = (time - START) / timedelta(hours=1)
                # A part begins when light of the first state is received.
                at_data = min(abs(hours - each) for each in (0, 7, 9, 16)) < 2.0 / 3600.0
                assert (edge.cause == window_pb2.EDGE_CAUSE_DATA) == at_data
                assert (edge.limited_by == "orbit_data") == at_data
        assert window_pb2.EDGE_CAUSE_DATA in causes
        assert window_pb2.EDGE_CAUSE_CONDITION in causes
        for asked in (span(7.2, 8.8), span(17, 20)):
            with pytest.raises(InvalidInputError) as caught:
                await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(windows_request(asked))
            (fault,) = caught.value.faults
            assert (fault.code, fault.path) == ("OUTSIDE_ORBIT", "span")
            assert "2029-01-18T07:00:00+00:00 and 2029-01-18T09:00:00" in fault.message
        hole = orbiter_pb2.ExportOrbiterRequest(orbiter_id="relay", span=span(6, 10), step_s=60.0)
        with pytest.raises(InvalidInputError) as export:
            await orbiters.ExportOrbiter(hole)
        assert "2029-01-18T07:00:00+00:00 and 2029-01-18T09:00:00" in export.value.faults[0].message


@pytest.mark.asyncio
@pytest.mark.parametrize("xml", [False, True])
async def test_an_export_has_each_epoch_once_and_is_read_again(sqlite_comms_window: Any, *, xml: bool) -> None:
    """Steps that do and do not divide the span, a break in the motion, spans shorter than the interpolation."""
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        await orbiters.RegisterOrbiter(registration(oem_of((0, 2), (2, 3))))
        for step_s, last_h in ((1.2, 0.1), (60.0, 2.5), (7.0, 2.2), (1.0, 1.0 / 3600.0), (86_400.0, 3.0), (61.7, 1.0)):
            asked = orbiter_pb2.ExportOrbiterRequest(orbiter_id="relay", span=span(0, last_h), step_s=step_s, xml=xml)
            content = (await orbiters.ExportOrbiter(asked)).content
            oem = read_oem(content)
            assert len(oem.segments) == (2 if last_h > 2.0 else 1)
            assert oem.segments[-1].epoch_tdb_s[-1] == pytest.approx(
                float(tdb_from_utc(START.timestamp() + 3600.0 * last_h)), abs=2e-6
            )
            for segment in oem.segments:
                steps_s = np.diff(segment.epoch_tdb_s)
                assert np.max(steps_s) < 1.011 * step_s
                expected = ORBIT.state_km(segment.epoch_tdb_s)[0]
                assert np.max(np.abs(segment.position_km - expected)) < 1e-5
            again = registration(content, orbiter_id="copy")
            assert list((await orbiters.RegisterOrbiter(again)).orbiter.spans) == [span(0, last_h)]


@pytest.mark.asyncio
async def test_what_is_passed_over_is_said(sqlite_comms_window: Any) -> None:
    rows = "".join(" ".join(["1e-6"] * count) + "\n" for count in range(1, 7))
    content = oem_of((0, 1)) + COVARIANCE.format(rows=rows).encode()
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        found = (await orbiters.RegisterOrbiter(registration(content))).orbiter
        assert [note.split(" before")[0] for note in found.passed_over] == ["1 covariance matrices"]
        stored = await orbiters.GetOrbiter(orbiter_pb2.GetOrbiterRequest(orbiter_id="relay"))
        assert stored.orbiter.passed_over == found.passed_over
        with pytest.raises(InvalidInputError) as caught:
            await orbiters.RegisterOrbiter(registration(content.replace(b"1e-6", b"1_0", 1)))
        assert [fault.code for fault in caught.value.faults] == ["NOT_A_NUMBER"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("year", "code"),
    [(1, "INVALID_TIME"), (1970, "OUTSIDE_EPHEMERIS"), (2100, "OUTSIDE_EPHEMERIS"), (9999, "INVALID_TIME")],
)
async def test_elements_of_years_without_an_ephemeris_are_refused(
    sqlite_comms_window: Any, year: int, code: str
) -> None:
    elements = orbiter_pb2.KeplerianElements(
        center="moon",
        epoch_time=to_timestamp(datetime(year, 1, 2, tzinfo=UTC)),
        semi_major_axis_km=5740.0,
        eccentricity=0.58,
        inclination_deg=54.86,
    )
    asked = registration(b"", source=orbiter_pb2.ORBIT_SOURCE_KEPLERIAN, elements=elements)
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        with pytest.raises(InvalidInputError) as caught:
            await orbiters.RegisterOrbiter(asked)
        assert [(fault.path, fault.code) for fault in caught.value.faults] == [("elements.epoch_time", code)]
