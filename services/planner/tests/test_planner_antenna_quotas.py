"""What could still be booked is read at each solve, of generation and of replanning alike."""

from datetime import timedelta

import pytest
from malapert.comms_window.v1 import agreement_pb2
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import client_of, run_planner
from test_planner_antenna_book import made, replanned

pytestmark = pytest.mark.asyncio


def taken_s(plan: plan_pb2.Plan, station_id: str, margin_s: float) -> float:
    """Return the time that a plan's contacts take of a station."""
    spans = (each.interval for each in plan.contacts if each.station_id == station_id)
    return sum(
        (from_timestamp(span.end_time) - from_timestamp(span.start_time)).total_seconds() + margin_s for span in spans
    )


async def test_plans_take_no_more_than_could_be_booked_when_they_are_made(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    servicers, target = neighbours
    async with run_planner(sqlite_service_runtime, target) as planner, client_of(planner.target) as client:
        await client.create()
        asked = plan_pb2.GeneratePlanRequest(mission_id="lupex-week", work_limit_s=1.0)
        plan = await made(client, (await client.plans.GeneratePlan(asked)).operation_id)
        station_id = plan.contacts[0].station_id
        # Set-up of half an hour and teardown of a quarter count as well.
        before_s = taken_s(plan, station_id, 2700)
        span = type_pb2.Interval(
            start_time=to_timestamp(from_timestamp(plan.horizon.start_time) - timedelta(days=3)),
            end_time=to_timestamp(from_timestamp(plan.horizon.end_time) + timedelta(days=3)),
        )
        left = agreement_pb2.AntennaQuota(
            quota_id="q", owner_agency_ids=["ESA"], station_ids=[station_id, "unheard-of"], interval=span,
            left_s=before_s / 2 + 0.5, title="antennas of ESA in 2029-01",
        )  # fmt: skip
        ample = agreement_pb2.AntennaQuota(
            quota_id="ample", owner_agency_ids=["ESA"], station_ids=[station_id], interval=span, left_s=1e7
        )
        servicers.antenna_quotas = [left, ample]
        fewer = await made(client, (await client.plans.GeneratePlan(asked)).operation_id)
        later = await replanned(client, plan)
        for made_anew in (fewer, later):
            assert made_anew.validation.valid
            # That which nothing could exceed is no part of the problem.
            assert made_anew.validation.checks["ANTENNA_QUOTA"] == 1
            assert taken_s(made_anew, station_id, 2700) <= left.left_s
            assert "antenna_quotas" in {record.kind for record in made_anew.provenance.inputs}
        servicers.antenna_quotas = []
        again = await replanned(client, later, improve=True)
        assert again.validation.checks["ANTENNA_QUOTA"] == 0
