"""Every call that changes something of comms-window's leaves its entries in the audit, once, with who did it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from booking_calls import asked, hours, ids, reserving
from malapert.comms_window.v1 import (
    agreement_pb2,
    agreement_pb2_grpc,
    contact_pb2,
    contact_pb2_grpc,
    key_pb2,
    key_pb2_grpc,
    orbiter_pb2_grpc,
    outage_pb2,
    outage_pb2_grpc,
    window_pb2,
    window_pb2_grpc,
)
from malapert_comms_window.storage.tables import ContactRow
from malapert_testing.audit_walk import AuditWalk
from malapert_testing.services import identity_of, open_test_channel
from sqlmodel import col, select
from test_registry_audit import orbiter
from window_calls import computed, window_request

M = "lupex"
JAXA, ESA, OUTSIDE = (identity_of(name) for name in ("JAXA", "ESA", "OUTSIDE"))


async def walk_registry(walk: AuditWalk, owner: grpc.aio.Channel, other: grpc.aio.Channel) -> None:
    esa = {"by": ESA.principal_id, "mission_id": ""}
    stations, foreign = window_pb2_grpc.StationServiceStub(owner), window_pb2_grpc.StationServiceStub(other)
    station = (await stations.GetStation(window_pb2.GetStationRequest(station_id="esa-ceb"))).station
    station.name = "Cebreros, changed"
    putting = window_pb2.PutStationRequest(station=station)
    await walk.leaves_none(foreign.PutStation(putting))
    put = await walk.leaves("StationService/PutStation", stations.PutStation(putting), "station.put", **esa)
    removing = window_pb2.RemoveStationRequest(station_id="esa-ceb", version=put.station.version)
    await walk.leaves_none(foreign.RemoveStation(removing))
    outages, foreign_outages = outage_pb2_grpc.OutageServiceStub(owner), outage_pb2_grpc.OutageServiceStub(other)
    adding = outage_pb2.AddOutageRequest(
        idempotency_key="a",
        station_id="esa-ceb",
        kind=outage_pb2.OUTAGE_KIND_MAINTENANCE,
        reason="bearings",
        interval=hours(40, 42),
    )
    await walk.leaves_none(foreign_outages.AddOutage(adding))
    added = await walk.leaves("OutageService/AddOutage", outages.AddOutage(adding), "outage.added", **esa)
    await walk.leaves_none(outages.AddOutage(adding))
    ending = outage_pb2.RemoveOutageRequest(outage_id=added.outage.outage_id)
    await walk.leaves_none(foreign_outages.RemoveOutage(ending))
    await walk.leaves("OutageService/RemoveOutage", outages.RemoveOutage(ending), "outage.removed", **esa)
    await walk.leaves_none(outages.RemoveOutage(ending))
    await walk.leaves("StationService/RemoveStation", stations.RemoveStation(removing), "station.removed", **esa)
    await walk.leaves_none(stations.RemoveStation(removing))
    orbiters = orbiter_pb2_grpc.OrbiterServiceStub(owner)
    checked = orbiter()
    checked.validate_only = True
    await walk.leaves_none(orbiters.RegisterOrbiter(checked))
    registering = orbiters.RegisterOrbiter(orbiter())
    await walk.leaves("OrbiterService/RegisterOrbiter", registering, "orbiter.registered", **esa)
    await walk.leaves_none(orbiters.RegisterOrbiter(orbiter()))
    recording = key_pb2.RecordKeysRequest(
        idempotency_key="k", agency_ids=["ESA", "JAXA"], amount_bit=100, reason="a pass"
    )
    ledger = key_pb2_grpc.KeyServiceStub(owner)
    await walk.leaves("KeyService/RecordKeys", ledger.RecordKeys(recording), "keys.recorded", **esa)
    await walk.leaves_none(ledger.RecordKeys(recording))


async def walk_agreements(walk: AuditWalk, owner: grpc.aio.Channel, other: grpc.aio.Channel) -> None:
    stub, foreign = agreement_pb2_grpc.AgreementServiceStub(owner), agreement_pb2_grpc.AgreementServiceStub(other)
    wanted = agreement_pb2.Agreement(
        interval=hours(-400, 900), partner_agency_id="JAXA", hours_per_month=10.0, mission_id=M
    )
    creating = agreement_pb2.CreateAgreementRequest(idempotency_key="g", agreement=wanted)
    made = stub.CreateAgreement(creating)
    by = ESA.principal_id
    answer = await walk.leaves("AgreementService/CreateAgreement", made, "agreement.made", by=by)
    await walk.leaves_none(stub.CreateAgreement(creating))
    wanted = answer.agreement
    wanted.hours_per_month = 20.0
    changing = agreement_pb2.ChangeAgreementRequest(agreement=wanted, version=1)
    await walk.leaves_none(foreign.ChangeAgreement(changing))
    changed = stub.ChangeAgreement(changing)
    await walk.leaves("AgreementService/ChangeAgreement", changed, "agreement.changed", by=by)
    ending = agreement_pb2.EndAgreementRequest(agreement_id=wanted.agreement_id, version=2)
    await walk.leaves_none(stub.ChangeAgreement(changing), foreign.EndAgreement(ending))
    await walk.leaves("AgreementService/EndAgreement", stub.EndAgreement(ending), "agreement.ended", by=by)
    await walk.leaves_none(stub.EndAgreement(ending))


async def walk_book(walk: AuditWalk, service: Any, jaxa: Any, esa: Any, outsider: Any) -> None:
    by, own = JAXA.principal_id, "jaxa-udsc-64"
    reserving_two = reserving("two", asked(own, 5, 7), asked(own, 9, 11), commit=False)
    await walk.leaves_none(outsider.ReserveContacts(reserving_two))
    reserved = jaxa.ReserveContacts(reserving_two)
    answer = await walk.leaves("ContactService/ReserveContacts", reserved, *["contact.offered"] * 2, by=by)
    await walk.leaves_none(jaxa.ReserveContacts(reserving_two))
    named = ids(answer.contacts)
    for verb, action in (("CommitContacts", "contact.committed"), ("ReleaseContacts", "contact.released")):
        request = getattr(contact_pb2, f"{verb}Request")(contact_ids=named)
        await walk.leaves_none(getattr(outsider, verb)(request))
        await walk.leaves(f"ContactService/{verb}", getattr(jaxa, verb)(request), *[action] * 2, by=by)
        await walk.leaves_none(getattr(jaxa, verb)(request))
    held = (await jaxa.ReserveContacts(reserving("held", asked("esa-mlg", 5, 7)))).contacts
    await walk.skip()
    refusing = contact_pb2.RejectContactsRequest(contact_ids=ids(held), reason="hydraulics")
    await walk.leaves_none(outsider.RejectContacts(refusing), jaxa.RejectContacts(refusing))
    refused = esa.RejectContacts(refusing)
    await walk.leaves("ContactService/RejectContacts", refused, "contact.refused", by=ESA.principal_id)
    await walk.leaves_none(esa.RejectContacts(refusing))
    kept = (await jaxa.ReserveContacts(reserving("past", asked(own, 30, 32)))).contacts[0]
    await _over(service, kept.contact_id)
    await walk.skip()
    reporting = contact_pb2.ReportContactRequest(contact_id=kept.contact_id, succeeded=True)
    await walk.leaves_none(outsider.ReportContact(reporting))
    reported = jaxa.ReportContact(reporting)
    await walk.leaves("ContactService/ReportContact", reported, "contact.reported", by=by)
    await walk.leaves_none(jaxa.ReportContact(reporting))


async def walk_superseding(walk: AuditWalk, jaxa: Any, outsider: Any) -> None:
    own = "jaxa-udsc-64"
    first, second, third = asked(own, 50, 52), asked(own, 54, 56), asked(own, 58, 60)
    await jaxa.ReserveContacts(reserving("old", first, second, plan_id="old"))
    await walk.skip()
    superseding = contact_pb2.SupersedeContactsRequest(
        idempotency_key="new", mission_id=M, plan_id="new", superseded_plan_id="old", requests=[first, third]
    )
    await walk.leaves_none(outsider.SupersedeContacts(superseding))
    done = jaxa.SupersedeContacts(superseding)
    actions = ["contact.released", "contact.committed", "contact.handed_over"]
    await walk.leaves("ContactService/SupersedeContacts", done, *actions, by=JAXA.principal_id)
    await walk.leaves_none(jaxa.SupersedeContacts(superseding))


async def _over(service: Any, contact_id: str) -> None:
    """Let a contact have been yesterday."""
    async with service.runtime.database.transaction() as session:
        row = (await session.exec(select(ContactRow).where(col(ContactRow.contact_id) == contact_id))).one()
        earlier = timedelta(days=1) + row.end_time - datetime.now(UTC)
        for name in ("start_time", "end_time", "occupied_start_time", "occupied_end_time"):
            setattr(row, name, getattr(row, name) - earlier)
        session.add(row)


@pytest.mark.asyncio
async def test_each_changing_call_of_comms_window_leaves_its_entries(sqlite_comms_window: Any) -> None:
    by_planner = [replace(each, via_service="planner") for each in (JAXA, OUTSIDE)]
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, JAXA) as jaxa,
        open_test_channel(service.target, ESA) as esa,
        open_test_channel(service.target, OUTSIDE) as outsider,
        open_test_channel(service.target, by_planner[0]) as planner_of_jaxa,
        open_test_channel(service.target, by_planner[1]) as planner_of_outsider,
    ):
        walk, book = AuditWalk(service, M), contact_pb2_grpc.ContactServiceStub
        await walk.leaves_none(window_pb2_grpc.WindowServiceStub(outsider).ComputeWindows(window_request()))
        by = JAXA.principal_id
        windows = computed(jaxa, window_request())
        await walk.leaves("WindowService/ComputeWindows", windows, "windows.computed", by=by)
        await walk.leaves_none(computed(jaxa, window_request()))
        await walk_registry(walk, esa, outsider)
        await walk_agreements(walk, esa, outsider)
        await walk_book(walk, service, *map(book, (jaxa, esa, outsider)))
        await walk_superseding(walk, *map(book, (planner_of_jaxa, planner_of_outsider)))
        walk.require_all("comms_window")
