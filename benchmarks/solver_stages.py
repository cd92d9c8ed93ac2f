"""What each stage of a solve gains, by its work and CPU time: the ablation of solvers/README.md.

A gain counts for the stage that told it; the time since the report before counts for it too.

    python benchmarks/solver_stages.py --chains 300 --seeds 1 2 --work 15
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict

from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.engine import SolveProgress
from malapert_planner.solvers.solve import solve
from planner_reference_size import synthetic_mission


class Ledger:
    """Gain, work and CPU time by stage."""

    def __init__(self) -> None:
        self.gain: dict[str, float] = defaultdict(float)
        self.work: dict[str, float] = defaultdict(float)
        self.cpu_s: dict[str, float] = defaultdict(float)
        self.begin()

    def begin(self) -> None:
        """Begin another solve."""
        self._objective, self._work, self._cpu_s = 0.0, 0.0, time.thread_time()

    def book(self, told: SolveProgress) -> None:
        """Book what has changed since the report before."""
        now_s = time.thread_time()
        self.work[told.stage] += told.work - self._work
        self.cpu_s[told.stage] += now_s - self._cpu_s
        self._work, self._cpu_s = told.work, now_s
        if told.objective is not None:
            self.gain[told.stage] += told.objective - self._objective
            self._objective = told.objective

    def table(self) -> str:
        """Return a table in Markdown, the most gainful stage first."""
        lines = ["| stage | gain | work | CPU s | gain per CPU s |", "|---|---|---|---|---|"]
        for stage in sorted(self.work, key=lambda each: -self.gain[each]):
            gain, cpu_s = self.gain[stage], self.cpu_s[stage]
            lines.append(
                f"| {stage} | {gain:.1f} | {self.work[stage]:.2f} | {cpu_s:.1f} | {gain / max(cpu_s, 0.1):.2f} |"
            )
        return "\n".join(lines)


def main() -> None:
    """Solve and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=int, default=300)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--work", type=float, default=15.0)
    options = parser.parse_args()
    problem, ledger = synthetic_mission(1, options.days, options.chains), Ledger()
    for seed in options.seeds:
        ledger.begin()
        began_s = time.thread_time()
        result = solve(problem, seed=seed, work_limit=options.work, wall_limit_s=3600.0, on_progress=ledger.book)
        gap = (result.bound - result.objective) / result.bound
        print(
            f"seed {seed}: {result.objective:.1f} of {result.bound:.1f}, gap {gap:.2%}, "
            f"{time.thread_time() - began_s:.0f} CPU s, valid: {validate(problem, result.schedule).valid}",
            flush=True,
        )
    print(f"load {os.getloadavg()[0]:.0f}\n\n{ledger.table()}")


if __name__ == "__main__":
    main()
