"""Check and mend random edits of a plan of the synthetic reference mission, and print how long each takes.

A planned activity is moved with its chain by some hours; what the validator refuses is mended on the compiled state.
"""

from __future__ import annotations

import argparse
import random
import time
from statistics import median

from malapert_planner.domain.editing.chains import Chains
from malapert_planner.domain.editing.edited_items import EditableProblem
from malapert_planner.domain.editing.edited_plan import EditedPlan
from malapert_planner.domain.editing.edits import ShiftItems
from malapert_planner.domain.life.changes import ChangeKind, changes, edits_between
from malapert_planner.domain.validation.objective import evaluate
from malapert_planner.domain.validation.validate import Validator
from malapert_planner.solvers.mend.mender import mend
from malapert_planner.solvers.solve import solve
from malapert_planner.solvers.warm import warm
from planner_reference_size import synthetic_mission

OFFSETS_H = (-24, -6, -3, -1, 1, 3, 6, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--chains", type=int, default=300)
    parser.add_argument("--work", type=float, default=4.0, help="work limit of the solve")
    parser.add_argument("--edits", type=int, default=60)
    options = parser.parse_args()
    problem = synthetic_mission(1, options.days, options.chains)
    plan = solve(problem, work_limit=options.work, wall_limit_s=300).schedule
    validator, rng = Validator(problem), random.Random(1)
    given = EditableProblem(problem, validator.lookups, Chains(problem))
    warm()
    checked_s, mended_s, broken, mended, moved, dropped = [], [], 0, 0, 0, 0
    for _ in range(options.edits):
        began_s = time.process_time()
        editing = EditedPlan(given, plan)
        editing.apply(ShiftItems((rng.choice(plan.activities).activity_id,), 3600 * rng.choice(OFFSETS_H)), "edit")
        edited = editing.result()
        report = validator.report(edited.schedule, with_profiles=False)
        edits_between(problem, plan, edited.schedule)
        evaluate(problem, edited.schedule)
        checked_s.append(time.process_time() - began_s)
        if report.valid:
            continue
        broken += 1
        began_s = time.process_time()
        found = mend(problem, edited.schedule, edited.edited, edited.removed)
        mended_s.append(time.process_time() - began_s)
        if not validator.report(found).valid:
            continue
        mended += 1
        told = changes(problem, edited.schedule, found)
        moved += sum(change.kind is not ChangeKind.DROPPED for change in told)
        dropped += sum(change.kind is ChangeKind.DROPPED for change in told)
    heads = ("edits", "check, median and longest CPU ms", "broke a rule", "mended", "mend, median and longest CPU ms")
    print(f"| {' | '.join(heads)} | further items moved or added, dropped |\n" + "|---" * (len(heads) + 1) + "|")
    times = [f"{1000 * median(each):.0f}, {1000 * max(each):.0f}" for each in (checked_s, mended_s)]
    print(f"| {len(checked_s)} | {times[0]} | {broken} | {mended} | {times[1]} | {moved}, {dropped} |")


if __name__ == "__main__":
    main()
