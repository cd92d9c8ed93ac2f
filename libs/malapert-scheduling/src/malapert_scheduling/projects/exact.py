"""The interval model of a project: CP-SAT proves with it how short or how valuable a schedule can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from malapert_core.vocabulary.spans import Span, union
from ortools.sat.python import cp_model

from malapert_scheduling.projects.problem import Assignment, Mode, Project, Task


@dataclass(frozen=True, slots=True)
class _Way:
    """A mode of a task in one of its windows: chosen or not, and the interval that is there if so."""

    mode_index: int
    window: Span
    chosen: cp_model.IntVar | bool
    interval: cp_model.IntervalVar


@dataclass(frozen=True, slots=True)
class _Decision:
    """Whether, when and how a task is done."""

    task: Task
    done: cp_model.IntVar | bool
    start: cp_model.IntVar
    end: cp_model.LinearExpr
    ways: tuple[_Way, ...]


@dataclass(frozen=True, slots=True)
class ProjectModel:
    """A built model with its decisions; ``latest_end`` is the objective of a shortest project."""

    model: cp_model.CpModel
    decisions: Mapping[str, _Decision]
    latest_end: cp_model.IntVar | None
    assumptions: Mapping[str, cp_model.IntVar]

    def assignments(self, solver: cp_model.CpSolver) -> tuple[Assignment, ...]:
        """Return the schedule that the solver found."""
        found = []
        for task_id, decision in self.decisions.items():
            for way in decision.ways:
                if way.chosen is True or solver.boolean_value(way.chosen):
                    start, duration = solver.value(decision.start), decision.task.modes[way.mode_index].duration
                    found.append(Assignment(task_id, way.mode_index, (start, start + duration)))
        return tuple(found)

    def hint(self, assignments: tuple[Assignment, ...]) -> None:
        """Start the search from a schedule."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for assigned in assignments:
            decision = self.decisions[assigned.task_id]
            self.model.add_hint(decision.start, assigned.span[0])
            for way in decision.ways:
                if not isinstance(way.chosen, bool):
                    inside = way.window[0] <= assigned.span[0] and assigned.span[1] <= way.window[1]
                    self.model.add_hint(way.chosen, inside and way.mode_index == assigned.mode_index)


def build_project(project: Project, *, assume_mandatory: bool = False) -> ProjectModel:
    """Build the model.

    Parameters
    ----------
    assume_mandatory
        Ask for mandatory tasks by assumptions (``assumptions`` by task), so that a conflict among them can be found.
    """
    model = cp_model.CpModel()
    assumptions: dict[str, cp_model.IntVar] = {}
    decisions = {}
    for task in project.tasks:
        optional = not task.mandatory or assume_mandatory
        decisions[task.task_id] = decision = _decide(model, project, task, optional)
        if task.mandatory and assume_mandatory and not isinstance(decision.done, bool):
            assumptions[task.task_id] = decision.done
    _add_precedences(model, project, decisions)
    _add_resources(model, project, decisions)
    _add_reservoirs(model, project, decisions)
    latest_end = None
    if project.shortest:
        latest_end = model.new_int_var(0, project.horizon, "latest end")
        for decision in decisions.values():
            model.add(decision.end <= latest_end).only_enforce_if(decision.done)
        model.minimize(latest_end)
    else:
        model.maximize(sum(task.value * decisions[task.task_id].done for task in project.tasks))
    return ProjectModel(model, decisions, latest_end, assumptions)


def _decide(model: cp_model.CpModel, project: Project, task: Task, optional: bool) -> _Decision:
    """Decide for a task, with a way for each mode and window of it: work in a window is then linear in the choices."""
    choices = [(index, window) for index, mode in enumerate(task.modes) for window in _windows(project, mode)]
    domain = cp_model.Domain.from_intervals([_starts(task, choice) for choice in choices] or [[0, project.horizon]])
    start = model.new_int_var_from_domain(domain, f"start {task.task_id}")
    done: cp_model.IntVar | bool = model.new_bool_var(f"done {task.task_id}") if optional else True
    if len(choices) == 1:
        duration = task.modes[choices[0][0]].duration
        interval = model.new_optional_fixed_size_interval_var(start, duration, done, task.task_id)
        return _Decision(task, done, start, start + duration, (_Way(*choices[0], done, interval),))
    ways = []
    for index, window in choices:
        chosen = model.new_bool_var(f"mode {task.task_id} {index} {window}")
        duration = task.modes[index].duration
        interval = model.new_optional_fixed_size_interval_var(start, duration, chosen, f"{task.task_id} {index}")
        low, high = _starts(task, (index, window))
        model.add_linear_constraint(start, low, high).only_enforce_if(chosen)
        ways.append(_Way(index, window, chosen, interval))
    model.add(sum(way.chosen for way in ways) == done)
    durations = {task.modes[index].duration for index, _ in choices}
    if len(durations) == 1:
        return _Decision(task, done, start, start + durations.pop(), tuple(ways))
    end = model.new_int_var(0, project.horizon, f"end {task.task_id}")
    model.add(end == start + sum(task.modes[way.mode_index].duration * way.chosen for way in ways))
    return _Decision(task, done, start, end, tuple(ways))


def _windows(project: Project, mode: Mode) -> list[Span]:
    """Return the windows of a mode that hold it."""
    inside = ((max(0, low), min(high, project.horizon)) for low, high in mode.windows or ((0, project.horizon),))
    return [(low, high) for low, high in union(inside) if high - low >= mode.duration]


def _starts(task: Task, choice: tuple[int, Span]) -> list[int]:
    index, (low, high) = choice
    return [low, high - task.modes[index].duration]


def _add_precedences(model: cp_model.CpModel, project: Project, decisions: Mapping[str, _Decision]) -> None:
    for link in project.precedences:
        before, after = decisions[link.before], decisions[link.after]
        both = [d.done for d in (before, after) if d.done is not True]
        model.add(after.start >= before.end + link.min_lag).only_enforce_if(*both)
        if link.max_lag is not None:
            model.add(after.start <= before.end + link.max_lag).only_enforce_if(*both)


def _add_resources(model: cp_model.CpModel, project: Project, decisions: Mapping[str, _Decision]) -> None:
    uses: dict[str, list[tuple[_Way, int, int]]] = defaultdict(list)
    for decision in decisions.values():
        for way in decision.ways:
            mode = decision.task.modes[way.mode_index]
            for resource_id, amount in mode.demands:
                if amount > 0:
                    uses[resource_id].append((way, amount, mode.duration))
    for resource_id, used in uses.items():
        capacity = project.capacities[resource_id]
        intervals, amounts = [way.interval for way, _, _ in used], [amount for _, amount, _ in used]
        if all(2 * amount > capacity >= amount for amount in amounts):
            model.add_no_overlap(intervals)
        else:
            model.add_cumulative(intervals, amounts, capacity)
        _add_work(model, used, capacity)


def _add_work(model: cp_model.CpModel, used: list[tuple[_Way, int, int]], capacity: int) -> None:
    """Say that work in a stretch of windows is at most its length: implied, but a relaxation does not see it."""
    for low, high in union(way.window for way, _, _ in used):
        inside = [(way, amount * duration) for way, amount, duration in used if low <= way.window[0] < high]
        if sum(work for _, work in inside) > capacity * (high - low):
            model.add(sum(work * way.chosen for way, work in inside) <= capacity * (high - low))


def _add_reservoirs(model: cp_model.CpModel, project: Project, decisions: Mapping[str, _Decision]) -> None:
    r"""Keep each level from falling below zero.

    What is produced lacks until its task ends (for good where the task is left out), what is consumed lacks from its
    task's start on. So level ≥ 0 is Σ lacking ≤ first level + Σ produced: a cumulative resource, whose reasoning is
    stronger than that of a reservoir; that of a reservoir is given beside it.
    """
    ever = project.horizon + 1
    for resource_id, first in project.reservoirs.items():
        lacking: list[tuple[cp_model.IntervalVar, int]] = []
        events: list[tuple[cp_model.LinearExprT, int, cp_model.LiteralT]] = [(0, first, True)]
        for task_id, decision in decisions.items():
            done = decision.done
            for amount in (a for r, a in decision.task.produced if r == resource_id and a):
                lacking.append((model.new_optional_interval_var(0, decision.end, decision.end, done, task_id), amount))
                if done is not True:
                    lacking.append((model.new_optional_fixed_size_interval_var(0, ever, ~done, task_id), amount))
                events.append((decision.end, amount, done))
            for amount in (a for r, a in decision.task.consumed if r == resource_id and a):
                left = ever - decision.start
                lacking.append((model.new_optional_interval_var(decision.start, left, ever, done, task_id), amount))
                events.append((decision.start, -amount, done))
        total = first + sum(change for _, change, _ in events[1:] if change > 0)
        if lacking:
            model.add_cumulative([i for i, _ in lacking], [a for _, a in lacking], total)
            times, changes, present = zip(*events, strict=True)
            model.add_reservoir_constraint_with_active(times, changes, present, 0, total)


def solver_of(seed: int, workers: int, wall_s: float, *, light: bool = False) -> cp_model.CpSolver:
    """Return a solver; ``light`` spares it presolve that costs more than many small projects take."""
    solver = cp_model.CpSolver()
    solver.parameters.random_seed = seed
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = max(0.01, wall_s)
    if light:
        solver.parameters.linearization_level = 0
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        solver.parameters.max_presolve_iterations = 1
    return solver
