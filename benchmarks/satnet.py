"""Share out weeks of NASA's Deep Space Network (SatNet, Goh et al. 2021) and compare with published schedules.

Every schedule is written in the published format and held against the rules as published (satnet_rules.py) before it
counts. What is compiled is compiled before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import satnet_rules as rules
from malapert_scheduling.network.problem import Network, Track, TrackRequest, ViewPeriod, violations
from malapert_scheduling.network.solve import solve_network

PUBLISHED = {
    "W10_2018": (("Δ-MILP, Claudet 2022", 822, 203, 0.26, 0.48), ("deep RL, Goh 2021", 886, 204, 0.28, 0.71)),
    "W20_2018": (("Δ-MILP, Claudet 2022", 1059, 249, 0.21, 0.64), ("deep RL, Goh 2021", 1000, 223, 0.27, 0.81)),
    "W30_2018": (("Δ-MILP, Claudet 2022", 983, 231, 0.29, 0.64), ("deep RL, Goh 2021", 1100, 229, 0.28, 0.85)),
}
"""Hours, requests satisfied, root mean square and maximum of the shares not satisfied. The MILP ran 7.5 to 22.5 hours
and may carry constraints that the rules here do not; the learning ran 4 to 25 hours."""


def network_of(week: rules.Week) -> Network:
    """Return a week as the planner's network."""
    return Network(
        horizon=(week.horizon[0], week.horizon[1] - rules.APART_S),
        requests=tuple(_request(row) for row in week.requests),
        down={antenna: tuple(spans) for antenna, spans in week.down.items()},
        gap_s=rules.APART_S,
    )


def _request(row: dict) -> TrackRequest:
    duration_s, least_s = round(row["duration"] * 3600), round(row["duration_min"] * 3600)
    splittable = duration_s >= rules.SPLIT_FROM_S
    return TrackRequest(
        request_id=row["track_id"],
        mission_id=str(row["subject"]),
        duration_s=duration_s,
        min_duration_s=least_s,
        min_track_s=rules.LEAST_PIECE_S if splittable else least_s,
        setup_s=round(row["setup_time"] * 60),
        teardown_s=round(row["teardown_time"] * 60),
        splittable=splittable,
        views=tuple(
            ViewPeriod(tuple(antennas.split("_")), (view["TRX ON"], view["TRX OFF"]))
            for antennas, views in row["resource_vp_dict"].items()
            for view in views
        ),
    )


def rows_of(week: rules.Week, network: Network, tracks: tuple[Track, ...]) -> list[dict]:
    """Return tracks in the published format: one row an antenna."""
    subjects = {row["track_id"]: row["subject"] for row in week.requests}
    requests = {request.request_id: request for request in network.requests}
    rows = []
    for track in tracks:
        request = requests[track.request_id]
        on, off = track.span
        times = (on - request.setup_s, on, off, off + request.teardown_s)
        for antenna_id in request.views[track.view_index].antenna_ids:
            values = (antenna_id, subjects[track.request_id], *times, track.request_id)
            rows.append(dict(zip(rules.COLUMNS, values, strict=True)))
    return rows


def compile_solver() -> float:
    """Run the search on a network of one request; return how long that took, compiling for the most part."""
    began = time.perf_counter()
    request = TrackRequest("r", "m", 32400, 28800, 14400, 60, 60, True, (ViewPeriod(("A",), (0, 36000)),))
    solve_network(Network((0, 40000), (request,), {}), step_limit=1, workers=1)
    return time.perf_counter() - began


def _solve(options: argparse.Namespace, name: str, seed: int) -> None:
    week = rules.read_week(options.data, name)
    network = network_of(week)
    result = solve_network(
        network, seed=seed, wall_limit_s=options.seconds, step_limit=options.steps, workers=options.workers
    )
    rows = rows_of(week, network, result.tracks)
    if found := [*violations(network, result.tracks), *rules.broken(week, rows)]:
        raise SystemExit(f"{name} breaks rules: {found[:5]}")
    worth = rules.worth(week, rows)
    print(
        f"| {name} | malapert, seed {seed} | {worth.hours:.1f} | {worth.satisfied} | {worth.u_rms:.4f} | "
        f"{worth.u_max:.4f} | {result.wall_s:.1f} | {result.steps} |",
        flush=True,
    )
    print(f"| | no schedule beyond | {result.bound_h:.1f} | | | | | |")
    for by, hours, satisfied, rms, most in PUBLISHED.get(name, ()):
        print(f"| | {by} | {hours} | {satisfied} | {rms} | {most} | | |", flush=True)
    if options.out is not None:
        _path(options, name, seed).write_text(json.dumps(rows, indent=1) + "\n")


def _path(options: argparse.Namespace, name: str, seed: int) -> Path:
    """Return the file to write: the one named, with week and seed in its name where there are several."""
    marks = [name] * (len(options.weeks) > 1) + [f"seed{seed}"] * (len(options.seeds) > 1)
    return options.out.with_stem("_".join([options.out.stem, *marks]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder that holds problems.json and maintenance.csv")
    parser.add_argument("--weeks", nargs="+", metavar="WEEK", help="W10_2018 ... (default: all that the folder holds)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of wall clock for a week")
    parser.add_argument("--steps", type=int, help="of each worker, after which a week ends before its time")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the schedule in the published format")
    options = parser.parse_args()
    options.weeks = [name for words in options.weeks or rules.week_names(options.data) for name in words.split(",")]
    print(f"compiled in {compile_solver():.1f} s\n")
    print("| week | by | hours | satisfied | U_rms | U_max | wall s | steps |\n" + "|---" * 8 + "|")
    for name in options.weeks:
        for seed in options.seeds:
            _solve(options, name, seed)


if __name__ == "__main__":
    main()
