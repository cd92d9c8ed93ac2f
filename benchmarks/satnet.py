"""Share out weeks of NASA's Deep Space Network (SatNet, Goh et al. 2021) and compare with published schedules.

Every schedule is checked by the rules alone before it counts.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path

from malapert_planner.domain.network import Network, TrackRequest, ViewPeriod, violations
from malapert_planner.solvers.network.solve import solve_network

WEEK_S = 180 * 3600
"""Upstream counts a week from Monday 00:00 UTC on for 180 hours."""
SPLIT_FROM_H, LEAST_PART_H = 8.0, 4.0

PUBLISHED = {
    "W10_2018": (("Δ-MILP, Claudet 2022", 822, 203, 0.26, 0.48), ("deep RL, Goh 2021", 886, 204, 0.28, 0.71)),
    "W20_2018": (("Δ-MILP, Claudet 2022", 1059, 249, 0.21, 0.64), ("deep RL, Goh 2021", 1000, 223, 0.27, 0.81)),
    "W30_2018": (("Δ-MILP, Claudet 2022", 983, 231, 0.29, 0.64), ("deep RL, Goh 2021", 1100, 229, 0.28, 0.85)),
}
"""Hours, requests satisfied, root mean square and maximum of the shares not satisfied. The MILP ran 7.5 to 22.5 hours
and may carry constraints that the rules here do not; the learning ran 4 to 25 hours."""


def read_week(folder: Path, week: str) -> Network:
    """Read a week's requests and down times."""
    rows = json.loads((folder / "problems.json").read_text())[week]
    number, year = week.removeprefix("W").split("_")
    start = min(row["time_window_start"] for row in rows)
    down: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in csv.DictReader((folder / "maintenance.csv").open()):
        if float(row["week"]) == float(number) and row["year"] == year:
            down[row["antenna"]].append((int(float(row["starttime"])), int(float(row["endtime"]))))
    return Network(
        horizon=(start, start + WEEK_S),
        requests=tuple(_request(row) for row in rows),
        down={antenna: tuple(sorted(spans)) for antenna, spans in down.items()},
    )


def _request(row: dict) -> TrackRequest:
    splittable = row["duration"] >= SPLIT_FROM_H
    least_h = LEAST_PART_H if splittable else row["duration_min"]
    return TrackRequest(
        request_id=row["track_id"],
        mission_id=str(row["subject"]),
        duration_s=round(row["duration"] * 3600),
        min_duration_s=round(row["duration_min"] * 3600),
        min_track_s=round(least_h * 3600),
        setup_s=row["setup_time"] * 60,
        teardown_s=row["teardown_time"] * 60,
        splittable=splittable,
        views=tuple(
            ViewPeriod(tuple(antennas.split("_")), (view["TRX ON"], view["TRX OFF"]))
            for antennas, views in row["resource_vp_dict"].items()
            for view in views
            if view["TRX OFF"] - view["TRX ON"] >= least_h * 3600
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder that holds problems.json and maintenance.csv")
    parser.add_argument("--weeks", nargs="+", default=sorted(PUBLISHED))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print("| week | by | hours | satisfied | U_rms | U_max | wall s |\n|---|---|---|---|---|---|---|")
    for week in options.weeks:
        network = read_week(options.data, week)
        result = solve_network(network, seed=options.seed, wall_limit_s=options.seconds, workers=options.workers)
        if broken := violations(network, result.tracks):
            raise SystemExit(f"{week} breaks rules: {broken[:5]}")
        score = result.score
        print(
            f"| {week} | malapert | {score.tracked_h:.1f} | {score.satisfied} | {score.unsatisfied_rms:.4f} | "
            f"{score.unsatisfied_max:.4f} | {result.wall_s:.1f} |"
        )
        print(f"| | no schedule beyond | {result.bound_h:.1f} | | | | ({result.steps} steps) |")
        for name, hours, satisfied, rms, most in PUBLISHED[week]:
            print(f"| | {name} | {hours} | {satisfied} | {rms} | {most} | |", flush=True)


if __name__ == "__main__":
    main()
