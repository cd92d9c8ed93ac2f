"""A solve under way: the best schedule so far, its bound, and the step that decides a part of it anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

from ortools.sat.python import cp_model

from malapert_planner.solvers.construct.downlink_selection import reselect_contacts
from malapert_planner.solvers.construct.greedy_insertion import insert_greedily
from malapert_planner.solvers.construct.mode_swaps import better_modes, densest, in_other_modes
from malapert_planner.solvers.construct.passes import in_rhythm
from malapert_planner.solvers.construct.periodic_repetitions import broken_series, series_anew
from malapert_planner.solvers.engine import Engine, SolveProgress
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.instance.score import score
from malapert_planner.solvers.lns.detours import openings
from malapert_planner.solvers.lns.excursions import insertion
from malapert_planner.solvers.model.scope_model import build_model
from malapert_planner.solvers.parameters import Polish
from malapert_planner.solvers.state.incumbent import Incumbent

SOLVER = "malapert-cp-sat 2"
RELATIVE_GAP = 1e-6
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)
"""Statuses that come with a solution."""


OnProgress = Callable[[SolveProgress], None]


@dataclass
class Search:
    """A solve under way: the best schedule so far and the bound.

    ``settled``: the model of the whole horizon on the finest grid was solved to its optimum; nothing is left to do.
    """

    instance: Instance
    engine: Engine
    on_progress: OnProgress | None
    best: Incumbent
    bound: float = float("inf")
    objective: float = field(init=False)
    iteration: int = 0
    settled: bool = False
    tried: Counter[int] = field(default_factory=Counter)
    """How often chains were tried beside a schedule, where there are too many to try all."""

    def __post_init__(self) -> None:
        self.objective = self._worth(self.best)

    def _worth(self, incumbent: Incumbent) -> float:
        return score(self.instance.problem, incumbent.schedule)

    def missing(self, incumbent: Incumbent) -> int:
        """Return how many mandatory chains a schedule lacks, in any mode."""
        every = (modes for group in self.instance.repetitions.values() for modes in group)
        return sum(modes[0].mandatory and modes[0].index not in incumbent.satisfied for modes in every)

    def feasible(self) -> bool:
        """Return whether the best schedule keeps every limit and has every mandatory chain."""
        return not self.missing(self.best) and self.best.keeps_limits()

    def report(self, stage: str) -> None:
        """Report progress; an objective only once the schedule is valid."""
        if self.on_progress is None:
            return
        engine, valid = self.engine, self.feasible()
        gap = (self.bound - self.objective) / max(1e-9, abs(self.bound)) if valid else None
        self.on_progress(
            SolveProgress(
                stage=stage,
                iteration=self.iteration,
                objective=self.objective if valid else None,
                bound=self.bound,
                gap=gap,
                work=engine.work,
                work_limit=engine.work_limit,
                wall_s=engine.wall_s(),
            )
        )

    def repair(self, scope: Scope, work: float) -> bool:
        """Decide a scope anew in which something is broken, and take what is found; return whether anything was.

        Such scopes are small: the linear relaxation proves what without it is not even found in many times the work.
        """
        self.iteration += 1
        model = build_model(self.instance, scope)
        solver, status = self.engine.run(model.model, work, self.iteration, linear=True)
        if status in FOUND:
            self.take(self.best.replaced(scope, model.schedule(solver)))
        return status in FOUND

    def take(self, candidate: Incumbent) -> None:
        """Go on from a schedule, in rhythm where it can be."""
        self.best = self._in_rhythm(candidate)
        self.objective = self._worth(self.best)

    def _in_rhythm(self, candidate: Incumbent) -> Incumbent:
        """Return a candidate with the passes that it lacks, at the price of choosing contacts."""
        if candidate.is_heard():
            return candidate
        self.engine.work += Polish.WORK_PER_DOWNLINK
        return in_rhythm(candidate)

    def improve(self, scope: Scope, work: float, stage: str, *, linear: bool = False) -> None:
        """Decide a scope anew and keep what is better."""
        self.iteration += 1
        whole = scope.span == (0, self.instance.problem.horizon_s) and scope.route is None
        whole &= all(chain.index in scope.free for chain in self.instance.chains if chain.starts)
        model = build_model(self.instance, scope)
        solver, status = self.engine.run(model.model, work, self.iteration, linear=linear)
        if status in FOUND and not self._is_dropped():
            candidate = self.best.replaced(scope, model.schedule(solver))
            self.accept(candidate, stage)
        if status == cp_model.OPTIMAL and whole and scope.cells == self.best.cells:
            self.settled = True

    def _is_dropped(self) -> bool:
        """Return whether the last step is dropped: a limit cut it, and a longer search may find something else in it.

        What makes a schedule valid is taken all the same.
        """
        return self.engine.was_cut and self.feasible()

    def accept(self, candidate: Incumbent, stage: str) -> None:
        """Keep a schedule where it is better than the best; one that breaks a limit only in place of another such."""
        candidate = self._in_rhythm(candidate)
        if self.best.keeps_limits() and not candidate.keeps_limits():
            return
        objective = self._worth(candidate)
        mended = candidate.keeps_limits() and not self.best.keeps_limits()
        rank = (-self.missing(candidate), objective)
        best = (-self.missing(self.best), self.objective)
        if mended or rank > best or (rank == best and len(candidate.schedule.drives) <= len(self.best.schedule.drives)):
            better = mended or rank > best
            self.best, self.objective = candidate, objective
            if better:
                self.report(stage)

    def insert(self) -> None:
        """Add what fits beside the best schedule as it is, the most valuable for its time first."""
        if not self.finished() and self.best.keeps_limits():
            self.accept(self._with_inserted(self.best), "greedy insertion")

    def _with_inserted(self, schedule: Incumbent) -> Incumbent:
        waiting = self._waiting(schedule)
        ordered = densest(self.instance, waiting, len(waiting))
        if len(ordered) > Polish.MOST_TRIED:
            # Not always the same: those that were tried before come later.
            ordered = sorted(ordered, key=lambda c: self.tried[c.index])[: Polish.MOST_TRIED]
            self.tried.update(c.index for c in ordered)
        self.engine.work += Polish.WORK_PER_INSERTION * len(ordered)
        return insert_greedily(schedule, ordered)

    def _waiting(self, schedule: Incumbent) -> list[Chain]:
        visited = {place_id for place_id, _ in schedule.stays}
        return [c for c in self.instance.chains if c.index not in schedule.satisfied and visited & c.starts.keys()]

    def polish(self) -> None:
        """Add what fits beside the best schedule, choose its contacts anew, and again while that gains something."""
        rounds = len(self._waiting(self.best)) // Polish.MOST_TRIED
        for number in range(Polish.MOST_ROUNDS + rounds):
            if self.finished() or not self.best.keeps_limits():
                return
            worth = self.objective
            schedule = self._with_inserted(self.best)
            self.engine.work += Polish.WORK_PER_DOWNLINK
            cheaper = reselect_contacts(schedule)
            if cheaper is not None and self._worth(cheaper) > self._worth(schedule):
                schedule = cheaper
            self.accept(schedule, "polish")
            self._mend_series()
            if number >= rounds and self.objective - worth <= Polish.LEAST_GAIN * abs(worth):
                # Changing modes takes longest, and does least while there is much else to add.
                self._change_modes()
                if self.objective - worth <= Polish.LEAST_GAIN * abs(worth):
                    return

    def _mend_series(self) -> None:
        """Place repetitions anew of which some are missing."""
        for repetition in broken_series(self.best)[: Polish.MOST_SERIES]:
            if self.finished():
                return
            self.engine.work += Polish.WORK_PER_SERIES
            self.accept(series_anew(self.best, repetition), "series")

    def _change_modes(self) -> None:
        """Let planned chains change to modes that are worth more, where they fit beside all else."""
        for chain, modes in better_modes(self.best):
            if self.finished():
                return
            self.engine.work += Polish.WORK_PER_MODE * len(modes)
            # The first that fits is worth most, unless it takes a contact more.
            changed = next(in_other_modes(self.best, chain, modes), None)
            if changed is not None:
                self.accept(changed, "modes")

    def take_detour(self, chain: Chain, work: float) -> None:
        """Insert an unplanned chain by a detour, where it is worth what it displaces once the schedule is polished."""
        for opening in openings(self.best, chain):
            if self.finished():
                return
            before = self.objective
            self.iteration += 1
            scope = insertion(opening.schedule, opening.visit)
            model = build_model(self.instance, scope)
            solver, status = self.engine.run(model.model, work, self.iteration)
            if status not in FOUND or self._is_dropped():
                continue
            candidate = self._in_rhythm(opening.schedule.replaced(scope, model.schedule(solver)))
            if candidate.keeps_limits():
                self.accept(self._with_inserted(candidate), "detour")
            if self.objective > before:
                return

    def finished(self) -> bool:
        """Return whether there is nothing left to do or nothing left to do it with."""
        return self.engine.exhausted() or self.settled or self.proven()

    def proven(self) -> bool:
        """Return whether the best schedule meets the bound."""
        return self.feasible() and self.bound - self.objective <= RELATIVE_GAP * max(1.0, abs(self.objective))


def parameters_of(engine: Engine, seed: int, wall_limit_s: float) -> dict[str, str]:
    """Return every setting that a result depends on."""
    return {
        "solver": SOLVER,
        "ortools": version("ortools"),
        "seed": str(seed),
        "work_limit": str(engine.work_limit),
        "wall_limit_s": str(wall_limit_s),
        "wall_cut": str(engine.wall_cut).lower(),
        "cancelled": str(engine.cancelled()).lower(),
    }
