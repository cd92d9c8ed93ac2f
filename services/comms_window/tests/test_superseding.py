"""A plan that takes over the contacts of another one: kept, given back and booked in one transaction, or not at all."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from booking_calls import agree
from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc, event_pb2
from malapert.type.v1 import type_pb2
from malapert_comms_window.domain.contacts import Contact, ContactState
from malapert_comms_window.storage.contacts import ContactStore
from malapert_core.db.tables import OutboxRow
from malapert_core.errors import ConflictError, InvalidInputError
from malapert_core.timestamps import to_timestamp
from malapert_testing.services import identity_of, open_test_channel
from sqlmodel import col, select

START = datetime(2029, 1, 18, tzinfo=UTC)
COMMITTED, CANCELLED = contact_pb2.CONTACT_STATE_COMMITTED, contact_pb2.CONTACT_STATE_CANCELLED


def asked(station_id: str, start_h: float, end_h: float) -> contact_pb2.ContactRequest:
    start, end = (to_timestamp(START + timedelta(hours=hours)) for hours in (start_h, end_h))
    interval = type_pb2.Interval(start_time=start, end_time=end)
    return contact_pb2.ContactRequest(station_id=station_id, asset_id="rover", interval=interval)


# Own antennas of JAXA, so that no other owner has to consent.
KEPT, DROPPED = asked("jaxa-mdss-54", 5, 7), asked("jaxa-mdss-54", 12, 14)
MOVED, ELSEWHERE = asked("jaxa-mdss-54", 12.5, 14.5), asked("jaxa-udsc-64", 20, 22)


def superseding(*requests: contact_pb2.ContactRequest, **more: str) -> contact_pb2.SupersedeContactsRequest:
    names = {"idempotency_key": "new:1", "mission_id": "lupex", "plan_id": "new", "superseded_plan_id": "old", **more}
    return contact_pb2.SupersedeContactsRequest(requests=requests, **names)


def reserving(key: str, plan_id: str, *requests: contact_pb2.ContactRequest) -> contact_pb2.ReserveContactsRequest:
    return contact_pb2.ReserveContactsRequest(
        idempotency_key=key, mission_id="lupex", plan_id=plan_id, requests=requests, commit=True
    )


@asynccontextmanager
async def book(comms_window: Any):
    by_planner = replace(identity_of("JAXA"), via_service="planner")
    async with comms_window.run() as service, open_test_channel(service.target, by_planner) as channel:
        yield service, contact_pb2_grpc.ContactServiceStub(channel)


async def states(stub: Any) -> dict[str, tuple[str, Any]]:
    page = type_pb2.PageRequest(page_size=200)
    listed = await stub.ListContacts(contact_pb2.ListContactsRequest(mission_id="lupex", page=page))
    return {each.contact_id: (each.plan_id, each.state) for each in listed.contacts}


@pytest.mark.asyncio
async def test_what_both_plans_hold_stays_the_same_booking(comms_window: Any) -> None:
    async with book(comms_window) as (_, stub):
        old = (await stub.ReserveContacts(reserving("r", "old", KEPT, DROPPED))).contacts
        # The moved contact overlaps the one whose place it takes.
        for _ in range(2):
            done = await stub.SupersedeContacts(superseding(KEPT, MOVED, ELSEWHERE))
            assert done.done
            assert done.contacts[0].contact_id == old[0].contact_id
            assert [each.contact_id for each in done.dropped] == [old[1].contact_id]
            assert {each.plan_id for each in done.contacts} == {"new"}
            assert {each.state for each in done.contacts} == {COMMITTED}
        assert await states(stub) == {
            **{each.contact_id: ("new", COMMITTED) for each in done.contacts},
            old[1].contact_id: ("old", CANCELLED),
        }
        with pytest.raises(ConflictError, match="IDEMPOTENCY_KEY_REUSED"):
            await stub.SupersedeContacts(superseding(KEPT, MOVED))


@pytest.mark.asyncio
async def test_a_conflict_leaves_everything_as_it_was_and_names_all_in_the_way(comms_window: Any) -> None:
    async with book(comms_window) as (_, stub):
        await stub.ReserveContacts(reserving("r", "old", KEPT, DROPPED))
        await stub.ReserveContacts(reserving("s", "other", ELSEWHERE, asked("jaxa-mdss-54", 30, 31)))
        before = await states(stub)
        wanted = superseding(KEPT, MOVED, ELSEWHERE, asked("jaxa-mdss-54", 30.5, 32))
        with pytest.raises(ConflictError, match="CONTACT_CONFLICT") as refused:
            await stub.SupersedeContacts(wanted)
        assert [fault.path for fault in refused.value.faults] == ["requests[2]", "requests[3]"]
        with pytest.raises(InvalidInputError, match="INVALID_CONTACTS") as wrong:
            await stub.SupersedeContacts(superseding(KEPT, asked("nowhere", 1, 2), asked("jaxa-udsc-64", 3, 2)))
        assert {fault.path.partition(".")[0] for fault in wrong.value.faults} == {"requests[1]", "requests[2]"}
        assert await states(stub) == before


@pytest.mark.asyncio
async def test_what_has_begun_is_history(sqlite_comms_window: Any) -> None:
    """Contacts that have begun are neither given back nor booked afterwards."""
    past = asked("jaxa-mdss-54", 1, 2)
    stored = Contact(
        contact_id="past",
        station_id="jaxa-mdss-54",
        asset_id="rover",
        mission_id="lupex",
        agency_id="JAXA",
        start_time=datetime(2020, 1, 1, tzinfo=UTC),
        end_time=datetime(2020, 1, 1, 2, tzinfo=UTC),
        occupied_start_time=datetime(2019, 12, 31, 23, tzinfo=UTC),
        occupied_end_time=datetime(2020, 1, 1, 3, tzinfo=UTC),
        state=ContactState.COMMITTED,
        version=1,
        hold_until_time=None,
        plan_id="old",
    )
    never = replace(stored, contact_id="not-booked", start_time=datetime(2020, 2, 1, tzinfo=UTC))
    now = datetime.now(UTC)
    under_way = replace(
        stored,
        contact_id="under-way",
        start_time=now - timedelta(hours=1),
        end_time=now + timedelta(hours=1),
        occupied_start_time=now - timedelta(hours=2),
        occupied_end_time=now + timedelta(hours=2),
    )
    async with book(sqlite_comms_window) as (service, stub):
        async with service.runtime.database.transaction() as session:
            await ContactStore().add(session, [stored, under_way])
        requests = [contact_pb2.ContactRequest.FromString(past.SerializeToString()) for _ in range(2)]
        for request, contact in zip(requests, (stored, never), strict=True):
            request.interval.start_time.CopyFrom(to_timestamp(contact.start_time))
            request.interval.end_time.CopyFrom(to_timestamp(contact.start_time + timedelta(hours=2)))
        done = await stub.SupersedeContacts(superseding(*requests, ELSEWHERE))
        assert [each.contact_id for each in done.contacts[:2]] == ["past", ""]
        assert done.done
        assert not done.dropped
        assert (await states(stub))["under-way"] == ("old", contact_pb2.CONTACT_STATE_ACTIVE)


@pytest.mark.asyncio
async def test_plans_of_another_mission_are_not_touched(sqlite_comms_window: Any) -> None:
    async with book(sqlite_comms_window) as (_, stub):
        await stub.ReserveContacts(reserving("r", "old", KEPT, DROPPED))
        before = await states(stub)
        for wrong in (
            superseding(KEPT, mission_id="isru"),
            superseding(KEPT, superseded_plan_id="new"),
            superseding(KEPT, superseded_plan_id="", idempotency_key="", plan_id="", mission_id=""),
        ):
            with pytest.raises(InvalidInputError, match="INVALID_SUPERSEDING"):
                await stub.SupersedeContacts(wrong)
        assert await states(stub) == before


@pytest.mark.asyncio
async def test_what_owners_have_yet_to_give_is_waited_for(sqlite_comms_window: Any) -> None:
    """Nothing of the plan in force goes before the owner has accepted what is new."""
    foreign = asked("esa-mlg", 5, 7)
    async with book(sqlite_comms_window) as (service, stub):
        old = (await stub.ReserveContacts(reserving("r", "old", KEPT, DROPPED))).contacts
        waiting = await stub.SupersedeContacts(superseding(KEPT, foreign))
        assert not waiting.done
        assert [each.state for each in waiting.contacts] == [COMMITTED, contact_pb2.CONTACT_STATE_TENTATIVE]
        assert (await states(stub))[old[1].contact_id] == ("old", COMMITTED)
        async with open_test_channel(service.target, identity_of("ESA")) as owner:
            accepting = contact_pb2.CommitContactsRequest(contact_ids=[waiting.contacts[1].contact_id])
            await contact_pb2_grpc.ContactServiceStub(owner).CommitContacts(accepting)
        done = await stub.SupersedeContacts(superseding(KEPT, foreign))
        assert done.done
        assert [each.contact_id for each in done.contacts] == [each.contact_id for each in waiting.contacts]
        assert [each.contact_id for each in done.dropped] == [old[1].contact_id]


@pytest.mark.asyncio
async def test_hours_of_what_goes_are_there_for_what_comes(sqlite_comms_window: Any) -> None:
    """An agreement's hours are used up by the plan in force; a plan that moves its contact needs no more of them."""
    async with book(sqlite_comms_window) as (service, stub):
        await agree(service, "ESA", "JAXA", 3.25)  # one contact of 2 h with an hour of set-up and 15 min of teardown
        (old,) = (await stub.ReserveContacts(reserving("r", "old", asked("esa-mlg", 5, 7)))).contacts
        assert old.state == COMMITTED
        done = await stub.SupersedeContacts(superseding(asked("esa-mlg", 5.5, 7.5)))
        assert done.done
        assert done.contacts[0].state == COMMITTED
        assert [each.contact_id for each in done.dropped] == [old.contact_id]


@pytest.mark.asyncio
async def test_contacts_of_another_agency_are_not_given_back(sqlite_comms_window: Any) -> None:
    """What another planner of the mission booked for the plan stays, and is in the way as any other booking is."""
    async with book(sqlite_comms_window) as (service, stub):
        by_other = replace(identity_of("ESA"), via_service="planner")
        foreign = asked("esa-mlg", 12, 14)
        async with open_test_channel(service.target, by_other) as channel:
            other = contact_pb2_grpc.ContactServiceStub(channel)
            theirs = (await other.ReserveContacts(reserving("t", "old", foreign, asked("esa-mlg", 20, 22)))).contacts
        own = (await stub.ReserveContacts(reserving("r", "old", KEPT, DROPPED))).contacts
        before = await states(stub)
        with pytest.raises(ConflictError, match="CONTACT_CONFLICT"):
            await stub.SupersedeContacts(superseding(KEPT, asked("esa-mlg", 12.5, 14.5), idempotency_key="new:0"))
        assert await states(stub) == before
        done = await stub.SupersedeContacts(superseding(KEPT, foreign))
        assert done.done
        assert [each.contact_id for each in done.contacts] == [own[0].contact_id, theirs[0].contact_id]
        assert [each.contact_id for each in done.dropped] == [own[1].contact_id]
        assert [each.contact_id for each in done.left] == [theirs[1].contact_id]
        again = await stub.SupersedeContacts(superseding(KEPT, foreign))
        assert [each.contact_id for each in again.left] == [theirs[1].contact_id]
        async with service.runtime.database.reading() as session:
            query = select(OutboxRow).where(col(OutboxRow.subject).endswith("contact.superseded"))
            (told,) = (await session.exec(query)).all()
        assert event_pb2.ContactSuperseded.FromString(told.data).contact.contact_id == theirs[1].contact_id
        assert told.headers["ce-agencyid"] == "ESA"
        async with open_test_channel(service.target, by_other) as channel:
            seen = await states(contact_pb2_grpc.ContactServiceStub(channel))
        assert seen[theirs[0].contact_id] == ("new", COMMITTED)
        assert seen[theirs[1].contact_id] == ("old", COMMITTED)
        async with open_test_channel(service.target, identity_of("ESA")) as channel:
            own_book = contact_pb2_grpc.ContactServiceStub(channel)
            asked_for = contact_pb2.GetContactRequest(contact_id=theirs[1].contact_id)
            kept = (await own_book.GetContact(asked_for)).contact
            assert kept.cause == kept.history[-1].cause == contact_pb2.CONTACT_CAUSE_SUPERSEDED
            assert "does not hold it" in kept.reason
            ids = [theirs[1].contact_id]
            given = await own_book.ReleaseContacts(contact_pb2.ReleaseContactsRequest(contact_ids=ids, reason="unused"))
            assert given.contacts[0].state == contact_pb2.CONTACT_STATE_CANCELLED


@pytest.mark.asyncio
async def test_what_has_begun_is_in_the_way(sqlite_comms_window: Any) -> None:
    """A contact that is under way is not given back, so that nothing else is booked in its time."""
    now = datetime.now(UTC)
    under_way = Contact(
        contact_id="under-way",
        station_id="jaxa-mdss-54",
        asset_id="rover",
        mission_id="lupex",
        agency_id="JAXA",
        start_time=now - timedelta(hours=1),
        end_time=now + timedelta(hours=5),
        occupied_start_time=now - timedelta(hours=2),
        occupied_end_time=now + timedelta(hours=6),
        state=ContactState.COMMITTED,
        version=1,
        hold_until_time=None,
        plan_id="old",
    )
    within = type_pb2.Interval(
        start_time=to_timestamp(now + timedelta(hours=3)), end_time=to_timestamp(now + timedelta(hours=4))
    )
    wanted = contact_pb2.ContactRequest(station_id="jaxa-mdss-54", asset_id="rover", interval=within, unchecked=True)
    async with book(sqlite_comms_window) as (service, stub):
        async with service.runtime.database.transaction() as session:
            await ContactStore().add(session, [under_way])
        with pytest.raises(ConflictError, match="CONTACT_CONFLICT"):
            await stub.SupersedeContacts(superseding(wanted))
