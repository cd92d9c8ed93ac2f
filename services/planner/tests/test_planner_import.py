"""Schedules of others: taken where the validator passes them, every fault told where it does not."""

from datetime import timedelta

import pytest
from malapert.planner.v1 import plan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import client_of, run_planner

pytestmark = pytest.mark.asyncio


def _items(plan: plan_pb2.Plan) -> list[plan_pb2.ImportedItem]:
    items = []
    for activity in plan.activities:
        drive = activity.kind == plan_pb2.PLANNED_ACTIVITY_KIND_DRIVE
        items.append(
            plan_pb2.ImportedItem(
                activity_id="" if drive else activity.activity_id,
                place_id=activity.place_id,
                to_place_id=activity.to_place_id,
                interval=activity.interval,
            )
        )
    items += [
        plan_pb2.ImportedItem(
            station_id=each.station_id,
            interval=each.interval,
            place_id=each.place_id,
            asset_id=plan.activities[0].asset_id,
        )
        for each in plan.contacts
    ]
    return items


def _shifted(interval: type_pb2.Interval, seconds: float) -> type_pb2.Interval:
    start, end = (from_timestamp(t) + timedelta(seconds=seconds) for t in (interval.start_time, interval.end_time))
    return type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))


async def test_a_schedule_is_taken_as_it_is_or_refused_with_every_broken_rule(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        await client.create()
        plan = await client.get((await client.generate(work_limit_s=2.0)).result_id)
        items = _items(plan)

        async def take(items: list[plan_pb2.ImportedItem]) -> plan_pb2.Plan:
            request = plan_pb2.ImportPlanRequest(plan_id=plan.plan_id, items=items)
            return (await client.plans.ImportPlan(request)).plan

        taken = await take(items)
        assert taken.validation.valid
        assert taken.objective.objective == pytest.approx(plan.objective.objective)
        assert list(taken.activities) == list(plan.activities)
        assert not taken.changes
        assert taken.precursor_plan_id == plan.plan_id

        elsewhere = [plan_pb2.ImportedItem.FromString(item.SerializeToString()) for item in items]
        elsewhere[0].asset_id, elsewhere[-1].place_id = "orbiter", "no-such-place"
        with pytest.raises(InvalidInputError) as contradicting:
            await take(elsewhere)
        assert [(fault.path, fault.code) for fault in contradicting.value.faults] == [
            ("items[0].asset_id", "OTHER_ASSET"),
            (f"items[{len(items) - 1}].place_id", "CONTRADICTING_PLACE"),
        ]

        late = [plan_pb2.ImportedItem() for _ in items]
        for copy, item in zip(late, items, strict=True):
            copy.CopyFrom(item)
        late[0].interval.CopyFrom(_shifted(late[0].interval, 7 * 86400))
        with pytest.raises(InvalidInputError) as refused:
            await take(late)
        assert "HORIZON" in {fault.code for fault in refused.value.faults}

        late[0].interval.CopyFrom(_shifted(items[0].interval, 0.25))
        with pytest.raises(InvalidInputError) as refused:
            await take([*late, plan_pb2.ImportedItem(interval=items[0].interval)])
        assert {fault.code for fault in refused.value.faults} == {"NOT_WHOLE", "EMPTY"}
        page = await client.plans.ListPlans(plan_pb2.ListPlansRequest())
        assert {p.plan_id for p in page.plans} == {plan.plan_id, taken.plan_id}
