"""Replanning: from a plan and what has happened since to a stored draft that says what changed and why."""

import asyncio
import math
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from malapert.comms_window.v1 import window_pb2
from malapert.payload.v1 import request_pb2, science_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert_core.errors import Fault, InvalidInputError, PreconditionError
from malapert_core.jobs.queue import Priority
from malapert_core.operations.operations import OperationContext
from malapert_core.timestamps import from_timestamp

from malapert_planner.domain.life.mission import Mission
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.held import with_known_holds
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.problem.resources import CumulativeResource, Limit, Reservoir
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.jobs.planning_jobs import ReplanningOutcome, SolveLimits, levels_job, replan_job
from malapert_planner.services.making.antenna_book import book_records, read_antenna_book
from malapert_planner.services.making.antenna_quotas import read_antenna_quotas
from malapert_planner.services.making.generation import (
    QUEUE_TITLE,
    PlanMaking,
    follow_stages,
    require_schedule,
    require_valid,
    solve_priority,
)
from malapert_planner.services.making.plan_content import PlanBasis, make_content
from malapert_planner.services.making.plannable import NOT_SUPPORTED
from malapert_planner.services.making.problem_builder import with_demand
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.provenance import derived_provenance
from malapert_planner.services.plans.comparison import require_same_mission
from malapert_planner.services.plans.lineage import bookings_plan
from malapert_planner.services.plans.mission_documents import mission_document
from malapert_planner.services.plans.record import new_plan
from malapert_planner.services.replanning.conditions import condition_events
from malapert_planner.services.replanning.execution_reports import run_events
from malapert_planner.services.replanning.levels import with_levels
from malapert_planner.services.replanning.plan_events import apply_events, with_retries
from malapert_planner.services.replanning.present_book import with_present_book
from malapert_planner.services.requests_out.request_messages import interval

_Shared = TypeVar("_Shared", Limit, Reservoir, CumulativeResource)
REPLAN_PLAN = "replan_plan"
WORK_LIMIT_S, MOVED_WEIGHT, DROPPED_WEIGHT = 5.0, 0.05, 2.0


class PlanReplanning:
    """Makes plans from plans."""

    def __init__(self, making: PlanMaking) -> None:
        self._making = making

    async def run(self, context: OperationContext) -> None:
        """Do a ``replan_plan`` operation; the plan is stored in the transaction in which it succeeds."""
        request = replan_pb2.ReplanPlanRequest.FromString(context.request)
        context.stage("requests", "Taking in what has happened")
        base, other, mission = await self._begun(request)
        merged = None if other is None else plan_pb2.Plan.FromString(other.content.message)
        document, message = mission_document(mission), plan_pb2.Plan.FromString(base.content.message)
        events = [*(_new_events(message, merged) if merged else ()), *request.events]
        if request.take_conditions:
            events += condition_events(base)
        before, schedule = unpack_problem(base.content.problem), unpack_schedule(base.content.schedule)
        now_s = _now_s(before, request)
        if request.take_reports:
            reports = await self._making.neighbours.payloads.list_executions(mission.mission_id)
            events += run_events(before, schedule, reports, events, message.replan.events)
        inputs = await self._inputs(base, mission, document, message, request, context.identity.agency_id)
        known = message.replan.events
        before, schedule = await asyncio.to_thread(with_present_book, before, schedule, inputs, known, now_s)
        origins = [base] if other is None else [base, other]
        try:
            problem, as_run = apply_events(before, schedule, events)
        except InvalidInputError as error:
            raise await self._making.told_errors.of(error, context.identity, inputs, *origins) from None
        charge_wh, stored_bit = await self._making.solver_jobs.run(levels_job, problem, as_run, now_s)
        problem = with_levels(problem, charge_wh, stored_bit, events)
        wanted = frozenset[str]()
        if request.take_requests:
            asked = with_demand(problem, document, inputs.requests, inputs.windows)
            asked = with_retries(asked, [*message.replan.events, *events])
            problem, wanted = _with_past(problem, asked, as_run, now_s)
        problem = with_known_holds(problem)
        baseline = Baseline(
            schedule=as_run,
            frozen=Schedule(),
            now_s=now_s,
            frozen_until_s=min(problem.horizon_s, now_s + math.ceil(request.frozen_lead_s)),
            moved_weight=request.moved_weight if request.HasField("moved_weight") else MOVED_WEIGHT,
            dropped_weight=request.dropped_weight if request.HasField("dropped_weight") else DROPPED_WEIGHT,
        )
        seed = request.seed or document.solver.seed
        limits = SolveLimits(seed, request.work_limit_s or WORK_LIMIT_S, self._making.wall_limit_s)
        context.stage("queue", QUEUE_TITLE)
        outcome: ReplanningOutcome = await self._making.solver_jobs.run(
            replan_job,
            replace(problem, baseline=None),
            baseline,
            None if request.improve else wanted,
            limits,
            priority=solve_priority(request.priority, Priority.URGENT),
            key=context.operation_id,
            on_progress=follow_stages(context),
            cancelled=context.cancelled,
        )
        try:
            require_schedule(outcome.planning.result, problem)
        except PreconditionError as error:
            raise await self._making.told_errors.of(error, context.identity, inputs, *origins) from None
        require_valid(outcome.problem, outcome.planning, self._making.defects)
        context.stage("store", "Storing the plan")
        await asyncio.sleep(0)
        basis = PlanBasis(
            inputs,
            message.site,
            tuple(message.alternative_sites),
            tuple(message.routes),
            window_pb2.WindowSet(window_set_id=base.content.window_set_id, summaries=message.window_summaries),
            derived_provenance(
                base,
                message,
                _parameters(outcome, limits),
                self._making.clock(),
                book_records(inputs),
            ),
            {stage.name: stage.elapsed_s for stage in context.operation.stages},
            _basis_message(base, message, request, events, baseline, problem),
            outcome.changes,
            () if request.take_requests else tuple(x for x in message.unplanned if x.reason == NOT_SUPPORTED),
            secret=await self._making.secret(mission.mission_id),
            before=message,
            parties_before=base.content.parties,
        )
        plan = new_plan(
            await asyncio.to_thread(make_content, basis, outcome.problem, outcome.planning),
            mission.reviewer_agency_ids,
            base.plan_id,
            context.identity,
            self._making.clock(),
        )
        async with context.finish(plan.plan_id) as session:
            await self._making.record.add(session, plan, context.identity)

    async def _begun(self, request: replan_pb2.ReplanPlanRequest) -> tuple[Plan, Plan | None, Mission]:
        async with self._making.stores.database.reading() as session:
            base = await self._making.stores.plans.get(session, request.plan_id)
            content = base.content
            mission = await self._making.stores.missions.get(session, content.mission_id, content.mission_version)
            if not request.merge_plan_id:
                return base, None, mission
            other = await self._making.stores.plans.get(session, request.merge_plan_id)
        require_same_mission(base, other)
        return base, other, mission

    async def _inputs(
        self,
        base: Plan,
        mission: Mission,
        document: MissionDocument,
        message: plan_pb2.Plan,
        request: replan_pb2.ReplanPlanRequest,
        agency_id: str,
    ) -> ProblemInputs:
        comms = self._making.neighbours.comms_windows
        async with self._making.stores.database.reading() as session:
            own_plan_id = await bookings_plan(session, self._making.stores.plans, base.plan_id)
        book = await read_antenna_book(comms, (mission.start_time, mission.end_time), own_plan_id)
        ahead = (max(mission.start_time, from_timestamp(request.now)), mission.end_time)
        quotas = await read_antenna_quotas(comms, agency_id, mission.mission_id, ahead, own_plan_id)
        demand = request_pb2.ExpandRequestsResponse()
        if request.take_requests:
            lights = [
                science_pb2.PlaceLight(place_id=waypoint.waypoint_id, mean_sun_fraction=waypoint.mean_sun_fraction)
                for waypoint in message.waypoints
            ]
            demand = await self._making.neighbours.payloads.expand_requests(mission.mission_id, mission.version, lights)
        return ProblemInputs(
            mission_id=mission.mission_id,
            mission_version=mission.version,
            document=document,
            waypoints=message.waypoints,
            routes=message.routes,
            stations=book.stations,
            windows=await comms.list_windows(base.content.window_set_id) if base.content.window_set_id else (),
            requests=demand,
            bookings=book.bookings,
            outages=book.outages,
            antenna_quotas=quotas,
        )


def _parameters(outcome: ReplanningOutcome, limits: SolveLimits) -> dict[str, str]:
    result = outcome.planning.result
    return {
        **result.parameters,
        "seed": str(limits.seed),
        "work_limit_s": f"{limits.work_limit_s:g}",
        "work_s": f"{result.work:.6f}",
    }


def _now_s(problem: PlanningProblem, request: replan_pb2.ReplanPlanRequest) -> int:
    offset_s = (from_timestamp(request.now) - problem.start_time).total_seconds()
    if not 0 <= offset_s <= problem.horizon_s:
        fault = Fault("now", "OUTSIDE_HORIZON", "it must lie within the plan's horizon")
        raise InvalidInputError("INVALID_REPLAN_PLAN", "the request has a fault", faults=[fault])
    return min(problem.horizon_s, math.ceil(offset_s / problem.resolution_s) * problem.resolution_s)


def _new_events(message: plan_pb2.Plan, merged: plan_pb2.Plan) -> list[replan_pb2.PlanEvent]:
    """Return the events of a branch that the plan has not taken yet."""
    known = {event.SerializeToString(deterministic=True) for event in message.replan.events}
    return [event for event in merged.replan.events if event.SerializeToString(deterministic=True) not in known]


def _with_past(
    problem: PlanningProblem, asked: PlanningProblem, as_run: Schedule, now_s: int
) -> tuple[PlanningProblem, frozenset[str]]:
    """Return what is asked for now with all that has begun, and the names of what was not asked for before."""
    begun = {placed.activity_id for placed in as_run.activities if placed.span[0] < now_s}
    present = {activity.activity_id for activity in asked.activities}
    past = tuple(a for a in problem.activities if a.activity_id in begun and a.activity_id not in present)
    before = {activity.activity_id for activity in problem.activities}
    gone = {activity.activity_id for activity in past}
    return (
        replace(
            asked,
            activities=(*asked.activities, *past),
            limits=_with_past_uses(asked.limits, problem.limits, "limit_id", gone),
            reservoirs=_with_past_uses(asked.reservoirs, problem.reservoirs, "resource_id", gone),
            cumulative_resources=_with_past_uses(
                asked.cumulative_resources, problem.cumulative_resources, "resource_id", gone
            ),
        ),
        frozenset(present - before),
    )


def _with_past_uses(
    asked: tuple[_Shared, ...], before: tuple[_Shared, ...], name: str, gone: set[str]
) -> tuple[_Shared, ...]:
    """Return what is shared with the uses of activities that have begun and are no longer asked for."""
    past: dict[str, list[Any]] = {getattr(old, name): [u for u in old.uses if u.activity_id in gone] for old in before}
    return tuple(_with_uses(shared, past.get(getattr(shared, name), [])) for shared in asked)


def _with_uses(shared: _Shared, more: list[Any]) -> _Shared:
    uses: Any = (*shared.uses, *more)
    return replace(shared, uses=uses)


def _basis_message(
    base: Plan,
    message: plan_pb2.Plan,
    request: replan_pb2.ReplanPlanRequest,
    events: list[replan_pb2.PlanEvent],
    baseline: Baseline,
    problem: PlanningProblem,
) -> replan_pb2.ReplanBasis:
    span = interval(
        problem.start_time + timedelta(seconds=baseline.now_s),
        problem.start_time + timedelta(seconds=baseline.frozen_until_s),
    )
    return replan_pb2.ReplanBasis(
        base_plan_id=base.plan_id,
        base_content_hash=base.content.content_hash,
        label=request.label,
        now=span.start_time,
        frozen_until=span.end_time,
        events=[*message.replan.events, *events],
        merged_plan_id=request.merge_plan_id,
    )
