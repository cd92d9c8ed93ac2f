"""A bound that improves beside a search: one relaxation after another, each finer than the one before, in a thread.

The thread holds Python's lock while it builds a program, some tenths of a second, not while it solves it. Which
relaxations are solved and how far follows from the problem and the limit of work alone, so that the bound of a whole
solve is the same wherever it runs.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType

from ortools.util.python.solve_interrupter import SolveInterrupter

from malapert_planner.solvers.bounds.cells import edges_between
from malapert_planner.solvers.bounds.demands import Demands, demands_of
from malapert_planner.solvers.bounds.linear_solver import dual_values
from malapert_planner.solvers.bounds.relaxation import coarse_program
from malapert_planner.solvers.bounds.safe_bound import safe_bound
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.parameters import CoarseTime

POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Level:
    """A relaxation: width of its cells, with or without the flow of places, its share of the limit of work."""

    width_s: int
    with_flow: bool
    share: float

    def __str__(self) -> str:
        flow = ", place flow" if self.with_flow else ""
        return f"coarse time, cells of {self.width_s / 3600:g} h{flow}"


def levels_of(instance: Instance, demands: Demands) -> Iterator[Level]:
    """Yield the relaxations of a problem from the coarsest to the finest."""
    problem = instance.problem
    grid_s, horizon_s = problem.resolution_s, problem.horizon_s
    fine_s = max(grid_s, min(CoarseTime.FINEST_S, horizon_s // CoarseTime.LEAST_CELLS // grid_s * grid_s))
    before: tuple[int, bool] | None = None
    widths_s = (CoarseTime.COARSER * fine_s, fine_s, fine_s)
    for width_s, with_flow, share in zip(widths_s, (False, False, True), CoarseTime.SHARES, strict=True):
        while (
            width_s < problem.horizon_s
            and _columns(demands, problem.horizon_s / width_s, with_flow) > CoarseTime.MOST_COLUMNS
        ):
            width_s *= 2
        if before != (width_s, with_flow):
            yield Level(width_s, with_flow, share)
        before = (width_s, with_flow)


def _columns(demands: Demands, cells: float, with_flow: bool) -> float:
    steps = sum(len(demand.steps) * (len(demand.spans) if with_flow else 1) for demand in demands.classes)
    drives = len(demands.fine.drives) + 2 * len(demands.fine.places) if with_flow else 0
    return (steps + drives + len(demands.fine.problem.places)) * cells


class BoundRefinement:
    """Bounds of one relaxation after another, worked out in a thread until all are done or it is stopped.

    Parameters
    ----------
    instance : Instance
    work_limit : float
        Limit of a search's work; the relaxations together take at most four fifths of it, in GLOP's deterministic time.
    """

    def __init__(self, instance: Instance, work_limit: float) -> None:
        self._instance, self._work_limit = instance, work_limit
        self._interrupter = SolveInterrupter()
        self._stopped, self._done = threading.Event(), threading.Event()
        self._bound, self._source = math.inf, ""
        self._thread = threading.Thread(target=self._run, name="bound", daemon=True)

    def __enter__(self) -> BoundRefinement:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._thread.join()

    @property
    def bound(self) -> float:
        """The least bound so far, infinity at first; it never rises."""
        return self._bound

    @property
    def source(self) -> str:
        """The relaxation that the bound is from."""
        return self._source

    def stop(self) -> None:
        """End the work under way."""
        self._stopped.set()
        self._interrupter.interrupt()

    def wait(self, given_up: Callable[[], bool]) -> bool:
        """Wait until all relaxations are solved or it is given up; return whether they are."""
        while not self._done.wait(POLL_S):
            if given_up():
                return False
        return True

    def _run(self) -> None:
        try:
            for level, bound in bounds_of(self._instance, self._work_limit, self._interrupter):
                if self._stopped.is_set():
                    return
                if bound < self._bound:
                    self._bound, self._source = bound, str(level)
        finally:
            self._done.set()


def bounds_of(
    instance: Instance, work_limit: float, interrupter: SolveInterrupter | None = None
) -> Iterator[tuple[Level, float]]:
    """Yield the bound of each relaxation of a problem; it may be above that of a coarser one where its work was cut."""
    problem = instance.problem
    start_s = problem.baseline.frozen_until_s if problem.baseline else 0
    if problem.is_placeless or start_s >= problem.horizon_s or not instance.chains:
        return
    interrupter = interrupter or SolveInterrupter()

    def stopped() -> bool:
        return bool(interrupter.interrupted)

    demands = demands_of(instance)
    for level in levels_of(instance, demands):
        edges_s = edges_between(start_s, problem.horizon_s, level.width_s)
        program = coarse_program(
            instance, demands, edges_s, with_flow=level.with_flow, stopped=lambda: interrupter.interrupted
        )
        if program is None:
            return
        dual = dual_values(program, level.share * work_limit, interrupter)
        yield level, math.inf if dual is None else safe_bound(program, dual)
