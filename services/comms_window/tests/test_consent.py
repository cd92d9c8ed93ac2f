"""Bookings by consent of the antenna's owner: accepted, refused, withdrawn, displaced or expired."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from booking_calls import START, agree, asked, hours, ids, reserving
from consent_calls import CANCELLED, COMMITTED, REJECTED, TENTATIVE, book_one, books, events_of, present
from malapert.comms_window.v1 import (
    contact_pb2,
    outage_pb2,
    outage_pb2_grpc,
)
from malapert.quota.v1 import limit_pb2, limit_pb2_grpc
from malapert_core.errors import (
    ConflictError,
    ExhaustedError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.fairness.limit_handlers import LIMIT_SERVICE
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Part
from malapert_core.timestamps import from_timestamp
from malapert_testing.charters import charter_of_all
from malapert_testing.services import identity_of, open_test_channel


@pytest.mark.asyncio
async def test_a_foreign_antenna_is_held_until_its_owner_accepts(comms_window: Any) -> None:
    async with comms_window.run() as service, books(service, "JAXA", "ESA", "ISRO") as (booker, owner, other):
        held = await book_one(booker, "k", "esa-mlg", 5, 7, plan_id="plan-1")
        assert (held.state, list(held.awaiting_agency_ids), held.station_agency_id) == (TENTATIVE, ["ESA"], "ESA")
        left_s = (from_timestamp(held.hold_until_time) - datetime.now(UTC)).total_seconds()
        assert 0.0 < held.hold_remaining_s <= 3 * 86_400.0
        assert held.hold_remaining_s == pytest.approx(left_s, abs=30.0)
        with pytest.raises(PreconditionError, match="AWAITING_OWNER") as waiting:
            await booker.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([held])))
        assert waiting.value.faults[0].path == "contact_ids[0]"
        with pytest.raises(NotFoundError):
            await other.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([held])))
        (seen,) = (await owner.ListContacts(contact_pb2.ListContactsRequest(station_agency_id="ESA"))).contacts
        assert (seen.agency_id, seen.mission_id, seen.asset_id, seen.plan_id) == ("JAXA", "lupex", "rover", "plan-1")
        for _ in range(2):
            accepting = contact_pb2.CommitContactsRequest(contact_ids=ids([held]))
            (accepted,) = (await owner.CommitContacts(accepting)).contacts
            assert (accepted.state, accepted.version, accepted.cause) == (
                COMMITTED,
                2,
                contact_pb2.CONTACT_CAUSE_ACCEPTED,
            )
        history = (await present(owner, held)).history
        assert [(each.agency_id, each.cause) for each in history] == [
            ("JAXA", contact_pb2.CONTACT_CAUSE_OFFERED),
            ("ESA", contact_pb2.CONTACT_CAUSE_ACCEPTED),
        ]
        # Principals are told to their own agency.
        assert [bool(each.principal_id) for each in history] == [False, True]
        assert [bool(each.principal_id) for each in (await present(booker, held)).history] == [True, False]
        events = await events_of(service, 2)
        assert [event.subject.rsplit(".", 1)[1] for event in events] == ["offered", "committed"]
        for event in events:
            assert (event.agency_id, event.party_agency_ids, event.visibility) == (
                "JAXA",
                ("ESA",),
                Visibility.OWNER,
            )


@pytest.mark.asyncio
async def test_owners_refuse_and_withdraw_with_reason_notice_and_alternates(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, books(service, "JAXA", "ESA") as (booker, owner):
        held = await book_one(booker, "k", "esa-mlg", 5, 7)
        with pytest.raises(InvalidInputError) as wrong:
            await owner.RejectContacts(
                contact_pb2.RejectContactsRequest(
                    contact_ids=ids([held]),
                    alternates=[asked("jaxa-usc-34", 9, 11), asked("esa-ceb", 11, 9), asked("nowhere", 1, 2)],
                )
            )
        assert {(fault.path, fault.code) for fault in wrong.value.faults} == {
            ("reason", "MISSING"),
            ("alternates[0].station_id", "FOREIGN_STATION"),
            ("alternates[1].interval", "EMPTY_INTERVAL"),
            ("alternates[2].station_id", "UNKNOWN_STATION"),
        }
        refusing = contact_pb2.RejectContactsRequest(
            contact_ids=ids([held]), reason="hydraulics", alternates=[asked("esa-ceb", 9, 11)]
        )
        for _ in range(2):
            (refused,) = (await owner.RejectContacts(refusing)).contacts
            assert (refused.state, refused.version, refused.reason) == (REJECTED, 2, "hydraulics")
        told = await present(booker, held)
        assert list(told.alternates) == [asked("esa-ceb", 9, 11)]
        await agree(service, "ESA", "JAXA", notice_s=3600.0)
        promised = await book_one(booker, "p", "esa-mlg", 5, 7)
        assert (promised.state, promised.notice_s) == (COMMITTED, 3600.0)
        (withdrawn,) = (
            await owner.RejectContacts(
                contact_pb2.RejectContactsRequest(contact_ids=ids([promised]), reason="a spacecraft emergency")
            )
        ).contacts
        assert (withdrawn.state, withdrawn.cause) == (CANCELLED, contact_pb2.CONTACT_CAUSE_WITHDRAWN)
        again = await book_one(booker, "q", "esa-mlg", 5, 7)
        assert again.state == COMMITTED  # the hours of what was withdrawn are back, and the antenna is free


@pytest.mark.asyncio
async def test_a_promise_is_not_taken_back_when_its_notice_is_over(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, books(service, "JAXA", "ESA") as (booker, owner):
        days = (START - datetime.now(UTC)) / timedelta(days=1) + 1
        await agree(service, "ESA", "JAXA", notice_s=min(90.0, days) * 86_400.0)
        promised = await book_one(booker, "k", "esa-mlg", 5, 7)
        if days <= 90:
            with pytest.raises(PreconditionError, match="NOTICE_TOO_SHORT"):
                await owner.RejectContacts(
                    contact_pb2.RejectContactsRequest(contact_ids=ids([promised]), reason="needed")
                )


@pytest.mark.asyncio
async def test_a_higher_priority_displaces_and_the_displaced_are_told(comms_window: Any) -> None:
    async with comms_window.run() as service, books(service, "JAXA", "ISRO", "ESA") as (low, high, owner):
        await agree(service, "ESA", "JAXA", priority=10, notice_s=60.0)
        await agree(service, "ESA", "ISRO", priority=20)
        promised = await book_one(low, "k", "esa-mlg", 5, 7)
        with pytest.raises(ConflictError, match="CONTACT_CONFLICT"):
            await book_one(high, "k", "esa-mlg", 6, 8)
        with pytest.raises(ConflictError, match="CONTACT_CONFLICT"):
            await book_one(low, "l", "esa-mlg", 6, 8, bump=True)  # of the same priority
        taken = await book_one(high, "b", "esa-mlg", 6, 8, bump=True)
        assert (taken.state, taken.priority) == (COMMITTED, 20)
        told = await present(low, promised)
        assert (told.state, told.cause) == (CANCELLED, contact_pb2.CONTACT_CAUSE_BUMPED)
        assert told.alternates
        nearest = told.alternates[0].interval
        occupied = (from_timestamp(taken.occupied.start_time), from_timestamp(taken.occupied.end_time))
        assert from_timestamp(nearest.start_time) >= occupied[1] or from_timestamp(nearest.end_time) <= occupied[0]
        events = await events_of(service, 3)
        assert [event.subject.rsplit(".", 1)[1] for event in events] == ["committed", "committed", "bumped"]
        assert (events[2].agency_id, events[2].party_agency_ids) == ("JAXA", ("ESA",))
        # The owner states its own priority; who is no owner states none.
        with pytest.raises(InvalidInputError, match="INVALID_RESERVATION"):
            await book_one(low, "m", "esa-mlg", 20, 21, priority=50)
        own = await book_one(owner, "o", "esa-mlg", 6, 8, priority=21, bump=True)
        assert (own.state, own.priority) == (COMMITTED, 21)


@pytest.mark.asyncio
async def test_holds_run_out_once_and_say_so(comms_window: Any) -> None:
    async with comms_window.run(hold_check_s=0.05) as service, books(service, "JAXA", "ESA") as (booker, owner):
        held = await book_one(booker, "k", "esa-mlg", 5, 7, hold_s=0.3)
        events = await events_of(service, 2)
        assert [event.subject.rsplit(".", 1)[1] for event in events] == ["offered", "expired"]
        told = await present(booker, held)
        assert (told.state, told.cause, told.version) == (CANCELLED, contact_pb2.CONTACT_CAUSE_EXPIRED, 2)
        assert [each.agency_id for each in told.history] == ["JAXA", ""]
        with pytest.raises(PreconditionError, match="CONTACTS_NOT_HELD"):
            await owner.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([held])))
        assert (await book_one(booker, "n", "esa-mlg", 5, 7)).state == TENTATIVE


@pytest.mark.asyncio
async def test_accepting_races_with_expiry_and_one_of_them_wins(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run(hold_check_s=0.005) as service,
        books(service, "JAXA", "ESA") as (booker, owner),
    ):

        async def race(number: int) -> contact_pb2.Contact:
            held = await book_one(booker, f"k{number}", "esa-mlg", 5 * number, 5 * number + 1, hold_s=0.15)
            await asyncio.sleep(0.01 * number)
            request = contact_pb2.CommitContactsRequest(contact_ids=ids([held]))
            await asyncio.gather(owner.CommitContacts(request), return_exceptions=True)
            return held

        held = await asyncio.gather(*(race(number) for number in range(1, 13)))
        for contact in held:
            async with asyncio.timeout(10):
                while (told := await present(booker, contact)).version == 1:
                    await asyncio.sleep(0.05)
            assert told.version == 2
            assert len(told.history) == 2
            assert told.state in (COMMITTED, CANCELLED)


@pytest.mark.asyncio
async def test_only_planners_of_the_mission_book_for_its_assets_in_its_windows(sqlite_comms_window: Any) -> None:
    charters = sqlite_comms_window.charters
    charters.only_these = True
    everybody = charter_of_all("lupex")
    isro = next(member for member in everybody.members if member.agency_id == "ISRO")
    others = tuple(member for member in everybody.members if member.agency_id not in ("ISRO", "DLR"))
    charters.charters["lupex"] = replace(
        everybody, members=(*others, replace(isro, parts=frozenset({Part.CONTRIBUTOR, Part.STATION_PROVIDER})))
    )
    charters.charters["unseen"] = charter_of_all("unseen")
    async with sqlite_comms_window.run() as service, books(service, "JAXA", "ISRO", "DLR") as (member, part, outsider):
        refusals = []
        for mission_id in ("lupex", "no-such-mission"):
            with pytest.raises(NotFoundError) as refused:
                await book_one(outsider, "k", "esa-mlg", 5, 7, mission_id=mission_id)
            refusals.append((refused.value.reason, refused.value.message.replace(mission_id, "…")))
        assert refusals[0] == refusals[1]
        with pytest.raises(PermissionDeniedError, match="FORBIDDEN"):
            await book_one(part, "k", "isro-idsn-32", 5, 7)
        with pytest.raises(InvalidInputError) as unknown:
            await member.ReserveContacts(
                reserving("k", asked("esa-mlg", 5, 7, asset_id="Rover"), asked("esa-ceb", 5, 7, asset_id="orbiter"))
            )
        assert [fault.code for fault in unknown.value.faults] == ["UNKNOWN_ASSET", "UNKNOWN_ASSET"]
        # As windows name what is in orbit: with its mission.
        booked = await member.ReserveContacts(reserving("named", asked("esa-mlg", 5, 7, asset_id="lupex.rover")))
        assert [contact.asset_id for contact in booked.contacts] == ["rover"]
        # Of the mission without computed windows only the owner of an antenna may ask, and must say so.
        with pytest.raises(InvalidInputError) as outside:
            await book_one(member, "k", "jaxa-usc-34", 5, 65, mission_id="unseen")
        assert [fault.code for fault in outside.value.faults] == ["OUTSIDE_WINDOWS"]
        foreign = asked("esa-mlg", 5, 7, unchecked=True)
        with pytest.raises(InvalidInputError) as unchecked:
            await member.ReserveContacts(reserving("k", foreign, mission_id="unseen"))
        assert [fault.code for fault in unchecked.value.faults] == ["NOT_OWNER"]
        own = asked("jaxa-usc-34", 5, 7, unchecked=True)
        (booked,) = (await member.ReserveContacts(reserving("k", own, mission_id="unseen"))).contacts
        assert (booked.state, booked.unchecked) == (COMMITTED, True)
        # Windows of another mission count for nothing, named or not.
        other = {"window_set_id": "windows-open-lupex", "window_id": "open:jaxa-usc-34"}
        with pytest.raises(InvalidInputError) as foreign_set:
            await member.ReserveContacts(reserving("l", asked("jaxa-usc-34", 9, 10, **other), mission_id="unseen"))
        assert [fault.code for fault in foreign_set.value.faults] == ["UNKNOWN_WINDOW"]


@pytest.mark.asyncio
async def test_holds_are_limited_and_end_with_them(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run(most_station_holds=2, most_holds=3, most_station_hold_hours=8.0) as service,
        books(service, "JAXA", "ISRO", "ESA") as (booker, other, owner),
    ):
        first = await book_one(booker, "a", "esa-mlg", 5, 7)
        await book_one(booker, "b", "esa-mlg", 10, 12)
        for key, request in (("c", ("esa-mlg", 15, 16)), ("d", ("esa-ceb", 5, 12))):
            with pytest.raises(ExhaustedError, match="TOO_MANY_HOLDS"):
                await book_one(booker, key, *request)
        await book_one(booker, "e", "esa-ceb", 5, 6)
        async with open_test_channel(service.target, identity_of("JAXA"), [LIMIT_SERVICE]) as limited:
            told = await limit_pb2_grpc.LimitServiceStub(limited).GetLimits(limit_pb2.GetLimitsRequest())
        of_agency = {
            each.thing: (each.limit, each.used) for each in told.limits if each.holder == limit_pb2.LIMIT_HOLDER_AGENCY
        }
        occupied = [each.occupied for each in (await booker.ListContacts(contact_pb2.ListContactsRequest())).contacts]
        held_s = sum(each.end_time.seconds - each.start_time.seconds for each in occupied)
        assert of_agency[limit_pb2.LIMITED_THING_HOLDS] == (3, 3)
        assert of_agency[limit_pb2.LIMITED_THING_HELD_SECONDS][1] == held_s
        assert of_agency[limit_pb2.LIMITED_THING_OPERATIONS] == (200, 0)
        assert of_agency[limit_pb2.LIMITED_THING_STORED_BYTES] == (1_000_000_000, 0)
        with pytest.raises(ExhaustedError) as total:
            await book_one(booker, "f", "esa-nno-1", 5, 6)
        assert "antennas of others" in total.value.faults[0].message
        await owner.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([first])))
        assert (await book_one(booker, "f", "esa-nno-1", 5, 6)).state == TENTATIVE
        assert (await book_one(other, "c", "esa-mlg", 15, 16)).state == TENTATIVE
        # One's own antennas are not limited.
        many = [asked("jaxa-usc-34", 4 * n, 4 * n + 1) for n in range(1, 9)]
        assert len((await booker.ReserveContacts(reserving("o", *many, commit=False))).contacts) == 8


@pytest.mark.asyncio
async def test_outages_hit_holds_and_are_the_owner_s_alone(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service, books(service, "JAXA") as (booker,):
        held = await book_one(booker, "k", "esa-mlg", 5, 7)
        asking = outage_pb2.AddOutageRequest(
            idempotency_key="o",
            station_id="esa-mlg",
            interval=hours(6, 8),
            kind=outage_pb2.OUTAGE_KIND_FAILURE,
            move_contacts=True,
        )
        async with (
            open_test_channel(service.target, identity_of("JAXA")) as foreign,
            open_test_channel(service.target, identity_of("ESA")) as owner,
        ):
            with pytest.raises(PermissionDeniedError, match="FOREIGN_STATION"):
                await outage_pb2_grpc.OutageServiceStub(foreign).AddOutage(asking)
            effect = await outage_pb2_grpc.OutageServiceStub(owner).AddOutage(asking)
            assert ids(effect.cancelled) == ids([held])
            with pytest.raises(PermissionDeniedError, match="FOREIGN_STATION"):
                await outage_pb2_grpc.OutageServiceStub(foreign).RemoveOutage(
                    outage_pb2.RemoveOutageRequest(outage_id=effect.outage.outage_id)
                )
        assert (await present(booker, held)).cause == contact_pb2.CONTACT_CAUSE_OUTAGE


@pytest.mark.asyncio
async def test_a_custodian_answers_for_an_owner_that_is_not_here(sqlite_comms_window: Any) -> None:
    async with (
        sqlite_comms_window.run(station_custodians={"DLR": "ESA"}) as service,
        books(service, "JAXA", "ESA", "DLR") as (booker, custodian, owner),
    ):
        held = await book_one(booker, "k", "dlr-whm-30", 5, 7)
        assert list(held.awaiting_agency_ids) == ["DLR", "ESA"]
        assert (await present(custodian, held)).agency_id == "JAXA"
        (accepted,) = (
            await custodian.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([held])))
        ).contacts
        assert accepted.state == COMMITTED
        assert [each.agency_id for each in (await present(owner, held)).history] == ["JAXA", "ESA"]
        assert (await events_of(service, 1))[0].party_agency_ids == ("DLR", "ESA")
