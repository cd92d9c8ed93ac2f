"""Standing of a plan: its recorded schedule held against what is now."""

from dataclasses import replace
from datetime import timedelta

from malapert.comms_window.v1 import contact_pb2
from malapert.planner.v1 import plan_pb2
from malapert_core.db.database import Database
from malapert_core.policy.identity import acting_as
from malapert_core.rpc.mapping import to_message
from malapert_core.timestamps import to_timestamp

from malapert_planner.domain.life.notices import outages_in_force
from malapert_planner.domain.life.plan import Plan
from malapert_planner.domain.life.replanning import label_of
from malapert_planner.domain.life.states import IN_FORCE
from malapert_planner.domain.problem.contact_windows import ClosedSpan, ClosureKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.report import ValidationReport
from malapert_planner.domain.validation.rules import Rule
from malapert_planner.services.jobs.planning_jobs import validate_job
from malapert_planner.services.jobs.solver_jobs import SolverJobs
from malapert_planner.services.making.antenna_book import PLANNER, read_antenna_book
from malapert_planner.services.making.antenna_time import closed_spans
from malapert_planner.services.making.plan_content import validation_message
from malapert_planner.services.making.window_conversion import ProblemClock
from malapert_planner.services.plans.lineage import bookings_plan
from malapert_planner.services.ports import Clock, CommsWindows
from malapert_planner.services.requests_out.request_messages import interval
from malapert_planner.storage.plans import PlanStore

_LOST = (
    contact_pb2.CONTACT_STATE_REJECTED,
    contact_pb2.CONTACT_STATE_CANCELLED,
    contact_pb2.CONTACT_STATE_FAILED,
)


class PlanStandings:
    """Holds plans against the contact book and their notices.

    Parameters
    ----------
    database : Database
    plans : PlanStore
    comms_windows : CommsWindows
    solver_jobs : SolverJobs
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        plans: PlanStore,
        comms_windows: CommsWindows,
        solver_jobs: SolverJobs,
        clock: Clock,
    ) -> None:
        self._database = database
        self._plans = plans
        self._comms_windows = comms_windows
        self._solver_jobs = solver_jobs
        self._clock = clock

    async def of(self, plan: Plan, problem: PlanningProblem, schedule: Schedule) -> plan_pb2.PlanStanding:
        """Return whether a plan can be carried out as things stand, and what it breaks.

        Contacts that are closed, or of a plan in force have no booking, are lost: the schedule is checked without
        them, so that what rested on them is named too.
        """
        span = (problem.start_time, problem.start_time + timedelta(seconds=problem.horizon_s))
        async with self._database.reading() as session:
            own_plan_id = await bookings_plan(session, self._plans, plan.plan_id)
        book = await read_antenna_book(self._comms_windows, span, own_plan_id)
        closed = closed_spans(book, ProblemClock(problem.start_time, problem.horizon_s))
        now = replace(problem, closed_spans=(*closed, *await self._lost(plan, problem)))
        broken: ValidationReport = await self._solver_jobs.run(validate_job, now, schedule)
        gone = {violation.object_ids[0] for violation in broken.violations if violation.rule_id == Rule.STATION_CLOSED}
        left = replace(schedule, contacts=tuple(each for each in schedule.contacts if label_of(each) not in gone))
        rest: ValidationReport = await self._solver_jobs.run(validate_job, now, left)
        known = {(violation.rule_id, violation.object_ids) for violation in broken.violations}
        more = tuple(each for each in rest.violations if (each.rule_id, each.object_ids) not in known)
        violations = validation_message(replace(broken, violations=(*broken.violations, *more)), problem).violations
        notices = [notice for notice in plan.notices if notice.is_breaking]
        return plan_pb2.PlanStanding(
            valid=not violations and not notices,
            violations=violations,
            time=to_timestamp(self._clock()),
            notices=[to_message(each, plan_pb2.PlanNotice) for each in (*notices, *outages_in_force(plan.notices))],
        )

    async def _lost(self, plan: Plan, problem: PlanningProblem) -> list[ClosedSpan]:
        """Return when antennas are closed to a plan in force since it has lost its bookings of them."""
        if plan.state not in IN_FORCE:
            return []
        with acting_as(PLANNER):
            held = await self._comms_windows.list_plan_contacts(
                plan.content.mission_id, [plan.plan_id], only_holding=False
            )
        booked = {contact.contact_id for contact in held if contact.state not in _LOST}
        problem_clock = ProblemClock(problem.start_time, problem.horizon_s)
        lost = []
        for contact, contact_id in zip(plan.content.contacts, plan.contact_ids, strict=False):
            if contact_id and contact_id not in booked:
                span = problem_clock.outer_span(interval(contact.start_time, contact.end_time)) or (0, 0)
                title = "the plan has lost its booking"
                lost.append(ClosedSpan(contact.station_id, span, ClosureKind.BOOKING, contact_id, title))
        return lost
