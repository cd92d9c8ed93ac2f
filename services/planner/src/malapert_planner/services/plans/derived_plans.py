"""Plans made of other plans without a solve: the same problem, another schedule that the validator passes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from malapert.comms_window.v1 import window_pb2
from malapert.payload.v1 import request_pb2
from malapert.planner.v1 import plan_pb2, replan_pb2
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_planner.domain.life.changes import Change
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.report import ValidationReport
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome, check_job
from malapert_planner.services.making.generation import PlanMaking
from malapert_planner.services.making.plan_content import PlanBasis, make_content
from malapert_planner.services.making.plannable import NOT_SUPPORTED
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.provenance import derived_provenance
from malapert_planner.services.plans.mission_documents import mission_document
from malapert_planner.services.plans.record import new_plan
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import WITHHELD_REASON

InTransaction = Callable[[AsyncSession], Awaitable[None]]
"""Further changes in the transaction in which a plan is stored."""


@dataclass(frozen=True, slots=True)
class DerivedPlan:
    """A schedule that is to become a plan: of which plan, for which problem, with what changed and why.

    ``solver`` says where the schedule is from, ``label`` names the branch.
    """

    base: Plan
    problem: PlanningProblem
    schedule: Schedule
    solver: str
    changes: tuple[Change, ...]
    label: str = ""
    is_edited: bool = False


class DerivedPlans:
    """Makes plans of other plans.

    Parameters
    ----------
    making : PlanMaking
    """

    def __init__(self, making: PlanMaking) -> None:
        self._making = making

    async def make(
        self, wanted: DerivedPlan, identity: Identity, eyes: PlanEyes, also: InTransaction | None = None
    ) -> Plan:
        """Return the stored draft of a schedule that the validator passed.

        Raises
        ------
        InvalidInputError
            ``INVALID_PLAN`` with a fault for each rule that the schedule breaks.
        """
        stores, base = self._making.stores, wanted.base
        async with stores.database.reading() as session:
            mission = await stores.missions.get(session, base.content.mission_id, base.content.mission_version)
        message = plan_pb2.Plan.FromString(base.content.message)
        parameters = {"solver": wanted.solver, "work_limit": "0", "wall_limit_s": "0"}
        result = SolveResult(SolveStatus.FEASIBLE, wanted.schedule, 0.0, message.objective.bound, 0.0, parameters)
        outcome: PlanningOutcome = await self._making.solver_jobs.run(check_job, wanted.problem, result)
        _require_kept(outcome.validation, eyes)
        windows: Sequence[window_pb2.Window] = ()
        if base.content.window_set_id:
            windows = await self._making.neighbours.comms_windows.list_windows(base.content.window_set_id)
        basis = PlanBasis(
            ProblemInputs(
                mission_id=mission.mission_id,
                mission_version=mission.version,
                document=mission_document(mission),
                waypoints=message.waypoints,
                routes=message.routes,
                stations={},
                windows=windows,
                requests=request_pb2.ExpandRequestsResponse(),
                bookings=(),
            ),
            message.site,
            tuple(message.alternative_sites),
            tuple(message.routes),
            window_pb2.WindowSet(window_set_id=base.content.window_set_id, summaries=message.window_summaries),
            derived_provenance(base, message, parameters, self._making.clock()),
            {},
            _basis(wanted),
            wanted.changes,
            tuple(item for item in message.unplanned if item.reason == NOT_SUPPORTED),
            secret=await self._making.secret(mission.mission_id),
            before=message,
            parties_before=base.content.parties,
        )
        content = await asyncio.to_thread(make_content, basis, wanted.problem, outcome)
        plan = new_plan(content, mission.reviewer_agency_ids, base.plan_id, identity, self._making.clock())
        async with stores.database.transaction() as session:
            await self._making.record.add(session, plan, identity)
            if also is not None:
                await also(session)
        return plan


def _basis(wanted: DerivedPlan) -> replan_pb2.ReplanBasis:
    return replan_pb2.ReplanBasis(
        base_plan_id=wanted.base.plan_id,
        base_content_hash=wanted.base.content.content_hash,
        label=wanted.label or wanted.solver,
        is_edited=wanted.is_edited,
    )


def _require_kept(report: ValidationReport | None, eyes: PlanEyes) -> None:
    if report is None or report.valid:
        return
    faults = [
        Fault("", v.rule_id, WITHHELD_REASON)
        if eyes.mention(v.message, *v.object_ids)
        else Fault(", ".join(v.object_ids), v.rule_id, v.message)
        for v in report.violations
    ]
    raise InvalidInputError("INVALID_PLAN", f"the schedule breaks {len(faults)} rules", faults=faults)
