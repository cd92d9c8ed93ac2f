"""What is changed about antennas, outages, orbiters and keys stands in the audit, once, with who did it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from malapert.comms_window.v1 import (
    key_pb2,
    key_pb2_grpc,
    orbiter_pb2,
    orbiter_pb2_grpc,
    outage_pb2,
    outage_pb2_grpc,
    window_pb2,
    window_pb2_grpc,
)
from malapert_core.db.tables import AuditEntryRow
from malapert_core.timestamps import to_timestamp
from malapert_testing.services import identity_of, open_test_channel
from sqlmodel import col, select

START = datetime(2029, 1, 18, tzinfo=UTC)


def orbiter() -> orbiter_pb2.RegisterOrbiterRequest:
    elements = orbiter_pb2.KeplerianElements(
        center="moon", epoch_time=to_timestamp(START), semi_major_axis_km=5740.0, eccentricity=0.58
    )
    source = orbiter_pb2.ORBIT_SOURCE_KEPLERIAN
    return orbiter_pb2.RegisterOrbiterRequest(orbiter_id="relay-9", source=source, elements=elements, origin="a test")


async def recorded(service: Any) -> list[tuple[str, str, str]]:
    async with service.runtime.database.reading() as session:
        rows = await session.exec(select(AuditEntryRow).order_by(col(AuditEntryRow.sequence)))
        return [(row.action, row.entity_id, row.agency_id) for row in rows]


@pytest.mark.asyncio
async def test_each_change_of_the_registry_is_recorded_and_what_changes_nothing_is_not(comms_window: Any) -> None:
    async with comms_window.run() as service, open_test_channel(service.target, identity_of("ESA")) as channel:
        stations = window_pb2_grpc.StationServiceStub(channel)
        station = (await stations.GetStation(window_pb2.GetStationRequest(station_id="esa-mlg"))).station
        station.name = "Malargue, changed"
        station = (await stations.PutStation(window_pb2.PutStationRequest(station=station))).station
        outages = outage_pb2_grpc.OutageServiceStub(channel)
        asked = outage_pb2.AddOutageRequest(
            idempotency_key="a", station_id="esa-mlg", kind=outage_pb2.OUTAGE_KIND_MAINTENANCE, reason="bearings"
        )
        asked.interval.start_time.CopyFrom(to_timestamp(START))
        asked.interval.end_time.CopyFrom(to_timestamp(START + timedelta(hours=2)))
        await outages.AddOutage(asked)
        outage_id = (await outages.AddOutage(asked)).outage.outage_id
        await outages.RemoveOutage(outage_pb2.RemoveOutageRequest(outage_id=outage_id))
        removing = window_pb2.RemoveStationRequest(station_id="esa-mlg", version=station.version)
        await stations.RemoveStation(removing)
        orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        for _ in range(2):
            await orbiters.RegisterOrbiter(orbiter())
        keys = key_pb2.RecordKeysRequest(
            idempotency_key="k", agency_ids=["ESA", "JAXA"], amount_bit=100, reason="a pass"
        )
        stub = key_pb2_grpc.KeyServiceStub(channel)
        await stub.RecordKeys(keys)
        entry_id = (await stub.RecordKeys(keys)).entry.entry_id
        assert await recorded(service) == [
            ("station.put", "esa-mlg", "ESA"),
            ("outage.added", outage_id, "ESA"),
            ("outage.removed", outage_id, "ESA"),
            ("station.removed", "esa-mlg", "ESA"),
            ("orbiter.registered", "relay-9", "ESA"),
            ("keys.recorded", entry_id, "ESA"),
        ]
