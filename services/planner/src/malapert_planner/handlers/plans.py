"""Serves plans."""

import asyncio
import math
from typing import Any

from malapert.planner.v1 import plan_pb2, plan_pb2_grpc, replan_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.operations.operations import OperationRunner
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_numbers, wanted_values
from malapert_core.rpc.paging import cursor_key, encode_cursor, next_cursor, page_size_of

from malapert_planner.domain.life.listing import PlanFilter
from malapert_planner.domain.life.states import Pending, PlanState
from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.handlers.review_messages import new_review_of
from malapert_planner.handlers.shown_plans import ShownPlans
from malapert_planner.services.making.generation import GENERATE_PLAN
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.plans.archive import PlanArchive
from malapert_planner.services.plans.charters import CharterService
from malapert_planner.services.plans.comparison import compare, require_same_mission
from malapert_planner.services.plans.missions import MissionService
from malapert_planner.services.plans.noticed_plans import NoticedPlans
from malapert_planner.services.plans.notices import PlanNotices
from malapert_planner.services.plans.plan_import import PlanImport
from malapert_planner.services.plans.plans import PlanService
from malapert_planner.services.plans.release import PlanRelease
from malapert_planner.services.plans.requests_in_plan import request_in_plan, requests_in_plan
from malapert_planner.services.plans.reviews import PlanReviews
from malapert_planner.services.replanning.conditions import condition_faults
from malapert_planner.services.replanning.plan_events import event_faults
from malapert_planner.services.replanning.replanning import REPLAN_PLAN
from malapert_planner.services.sharing.redaction import redacted_request
from malapert_planner.services.sharing.viewing import visible_schedule


class PlanHandlers(plan_pb2_grpc.PlanServiceServicer):
    """Translates between messages and the plan services."""

    def __init__(
        self,
        missions: MissionService,
        plans: PlanService,
        release: PlanRelease,
        imports: PlanImport,
        notices: PlanNotices,
        archive: PlanArchive,
        operations: OperationRunner,
        reviews: PlanReviews,
        shown: ShownPlans,
        charters: CharterService,
        noticed: NoticedPlans,
    ) -> None:
        self._missions = missions
        self._plans = plans
        self._release = release
        self._imports = imports
        self._notices = notices
        self._archive = archive
        self._operations = operations
        self._reviews = reviews
        self._shown = shown
        self._charters = charters
        self._noticed = noticed

    async def GeneratePlan(  # noqa: N802
        self, request: plan_pb2.GeneratePlanRequest, context: Any
    ) -> plan_pb2.GeneratePlanResponse:
        """Begin to make a plan."""
        _require_work_limit(request.work_limit_s)
        mission = await self._missions.get(request.mission_id, request.mission_version)
        # What "the newest" means is settled now, not when the work begins or begins again.
        request.mission_version = mission.version
        content = request.SerializeToString(deterministic=True)
        operation_id = await self._operations.submit(
            None, GENERATE_PLAN, content, require_identity(), mission.mission_id
        )
        return plan_pb2.GeneratePlanResponse(operation_id=operation_id)

    async def GetPlan(self, request: plan_pb2.GetPlanRequest, context: Any) -> plan_pb2.GetPlanResponse:  # noqa: N802
        """Return a plan."""
        return plan_pb2.GetPlanResponse(plan=await self._shown.message(await self._plans.get(request.plan_id)))

    async def ListPlans(  # noqa: N802
        self, request: plan_pb2.ListPlansRequest, context: Any
    ) -> plan_pb2.ListPlansResponse:
        """Return a page of plans, newest first."""
        size = page_size_of(request.page.page_size)
        wanted = PlanFilter(
            request.mission_id,
            wanted_values(PlanState, request.states, plan_pb2.PlanState.DESCRIPTOR, "states"),
            wanted_values(SolveStatus, request.statuses, plan_pb2.SolveStatus.DESCRIPTOR, "statuses"),
            cursor_key(request.page.page_token),
            entered=await self._charters.entered(require_identity()),
            only_noticed=request.only_noticed,
            pending_steps=wanted_values(
                Pending, request.pending_steps, plan_pb2.PlanPending.DESCRIPTOR, "pending_steps"
            ),
        )
        listing = self._noticed if wanted.only_noticed else self._plans
        plans = await listing.page(size + 1, wanted)
        more = len(plans) > size
        return plan_pb2.ListPlansResponse(
            plans=[await self._shown.listed(plan) for plan in plans[:size]],
            next_page_token=encode_cursor(plans[size - 1].plan_id) if more else "",
        )

    async def SubmitPlan(  # noqa: N802
        self, request: plan_pb2.SubmitPlanRequest, context: Any
    ) -> plan_pb2.SubmitPlanResponse:
        """Put a draft under review."""
        plan = await self._plans.submit(request.plan_id, request.version, require_identity())
        return plan_pb2.SubmitPlanResponse(plan=await self._shown.message(plan))

    async def ReviewPlan(  # noqa: N802
        self, request: plan_pb2.ReviewPlanRequest, context: Any
    ) -> plan_pb2.ReviewPlanResponse:
        """Record the caller's agency's say."""
        plan = await self._reviews.review(new_review_of(request), require_identity())
        return plan_pb2.ReviewPlanResponse(plan=await self._shown.message(plan))

    async def ReleasePlan(  # noqa: N802
        self, request: plan_pb2.ReleasePlanRequest, context: Any
    ) -> plan_pb2.ReleasePlanResponse:
        """Commit the contacts of an approved plan and release it."""
        plan = await self._release.release(request.plan_id, request.version, require_identity())
        return plan_pb2.ReleasePlanResponse(plan=await self._shown.message(plan))

    async def TerminatePlan(  # noqa: N802
        self, request: plan_pb2.TerminatePlanRequest, context: Any
    ) -> plan_pb2.TerminatePlanResponse:
        """End a plan."""
        plan = await self._release.terminate(request.plan_id, request.reason, require_identity())
        return plan_pb2.TerminatePlanResponse(plan=await self._shown.message(plan))

    async def ReplanPlan(  # noqa: N802
        self, request: replan_pb2.ReplanPlanRequest, context: Any
    ) -> replan_pb2.ReplanPlanResponse:
        """Begin to replan a plan."""
        _require_replan(request)
        base = await self._plans.get(request.plan_id)
        if request.merge_plan_id:
            require_same_mission(base, await self._plans.get(request.merge_plan_id))
        problem = unpack_problem(base.content.problem)
        eyes = await self._shown.eyes(base)
        faults = event_faults(problem, visible_schedule(problem, base, eyes), request.events)
        if request.take_conditions:
            faults += condition_faults(base, problem, unpack_schedule(base.content.schedule), eyes)
        if faults:
            raise InvalidInputError("INVALID_REPLAN_PLAN", "the request has faults", faults=faults)
        content = request.SerializeToString(deterministic=True)
        operation_id = await self._operations.submit(
            None, REPLAN_PLAN, content, require_identity(), base.content.mission_id
        )
        return replan_pb2.ReplanPlanResponse(operation_id=operation_id)

    async def ComparePlans(  # noqa: N802
        self, request: replan_pb2.ComparePlansRequest, context: Any
    ) -> replan_pb2.ComparePlansResponse:
        """Hold two plans side by side."""
        plan, other = await self._plans.get(request.plan_id), await self._plans.get(request.other_plan_id)
        require_same_mission(plan, other)
        return compare(plan, other, await self._shown.eyes(plan, other))

    async def ImportPlan(  # noqa: N802
        self, request: plan_pb2.ImportPlanRequest, context: Any
    ) -> plan_pb2.ImportPlanResponse:
        """Take a schedule that was made elsewhere."""
        base = await self._plans.get(request.plan_id)
        plan = await self._imports.run(base, request, require_identity(), await self._shown.eyes(base))
        return plan_pb2.ImportPlanResponse(plan=await self._shown.message(plan))

    async def ExplainUnplanned(  # noqa: N802
        self, request: plan_pb2.ExplainUnplannedRequest, context: Any
    ) -> plan_pb2.ExplainUnplannedResponse:
        """Say why a repetition is not in a plan, and what would admit it."""
        plan = await self._plans.get(request.plan_id)
        eyes = await self._shown.eyes(plan)
        return await self._plans.explain(plan, request.request_id, request.repetition_index, eyes)

    async def AcknowledgeNotices(  # noqa: N802
        self, request: plan_pb2.AcknowledgeNoticesRequest, context: Any
    ) -> plan_pb2.AcknowledgeNoticesResponse:
        """Record that the caller's agency knows of notices."""
        eyes = await self._shown.eyes(await self._plans.get(request.plan_id))
        plan = await self._notices.acknowledge(
            request.plan_id, list(request.notice_ids), request.comment, require_identity(), eyes
        )
        return plan_pb2.AcknowledgeNoticesResponse(plan=await self._shown.message(plan))

    async def RestorePlan(  # noqa: N802
        self, request: plan_pb2.RestorePlanRequest, context: Any
    ) -> plan_pb2.RestorePlanResponse:
        """Take a plan out of the archive."""
        plan = await self._archive.restore(request.plan_id, request.version, require_identity())
        return plan_pb2.RestorePlanResponse(plan=await self._shown.message(plan))

    async def GetRequestInPlan(  # noqa: N802
        self, request: plan_pb2.GetRequestInPlanRequest, context: Any
    ) -> plan_pb2.GetRequestInPlanResponse:
        """Say what became of a request of the caller's agency in a plan."""
        plan = await self._plans.get(request.plan_id)
        found = await asyncio.to_thread(request_in_plan, plan, _own_agency(), request.request_id)
        eyes = await self._shown.eyes(plan)
        return plan_pb2.GetRequestInPlanResponse(request=redacted_request(found, eyes))

    async def ListRequestsInPlan(  # noqa: N802
        self, request: plan_pb2.ListRequestsInPlanRequest, context: Any
    ) -> plan_pb2.ListRequestsInPlanResponse:
        """Say what became in a plan of every request of the caller's agency."""
        size = page_size_of(request.page.page_size)
        after = cursor_key(request.page.page_token)
        states = wanted_numbers(request.states, plan_pb2.RequestInPlanState.DESCRIPTOR, "states")
        plan = await self._plans.get(request.plan_id)
        found = await asyncio.to_thread(requests_in_plan, plan, _own_agency())
        eyes = await self._shown.eyes(plan)
        left = [
            redacted_request(each, eyes)
            for each in found
            if each.request_id > after and (not states or each.state in states)
        ]
        return plan_pb2.ListRequestsInPlanResponse(
            requests=left[:size],
            next_page_token=next_cursor(left, size, lambda row: row.request_id),
        )

    async def ValidatePlan(  # noqa: N802
        self, request: plan_pb2.ValidatePlanRequest, context: Any
    ) -> plan_pb2.ValidatePlanResponse:
        """Check a stored plan again."""
        plan = await self._plans.get(request.plan_id)
        report = await self._plans.validate(plan, await self._shown.eyes(plan))
        return plan_pb2.ValidatePlanResponse(validation=report)


def _own_agency() -> str:
    """Return the agency whose requests the caller is told of; a service is told of every agency's."""
    identity = require_identity()
    return "" if identity.is_service else identity.agency_id


def _require_work_limit(work_limit_s: float) -> None:
    if not math.isfinite(work_limit_s) or work_limit_s < 0:
        fault = Fault("work_limit_s", "OUT_OF_RANGE", f"{work_limit_s} must be 0 or more")
        raise InvalidInputError("INVALID_GENERATE_PLAN", "the request has a fault", faults=[fault])


def _require_replan(request: replan_pb2.ReplanPlanRequest) -> None:
    names = ("frozen_lead_s", "work_limit_s", "moved_weight", "dropped_weight")
    figures = {name: getattr(request, name) for name in names}
    faults = [
        Fault(name, "OUT_OF_RANGE", f"{value} must be 0 or more")
        for name, value in figures.items()
        if not math.isfinite(value) or value < 0
    ]
    if not request.HasField("now"):
        faults.append(Fault("now", "REQUIRED", "say from when on is to be planned anew"))
    if faults:
        raise InvalidInputError("INVALID_REPLAN_PLAN", "the request has faults", faults=faults)
