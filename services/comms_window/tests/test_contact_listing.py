"""Contacts as they are listed: by state, station, mission and span, and to whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from booking_calls import START, asked, hours
from contact_listing import CONTACT, ISRO, JAXA, listing, reservation, without_countdown
from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_comms_window.domain.contacts import ContactState
from malapert_comms_window.storage.contacts import ContactFilter, ContactStore
from malapert_core.errors import InvalidInputError, NotFoundError, PreconditionError
from malapert_core.policy.identity import Role
from malapert_core.rpc.paging import decode_cursor
from malapert_core.timestamps import from_timestamp
from malapert_testing.services import identity_of, open_test_channel


@pytest.mark.asyncio
async def test_another_agency_s_contacts_are_seen_as_taken_time_alone(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run() as service,
        open_test_channel(service.target, JAXA) as jaxa,
        open_test_channel(service.target, ISRO) as isro,
        open_test_channel(service.target, identity_of("ops", Role.OPERATOR)) as operator,
        open_test_channel(service.target, identity_of("malapert", Role.SERVICE)) as planner,
    ):
        mine = contact_pb2_grpc.ContactServiceStub(jaxa)
        foreign = contact_pb2_grpc.ContactServiceStub(isro)
        held = (await mine.ReserveContacts(reservation("k", asked("esa-mlg", 5, 7)))).contacts[0]
        busy = contact_pb2.Contact(station_id="esa-mlg", occupied=held.occupied, state=held.state)
        for stub in (foreign, contact_pb2_grpc.ContactServiceStub(operator)):
            assert await listing(stub) == [busy]
            assert await listing(stub, station_agency_id="ESA") == [busy]
            # What it is for is told by no filter.
            assert await listing(stub, mission_id="lupex") == []
            assert await listing(stub, plan_ids=[held.plan_id]) == []
            assert await listing(stub, causes=[held.cause]) == []
            with pytest.raises(NotFoundError):
                await stub.GetContact(contact_pb2.GetContactRequest(contact_id=held.contact_id))
        assert await listing(contact_pb2_grpc.ContactServiceStub(planner)) == without_countdown([held])
        for call in (
            foreign.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=[held.contact_id])),
            foreign.ReleaseContacts(contact_pb2.ReleaseContactsRequest(contact_ids=[held.contact_id])),
        ):
            with pytest.raises(NotFoundError) as caught:
                await call
            assert caught.value.reason == "UNKNOWN_CONTACT"
        later = (await mine.ReserveContacts(reservation("later", asked("esa-mlg", 9, 10)))).contacts[0]
        page = await foreign.ListContacts(contact_pb2.ListContactsRequest(page=type_pb2.PageRequest(page_size=1)))
        # Nor by where its page ends.
        assert held.contact_id not in str(decode_cursor(page.next_page_token, length=2))
        following = type_pb2.PageRequest(page_size=1, page_token=page.next_page_token)
        (second,) = (await foreign.ListContacts(contact_pb2.ListContactsRequest(page=following))).contacts
        assert second.occupied == later.occupied


@pytest.mark.asyncio
async def test_a_hold_that_ran_out_frees_the_antenna(comms_window: Any) -> None:
    async with comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        short = reservation("short", asked("esa-mlg", 5, 7), hold_s=1e-6)
        lapsed = (await stub.ReserveContacts(short)).contacts[0]
        with pytest.raises(PreconditionError) as caught:
            await stub.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=[lapsed.contact_id]))
        assert caught.value.reason == "CONTACTS_NOT_HELD"
        assert [fault.path for fault in caught.value.faults] == ["contact_ids[0]"]
        (taken,) = without_countdown((await stub.ReserveContacts(reservation("next", asked("esa-mlg", 5, 7)))).contacts)
        (first, second) = await listing(stub)
        assert {first.state, second.state} == {
            contact_pb2.CONTACT_STATE_CANCELLED,
            contact_pb2.CONTACT_STATE_TENTATIVE,
        }
        assert [contact.contact_id for contact in await listing(stub, only_holding=True)] == [taken.contact_id]
        assert await listing(stub, states=[contact_pb2.CONTACT_STATE_TENTATIVE]) == [taken]
        given_back = await listing(stub, states=[contact_pb2.CONTACT_STATE_CANCELLED, contact_pb2.CONTACT_STATE_FAILED])
        assert [contact.contact_id for contact in given_back] == [lapsed.contact_id]
        assert await listing(stub, causes=[contact_pb2.CONTACT_CAUSE_OFFERED]) == [taken]
        (expired,) = await listing(stub, causes=[contact_pb2.CONTACT_CAUSE_EXPIRED])
        assert expired.contact_id == lapsed.contact_id
        assert await listing(stub, causes=[contact_pb2.CONTACT_CAUSE_RELEASED]) == []
        with pytest.raises(InvalidInputError) as unknown:
            await listing(stub, causes=[contact_pb2.CONTACT_CAUSE_MOVED, 0])
        assert [fault.path for fault in unknown.value.faults] == ["causes[1]"]
        with pytest.raises(InvalidInputError) as unknown:
            await listing(stub, states=[contact_pb2.CONTACT_STATE_ACTIVE, 0, 99])
        assert [fault.path for fault in unknown.value.faults] == ["states[1]", "states[2]"]


@pytest.mark.asyncio
async def test_contacts_are_listed_by_the_state_that_they_have_now(comms_window: Any) -> None:
    """A stored state ages: holds run out, promised contacts begin and end."""
    store, hold = ContactStore(), START + timedelta(hours=2)
    contacts = [
        replace(CONTACT, contact_id=f"{state}-{index}", state=state, hold_until_time=until)
        for state in ContactState
        for index, until in enumerate((None, hold))
    ]
    async with comms_window.run() as service:
        async with service.runtime.database.transaction() as session:
            await store.add(session, contacts)
        async with service.runtime.database.reading() as session:
            for now in (START + timedelta(hours=hours) for hours in (0, 2, 3, 4, 5, 6)):
                for state in ContactState:
                    wanted = ContactFilter(states=frozenset({state}), states_at=now)
                    found = {contact.contact_id for contact in await store.page(session, wanted, 100)}
                    assert found == {each.contact_id for each in contacts if each.state_at(now) is state}, (state, now)
                holding = await store.page(session, ContactFilter(only_holding_at=now), 100)
                assert {each.contact_id for each in holding} == {
                    each.contact_id for each in contacts if each.holds_antenna_at(now)
                }


@pytest.mark.asyncio
async def test_contacts_are_listed_in_pages_by_station_mission_and_span(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, open_test_channel(service.target, JAXA) as channel:
        stub = contact_pb2_grpc.ContactServiceStub(channel)
        wanted = [asked(station_id, 5 * n, 5 * n + 1) for n in range(1, 6) for station_id in ("esa-mlg", "esa-ceb")]
        booked = list((await stub.ReserveContacts(reservation("k", *wanted))).contacts)
        listed: list[contact_pb2.Contact] = []
        token = ""
        while True:
            page = type_pb2.PageRequest(page_size=3, page_token=token)
            response = await stub.ListContacts(contact_pb2.ListContactsRequest(page=page))
            listed += response.contacts
            token = response.next_page_token
            if not token:
                break
        assert {contact.contact_id for contact in listed} == {contact.contact_id for contact in booked}
        starts = [from_timestamp(contact.occupied.start_time) for contact in listed]
        assert starts == sorted(starts)
        assert len(await listing(stub, station_id="esa-ceb", mission_id="lupex")) == 5
        assert await listing(stub, mission_id="other") == []
        # The third contact of each station is occupied from 14:00 to 16:15.
        assert len(await listing(stub, span=hours(16, 18))) == 2
        assert await listing(stub, span=hours(16.25, 19)) == []
