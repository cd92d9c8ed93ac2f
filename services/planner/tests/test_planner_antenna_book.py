"""Outages and bookings are read at each solve: what is closed is not planned, and what opened again may be."""

from datetime import timedelta

import pytest
from malapert.comms_window.v1 import contact_pb2, outage_pb2
from malapert.operation.v1 import operation_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import from_timestamp
from malapert_planner.storage.tables import PlanRow
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner

pytestmark = pytest.mark.asyncio


async def made(client: PlannerClient, operation_id: str) -> plan_pb2.Plan:
    operation = await client.ended(operation_id)
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    return await client.get(operation.result_id)


async def replanned(client: PlannerClient, plan: plan_pb2.Plan, **request: object) -> plan_pb2.Plan:
    asked = replan_pb2.ReplanPlanRequest(plan_id=plan.plan_id, work_limit_s=1.0, **{"now": start(plan), **request})
    return await made(client, (await client.plans.ReplanPlan(asked)).operation_id)


def start(plan: plan_pb2.Plan):
    return plan.horizon.start_time


def outage_of(contact: plan_pb2.PlannedContact, number: int) -> outage_pb2.Outage:
    return outage_pb2.Outage(
        outage_id=f"outage-{number}",
        station_id=contact.station_id,
        interval=contact.interval,
        kind=outage_pb2.OUTAGE_KIND_FAILURE,
        reason="hydraulics",
    )


def hit(plan: plan_pb2.Plan, station_id: str, interval: type_pb2.Interval, margin_s: float = 0.0) -> list[str]:
    """Return the contacts of a plan with a station that overlap an interval, with margins around."""
    low, high = (from_timestamp(time) for time in (interval.start_time, interval.end_time))
    margin = timedelta(seconds=margin_s)
    return [
        contact.window_id
        for contact in plan.contacts
        if contact.station_id == station_id
        and from_timestamp(contact.interval.start_time) - margin < high
        and low < from_timestamp(contact.interval.end_time) + margin
    ]


def recorded(plan: plan_pb2.Plan) -> dict[str, str]:
    kinds = ("bookings", "outages")
    return {record.kind: record.content_hash for record in plan.provenance.inputs if record.kind in kinds}


async def test_what_is_closed_is_not_planned_and_what_opens_again_may_be(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as planner, client_of(planner.target) as client:
        await client.create()
        asked = plan_pb2.GeneratePlanRequest(mission_id="lupex-week", work_limit_s=1.0)
        plan = await made(client, (await client.plans.GeneratePlan(asked)).operation_id)
        first, second = plan.contacts[0], plan.contacts[-1]
        servicers.outages = [outage_of(first, 1)]
        taken = contact_pb2.Contact(
            contact_id="contact-of-others",
            station_id=second.station_id,
            interval=second.interval,
            occupied=second.interval,
            state=contact_pb2.CONTACT_STATE_COMMITTED,
            mission_id="other",
        )
        servicers.contacts["other"] = taken

        around = await made(client, (await client.plans.GeneratePlan(asked)).operation_id)
        after = await replanned(client, plan)
        for made_anew in (around, after):
            assert made_anew.validation.valid
            assert made_anew.validation.checks["STATION_CLOSED"] == len(made_anew.contacts)
            # Set-up of half an hour and teardown of a quarter keep clear of the outage, too.
            assert not hit(made_anew, first.station_id, first.interval, 900)
            assert not hit(made_anew, second.station_id, second.interval, 900)
            assert "contact-of-others" not in str(made_anew)
            assert set(recorded(made_anew)) == {"bookings", "outages"}
            assert not set(recorded(made_anew).values()) & set(recorded(plan).values())
        reasons = [change.explanation for change in after.changes if change.reason == "FORCED"]
        assert any("outage-1" in reason and "hydraulics" in reason for reason in reasons), reasons

        servicers.outages, servicers.contacts = [], {}
        again = await replanned(client, after, improve=True)
        assert recorded(again) == recorded(plan)
        assert again.validation.valid


async def test_bookings_of_the_plan_in_force_are_the_replan_s_own(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as planner, client_of(planner.target) as client:
        await client.create()
        asked = plan_pb2.GeneratePlanRequest(mission_id="lupex-week", work_limit_s=1.0)
        plan = await made(client, (await client.plans.GeneratePlan(asked)).operation_id)
        for number, contact in enumerate(plan.contacts):
            servicers.contacts[f"own-{number}"] = contact_pb2.Contact(
                contact_id=f"own-{number}",
                station_id=contact.station_id,
                occupied=contact.interval,
                state=contact_pb2.CONTACT_STATE_COMMITTED,
                plan_id=plan.plan_id,
            )
        # Of a draft they are nobody's own: only a plan in force has bookings.
        moved = await replanned(client, plan)
        assert not any(hit(moved, contact.station_id, contact.interval, 900) for contact in plan.contacts)
        async with planner.runtime.database.transaction() as session:
            row = await session.get(PlanRow, plan.plan_id)
            row.state = "RELEASED"
            session.add(row)
        kept = await replanned(client, plan)
        assert [contact.interval for contact in kept.contacts] == [contact.interval for contact in plan.contacts]
        assert not kept.changes
