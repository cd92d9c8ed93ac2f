"""A planning job whose schedule breaks a rule, for the test of what then happens."""

from malapert_planner.domain.problem import PlanningProblem
from malapert_planner.domain.schedule import PlacedActivity, Schedule, SolveResult, SolveStatus
from malapert_planner.domain.validation import validate
from malapert_planner.services.planning_jobs import PlanningOutcome, SolveLimits
from malapert_planner.services.worker_process import JobLink


def plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Return an outcome with one activity placed where it may not be, as the validator finds."""
    activity = next(
        item for item in problem.activities if item.place_ids and problem.start_place_id not in item.place_ids
    )
    placed = PlacedActivity(activity.activity_id, activity.place_ids[0], (0, activity.duration_s))
    schedule = Schedule(activities=(placed,))
    result = SolveResult(SolveStatus.FEASIBLE, schedule, activity.value, activity.value, 0.0)
    return PlanningOutcome(result, validate(problem, schedule), None, ())
