"""Replanning through the service: events in, a draft that says what changed out; branches, comparison, merging."""

from datetime import timedelta

import pytest
from malapert.operation.v1 import operation_pb2
from malapert.payload.v1 import execution_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp
from malapert_testing.services import ServiceLauncher
from neighbours import Neighbours
from planner_client import PlannerClient, client_of, run_planner

pytestmark = pytest.mark.asyncio


async def _planned(client: PlannerClient) -> plan_pb2.Plan:
    await client.create()
    operation = await client.generate(work_limit_s=2.0)
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    return await client.get(operation.result_id)


async def _replanned(client: PlannerClient, plan: plan_pb2.Plan, **request) -> plan_pb2.Plan:
    asked = replan_pb2.ReplanPlanRequest(plan_id=plan.plan_id, work_limit_s=2.0, **request)
    operation = await client.ended((await client.plans.ReplanPlan(asked)).operation_id)
    assert operation.state == operation_pb2.OPERATION_STATE_SUCCEEDED, operation
    return await client.get(operation.result_id)


def _at(plan: plan_pb2.Plan, hours: float):
    return to_timestamp(from_timestamp(plan.horizon.start_time) + timedelta(hours=hours))


def _later(interval: type_pb2.Interval, seconds: float) -> type_pb2.Interval:
    start, end = (from_timestamp(t) + timedelta(seconds=seconds) for t in (interval.start_time, interval.end_time))
    return type_pb2.Interval(start_time=to_timestamp(start), end_time=to_timestamp(end))


async def test_an_outage_is_replanned_and_the_change_says_why(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        plan = await _planned(client)
        contact = plan.contacts[len(plan.contacts) // 2]
        outage = replan_pb2.StationOutage(station_id=contact.station_id, interval=contact.interval)
        event = replan_pb2.PlanEvent(station_outage=outage)
        replanned = await _replanned(client, plan, now=plan.horizon.start_time, events=[event], label="outage")
        assert replanned.validation.valid
        assert replanned.precursor_plan_id == plan.plan_id
        assert replanned.replan.label == "outage"
        assert list(replanned.replan.events) == [event]
        assert any(change.reason == "FORCED" for change in replanned.changes)
        assert not [
            other
            for other in replanned.contacts
            if other.station_id == contact.station_id
            and other.interval.start_time.ToNanoseconds() < contact.interval.end_time.ToNanoseconds()
            and contact.interval.start_time.ToNanoseconds() < other.interval.end_time.ToNanoseconds()
        ]

        request = replan_pb2.ComparePlansRequest(plan_id=plan.plan_id, other_plan_id=replanned.plan_id)
        compared = await client.plans.ComparePlans(request)
        figures = {figure.name: (figure.value, figure.other_value) for figure in compared.figures}
        assert figures["objective"] == (plan.objective.objective, replanned.objective.objective)
        assert list(compared.changes) == list(replanned.changes)
        back = replan_pb2.ComparePlansRequest(plan_id=replanned.plan_id, other_plan_id=plan.plan_id)
        assert (await client.plans.ComparePlans(back)).changes

        # A branch from the first plan with another event, then both events together.
        weaker = replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=0.95, from_time=_at(plan, 24)))
        branch = await _replanned(client, plan, now=plan.horizon.start_time, events=[weaker], label="weaker array")
        merged = await _replanned(client, branch, now=_at(plan, 2), merge_plan_id=replanned.plan_id)
        assert list(merged.replan.events) == [weaker, event]
        assert merged.replan.merged_plan_id == replanned.plan_id
        assert merged.validation.valid


async def test_what_was_run_feeds_the_replan(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        plan = await _planned(client)
        first = next(a for a in plan.activities if a.kind == plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED)
        run = replan_pb2.ActivityRun(
            activity_id=first.activity_id, state=replan_pb2.RUN_STATE_FAILED, interval=_later(first.interval, 60)
        )
        charge_wh = 0.8 * next(p.capacity for p in plan.profiles if p.resource_id == "battery_wh")
        events = [
            replan_pb2.PlanEvent(activity_run=run),
            replan_pb2.PlanEvent(measurement=replan_pb2.Measurement(charge_wh=charge_wh)),
        ]
        now = to_timestamp(from_timestamp(run.interval.end_time) + timedelta(minutes=5))
        replanned = await _replanned(client, plan, now=now, frozen_lead_s=3600.0, events=events)
        as_run = next(a for a in replanned.activities if a.activity_id == first.activity_id)
        assert as_run.interval == run.interval
        assert as_run.value == 0.0
        battery = next(p for p in replanned.profiles if p.resource_id == "battery_wh")
        replanned_s = (from_timestamp(replanned.replan.now) - from_timestamp(plan.horizon.start_time)).total_seconds()
        at_now = [
            value for offset_s, value in zip(battery.offset_s, battery.value, strict=True) if offset_s == replanned_s
        ]
        # Up to now the battery is as it was planned, from then on as it was measured.
        assert at_now[-1] == pytest.approx(charge_wh)
        planned = next(p for p in plan.profiles if p.resource_id == "battery_wh")
        past = [each for each in zip(planned.offset_s, planned.value, strict=True) if each[0] < replanned_s]
        assert list(zip(battery.offset_s, battery.value, strict=True))[: len(past)] == past
        ids = {a.activity_id for a in replanned.activities} | {
            f"{u.request_id}" for u in replanned.unplanned if u.request_id == first.request_id
        }
        assert f"{first.activity_id}~retry" in ids or first.request_id in ids
        frozen_until = from_timestamp(replanned.replan.frozen_until)
        before = {a.activity_id: a.interval for a in plan.activities if a.activity_id != first.activity_id}
        for activity in replanned.activities:
            if activity.activity_id in before and from_timestamp(activity.interval.start_time) < frozen_until:
                assert activity.interval == before[activity.activity_id]


async def test_reports_on_what_was_run_are_taken_where_they_are_asked_for(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        plan = await _planned(client)
        first = next(a for a in plan.activities if a.kind == plan_pb2.PLANNED_ACTIVITY_KIND_REQUESTED)
        span = _later(first.interval, 60)
        report = execution_pb2.Execution(
            request_id=first.request_id,
            attempt=1,
            outcome=execution_pb2.EXECUTION_OUTCOME_DONE,
            span=span,
            data_bit=first.data_bit + 8e6,
        )
        unplanned = execution_pb2.Execution(request_id="nobody", attempt=1)
        neighbours[0].executions = [report, unplanned]
        now = to_timestamp(from_timestamp(span.end_time) + timedelta(minutes=5))
        untold = await _replanned(client, plan, now=now)
        told = await _replanned(client, plan, now=now, take_reports=True)
        assert not untold.replan.events
        assert {event.activity_run.activity_id for event in told.replan.events} >= {first.activity_id}
        as_run = next(a for a in told.activities if a.activity_id == first.activity_id)
        assert from_timestamp(as_run.interval.start_time) == from_timestamp(span.start_time)
        replanned_s = (from_timestamp(told.replan.now) - from_timestamp(plan.horizon.start_time)).total_seconds()
        levels = [level_at(each, "storage_bit", replanned_s) for each in (untold, told)]
        assert levels[1] >= levels[0]
        # They are the plan's own from then on: the next replan does not take them twice.
        again = await _replanned(client, told, now=now, take_reports=True, label="again")
        assert again.replan.events == told.replan.events


def level_at(plan: plan_pb2.Plan, resource_id: str, offset_s: float) -> float:
    """Return the last value that a profile has at an instant."""
    profile = next(each for each in plan.profiles if each.resource_id == resource_id)
    return [value for time_s, value in zip(profile.offset_s, profile.value, strict=True) if time_s == offset_s][-1]


async def test_a_replan_tells_its_past_as_its_base_did(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        plan = await _planned(client)
        ended = sorted(from_timestamp(contact.interval.end_time) for contact in plan.contacts)
        now = to_timestamp(ended[len(ended) // 2] + timedelta(minutes=5))
        replanned = await _replanned(client, plan, now=now)
        then = now.ToNanoseconds()
        past = [each for each in plan.contacts if each.interval.end_time.ToNanoseconds() <= then]
        assert past
        assert list(replanned.contacts)[: len(past)] == past
        over = [each for each in plan.activities if each.interval.end_time.ToNanoseconds() <= then]
        assert list(replanned.activities)[: len(over)] == over
        # Nothing happened: nothing is other than it was, but for what rounds.
        request = replan_pb2.ComparePlansRequest(plan_id=plan.plan_id, other_plan_id=replanned.plan_id)
        compared = await client.plans.ComparePlans(request)
        assert not compared.changes
        figures = {figure.name: (figure.value, figure.other_value) for figure in compared.figures}
        for name in (
            "activities",
            "drives",
            "contacts",
            "time in contact",
            "battery_wh, lowest",
            "storage_bit, highest",
        ):
            assert figures[name][1] == pytest.approx(figures[name][0], rel=1e-6), name
        sent = figures["sent data"]
        assert sent[1] == pytest.approx(sent[0], rel=0.02)
        ids = {(each.kind, each.interval.start_time.ToNanoseconds()): each.activity_id for each in plan.activities}
        assert {
            (each.kind, each.interval.start_time.ToNanoseconds()): each.activity_id for each in replanned.activities
        } == ids


async def test_faults_of_a_replan_are_told_at_once(
    sqlite_service_runtime: ServiceLauncher, neighbours: tuple[Neighbours, str]
) -> None:
    service = run_planner(sqlite_service_runtime, neighbours[1])
    async with service as planner, client_of(planner.target) as client:
        plan = await _planned(client)
        empty = type_pb2.Interval(start_time=_at(plan, 2), end_time=_at(plan, 1))
        events = [
            replan_pb2.PlanEvent(),
            replan_pb2.PlanEvent(station_outage=replan_pb2.StationOutage(station_id="nowhere", interval=empty)),
            replan_pb2.PlanEvent(array_power=replan_pb2.ArrayPower(factor=-1)),
            replan_pb2.PlanEvent(activity_run=replan_pb2.ActivityRun(activity_id="nobody")),
            replan_pb2.PlanEvent(drive_run=replan_pb2.DriveRun(from_place_id="a", to_place_id="b", interval=empty)),
            replan_pb2.PlanEvent(measurement=replan_pb2.Measurement(charge_wh=1e9, stored_bit=-1)),
        ]
        request = replan_pb2.ReplanPlanRequest(plan_id=plan.plan_id, now=_at(plan, 1), events=events)
        with pytest.raises(InvalidInputError) as refused:
            await client.plans.ReplanPlan(request)
        assert {(fault.path, fault.code) for fault in refused.value.faults} >= {
            ("events[0]", "EMPTY"),
            ("events[1].station_outage.station_id", "UNKNOWN_STATION"),
            ("events[1].station_outage.interval", "EMPTY_INTERVAL"),
            ("events[2].array_power.factor", "OUT_OF_RANGE"),
            ("events[3].activity_run.activity_id", "NOT_PLANNED"),
            ("events[3].activity_run.state", "REQUIRED"),
            ("events[4].drive_run", "NOT_PLANNED"),
            ("events[5].measurement.charge_wh", "OUT_OF_RANGE"),
            ("events[5].measurement.stored_bit", "OUT_OF_RANGE"),
        }

        for wrong in ({"frozen_lead_s": -1.0, "now": _at(plan, 1)}, {}):
            with pytest.raises(InvalidInputError):
                await client.plans.ReplanPlan(replan_pb2.ReplanPlanRequest(plan_id=plan.plan_id, **wrong))

        asked = replan_pb2.ReplanPlanRequest(plan_id=plan.plan_id, now=_at(plan, -1))
        operation = await client.ended((await client.plans.ReplanPlan(asked)).operation_id)
        assert operation.state == operation_pb2.OPERATION_STATE_FAILED
        assert operation.error_reason == "INVALID_REPLAN_PLAN"
