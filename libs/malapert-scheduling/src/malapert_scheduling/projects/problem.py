"""Projects: tasks that share resources, in the shortest time or for the most value.

A campaign of integration and tests, or work shared out among several assets, has no place, battery or radio to decide
about: only which mode each task takes and when. Such problems are the resource-constrained projects (RCPSP) of
scheduling. Times are whole units after the project's start; intervals are half-open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from malapert_core.vocabulary.spans import Span, union


@dataclass(frozen=True, slots=True)
class Mode:
    """Mode of a task: its duration, its use of each resource (by id), and its windows (empty: any)."""

    duration: int
    demands: tuple[tuple[str, int], ...] = ()
    windows: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Work to be done in one of its modes, or, unless it is mandatory, left out at the loss of its value.

    ``consumed`` leaves reservoirs (by id) when the task starts, ``produced`` enters them when it ends.
    """

    task_id: str
    modes: tuple[Mode, ...]
    mandatory: bool = True
    value: int = 0
    consumed: tuple[tuple[str, int], ...] = ()
    produced: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Precedence:
    """Precedence with lags: where both are done, ``after`` starts ``min_lag`` or more, and ``max_lag`` or less,
    after ``before`` ends."""

    before: str
    after: str
    min_lag: int = 0
    max_lag: int | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """Tasks and what they share.

    ``capacities`` holds at every instant for the tasks under way; a level of ``reservoirs`` begins there and never
    falls below zero. All ends by ``horizon``. With ``shortest`` the latest end is minimised, else value maximised.
    """

    horizon: int
    tasks: tuple[Task, ...]
    precedences: tuple[Precedence, ...]
    capacities: Mapping[str, int]
    reservoirs: Mapping[str, int]
    shortest: bool = True


@dataclass(frozen=True, slots=True)
class Assignment:
    """A task done in one of its modes."""

    task_id: str
    mode_index: int
    span: Span


def faults(project: Project) -> tuple[str, ...]:
    """Return what is wrong with a project's form: unknown names, negative amounts, precedences in a circle."""
    found = [] if project.horizon > 0 else [f"horizon is {project.horizon}; it must be positive"]
    names = {task.task_id for task in project.tasks}
    if len(names) < len(project.tasks):
        found.append("task_id is used twice")
    levels = {**project.capacities, **project.reservoirs}
    found += [f"{name} is {amount}; it must be 0 or more" for name, amount in levels.items() if amount < 0]
    for task in project.tasks:
        if not task.modes:
            found.append(f"{task.task_id} has no mode")
        amounts = [(r, a, project.reservoirs) for r, a in task.consumed + task.produced]
        amounts += [(r, a, project.capacities) for mode in task.modes for r, a in mode.demands]
        found += [f"{task.task_id} uses {r}, which is unknown" for r, _, known in amounts if r not in known]
        found += [f"{task.task_id} uses {a} of {r}; it must be 0 or more" for r, a, _ in amounts if a < 0]
        found += [f"{task.task_id} takes {m.duration}; it must be 0 or more" for m in task.modes if m.duration < 0]
    ends = {name for link in project.precedences for name in (link.before, link.after)}
    found += [f"a precedence names {name}, which is unknown" for name in sorted(ends - names)]
    before: dict[str, list[str]] = defaultdict(list)
    for link in project.precedences:
        if link.min_lag >= 0:
            before[link.after].append(link.before)
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        found.append(f"precedences run in a circle: {' → '.join(error.args[1])}")
    return tuple(found)


def makespan(assignments: Iterable[Assignment]) -> int:
    """Return the latest end."""
    return max((a.span[1] for a in assignments), default=0)


def violations(project: Project, assignments: Iterable[Assignment]) -> tuple[str, ...]:
    """Return every rule that a schedule breaks, in words; empty where it keeps all.

    Reads the rules alone: nothing here comes from the solver.
    """
    done = {a.task_id: a for a in assignments}
    tasks = {task.task_id: task for task in project.tasks}
    found = [
        f"{task.task_id} is mandatory and not done"
        for task in project.tasks
        if task.mandatory and task.task_id not in done
    ]
    for task_id, assigned in done.items():
        mode, (start, end) = tasks[task_id].modes[assigned.mode_index], assigned.span
        if end - start != mode.duration:
            found.append(f"{task_id} takes {end - start}, not {mode.duration}")
        if start < 0 or end > project.horizon:
            found.append(f"{task_id} leaves the horizon: [{start}, {end})")
        if mode.windows and not any(low <= start and end <= high for low, high in union(mode.windows)):
            found.append(f"{task_id} leaves its windows: [{start}, {end})")
    for link in project.precedences:
        if link.before in done and link.after in done:
            lag = done[link.after].span[0] - done[link.before].span[1]
            if lag < link.min_lag or (link.max_lag is not None and lag > link.max_lag):
                found.append(f"{link.after} starts {lag} after {link.before}")
    found += _over_capacity(project, tasks, done)
    found += _below_zero(project, tasks, done)
    return tuple(found)


def _over_capacity(project: Project, tasks: Mapping[str, Task], done: Mapping[str, Assignment]) -> list[str]:
    changes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for task_id, assigned in done.items():
        for resource_id, amount in tasks[task_id].modes[assigned.mode_index].demands:
            changes[resource_id][assigned.span[0]] += amount
            changes[resource_id][assigned.span[1]] -= amount
    found = []
    for resource_id, steps in changes.items():
        level = 0
        for time in sorted(steps):
            level += steps[time]
            if level > project.capacities[resource_id]:
                found.append(f"{resource_id}: {level} of {project.capacities[resource_id]} taken at {time}")
    return found


def _below_zero(project: Project, tasks: Mapping[str, Task], done: Mapping[str, Assignment]) -> list[str]:
    changes: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for task_id, assigned in done.items():
        for resource_id, amount in tasks[task_id].consumed:
            changes[resource_id][assigned.span[0]] -= amount
        for resource_id, amount in tasks[task_id].produced:
            changes[resource_id][assigned.span[1]] += amount
    found = []
    for resource_id, level in project.reservoirs.items():
        for time in sorted(changes[resource_id]):
            level += changes[resource_id][time]
            if level < 0:
                found.append(f"{resource_id} holds {level} at {time}")
    return found
