"""Ask published projects to end sooner than they can, and time the search for a minimal conflict among their tasks.

Each project must end so many units before its best known makespan. Printed are what was proven, how many of the tasks
contradict each other, whether each was proven to be needed for that, and the wall time, which must keep the limit;
with ``--cancel SECONDS`` also how long after the cancellation the search answered.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import replace
from pathlib import Path

from malapert_scheduling.projects.solve import solve_project
from projects import GROUPS, compile_solver, instances


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder that holds psplib/ and rcpsp_cpr/")
    parser.add_argument("--group", nargs="+", default=GROUPS)
    parser.add_argument("--each", type=int, default=5, help="take every so many instances of a group")
    parser.add_argument("--sooner", type=int, default=1, help="so many units before the best known makespan")
    parser.add_argument("--seconds", type=float, default=20.0, help="of wall clock for an instance")
    parser.add_argument("--cancel", type=float, help="cancel after so many seconds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    compile_solver()
    print("| instance | tasks | status | in conflict | minimal | wall s | after cancellation, s |\n" + "|---" * 7 + "|")
    for group in options.group:
        for instance in itertools.islice(instances(options.data, group), 0, None, options.each):
            if instance.best_known is None:
                continue
            project = replace(instance.project, horizon=instance.best_known - options.sooner)
            began = time.monotonic()
            until = began + (options.cancel or 1e9)
            result = solve_project(
                project,
                seed=options.seed,
                wall_limit_s=options.seconds,
                cancel=lambda until=until: time.monotonic() > until,
            )
            ended = time.monotonic()
            late = f"{ended - until:.2f}" if ended > until else ""
            print(
                f"| {group} {instance.name} | {len(project.tasks)} | {result.status} | {len(result.conflict)} "
                f"| {result.conflict_minimal} | {ended - began:.2f} | {late} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
