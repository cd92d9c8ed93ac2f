"""Replay a plan of the synthetic reference mission under draws, and print the share, CPU time and what breaks first."""

from __future__ import annotations

import argparse
import os
import time

from malapert_planner.domain.robustness.assess import assess
from malapert_planner.domain.robustness.policy import ActivityClass, MarginPolicy, Spread
from malapert_planner.solvers.solve import solve
from planner_reference_size import synthetic_mission

POLICY = MarginPolicy(
    "benchmark",
    "Slips of minutes, late drills, a pass lost now and then",
    drive_duration=Spread(1.0, 0.08, 0.85, 1.5),
    activity_duration=Spread(1.0, 0.02, 0.95, 1.15),
    activity_classes=(ActivityClass("drilling", Spread(1.05, 0.15, 0.8, 2.0), resource_ids=("drill",)),),
    array_power=Spread(0.98, 0.01, 0.9, 1.0),
    battery_capacity=Spread(0.99, 0.01, 0.92, 1.0),
    load_power=Spread(1.03, 0.03, 0.95, 1.2),
    data_rate=Spread(0.98, 0.03, 0.8, 1.0),
    contact_failure=0.02,
    light_edge_s=300.0,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--chains", type=int, default=300)
    parser.add_argument("--work", type=float, default=4.0, help="work limit of the solve")
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    problem = synthetic_mission(1, options.days, options.chains)
    schedule = solve(problem, work_limit=options.work, wall_limit_s=300).schedule
    began_s = time.process_time()
    found = assess(problem, schedule, POLICY, draws=options.draws)
    took_s = time.process_time() - began_s
    items = len(schedule.activities), len(schedule.drives), len(schedule.contacts)
    print("| activities, drives, contacts | draws | CPU s | ms a draw | kept | first to break |")
    print("|---|---|---|---|---|---|")
    first = ", ".join(f"{rule.rule_id} {rule.first}" for rule in found.rules[:3])
    print(
        f"| {', '.join(map(str, items))} | {found.draws} | {took_s:.1f} | {1000 * took_s / found.draws:.1f} "
        f"| {found.share:.1%} | {first} |"
    )
    print(f"\nload at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
