"""Jobs that run in worker processes: solve, replan, validate, explain."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from malapert_core.operations.course import SolveFound

from malapert_planner.domain.editing.edits import AddRepetition
from malapert_planner.domain.explanation.closures import with_closures
from malapert_planner.domain.explanation.held import with_disabled
from malapert_planner.domain.life.changes import Change, changes
from malapert_planner.domain.life.replanning import disturbance
from malapert_planner.domain.problem.held import with_holds
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.robustness.assess import assess
from malapert_planner.domain.robustness.policy import MarginPolicy
from malapert_planner.domain.robustness.report import RobustnessReport
from malapert_planner.domain.schedule.result import SolveResult, SolveStatus, Unplanned, WhyNot
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.simulation.propagation import propagate_battery, propagate_storage
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.objective import ObjectiveParts, evaluate
from malapert_planner.domain.validation.report import ValidationReport
from malapert_planner.domain.validation.validate import validate
from malapert_planner.services.jobs.worker_process import JobLink

if TYPE_CHECKING:
    from malapert_planner.solvers.engine import SolveProgress


PROGRESS_EVERY = 50
"""Draws between two reports of progress."""
EXPLAIN_WORK = 4.0
"""Limit of the deterministic work of the explanations, never more than the solve's."""


@dataclass(frozen=True, slots=True)
class SolveLimits:
    """Seed and limits of a solve: deterministic work, and wall time as a safety net."""

    seed: int
    work_limit_s: float
    wall_limit_s: float


@dataclass(frozen=True, slots=True)
class StageProgress:
    """Begin of a stage, or progress within it."""

    stage: str
    fraction: float = 0.0
    detail: str = ""
    found: SolveFound | None = None


@dataclass(frozen=True, slots=True)
class PlanningOutcome:
    """Outcome of a solve; validation, objective and reasons are missing where there is no schedule to check."""

    result: SolveResult
    validation: ValidationReport | None
    objective: ObjectiveParts | None
    unplanned: tuple[Unplanned, ...]


def plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Solve a problem, check the schedule by the independent validator, and say why the rest is not planned."""
    # Imported here: only a worker process loads OR-Tools.
    from malapert_planner.solvers.solve import solve

    link.tell(StageProgress("solve"))
    result = solve(
        problem,
        seed=limits.seed,
        work_limit=limits.work_limit_s,
        wall_limit_s=limits.wall_limit_s,
        on_progress=_teller(link),
        cancel=link.cancelled,
    )
    return _checked(link, problem, result, limits)


def _teller(link: JobLink) -> "Callable[[SolveProgress], None]":
    def progressed(progress: "SolveProgress") -> None:
        found = "no plan yet" if progress.objective is None else f"incumbent {progress.objective:.1f}"
        gap = "" if progress.gap is None else f", gap {100 * progress.gap:.1f} %"
        detail = f"{found}, bound {progress.bound:.1f}{gap}"
        now = SolveFound(progress.objective, progress.bound, progress.gap).finite()
        link.tell(StageProgress("solve", min(progress.work / progress.work_limit, 1.0), detail, now))

    return progressed


def _checked(link: JobLink, problem: PlanningProblem, result: SolveResult, limits: SolveLimits) -> PlanningOutcome:
    """Check a schedule by the independent validator, and say why the rest is not planned."""
    from malapert_planner.solvers.explain.unplanned import explain_unplanned

    if result.status in (SolveStatus.INFEASIBLE, SolveStatus.UNKNOWN) or link.cancelled.is_set():
        return PlanningOutcome(result, None, None, ())
    link.tell(StageProgress("validate"))
    validation = validate(problem, result.schedule)
    if not validation.valid:
        return PlanningOutcome(result, validation, None, ())
    link.tell(StageProgress("explain"))
    unplanned = tuple(
        with_disabled(problem, with_closures(problem, reason))
        for reason in explain_unplanned(
            with_holds(problem),
            result.schedule,
            seed=limits.seed,
            work_limit=min(EXPLAIN_WORK, limits.work_limit_s),
            wall_limit_s=limits.wall_limit_s,
            cancel=link.cancelled,
        )
    )
    return PlanningOutcome(result, validation, evaluate(problem, result.schedule), unplanned)


@dataclass(frozen=True, slots=True)
class ReplanningOutcome:
    """Outcome of a replan: the problem with its baseline, the outcome of solving it, and what changed."""

    problem: PlanningProblem
    planning: PlanningOutcome
    changes: tuple[Change, ...]


def replan_job(
    link: JobLink, problem: PlanningProblem, baseline: Baseline, wanted: frozenset[str] | None, limits: SolveLimits
) -> ReplanningOutcome:
    """Replan a schedule for a changed problem, check it, and say what changed and why.

    Parameters
    ----------
    baseline
        The plan as it was run; what of it is frozen is found here.
    wanted
        Activities to fit in; None improves the whole plan.
    """
    from malapert_planner.solvers.replan import replan

    link.tell(StageProgress("solve"))
    asked = disturbance(problem, baseline)
    result = replan(
        with_holds(asked.problem),
        asked.kept,
        asked.broken,
        asked.beyond,
        wanted=wanted,
        seed=limits.seed,
        work_limit=limits.work_limit_s,
        wall_limit_s=limits.wall_limit_s,
        on_progress=_teller(link),
        cancel=link.cancelled,
    )
    planning = _checked(link, asked.problem, result, limits)
    told = changes(asked.problem, baseline.schedule, result.schedule, asked.forced)
    return ReplanningOutcome(asked.problem, planning, told)


def check_job(link: JobLink, problem: PlanningProblem, result: SolveResult) -> PlanningOutcome:
    """Check a schedule that was made elsewhere, and say why the rest is not planned."""
    return _checked(link, problem, result, SolveLimits(1, EXPLAIN_WORK, 60.0))


def explain_job(
    link: JobLink, problem: PlanningProblem, schedule: Schedule, request_id: str, repetition_index: int
) -> WhyNot:
    """Say why one repetition is not planned, and what would admit it."""
    from malapert_planner.solvers.explain.admission import explain_one

    why = explain_one(with_holds(problem), schedule, request_id, repetition_index, cancel=link.cancelled)
    return replace(why, unplanned=with_disabled(problem, with_closures(problem, why.unplanned)))


def mend_job(
    _link: JobLink,
    problem: PlanningProblem,
    edited: Schedule,
    fixed: Schedule,
    removed: frozenset[tuple[str, int]],
    wanted: tuple[AddRepetition, ...],
) -> Schedule:
    """Return the schedule that differs least from an edited one and breaks no rule, as far as that was found."""
    from malapert_planner.solvers.mend.mender import mend

    return mend(problem, edited, fixed, removed, wanted)


def levels_job(_link: JobLink, problem: PlanningProblem, schedule: Schedule, time_s: int) -> tuple[float, float]:
    """Return the charge in Wh and the stored bits that a schedule has at an instant of its grid."""
    case = Case(problem, schedule)
    storage = propagate_storage(case)
    return propagate_battery(case).charge_at(time_s), float(np.interp(time_s, storage.time_s, storage.stored_bit))


def robustness_job(
    link: JobLink, problem: PlanningProblem, schedule: Schedule, policy: MarginPolicy, seed: int, draws: int
) -> RobustnessReport:
    """Replay a schedule under draws of a margin policy."""
    link.tell(StageProgress("replay"))

    def progressed(done: int) -> None:
        if done % PROGRESS_EVERY == 0:
            link.tell(StageProgress("replay", done / draws, f"{done} of {draws} draws"))

    stopped = link.cancelled.is_set
    return assess(problem, schedule, policy, seed=seed, draws=draws, on_progress=progressed, stopped=stopped)


def validate_job(_link: JobLink, problem: PlanningProblem, schedule: Schedule) -> ValidationReport:
    """Check a stored schedule again."""
    return validate(problem, schedule)
