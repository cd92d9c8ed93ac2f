"""Assessments of robustness: made as long work in the solver's workers, stored, and told as a principal sees them."""

from malapert.planner.v1 import robustness_pb2
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.jobs.queue import Priority
from malapert_core.operations.operations import OperationContext
from malapert_core.timestamps import to_timestamp
from malapert_core.vocabulary.identifiers import new_identifier

from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.robustness.report import RobustnessReport
from malapert_planner.services.jobs.planning_jobs import robustness_job
from malapert_planner.services.jobs.solver_jobs import SolverJobs
from malapert_planner.services.making.generation import QUEUE_TITLE, follow_stages
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.ports import Clock
from malapert_planner.services.robustness.policy_messages import DEFAULT_DRAWS, policy_of, robustness_message
from malapert_planner.services.sharing.viewing import PlanViewing
from malapert_planner.storage.plans import PlanStore
from malapert_planner.storage.robustness import RobustnessStore

ASSESS_ROBUSTNESS = "assess_robustness"
MOST_OF_PLAN = 100
"""Number of assessments that are kept of a plan for each agency; its oldest goes first."""


class RobustnessAssessments:
    """Makes and keeps assessments.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    store : RobustnessStore
    solver_jobs : SolverJobs
    audit : AuditTrail
    viewing : PlanViewing
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        plans: PlanStore,
        store: RobustnessStore,
        solver_jobs: SolverJobs,
        audit: AuditTrail,
        viewing: PlanViewing,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._store = store
        self._solver_jobs = solver_jobs
        self._audit = audit
        self._viewing = viewing
        self._clock = clock

    async def run(self, context: OperationContext) -> None:
        """Do an ``assess_robustness`` operation; the assessment is stored in the transaction in which it succeeds."""
        request = robustness_pb2.AssessRobustnessRequest.FromString(context.request)
        async with self._database.reading() as session:
            plan = await self._plans.get(session, request.plan_id)
        problem, schedule = unpack_problem(plan.content.problem), unpack_schedule(plan.content.schedule)
        hidden = await self._viewing.hidden(plan.content.mission_id, plan.content.owner_only_requests)
        context.stage("queue", QUEUE_TITLE)
        report: RobustnessReport = await self._solver_jobs.run(
            robustness_job,
            problem,
            schedule,
            policy_of(request.policy, hidden),
            request.seed,
            request.draws or DEFAULT_DRAWS,
            priority=Priority.ROUTINE,
            key=context.operation_id,
            on_progress=follow_stages(context),
            cancelled=context.cancelled,
        )
        message = robustness_message(plan, problem, request.policy, report)
        message.robustness_id = new_identifier()
        message.agency_id = context.identity.agency_id
        message.created_time.CopyFrom(to_timestamp(self._clock()))
        await self._keep(context, plan, message)

    async def _keep(self, context: OperationContext, plan: Plan, message: robustness_pb2.Robustness) -> None:
        async with context.finish(message.robustness_id) as session:
            await self._store.save(session, message)
            await self._store.keep_newest(session, plan.plan_id, message.agency_id, MOST_OF_PLAN)
            self._audit.record(
                session,
                "plan.assessed",
                entity_kind="plan",
                entity_id=plan.plan_id,
                mission_id=plan.content.mission_id,
                detail=message.robustness_id,
                identity=context.identity,
            )

    async def get(self, plan_id: str, robustness_id: str) -> robustness_pb2.Robustness:
        """Return an assessment of a plan; raise NotFoundError where there is none."""
        async with self._database.reading() as session:
            return await self._store.get(session, plan_id, robustness_id)

    async def page(self, plan_id: str, before_id: str, size: int) -> list[robustness_pb2.Robustness]:
        """Return at most so many assessments of a plan, newest first, without items."""
        async with self._database.reading() as session:
            return await self._store.page(session, plan_id, before_id, size)
