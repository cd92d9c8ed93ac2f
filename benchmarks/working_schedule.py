"""Walk the ruin and recreate search over generated problems of every kind and hold each state against the validator.

The problems are those of the planner's tests. A state is the schedule after a step; mandatory requests may
be missing in it, all else must hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.instance.compiled import compile_problem
from malapert_planner.solvers.lns.ruin_recreate import RuinRecreate
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.tables import Tables

sys.path.insert(0, str(Path(__file__).parents[1] / "services" / "planner" / "tests"))
from problem_factory import random_problem


def main() -> None:
    """Walk and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--steps", type=int, default=6, help="steps in each problem")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    began_s = time.process_time()
    for seed in range(options.first, options.first + options.count):
        problem = random_problem(seed)
        bare = Incumbent(compile_problem(problem), Schedule())
        if not bare.keeps_limits():
            counts["problems in which the asset does not last at rest"] += 1
            continue
        search = RuinRecreate(Tables(bare.instance), seed)
        search.start(bare)
        search.construct(lambda: True)
        for _ in range(options.steps):
            search.step()
            broken = {v.rule_id for v in validate(problem, search.current.schedule()).violations} - {"MANDATORY"}
            counts["states"] += 1
            counts["chains in them"] += len(search.current.chains)
            counts["states refused by the validator"] += bool(broken)
            counts.update(f"broken: {rule_id}" for rule_id in broken)
    print(f"seeds {options.first} to {options.first + options.count - 1}, {time.process_time() - began_s:.0f} CPU s")
    for name, count in sorted(counts.items()):
        print(f"| {name} | {count} |")


if __name__ == "__main__":
    main()
