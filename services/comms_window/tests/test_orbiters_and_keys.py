"""Orbiters, their windows, tracking data and the key ledger over gRPC."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from malapert.comms_window.v1 import (
    exchange_pb2,
    exchange_pb2_grpc,
    key_pb2,
    key_pb2_grpc,
    orbiter_pb2,
    orbiter_pb2_grpc,
    window_pb2,
    window_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_astro.ndm.oem import read_oem
from malapert_astro.ndm.tdm import read_tdm
from malapert_core.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.timestamps import to_timestamp
from malapert_testing.services import identity_of, open_test_channel

START = datetime(2029, 1, 18, tzinfo=UTC)
JAXA, ESA, ISRO = identity_of("JAXA"), identity_of("ESA"), identity_of("ISRO")
X_BAND = window_pb2.LinkTerminal(
    band="X", frequency_hz=8.45e9, eirp_dbw=20.0, required_eb_n0_db=4.0, margin_db=3.0, rate_steps_bps=[1e6]
)


def _span(hours: float) -> type_pb2.Interval:
    return type_pb2.Interval(start_time=to_timestamp(START), end_time=to_timestamp(START + timedelta(hours=hours)))


def _elements(**changed: Any) -> orbiter_pb2.RegisterOrbiterRequest:
    elements = orbiter_pb2.KeplerianElements(
        center="moon",
        epoch_time=to_timestamp(START),
        semi_major_axis_km=5740.0,
        eccentricity=0.58,
        inclination_deg=54.86,
        argument_of_pericenter_deg=86.3,
    )
    values = {
        "orbiter_id": "relay-1",
        "source": orbiter_pb2.ORBIT_SOURCE_KEPLERIAN,
        "elements": elements,
        "position_error_km": 5.0,
        "origin": "published elements",
    }
    return orbiter_pb2.RegisterOrbiterRequest(**{**values, **changed})


@pytest.mark.asyncio
async def test_what_the_source_does_not_use_is_refused(comms_window: Any) -> None:
    elements = orbiter_pb2.KeplerianElements()
    elements.CopyFrom(_elements().elements)
    elements.ClearField("epoch_time")
    cases = [
        (_elements(content=b"CCSDS_OEM_VERS = 2.0"), ("content", "NOT_USED")),
        (_elements(naif_id=-155), ("naif_id", "NOT_USED")),
        (_elements(source=orbiter_pb2.ORBIT_SOURCE_OEM, content=b"CCSDS_OEM_VERS = 2.0"), ("elements", "NOT_USED")),
        (_elements(elements=elements), ("elements.epoch_time", "MISSING")),
    ]
    async with comms_window.run() as service, open_test_channel(service.target, ESA) as owner:
        stub = orbiter_pb2_grpc.OrbiterServiceStub(owner)
        for request, expected in cases:
            with pytest.raises(InvalidInputError) as caught:
                await stub.RegisterOrbiter(request)
            assert expected in [(fault.path, fault.code) for fault in caught.value.faults]


async def _computed(channel: Any, request: window_pb2.ComputeWindowsRequest) -> str:
    started = await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
    watch = operation_pb2.WatchOperationRequest(operation_id=started.operation_id)
    responses = operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch)
    return [response.operation.result_id async for response in responses][-1]


def _relay_request() -> window_pb2.ComputeWindowsRequest:
    s_band = window_pb2.LinkTerminal(
        band="S", frequency_hz=2.25e9, eirp_dbw=5.0, required_eb_n0_db=4.0, margin_db=3.0, rate_steps_bps=[16e3, 64e3]
    )
    return window_pb2.ComputeWindowsRequest(
        terrain_stack_id="stack-1",
        places=[window_pb2.Place(place_id="a", point=type_pb2.SurfacePoint(longitude_deg=-136.0, latitude_deg=-88.8))],
        station_ids=["esa-mlg"],
        span=_span(24),
        profile_step_s=900.0,
        orbiters=[window_pb2.OrbiterLink(orbiter_id="relay-1", terminal=X_BAND)],
        relays=[
            window_pb2.RelayLink(
                orbiter_id="relay-1",
                uplink=s_band,
                orbiter_g_over_t_db_k=-10.0,
                downlink=X_BAND,
                min_elevation_deg=10.0,
                max_latency_s=20_000.0,
            )
        ],
    )


@pytest.mark.asyncio
async def test_a_relay_s_windows_are_computed_and_exported(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, ESA) as owner,
        open_test_channel(service.target, JAXA) as other,
    ):
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(owner)
        first = (await orbiters.RegisterOrbiter(_elements())).orbiter
        assert (first.version, first.agency_id, first.center, len(first.spans)) == (1, "ESA", "moon", 1)
        assert "survey" in first.notes[0]
        assert (await orbiters.RegisterOrbiter(_elements())).orbiter == first
        with pytest.raises(AlreadyExistsError):
            await orbiter_pb2_grpc.OrbiterServiceStub(other).RegisterOrbiter(_elements(position_error_km=9.0))
        set_id = await _computed(owner, _relay_request())
        stub = window_pb2_grpc.WindowServiceStub(owner)
        window_set = (await stub.GetWindowSet(window_pb2.GetWindowSetRequest(window_set_id=set_id))).window_set
        kinds = {window_pb2.WindowKind.Name(each.kind): each for each in window_set.summaries}
        for kind in ("RELAY_CONTACT", "ORBITER_CONTACT", "RELAY_END_TO_END", "STORE_AND_FORWARD"):
            assert kinds[f"WINDOW_KIND_{kind}"].count >= 1
            assert kinds[f"WINDOW_KIND_{kind}"].orbiter_id == "relay-1"
            assert kinds[f"WINDOW_KIND_{kind}"].volume_bit > 0.0
        assert any("survey" in note for note in window_set.provenance.notes)
        assert any(record.name == "relay-1 version 1" for record in window_set.provenance.inputs)
        await orbiters.RegisterOrbiter(_elements(position_error_km=6.0))
        assert await _computed(owner, _relay_request()) != set_id
        wanted = window_pb2.ListWindowsRequest(
            window_set_id=set_id, orbiter_ids=["relay-1"], kinds=[window_pb2.WINDOW_KIND_ORBITER_CONTACT]
        )
        window = (await stub.ListWindows(wanted)).windows[0]
        assert window.end_edge.limited_by in ("moon_limb", "station_mask", "span")
        await _check_files(owner, set_id, window)


async def _check_files(channel: Any, set_id: str, window: window_pb2.Window) -> None:
    exchange = exchange_pb2_grpc.ExchangeServiceStub(channel)
    asked = exchange_pb2.PredictTrackingDataRequest(window_set_id=set_id, window_id=window.window_id)
    content = (await exchange.PredictTrackingData(asked)).content
    (segment,) = read_tdm(content).segments
    assert segment.metadata["PARTICIPANT_2"] == "relay-1"
    profile = next(each for each in window.profiles if each.quantity == "range_km")
    ranges = [each.value for each in segment.observations if each.keyword == "RANGE"]
    assert ranges == pytest.approx(list(profile.value))
    seen = await exchange.ReadTrackingData(exchange_pb2.ReadTrackingDataRequest(content=content))
    summary = {each.keyword: each for each in seen.segments[0].observations}
    assert set(summary) == {"ANGLE_1", "ANGLE_2", "RANGE", "DOPPLER_INSTANTANEOUS"}
    assert (summary["RANGE"].unit, summary["RANGE"].count) == ("km", len(ranges))
    with pytest.raises(InvalidInputError) as caught:
        await exchange.ReadTrackingData(exchange_pb2.ReadTrackingDataRequest(content=b"CCSDS_TDM_VERS = 9.0"))
    assert "UNKNOWN_VERSION" in {fault.code for fault in caught.value.faults}
    with pytest.raises(NotFoundError):
        await exchange.PredictTrackingData(exchange_pb2.PredictTrackingDataRequest(window_set_id=set_id, window_id="x"))
    orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
    for xml in (False, True):
        asked_oem = orbiter_pb2.ExportOrbiterRequest(orbiter_id="relay-1", span=_span(3), step_s=60.0, xml=xml)
        oem = read_oem((await orbiters.ExportOrbiter(asked_oem)).content)
        assert len(oem.segments[0].epoch_tdb_s) == 181
    again = orbiter_pb2.RegisterOrbiterRequest(
        orbiter_id="relay-2",
        source=orbiter_pb2.ORBIT_SOURCE_OEM,
        content=(await orbiters.ExportOrbiter(asked_oem)).content,
        origin="from relay-1",
    )
    copy = (await orbiters.RegisterOrbiter(again)).orbiter
    assert list(copy.spans) == [_span(3)]
    by_source = {
        source: [each.orbiter_id for each in (await orbiters.ListOrbiters(request)).orbiters]
        for source in (orbiter_pb2.ORBIT_SOURCE_OEM, orbiter_pb2.ORBIT_SOURCE_TLE)
        for request in [orbiter_pb2.ListOrbitersRequest(sources=[source])]
    }
    assert by_source == {orbiter_pb2.ORBIT_SOURCE_OEM: ["relay-2"], orbiter_pb2.ORBIT_SOURCE_TLE: []}
    assert len((await orbiters.ListOrbiters(orbiter_pb2.ListOrbitersRequest())).orbiters) >= 2
    with pytest.raises(InvalidInputError) as outside:
        await orbiters.ExportOrbiter(orbiter_pb2.ExportOrbiterRequest(orbiter_id="relay-2", span=_span(4), step_s=0.1))
    assert {fault.code for fault in outside.value.faults} == {"OUTSIDE_ORBIT", "OUT_OF_RANGE"}


@pytest.mark.asyncio
async def test_orbits_and_requests_that_make_no_sense_are_refused(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        with pytest.raises(InvalidInputError) as caught:
            await orbiters.RegisterOrbiter(_elements(orbiter_id="No Good", position_error_km=-1.0, origin=" "))
        assert {fault.path for fault in caught.value.faults} == {"orbiter_id", "position_error_km", "origin"}
        with pytest.raises(InvalidInputError):
            await orbiters.RegisterOrbiter(_elements(source=orbiter_pb2.ORBIT_SOURCE_UNSPECIFIED))
        # Below ground, and where the Earth, or the Moon, pulls as much.
        for center, axis_km in (("moon", 2000.0), ("moon", 45_000.0), ("earth", 250_000.0)):
            odd = orbiter_pb2.KeplerianElements(
                center=center, epoch_time=to_timestamp(START), semi_major_axis_km=axis_km, eccentricity=0.5
            )
            with pytest.raises(InvalidInputError) as refused:
                await orbiters.RegisterOrbiter(_elements(elements=odd))
            assert [fault.path for fault in refused.value.faults] == ["elements.semi_major_axis_km"]
        lines = b"1 25544U 98067A   29018.50000000\n2 25544  51.6400"
        with pytest.raises(InvalidInputError) as tle:
            await orbiters.RegisterOrbiter(_elements(source=orbiter_pb2.ORBIT_SOURCE_TLE, content=lines, elements=None))
        assert [fault.code for fault in tle.value.faults] == ["WRONG_LENGTH", "WRONG_LENGTH"]
        assert not (await orbiters.ListOrbiters(orbiter_pb2.ListOrbitersRequest())).orbiters
        request = _relay_request()
        request.relays[0].orbiter_id = "nobody"
        request.relays[0].uplink.band = "Q"
        request.relays[0].max_latency_s = -1.0
        request.clock_error_s = float("nan")
        request.optical.max_sun_elevation_deg = 5.0
        request.key_links.add(orbiter_id="nobody", signal_photons=0.1, decoy_photons=0.8)
        with pytest.raises(InvalidInputError) as wrong:
            await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
        paths = {fault.path for fault in wrong.value.faults}
        assert {
            "relays[0].orbiter_id",
            "relays[0].uplink.band",
            "relays[0].max_latency_s",
            "orbiters[0].orbiter_id",
            "clock_error_s",
            "optical.max_sun_elevation_deg",
            "key_links[0].orbiter_id",
            "key_links[0].decoy_photons",
            "key_links[0].telescope_m",
            "station_ids",
        } <= paths


@pytest.mark.asyncio
async def test_a_span_outside_an_orbit_is_refused_with_what_it_covers(sqlite_comms_window: Any) -> None:
    first = "1 25544U 98067A   28300.50000000  .00016717  00000+0  30000-3 0  999"
    second = "2 25544  51.6400 208.9163 0006317  69.9862  25.2906 15.49560532    1"
    lines = "\n".join(
        line + str(sum(int(each) if each.isdigit() else each == "-" for each in line) % 10)
        for line in (first.ljust(68), second.ljust(68))
    )
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, ESA) as channel:
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        tle = _elements(source=orbiter_pb2.ORBIT_SOURCE_TLE, content=lines.encode(), elements=None)
        registered = (await orbiters.RegisterOrbiter(tle)).orbiter
        assert registered.center == "earth"
        request = _relay_request()
        del request.relays[:]
        del request.places[:]
        with pytest.raises(InvalidInputError) as caught:
            await window_pb2_grpc.WindowServiceStub(channel).ComputeWindows(request)
        (fault,) = caught.value.faults
        assert (fault.path, fault.code) == ("span", "TLE_TOO_OLD")
        assert "2028-11-09" in fault.message


@pytest.mark.asyncio
async def test_key_stores_are_booked_once_and_never_overdrawn(comms_window: Any) -> None:
    async with (
        comms_window.run() as service,
        open_test_channel(service.target, JAXA) as jaxa,
        open_test_channel(service.target, ISRO) as isro,
        open_test_channel(service.target, ESA) as esa,
    ):
        stub = key_pb2_grpc.KeyServiceStub(jaxa)

        def entry(key: str, amount: int, *agencies: str) -> key_pb2.RecordKeysRequest:
            pair = agencies or ("JAXA", "ISRO")
            return key_pb2.RecordKeysRequest(idempotency_key=key, agency_ids=pair, amount_bit=amount, reason="pass")

        made = await stub.RecordKeys(entry("a", 1000))
        assert (made.store.balance_bit, list(made.store.agency_ids)) == (1000, ["ISRO", "JAXA"])
        assert (await stub.RecordKeys(entry("a", 1000))).entry == made.entry
        with pytest.raises(ConflictError):
            await stub.RecordKeys(entry("a", 2000))
        other = key_pb2_grpc.KeyServiceStub(isro)
        uses = await asyncio.gather(
            *(other.RecordKeys(entry(f"use-{number}", -300, "ISRO", "JAXA")) for number in range(5)),
            return_exceptions=True,
        )
        assert sum(isinstance(use, PreconditionError) for use in uses) == 2
        (store,) = (await stub.ListKeyStores(key_pb2.ListKeyStoresRequest())).stores
        assert (store.balance_bit, store.made_bit, store.used_bit, store.version) == (100, 1000, 900, 4)
        asked = key_pb2.ListKeyEntriesRequest(agency_ids=["JAXA", "ISRO"])
        asked.page.page_size = 3
        page = await stub.ListKeyEntries(asked)
        assert [each.balance_bit for each in page.entries] == [1000, 700, 400]
        asked.page.page_token = page.next_page_token
        assert [each.balance_bit for each in (await stub.ListKeyEntries(asked)).entries] == [100]
        foreign = key_pb2_grpc.KeyServiceStub(esa)
        assert not (await foreign.ListKeyStores(key_pb2.ListKeyStoresRequest())).stores
        with pytest.raises(PermissionDeniedError):
            await foreign.RecordKeys(entry("b", 5))
        for wrong in (entry("c", 5, "JAXA"), entry("c", 5, "JAXA", "JAXA"), entry("c", 0), entry("", 5)):
            with pytest.raises(InvalidInputError):
                await stub.RecordKeys(wrong)
