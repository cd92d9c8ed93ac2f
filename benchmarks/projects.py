"""Solve published project scheduling instances and print how near to the best known makespans they come.

PSPLIB (Kolisch and Sprecher) in Patterson's format, and projects with reservoirs (Koné, Artigues, Lopez and Mongeau).
Every schedule is checked by the rules alone before it counts. What is compiled is compiled before the clock starts.

``--siblings SEED`` solves, in the place of each instance, another of its shape: the same network of precedences and
capacities, whose durations, demands, and amounts taken from and put into reservoirs are dealt out anew to the tasks.

``--out FILE`` writes JSON: per instance, named by its group and file, the status, the bound, the makespan and
``starts``, the start of each task in the order of the instance's file, both dummies included (null where no schedule
was found). It is written anew after each instance.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from malapert_core.vocabulary.solve_status import SolveStatus
from malapert_scheduling.projects.problem import Assignment, Mode, Precedence, Project, Task, violations
from malapert_scheduling.projects.solve import ProjectResult, solve_project

GROUPS = ("J30", "J60", "J120", "BL", "KSD15_d", "KSD30", "Pack", "Pack_d")


@dataclass(frozen=True)
class Instance:
    """A project with its best known makespan; None where it is infeasible."""

    group: str
    name: str
    project: Project
    best_known: int | None


def _numbers(path: Path) -> Iterator[int]:
    return (int(word) for word in path.read_text().split())


def read_psplib(path: Path) -> Project:
    """Read a project in Patterson's format."""
    numbers = _numbers(path)
    count, resources = next(numbers), next(numbers)
    capacities = {f"R{r + 1}": next(numbers) for r in range(resources)}
    tasks, links = [], []
    for index in range(count):
        duration = next(numbers)
        demands = tuple((resource_id, next(numbers)) for resource_id in capacities)
        links += [Precedence(str(index + 1), str(next(numbers))) for _ in range(next(numbers))]
        tasks.append(Task(str(index + 1), (Mode(duration, demands),)))
    return _project(tasks, links, capacities, {})


def read_reservoirs(path: Path) -> Project:
    """Read a project with consumption and production; what the two dummies take or give does not count."""
    numbers = _numbers(path)
    count, resources, stores = next(numbers), next(numbers), next(numbers)
    capacities = {f"R{r + 1}": next(numbers) for r in range(resources)}
    reservoirs = {f"S{s + 1}": next(numbers) for s in range(stores)}
    tasks, links = [], []
    for index in range(count):
        duration = next(numbers)
        demands = tuple((resource_id, next(numbers)) for resource_id in capacities)
        amounts = [(reservoir_id, next(numbers), next(numbers)) for reservoir_id in reservoirs]
        links += [Precedence(str(index + 1), str(next(numbers))) for _ in range(next(numbers))]
        if index in (0, count - 1):
            amounts = []
        consumed = tuple((reservoir_id, amount) for reservoir_id, amount, _ in amounts)
        produced = tuple((reservoir_id, amount) for reservoir_id, _, amount in amounts)
        tasks.append(Task(str(index + 1), (Mode(duration, demands),), consumed=consumed, produced=produced))
    return _project(tasks, links, capacities, reservoirs)


def _project(tasks: list[Task], links: list[Precedence], capacities: dict, reservoirs: dict) -> Project:
    horizon = sum(task.modes[0].duration for task in tasks)
    return Project(horizon, tuple(tasks), tuple(links), capacities, reservoirs)


def instances(data: Path, wanted: str) -> Iterator[Instance]:
    """Yield the instances of a group: J30, J60, J120 of PSPLIB, or BL, KSD15_d, KSD30, Pack, Pack_d with reservoirs."""
    psplib = wanted.startswith("J")
    folder = data / ("psplib" if psplib else "rcpsp_cpr")
    for row in csv.DictReader((folder / "best_known.csv").open()):
        if row["set"] != wanted:
            continue
        best = row["best_known_makespan"] if psplib else row["best_makespan"]
        path = folder / row["instance"] if psplib else folder / wanted / row["instance"]
        project = read_psplib(path) if psplib else read_reservoirs(path)
        yield Instance(wanted, row["instance"], project, int(best) if best else None)


def sibling_of(instance: Instance, seed: int) -> Instance:
    """Return another instance of the same shape, of which nothing is known; the dummies at both ends stay."""
    rng = random.Random(f"{seed} {instance.name}")
    first, *inner, last = instance.project.tasks
    durations, demands, amounts = (
        rng.sample(values, len(inner))
        for values in (
            [task.modes[0].duration for task in inner],
            [task.modes[0].demands for task in inner],
            [(task.consumed, task.produced) for task in inner],
        )
    )
    tasks = tuple(
        replace(task, modes=(Mode(duration, demand),), consumed=consumed, produced=produced)
        for task, duration, demand, (consumed, produced) in zip(inner, durations, demands, amounts, strict=True)
    )
    return replace(instance, project=replace(instance.project, tasks=(first, *tasks, last)), best_known=None)


def starts_of(result: ProjectResult) -> list[int] | None:
    """Return when each task starts, in the order of the instance's file."""
    if not result.assignments:
        return None
    return [a.span[0] for a in sorted(result.assignments, key=lambda a: int(a.task_id))]


def broken_by(project: Project, starts: list[int]) -> tuple[str, ...]:
    """Return every rule that starts break."""
    spans = [(start, start + task.modes[0].duration) for task, start in zip(project.tasks, starts, strict=True)]
    return violations(project, [Assignment(t.task_id, 0, span) for t, span in zip(project.tasks, spans, strict=True)])


def compile_solver() -> None:
    """Run the searches on a project that is not settled at once."""
    tasks = tuple(Task(str(i), (Mode(1 + i % 3, (("R", 1 + i % 2),)),)) for i in range(9))
    solve_project(Project(40, tasks, (), {"R": 3}, {}), wall_limit_s=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds psplib/ and rcpsp_cpr/")
    parser.add_argument("--group", nargs="+", default=GROUPS)
    parser.add_argument("--seconds", type=float, default=60.0, help="of wall clock for an instance")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--siblings", type=int, metavar="SEED", help="solve drawn instances of the same shapes")
    parser.add_argument("--only", default="", help="a part of the instance's name")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the schedules")
    options = parser.parse_args()
    compile_solver()
    written: dict[str, dict] = {}
    for group in options.group:
        chosen = (instance for instance in instances(options.data, group) if options.only in instance.name)
        if options.siblings is not None:
            chosen = (sibling_of(instance, options.siblings) for instance in chosen)
        rows = [_solve(options, instance, written) for instance in chosen]
        if rows:
            _summary(group, rows)


def _solve(
    options: argparse.Namespace, instance: Instance, written: dict[str, dict]
) -> tuple[Instance, ProjectResult, float]:
    began = time.perf_counter()
    result = solve_project(instance.project, seed=options.seed, wall_limit_s=options.seconds, workers=options.workers)
    wall = time.perf_counter() - began
    starts = starts_of(result)
    if starts is not None and (broken := broken_by(instance.project, starts)):
        raise SystemExit(f"{instance.name} breaks rules: {broken}")
    print(
        f"{instance.group:8} {instance.name:28} {result.status:10} {result.objective!s:>6} "
        f"bound {result.bound:>7.0f} best known {instance.best_known!s:>6} {wall:6.1f} s",
        flush=True,
    )
    if options.out is not None:
        summary = {"status": str(result.status), "bound": result.bound, "makespan": result.objective}
        written[f"{instance.group}/{instance.name}"] = {**summary, "starts": starts}
        options.out.write_text(json.dumps(written) + "\n")
    return instance, result, wall


def _summary(group: str, rows: list[tuple[Instance, ProjectResult, float]]) -> None:
    proven = sum(result.status in (SolveStatus.OPTIMAL, SolveStatus.INFEASIBLE) for _, result, _ in rows)
    scored = [(r.objective, i.best_known) for i, r, _ in rows if r.objective is not None and i.best_known]
    deviation = sum(objective / best - 1 for objective, best in scored) / max(1, len(scored))
    equal = sum(objective <= best for objective, best in scored)
    print(
        f"{group}: {len(rows)} instances, {proven} proven, {equal} of {len(scored)} at the best known or below, "
        f"mean deviation {100 * deviation:.2f} %, longest {max(wall for _, _, wall in rows):.1f} s"
    )


if __name__ == "__main__":
    main()
