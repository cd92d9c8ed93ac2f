"""Solve generated problems, one a seed, and hold every plan against the validator and its bound.

The problems are those of the planner's tests: up to 10 activities and 4 places over 6 hours to 3 days, with products,
latency limits, priced waiting, relations, modes and absent light or contacts.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from malapert_planner.domain.schedule.result import SolveStatus
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.solve import solve

sys.path.insert(0, str(Path(__file__).parents[1] / "services" / "planner" / "tests"))
from problem_factory import random_problem

_ROUNDING = 1e-6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=40_000, help="first seed")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--work", type=float, default=0.15, help="deterministic seconds a solve")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for seed in range(options.first, options.first + options.count):
        problem = random_problem(seed)
        result = solve(problem, seed=seed, work_limit=options.work)
        counts[result.status.value] += 1
        if result.status in (SolveStatus.OPTIMAL, SolveStatus.FEASIBLE):
            counts["refused by the validator"] += bool(validate(problem, result.schedule).violations)
            counts["above its bound"] += result.objective > result.bound + _ROUNDING
    print(f"seeds {options.first} to {options.first + options.count - 1}, work limit {options.work:g} s")
    for name, count in sorted(counts.items()):
        print(f"| {name} | {count} |")


if __name__ == "__main__":
    main()
