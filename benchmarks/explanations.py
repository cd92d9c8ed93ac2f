"""Explain what a plan of the synthetic reference mission leaves out, each repetition by itself, and print the times."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from statistics import median

from malapert_planner.solvers.explain.admission import explain_one
from malapert_planner.solvers.explain.unplanned import explain_unplanned
from malapert_planner.solvers.solve import solve
from planner_reference_size import synthetic_mission


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--chains", type=int, default=300)
    parser.add_argument("--wall", type=float, default=45.0)
    parser.add_argument("--most", type=int, default=40)
    options = parser.parse_args()
    problem = synthetic_mission(1, options.days, options.chains)
    plan = solve(problem, work_limit=1000, wall_limit_s=options.wall).schedule
    began_s = time.monotonic()
    unplanned = explain_unplanned(problem, plan)
    print(f"{len(unplanned)} repetitions are not planned; all their reasons in {time.monotonic() - began_s:.1f} s")
    times_s, changes, silent = [], Counter[str](), 0
    for item in unplanned[: options.most]:
        began_s = time.monotonic()
        why = explain_one(problem, plan, item.request_id, item.repetition_index)
        times_s.append(time.monotonic() - began_s)
        changes.update(admission.kind for admission in why.admissions)
        silent += not why.admissions
    above = sum(spent_s > 2 for spent_s in times_s)
    print("| explained | median s | longest s | above 2 s | with no change that alone admits it | changes found |")
    print("|---|---|---|---|---|---|")
    found = ", ".join(f"{kind} {count}" for kind, count in sorted(changes.items()))
    print(f"| {len(times_s)} | {median(times_s):.2f} | {max(times_s):.2f} | {above} | {silent} | {found} |")


if __name__ == "__main__":
    main()
