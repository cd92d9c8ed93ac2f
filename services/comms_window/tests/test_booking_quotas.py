"""What an agency could still book of the antennas of others, held against what the book lets it book."""

from typing import Any

import pytest
from booking_calls import agree, asked, hours, ids, reserving
from consent_calls import books
from malapert.comms_window.v1 import agreement_pb2, agreement_pb2_grpc, contact_pb2
from malapert_core.errors import ExhaustedError, InvalidInputError, PermissionDeniedError
from malapert_core.policy.identity import Role
from malapert_testing.services import identity_of, open_test_channel

pytestmark = pytest.mark.asyncio
MLG = "ESA's esa-mlg"
# On this antenna a contact takes an hour before and a quarter of an hour after it as well.
AROUND_H = 1.25


async def left_h(service: Any, start_h: float, end_h: float, **more: Any) -> dict[str, float]:
    """Return the hours that JAXA could still book, by quota, as the planner is told."""
    asking = agreement_pb2.ListAntennaQuotasRequest(
        **{"agency_id": "JAXA", "mission_id": "lupex", "interval": hours(start_h, end_h), **more}
    )
    async with open_test_channel(service.target, identity_of("", Role.SERVICE)) as channel:
        answer = await agreement_pb2_grpc.AgreementServiceStub(channel).ListAntennaQuotas(asking)
    return {quota.quota_id: quota.left_s / 3600 for quota in answer.quotas}


async def test_quotas_are_what_agreements_leave_and_what_may_be_held(sqlite_comms_window: Any) -> None:
    limits = {"most_hold_hours": 12.0, "most_station_hold_hours": 5.0}
    async with sqlite_comms_window.run(**limits) as service, books(service, "JAXA") as (booker,):
        without = await left_h(service, 0, 200)
        assert (without[MLG], without["antennas of ESA"], without["antennas of others"]) == (5.0, 12.0, 12.0)
        assert not any("jaxa" in name.lower() for name in without)
        await agree(service, "ESA", "JAXA", 6.0, station_ids=["esa-mlg"])
        given = await left_h(service, 0, 200)
        assert (given[MLG], given["ESA's esa-ceb"], given["antennas of ESA"]) == (11.0, 5.0, 18.0)
        # Of the agreement 3.25 h are used; 2.25 h are held elsewhere.
        await booker.ReserveContacts(reserving("a", asked("esa-mlg", 5, 7), asked("esa-ceb", 30, 31)))
        used = await left_h(service, 0, 200)
        assert (used[MLG], used["ESA's esa-ceb"], used["antennas of ESA"]) == (7.75, 2.75, 12.5)
        # What exceeds each of them is refused: no more could have been booked.
        for station, most in (("esa-mlg", 7.75), ("esa-ceb", 2.75)):
            with pytest.raises(ExhaustedError, match="TOO_MANY_HOLDS"):
                await booker.ReserveContacts(reserving(f"b{station}", asked(station, 40, 40 + most - AROUND_H + 0.01)))
        both = asked("esa-mlg", 40, 42 - AROUND_H + 3), asked("esa-mlg", 50, 51.5)
        fits = (await booker.ReserveContacts(reserving("c", both[0], both[1]))).contacts
        assert sum(each.occupied.end_time.seconds - each.occupied.start_time.seconds for each in fits) == 7.75 * 3600


async def test_months_have_quotas_of_their_own(sqlite_comms_window: Any) -> None:
    limits = {"most_hold_hours": 0.0, "most_station_hold_hours": 0.0}
    async with sqlite_comms_window.run(**limits) as service, books(service, "JAXA") as (booker,):
        await agree(service, "ESA", "JAXA", 6.0)
        # START is 14 days before the end of January.
        await booker.ReserveContacts(reserving("a", asked("esa-mlg", 5, 7)))
        found = await left_h(service, 0, 20 * 24)
        assert (found[f"{MLG} 2029-01"], found[f"{MLG} 2029-02"], found[MLG]) == (2.75, 6.0, 8.75)
        other = await left_h(service, 0, 20 * 24, mission_id="other")
        assert other[f"{MLG} 2029-01"] == 2.75
        nothing = await left_h(service, 0, 20 * 24, agency_id="ISRO")
        assert nothing[MLG] == 0.0


async def test_bookings_of_the_plan_that_is_made_anew_count_as_what_could_be_booked(
    sqlite_comms_window: Any,
) -> None:
    limits = {"most_hold_hours": 8.0, "most_station_hold_hours": 8.0}
    async with sqlite_comms_window.run(**limits) as service, books(service, "JAXA", "ESA") as (booker, owner):
        held = (await booker.ReserveContacts(reserving("a", asked("esa-mlg", 5, 7), plan_id="p"))).contacts
        assert (await left_h(service, 0, 200))[MLG] == 4.75
        assert (await left_h(service, 0, 200, plan_id="p"))[MLG] == 8.0
        await owner.CommitContacts(contact_pb2.CommitContactsRequest(contact_ids=ids(held)))
        # What is promised stays, and as much again may be held; of it only what lies ahead counts.
        assert (await left_h(service, 0, 200))[MLG] == 8.0
        assert (await left_h(service, 0, 200, plan_id="p"))[MLG] == 11.25
        assert (await left_h(service, 6, 200, plan_id="p"))[MLG] == 9.25


async def test_only_the_planner_is_told(sqlite_comms_window: Any) -> None:
    async with sqlite_comms_window.run() as service:
        asking = agreement_pb2.ListAntennaQuotasRequest(agency_id="JAXA", interval=hours(0, 5))
        for identity in (identity_of("JAXA"), identity_of("ESA", Role.OPERATOR)):
            async with open_test_channel(service.target, identity) as channel:
                with pytest.raises(PermissionDeniedError):
                    await agreement_pb2_grpc.AgreementServiceStub(channel).ListAntennaQuotas(asking)
        for start_h, end_h in ((5, 5), (5, 4), (0, 24 * 3661)):
            with pytest.raises(InvalidInputError, match="INVALID_INTERVAL"):
                await left_h(service, start_h, end_h)
