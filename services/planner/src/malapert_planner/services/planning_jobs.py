"""What runs in worker processes: solve, validate, explain."""

from dataclasses import dataclass

from malapert_planner.domain.objective import ObjectiveParts, evaluate
from malapert_planner.domain.problem import PlanningProblem
from malapert_planner.domain.schedule import Schedule, SolveResult, SolveStatus, Unplanned, ValidationReport
from malapert_planner.domain.validation import validate
from malapert_planner.services.worker_process import JobLink


@dataclass(frozen=True, slots=True)
class SolveLimits:
    """Seed and limits of a solve: deterministic work, and wall time as a safety net."""

    seed: int
    work_limit_s: float
    wall_limit_s: float


@dataclass(frozen=True, slots=True)
class StageNews:
    """That a stage has begun, or how far it is."""

    stage: str
    fraction: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PlanningOutcome:
    """What came of a problem; validation, objective and reasons are missing where there is no schedule to check."""

    result: SolveResult
    validation: ValidationReport | None
    objective: ObjectiveParts | None
    unplanned: tuple[Unplanned, ...]


def plan_job(link: JobLink, problem: PlanningProblem, limits: SolveLimits) -> PlanningOutcome:
    """Solve a problem, check the schedule by the independent validator, and say why the rest is not planned."""
    # Imported here: only a worker process loads OR-Tools.
    from malapert_planner.solvers.engine import SolveProgress
    from malapert_planner.solvers.explain import explain_unplanned
    from malapert_planner.solvers.solve import solve

    def progressed(progress: SolveProgress) -> None:
        link.tell(StageNews("solve", min(progress.work / progress.work_limit, 1.0), _detail(progress)))

    def _detail(progress: SolveProgress) -> str:
        found = "no plan yet" if progress.objective is None else f"incumbent {progress.objective:.1f}"
        gap = "" if progress.gap is None else f", gap {100 * progress.gap:.1f} %"
        return f"{found}, bound {progress.bound:.1f}{gap}"

    link.tell(StageNews("solve"))
    result = solve(
        problem,
        seed=limits.seed,
        work_limit=limits.work_limit_s,
        wall_limit_s=limits.wall_limit_s,
        on_progress=progressed,
        cancel=link.cancelled,
    )
    if result.status in (SolveStatus.INFEASIBLE, SolveStatus.UNKNOWN) or link.cancelled.is_set():
        return PlanningOutcome(result, None, None, ())
    link.tell(StageNews("validate"))
    validation = validate(problem, result.schedule)
    if not validation.valid:
        return PlanningOutcome(result, validation, None, ())
    link.tell(StageNews("explain"))
    unplanned = tuple(
        explain_unplanned(
            problem,
            result.schedule,
            seed=limits.seed,
            wall_limit_s=limits.wall_limit_s,
            cancel=link.cancelled,
        )
    )
    return PlanningOutcome(result, validation, evaluate(problem, result.schedule), unplanned)


def validate_job(_link: JobLink, problem: PlanningProblem, schedule: Schedule) -> ValidationReport:
    """Check a stored schedule again."""
    return validate(problem, schedule)
