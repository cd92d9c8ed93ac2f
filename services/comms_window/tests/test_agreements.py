"""Agreements on antenna hours: exact hours, and whose they are."""

import asyncio
from typing import Any

import pytest
from booking_calls import agree, asked, hours, ids, reserving
from consent_calls import COMMITTED, TENTATIVE, book_one, books
from malapert.comms_window.v1 import (
    agreement_pb2,
    agreement_pb2_grpc,
    contact_pb2,
)
from malapert.type.v1 import type_pb2
from malapert_core.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from malapert_testing.services import identity_of, open_test_channel


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
