"""A first schedule of a project: task by task, each as early as windows, precedence and resources allow."""

from __future__ import annotations

import random
from collections import defaultdict

from malapert_core.vocabulary.spans import Span, overlap_s, union

from malapert_scheduling.projects.problem import Assignment, Project, Task

TRIES = 30


def first_schedule(project: Project, seed: int) -> tuple[Assignment, ...] | None:
    """Return the most valuable of some schedules, None where none was found in which all mandatory tasks are done.

    Precedences with a greatest lag, and reservoirs, need more foresight than this has: None.
    """
    if project.reservoirs or any(link.max_lag is not None for link in project.precedences):
        return None
    rng = random.Random(seed)
    values = {task.task_id: task.value for task in project.tasks}
    most, best_value, best = sum(values.values()), -1, None
    mandatory = {task.task_id for task in project.tasks if task.mandatory}
    for attempt in range(TRIES):
        placed = _placed(project, rng, attempt)
        value = sum(values[task_id] for task_id in placed)
        if mandatory <= placed.keys() and value > best_value:
            best_value, best = value, tuple(placed.values())
        if (best_value == most and not project.shortest) or (best is None and attempt == TRIES // 6):
            break
    return best


def _placed(project: Project, rng: random.Random, attempt: int) -> dict[str, Assignment]:
    before: dict[str, list[tuple[str, int]]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for link in project.precedences:
        before[link.after].append((link.before, link.min_lag))
        after[link.before].append(link.after)
    noise = 0.0 if attempt == 0 else 1.0
    worth = {t.task_id: (not t.mandatory, -t.value / _work(t) * (1 - noise * rng.random())) for t in project.tasks}
    tasks = {task.task_id: task for task in project.tasks}
    waiting = {task_id: len(before[task_id]) for task_id in tasks}
    ready = [task_id for task_id, count in waiting.items() if not count]
    taken: dict[str, list[tuple[Span, int]]] = defaultdict(list)
    placed: dict[str, Assignment] = {}
    while ready:
        task_id = min(ready, key=lambda name: worth[name])
        ready.remove(task_id)
        earliest = max([0, *(placed[b].span[1] + lag for b, lag in before[task_id] if b in placed)])
        found = _earliest(project, tasks[task_id], earliest, taken)
        if found is not None:
            placed[task_id] = found
            for resource_id, amount in tasks[task_id].modes[found.mode_index].demands:
                taken[resource_id].append((found.span, amount))
        for name in after[task_id]:
            waiting[name] -= 1
            if not waiting[name]:
                ready.append(name)
    return placed


def _work(task: Task) -> int:
    return max(1, min(mode.duration * sum(amount for _, amount in mode.demands) for mode in task.modes))


def _earliest(
    project: Project, task: Task, earliest: int, taken: dict[str, list[tuple[Span, int]]]
) -> Assignment | None:
    best: Assignment | None = None
    for index, mode in enumerate(task.modes):
        for low, high in union(mode.windows) if mode.windows else ((0, project.horizon),):
            start = max(low, earliest)
            while start + mode.duration <= min(high, project.horizon):
                span = (start, start + mode.duration)
                later = [_free_from(taken[r], span, project.capacities[r] - amount) for r, amount in mode.demands]
                if (start := max([span[0], *later])) == span[0]:
                    if best is None or span[0] < best.span[0]:
                        best = Assignment(task.task_id, index, span)
                    break
    return best


def _free_from(uses: list[tuple[Span, int]], span: Span, most: int) -> int:
    """Return the span's start where others never take more than ``most`` during it, else when the next of them ends."""
    if most < 0:
        return 2**62
    inside = [(other, amount) for other, amount in uses if overlap_s(span, other)]
    instants = [span[0], *(other[0] for other, _ in inside if other[0] > span[0])]
    if all(sum(amount for other, amount in inside if other[0] <= t < other[1]) <= most for t in instants):
        return span[0]
    return min(other[1] for other, _ in inside)
