"""Why mandatory tasks of a project cannot all be done: a smallest set of them that contradicts itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from malapert_core.jobs.stopping import stopping
from malapert_core.vocabulary.conflicts import RAN_OUT, Conflict, Verdict, filtered
from ortools.sat.python import cp_model

from malapert_scheduling.projects.exact import build_project, solver_of
from malapert_scheduling.projects.problem import Project

FAIR_SHARES = 3.0
"""A check may take so many times its share of the time that is left for all; most take far less."""
FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def minimal_conflict(
    project: Project,
    seed: int,
    left_s: Callable[[], float],
    stopped: Callable[[], bool],
    *,
    first_share: float = 1.0,
) -> Conflict | None:
    """Return mandatory tasks that were proven to contradict each other; None where no contradiction was proven.

    Parameters
    ----------
    left_s, stopped
        How much time is left, seconds, and whether to stop at once.
    first_share
        Share of it that may be spent on the first check, whether there is a contradiction at all.
    """
    names = tuple(task.task_id for task in project.tasks if task.mandatory)
    if stopped():
        return None
    first = _check(project, frozenset(names), seed, first_share * left_s(), stopped)
    if first.core is None:
        return None
    waiting = _Waiting(len(first.core))

    def check(fewer: frozenset[str]) -> Verdict:
        share_s = waiting.share(len(fewer) + 1) * left_s()
        return RAN_OUT if stopped() else _check(project, fewer, seed, share_s, stopped)

    return filtered([name for name in names if name in first.core], check, stopped)


@dataclass(slots=True)
class _Waiting:
    """How many names a filter has still to try."""

    untried: int

    def share(self, kept: int) -> float:
        """Return the share of the time that is left for the next check, one of a set of so many names."""
        self.untried = max(1, min(self.untried, kept))
        share = min(1.0, FAIR_SHARES / self.untried)
        self.untried -= 1
        return share


def _check(project: Project, names: frozenset[str], seed: int, wall_s: float, stopped: Callable[[], bool]) -> Verdict:
    """Hold the named tasks against each other as if no other were mandatory."""
    tasks = tuple(task for task in project.tasks if task.task_id in names)
    links = tuple(link for link in project.precedences if link.before in names and link.after in names)
    if project.reservoirs:
        # What need not be done may still be: it can fill what others drain.
        tasks = tuple(replace(task, mandatory=task.task_id in names) for task in project.tasks)
        links = project.precedences
    built = build_project(replace(project, tasks=tasks, precedences=links), assume_mandatory=True)
    built.model.clear_objective()  # type: ignore[no-untyped-call]
    built.model.add_assumptions(list(built.assumptions.values()))
    solver = solver_of(seed, 1, wall_s, light=True)
    with stopping(solver.stop_search, stopped):
        status = solver.solve(built.model)
    if status != cp_model.INFEASIBLE:
        return Verdict(possible=status in FOUND)
    named = {literal.index: task_id for task_id, literal in built.assumptions.items()}
    core = {named[i] for i in solver.sufficient_assumptions_for_infeasibility() if i in named}
    return Verdict(core=frozenset(core) or names)
