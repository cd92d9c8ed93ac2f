"""Share out 252 tasks among 25 assets over 3 days, proven optimal, and find a minimal conflict among mandatory ones.

The shape is that of a published record (25 assets, 252 tasks, 3 days: proven optimal in 0.594 s, a minimal conflict of
three rules in 1.02 s, on another machine); its data are not public, so that these are seeded: each task can be done
by two or three assets inside their windows of access, one asset does one task at a time, three ground stations pass on
so many tasks at once, and some tasks wait for others.
"""

from __future__ import annotations

import argparse
import random
import time
from dataclasses import replace

from malapert_scheduling.projects.problem import Mode, Precedence, Project, Task, violations
from malapert_scheduling.projects.solve import solve_project

DAY_S = 86400
STATIONS = 3
STATION_CAPACITY = 4


def shared_assets(seed: int, assets: int = 25, tasks: int = 252, days: int = 3) -> Project:
    """Return the seeded project."""
    rng = random.Random(seed)
    horizon = days * DAY_S
    access = {
        f"asset {a}": [
            (start, min(horizon, start + rng.randrange(3, 8) * 1800))
            for start in range(rng.randrange(6 * 3600), horizon - 3600, 6 * 3600)
        ]
        for a in range(assets)
    }
    made = []
    for number in range(tasks):
        duration = rng.randrange(600, 3600, 60)
        station = f"station {rng.randrange(STATIONS)}"
        modes = []
        for asset in rng.sample(sorted(access), rng.choice((2, 3))):
            windows = tuple(rng.sample(access[asset], min(len(access[asset]), 6)))
            modes.append(Mode(duration, ((asset, 1), (station, 1)), windows))
        made.append(Task(f"task {number}", tuple(modes), mandatory=False, value=rng.randrange(10, 100)))
    links = [Precedence(f"task {i}", f"task {i + 1}", min_lag=600) for i in range(0, tasks - 1, 5)]
    capacities = dict.fromkeys(access, 1) | {f"station {s}": STATION_CAPACITY for s in range(STATIONS)}
    return Project(horizon, tuple(made), tuple(links), capacities, {}, shortest=False)


def contradictory(project: Project) -> Project:
    """Make all tasks mandatory, and three of them want the same asset in a window that holds two."""
    window = ((DAY_S, DAY_S + 7200),)
    tasks = [replace(task, mandatory=index < 30) for index, task in enumerate(project.tasks)]
    for index in (3, 8, 13):
        tasks[index] = Task(f"task {index}", (Mode(3000, (("asset 0", 1),), window),))
    return replace(project, tasks=tuple(tasks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print("| seed | tasks done | value | bound | status | wall s | minimal conflict | wall s |\n" + "|---" * 8 + "|")
    for seed in range(1, options.seeds + 1):
        project = shared_assets(seed)
        began = time.perf_counter()
        result = solve_project(project, wall_limit_s=60, workers=options.workers)
        wall = time.perf_counter() - began
        if broken := violations(project, result.assignments):
            raise SystemExit(f"seed {seed} breaks rules: {broken}")
        began = time.perf_counter()
        conflict = solve_project(contradictory(project), wall_limit_s=60, workers=options.workers)
        conflict_wall = time.perf_counter() - began
        print(
            f"| {seed} | {len(result.assignments)} | {result.objective} | {result.bound:.0f} | {result.status} "
            f"| {wall:.2f} | {conflict.status}: {', '.join(conflict.conflict)} | {conflict_wall:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
