"""Progress and result of a search with the bound of its refinement where that is the lesser."""

from __future__ import annotations

from dataclasses import replace

from malapert_planner.domain.schedule.result import SolveResult, SolveStatus
from malapert_planner.solvers.bounds.refinement import BoundRefinement
from malapert_planner.solvers.engine import Engine, SolveProgress
from malapert_planner.solvers.lns.search import RELATIVE_GAP, OnProgress

ROUNDING = 1e-6
"""Part of a bound by which an objective may be above it, for the rounding of both."""


def refined_progress(refinement: BoundRefinement, on_progress: OnProgress | None) -> OnProgress | None:
    """Return what tells progress with the lesser of its bound and the refinement's."""
    if on_progress is None:
        return None

    def told(progress: SolveProgress) -> None:
        bound, objective = min(progress.bound, refinement.bound), progress.objective
        gap = None if objective is None else (bound - objective) / max(1e-9, abs(bound))
        on_progress(replace(progress, bound=bound, gap=gap))

    return told


def refined_result(refinement: BoundRefinement, found: SolveResult, engine: Engine) -> SolveResult:
    """Return a result with the lesser of its bound and the refinement's, once that has done all it has work for.

    Where the wall limit comes first, or what was found is optimal anyway, the result keeps to what there is.
    """
    if found.status is not SolveStatus.FEASIBLE:
        return found
    done = refinement.wait(lambda: engine.wall_s() >= engine.wall_limit_s or engine.cancelled())
    parameters = dict(found.parameters)
    if not done:
        parameters["wall_cut"] = str(engine.wall_cut or engine.wall_s() >= engine.wall_limit_s).lower()
    if refinement.bound >= found.bound:
        return replace(found, parameters=parameters)
    parameters["bound"] = refinement.source
    if found.objective > refinement.bound + ROUNDING * max(1.0, abs(refinement.bound)):
        raise ArithmeticError(
            f"the objective {found.objective} is above its bound {refinement.bound}: that is a defect"
        )
    bound = max(refinement.bound, found.objective)
    proven = bound - found.objective <= RELATIVE_GAP * max(1.0, abs(found.objective))
    status = SolveStatus.OPTIMAL if proven else SolveStatus.FEASIBLE
    return replace(found, status=status, bound=bound, parameters=parameters)
