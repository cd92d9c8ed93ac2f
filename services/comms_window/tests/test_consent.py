"""Bookings by consent of the antenna's owner: accepted, refused, withdrawn, displaced, expired, or by agreement."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from booking_calls import START, agree, asked, hours, ids, reserving
from malapert.comms_window.v1 import (
    agreement_pb2,
    agreement_pb2_grpc,
    contact_pb2,
    contact_pb2_grpc,
    outage_pb2,
    outage_pb2_grpc,
)
from malapert.type.v1 import type_pb2
from malapert_core.errors import (
    ConflictError,
    ExhaustedError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    PreconditionError,
)
from malapert_core.events.event import Event
from malapert_core.policy.audience import Visibility
from malapert_core.policy.charter import Part
from malapert_core.timestamps import from_timestamp
from malapert_testing.charters import charter_of_all
from malapert_testing.services import identity_of, open_test_channel

TENTATIVE, COMMITTED = contact_pb2.CONTACT_STATE_TENTATIVE, contact_pb2.CONTACT_STATE_COMMITTED
CANCELLED, REJECTED = contact_pb2.CONTACT_STATE_CANCELLED, contact_pb2.CONTACT_STATE_REJECTED


@asynccontextmanager
async def books(service: Any, *agencies: str) -> Any:
    """Open the contact book for agencies."""
    channels = [open_test_channel(service.target, identity_of(agency)) for agency in agencies]
    try:
        yield [contact_pb2_grpc.ContactServiceStub(channel) for channel in channels]
    finally:
        for channel in channels:
            await channel.close(None)


async def book_one(stub: Any, key: str, *request: Any, **more: Any) -> contact_pb2.Contact:
    return (await stub.ReserveContacts(reserving(key, asked(*request), **more))).contacts[0]


async def present(stub: Any, contact: contact_pb2.Contact) -> contact_pb2.Contact:
    return (await stub.GetContact(contact_pb2.GetContactRequest(contact_id=contact.contact_id))).contact


async def events_of(service: Any, count: int, durable: str = "test") -> list[Event]:
    subscription = await service.runtime.js.pull_subscribe("malapert.comms_window.v1.contact.>", durable=durable)
    events: list[Event] = []
    async with asyncio.timeout(10):
        while len(events) < count:
            events += [Event.from_message(each) for each in await subscription.fetch(count, timeout=10)]
    return events


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
async def test_hours_of_an_agreement_are_exact_and_return(comms_window: Any) -> None:
    """Occupied time counts: an hour of set-up and a quarter of an hour of teardown on this antenna."""
    async with comms_window.run() as service, books(service, "JAXA", "ESA") as (booker, owner):
        agreement = await agree(service, "ESA", "JAXA", 6.5, station_ids=["esa-mlg"], priority=20)
        first, second, third, elsewhere = (
            await booker.ReserveContacts(
                reserving(
                    "k",
                    asked("esa-mlg", 5, 7),
                    asked("esa-mlg", 10, 12),
                    asked("esa-mlg", 15, 15.01),
                    asked("esa-ceb", 5, 6),
                )
            )
        ).contacts
        assert [each.state for each in (first, second, third, elsewhere)] == [
            COMMITTED,
            COMMITTED,
            TENTATIVE,
            TENTATIVE,
        ]
        assert (first.agreement_id, first.priority, third.agreement_id) == (agreement.agreement_id, 20, "")
        async with open_test_channel(service.target, identity_of("JAXA")) as channel:
            stub = agreement_pb2_grpc.AgreementServiceStub(channel)
            (listed,) = (await stub.ListAgreements(agreement_pb2.ListAgreementsRequest())).agreements
        (use,) = listed.uses
        assert (use.month, use.used_hours, use.left_hours) == ("2029-01", 6.5, 0.0)
        await booker.ReleaseContacts(contact_pb2.ReleaseContactsRequest(contact_ids=ids([first])))
        (third,) = (await booker.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([third])))).contacts
        assert (third.state, third.agreement_id) == (COMMITTED, agreement.agreement_id)
        # The next month has hours of its own; what spans both is counted in each.
        over = await book_one(booker, "m", "esa-mlg", 14 * 24 - 2, 14 * 24 + 4.5)
        assert over.state == TENTATIVE
        (over,) = (await owner.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([over])))).contacts
        assert over.agreement_id == ""  # what the owner accepts costs no hours


@pytest.mark.asyncio
async def test_two_bookings_at_once_never_exceed_the_hours(comms_window: Any) -> None:
    async with comms_window.run() as first, comms_window.run() as second:
        await agree(first, "ESA", "JAXA", 7.0)
        async with books(first, "JAXA") as (one,), books(second, "JAXA") as (two,):
            stations = ("esa-mlg", "esa-ceb", "esa-nno-1")
            # Each occupies 3.25 h, on antennas that have nothing to do with each other.
            results = await asyncio.gather(
                *(
                    book_one(stub, f"{index}-{station}", station, 5 + 6 * index, 7 + 6 * index)
                    for index, stub in enumerate((one, two, one, two))
                    for station in stations
                )
            )
        assert sorted(contact.state for contact in results) == [TENTATIVE] * 10 + [COMMITTED] * 2


@pytest.mark.asyncio
async def test_agreements_are_the_owner_s_and_seen_by_the_two_parties(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service:
        made = await agree(service, "ESA", "JAXA", 10.0)
        assert await agree(service, "ESA", "JAXA", 10.0) == made
        channels = {name: open_test_channel(service.target, identity_of(name)) for name in ("ESA", "JAXA", "ISRO")}
        stubs = {name: agreement_pb2_grpc.AgreementServiceStub(channel) for name, channel in channels.items()}
        get = agreement_pb2.GetAgreementRequest(agreement_id=made.agreement_id)
        assert (await stubs["JAXA"].GetAgreement(get)).agreement == made
        wanted = agreement_pb2.Agreement.FromString(made.SerializeToString())
        wanted.hours_per_month = 20.0
        change = agreement_pb2.ChangeAgreementRequest(agreement=wanted, version=1)
        end = agreement_pb2.EndAgreementRequest(agreement_id=made.agreement_id, version=2)
        for call in (
            stubs["ISRO"].GetAgreement(get),
            stubs["ISRO"].ChangeAgreement(change),
            stubs["ISRO"].EndAgreement(end),
        ):
            with pytest.raises(NotFoundError, match="UNKNOWN_AGREEMENT"):
                await call
        assert not (await stubs["ISRO"].ListAgreements(agreement_pb2.ListAgreementsRequest())).agreements
        for call in (stubs["JAXA"].ChangeAgreement(change), stubs["JAXA"].EndAgreement(end)):
            with pytest.raises(PermissionDeniedError, match="FOREIGN_STATION"):
                await call
        changed = (await stubs["ESA"].ChangeAgreement(change)).agreement
        assert (changed.hours_per_month, changed.version) == (20.0, 2)
        with pytest.raises(ConflictError, match="AGREEMENT_CHANGED"):
            await stubs["ESA"].ChangeAgreement(change)
        for _ in range(2):
            ended = (await stubs["ESA"].EndAgreement(end)).agreement
            assert ended.HasField("ended_time")
        async with books(service, "JAXA") as (booker,):
            assert (await book_one(booker, "k", "esa-mlg", 5, 7)).state == TENTATIVE
        wrong = agreement_pb2.Agreement(
            partner_agency_id="ESA",
            station_ids=["dsn-dss34", "nowhere", "esa-mlg", "esa-mlg"],
            hours_per_month=float("nan"),
            priority=101,
            notice_s=-1.0,
            interval=type_pb2.Interval(start_time=hours(5, 7).end_time, end_time=hours(5, 7).start_time),
        )
        request = agreement_pb2.CreateAgreementRequest(idempotency_key="w", agreement=wrong)
        with pytest.raises(InvalidInputError) as refused:
            await stubs["ESA"].CreateAgreement(request)
        assert {(fault.path, fault.code) for fault in refused.value.faults} >= {
            ("partner_agency_id", "SAME_AGENCY"),
            ("station_ids[0]", "FOREIGN_STATION"),
            ("station_ids[1]", "UNKNOWN_STATION"),
            ("station_ids[3]", "DUPLICATE"),
            ("priority", "OUT_OF_RANGE"),
            ("interval", "EMPTY_INTERVAL"),
        }
        foreign = agreement_pb2.Agreement.FromString(made.SerializeToString())
        foreign.partner_agency_id, foreign.owner_agency_id = "ISRO", "ESA"
        request = agreement_pb2.CreateAgreementRequest(idempotency_key="f", agreement=foreign)
        with pytest.raises(PermissionDeniedError, match="FOREIGN_STATION"):
            await stubs["JAXA"].CreateAgreement(request)
        for channel in channels.values():
            await channel.close(None)


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
        assert (await book_one(other, "c", "esa-mlg", 15, 16)).state == TENTATIVE
        await book_one(booker, "e", "esa-ceb", 5, 6)
        with pytest.raises(ExhaustedError) as total:
            await book_one(booker, "f", "esa-nno-1", 5, 6)
        assert "antennas of others" in total.value.faults[0].message
        await owner.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids([first])))
        assert (await book_one(booker, "f", "esa-nno-1", 5, 6)).state == TENTATIVE
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
