"""Planning jobs without the solver: a small valid schedule made by hand, and one that breaks a rule."""

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus, Unplanned
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, Schedule
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.jobs.planning_jobs import PlanningOutcome, SolveLimits
from malapert_planner.services.jobs.worker_process import JobLink

HOUR_S = 3600
# The survey makes 1.6 Gbit; two hours at 256 kbit/s send 1.8 Gbit.
VALID = Schedule(
    activities=(PlacedActivity("survey-lander/0/survey", "lander", (4 * HOUR_S, 6 * HOUR_S)),),
    contacts=(
        PlacedContact("isro-idsn-32", "lander", "isro-idsn-32-lander-0", (6 * HOUR_S, 8 * HOUR_S)),
        PlacedContact("jaxa-udsc-64", "lander", "jaxa-udsc-64-lander-0", (9 * HOUR_S, 10 * HOUR_S)),
    ),
)
# Keeps the first contact of the valid one, moves the second by half an hour and adds a third.
NEXT = Schedule(
    activities=VALID.activities,
    contacts=(
        VALID.contacts[0],
        PlacedContact("jaxa-udsc-64", "lander", "jaxa-udsc-64-lander-0", (9 * HOUR_S + 1800, 10 * HOUR_S + 1800)),
        PlacedContact("jaxa-udsc-64", "lander", "jaxa-udsc-64-lander-1", (33 * HOUR_S, 34 * HOUR_S)),
    ),
)
# Keeps the first contact of the valid one, and has another one on the next day.
LATER = Schedule(activities=VALID.activities, contacts=(NEXT.contacts[0], NEXT.contacts[2]))
# The asset is at the lander, not at the haven.
REFUSED = Schedule(activities=(PlacedActivity("neutrons-haven/0/stare", "haven", (0, 6 * HOUR_S)),))


def plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Return the valid schedule, checked by the real validator."""
    return _outcome(problem, VALID)


def next_plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Return a valid schedule with other contacts."""
    return _outcome(problem, NEXT)


def later_plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Return a valid schedule that has a contact less, and one on the next day."""
    return _outcome(problem, LATER)


def refused_plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Return the schedule that breaks a rule, as the real validator finds."""
    return _outcome(problem, REFUSED)


def _outcome(problem: PlanningProblem, schedule: Schedule) -> PlanningOutcome:
    planned = {placed.activity_id for placed in schedule.activities}
    left = {(item.request_id, item.repetition_index) for item in problem.activities if item.activity_id not in planned}
    objective = evaluate(problem, schedule)
    return PlanningOutcome(
        SolveResult(SolveStatus.FEASIBLE, schedule, objective.objective, 1000.0, 0.0),
        validate(problem, schedule),
        objective,
        tuple(Unplanned(*key, "TIME", "made by hand") for key in sorted(left)),
    )
