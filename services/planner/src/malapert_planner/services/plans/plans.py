"""Reading, submitting, reviewing and re-checking plans."""

from malapert.planner.v1 import plan_pb2
from malapert_core.db.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.policy.charters import Charters
from malapert_core.policy.identity import Identity

from malapert_planner.domain.life.acts import PlanAction
from malapert_planner.domain.life.listing import ListedPlan, PlanFilter
from malapert_planner.domain.life.plan import Plan
from malapert_planner.services.jobs.planning_jobs import explain_job, validate_job
from malapert_planner.services.jobs.solver_jobs import SolverJobs
from malapert_planner.services.making.plan_content import validation_message, why_not_message
from malapert_planner.services.making.problem_file import unpack_problem, unpack_schedule
from malapert_planner.services.plans.record import PlanRecord, act_of
from malapert_planner.services.plans.sign_off import sign_off_of
from malapert_planner.services.plans.standing import PlanStandings
from malapert_planner.services.ports import Clock
from malapert_planner.services.sharing.plan_eyes import PlanEyes
from malapert_planner.services.sharing.redaction import redacted_explanation, redacted_report
from malapert_planner.storage.plans import PlanStore
from malapert_planner.storage.secrets import SecretStore


class PlanService:
    """Keeps the life of plans up to their release.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    secrets : SecretStore
    charters : Charters
    solver_jobs : SolverJobs
    record : PlanRecord
    standings : PlanStandings
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        plans: PlanStore,
        secrets: SecretStore,
        charters: Charters,
        solver_jobs: SolverJobs,
        record: PlanRecord,
        standings: PlanStandings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._secrets = secrets
        self._charters = charters
        self._solver_jobs = solver_jobs
        self._record = record
        self._standings = standings
        self._clock = clock

    async def get(self, plan_id: str) -> Plan:
        """Return a plan; raise NotFoundError where there is none."""
        async with self._database.reading() as session:
            return await self._plans.get(session, plan_id)

    async def page(self, size: int, wanted: PlanFilter) -> list[ListedPlan]:
        """Return at most so many of the wanted plans, newest first."""
        async with self._database.reading() as session:
            return await self._plans.page(session, size, wanted)

    async def submit(self, plan_id: str, seen_version: int, identity: Identity) -> Plan:
        """Put a draft under review.

        Raises
        ------
        PreconditionError
            ``WRONG_STATE``.
        ConflictError
            ``STALE_VERSION``.
        """
        async with self._database.transaction() as session:
            plan = await self._plans.get(session, plan_id)
            plan.require_version(seen_version)
            act = act_of(PlanAction.SUBMITTED, identity, self._clock())
            charter = await self._charters.get(plan.content.mission_id)
            terms = await sign_off_of(session, self._plans, plan, charter, self._clock)
            return await self._record.changed(session, plan.submitted(act, terms), PlanAction.SUBMITTED, identity)

    async def secret(self, mission_id: str) -> bytes:
        """Return the secret from which the salts of a mission's plans are made."""
        async with self._database.transaction() as session:
            return await self._secrets.get(session, mission_id)

    async def explain(
        self, plan: Plan, request_id: str, repetition_index: int, eyes: PlanEyes
    ) -> plan_pb2.ExplainUnplannedResponse:
        """Say why a repetition is not in a plan, and what would admit it; raise NotFoundError where it is no such.

        A request that the principal does not see is none, and is told as soon as one that there is not.
        """
        problem, schedule = unpack_problem(plan.content.problem), unpack_schedule(plan.content.schedule)
        asked = {(activity.request_id, activity.repetition_index) for activity in problem.activities}
        if (request_id, repetition_index) not in asked or request_id in eyes.hidden_request_ids:
            raise NotFoundError("unplanned repetition", f"{request_id}/{repetition_index}")
        why = await self._solver_jobs.run(explain_job, problem, schedule, request_id, repetition_index)
        return redacted_explanation(why_not_message(why, problem), eyes)

    async def validate(self, plan: Plan, eyes: PlanEyes) -> plan_pb2.ValidationReport:
        """Check a stored plan again by the independent validator: as it was made, and as things stand."""
        problem, schedule = unpack_problem(plan.content.problem), unpack_schedule(plan.content.schedule)
        report = await self._solver_jobs.run(validate_job, problem, schedule)
        message = validation_message(report, problem)
        message.as_things_stand.CopyFrom(await self._standings.of(plan, problem, schedule))
        return redacted_report(message, eyes)
