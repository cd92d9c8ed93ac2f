"""Solve a seeded synthetic mission of the reference mission's size and print time, objective, bound and gap."""

from __future__ import annotations

import argparse
import math
import random
from dataclasses import replace
from datetime import UTC, datetime

from malapert_planner.domain.problem.activities import Activity, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.places import Drive, DriveRule, Place, PowerSeries
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import Battery, Storage
from malapert_planner.domain.problem.spans import Span

DAY_S = 86400
SYNODIC_DAYS = 29.53
SIDEREAL_DAYS = 27.32
AGENCIES = ("JAXA", "ISRO", "NASA", "ESA")


def _spans(horizon_s: int, holds: list[bool], step_s: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    for index, held in enumerate(holds):
        start, end = index * step_s, min(horizon_s, (index + 1) * step_s)
        if held and spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], end)
        elif held:
            spans.append((start, end))
    return tuple(spans)


def synthetic_mission(seed: int = 1, days: int = 100, chains: int = 80, places: int = 8) -> PlanningProblem:
    """Return a problem with the reference mission's structure: monthly light and Earth, stations that rise daily."""
    rng = random.Random(seed)
    horizon, step = days * DAY_S, 900
    times = range(0, horizon, step)
    earth = [math.sin(2 * math.pi * (t / DAY_S + 3) / SIDEREAL_DAYS) > -0.15 for t in times]
    all_places = []
    for number in range(places):
        phase, width = rng.uniform(-1.5, 1.5), rng.uniform(0.45, 0.8)
        lit = [
            math.cos(2 * math.pi * (t / DAY_S - 8 + phase) / SYNODIC_DAYS) > 1 - 2 * width
            and not (number % 3 == 2 and int((t / DAY_S + phase) % 9) == 4)
            for t in times
        ]
        windows = {
            ConditionKind.ILLUMINATION: _spans(horizon, lit, step),
            ConditionKind.DARKNESS: _spans(horizon, [not value for value in lit], step),
            ConditionKind.EARTH_VISIBILITY: _spans(horizon, earth, step),
        }
        power = [
            380.0 * (0.85 + 0.15 * math.sin(2 * math.pi * t / DAY_S / SYNODIC_DAYS)) if lit[t // step] else 0.0
            for t in times
        ]
        all_places.append(Place(f"P{number}", f"Place {number}", windows, PowerSeries(tuple(times), tuple(power))))
    windows_list = []
    stations = ["IDSN-BL", "UDSC-64", "MSP", "NNO", "CEB", "MLG", "DSS-24", "DSS-34", "DSS-54", "WHM"]
    for number, station in enumerate(stations):
        longitude = number * DAY_S / len(stations)
        up = [earth[t // step] and math.cos(2 * math.pi * (t - longitude) / (DAY_S * 1.035)) > 0.2 for t in times]
        for place in all_places:
            for start, end in _spans(horizon, up, step):
                start, end = start + 60 * rng.randint(0, 4), end - 60 * rng.randint(0, 4)
                if rng.random() < 0.1 or end - start < 3600:
                    continue
                offsets = tuple(range(start, end, 1800))
                rate = 64e3 * (1 + number % 3)
                windows_list.append(
                    ContactWindow(
                        f"{station}/{place.place_id}/{start}",
                        station,
                        place.place_id,
                        (start, end),
                        RateSeries(offsets, tuple(rate for _ in offsets)),
                        900,
                        600,
                        1800,
                        300.0 + 100 * number,
                    )
                )
    drives = tuple(
        Drive(a.place_id, b.place_id, 300 * rng.randint(20, 70), 90.0, 2e7)
        for a in all_places
        for b in all_places
        if a is not b
    )
    activities, relations, repetitions = _requests(rng, chains, places)
    return PlanningProblem(
        problem_id=f"synthetic-{seed}",
        start_time=datetime(2029, 1, 10, tzinfo=UTC),
        horizon_s=horizon,
        resolution_s=300,
        asset_id="rover",
        start_place_id="P0",
        places=tuple(all_places),
        drives=drives,
        drive_rule=DriveRule((Condition(ConditionKind.CONTACT), Condition(ConditionKind.ILLUMINATION)), ("mobility",)),
        activities=activities,
        relations=relations,
        repetitions=repetitions,
        contact_windows=tuple(windows_list),
        contact_power_w=20.0,
        battery=Battery(9000.0, 1500.0, 8000.0, 3000.0, 60.0, 14.0, 0.95),
        storage=Storage(64e9, 1e9, 16e9),
        objective=Objective(0.0005, 20.0),
    )


_Step = tuple[int, float, float, tuple[str, ...], tuple[Condition, ...], int]
"""Duration in s, power in W, data in bit, resources, conditions, longest wait in s."""


def _requests(
    rng: random.Random, count: int, places: int
) -> tuple[tuple[Activity, ...], tuple[Relation, ...], tuple[Repetition, ...]]:
    lit, dark, contact = (
        Condition(ConditionKind.ILLUMINATION),
        Condition(ConditionKind.DARKNESS),
        Condition(ConditionKind.CONTACT),
    )
    templates: list[tuple[str, list[_Step], float]] = [
        (
            "drill",
            [
                (4 * 3600, 110.0, 2e8, ("arm",), (lit,), 0),
                (1800, 40.0, 1e7, ("arm",), (), 0),
                (4 * 3600, 100.0, 8e7, ("oven",), (), 7200),
                (3600, 35.0, 3e8, ("spectrometer",), (), 3600),
            ],
            10,
        ),
        ("spectrum", [(5400, 45.0, 1.6e9, ("camera",), (lit,), 0)], 4),
        ("shadow", [(7200, 70.0, 1.6e9, ("camera",), (dark,), 0)], 6),
        ("radar", [(3 * 3600, 25.0, 8e8, ("radar",), (), 0)], 3),
        ("exosphere", [(2 * 3600, 20.0, 1e8, ("mass",), (), 0)], 2),
        ("live", [(3600, 30.0, 4e8, ("camera",), (contact, lit), 0)], 3),
    ]
    activities: list[Activity] = []
    relations: list[Relation] = []
    repetitions: list[Repetition] = []
    made = number = 0
    while made < count:
        name, steps, value = templates[number % len(templates)]
        request = f"R{number:03d}-{name}"
        repeats = 4 if name == "exosphere" and number % 4 == 0 else 1
        here = (f"P{rng.randrange(places)}",) if name in ("drill", "shadow", "spectrum") else ()
        if rng.random() < 0.2:
            here = ()
        for index in range(repeats):
            for step, (duration, power, data, resources, conditions, wait) in enumerate(steps):
                activities.append(
                    Activity(
                        f"{request}.{index}.{step}",
                        request,
                        index,
                        f"{request}.{index}",
                        step,
                        name,
                        AGENCIES[number % 4],
                        name,
                        duration,
                        power,
                        data,
                        resources,
                        here,
                        (),
                        conditions,
                        value * rng.uniform(0.8, 1.2) / len(steps),
                        number == 1,
                        3000.0 if name == "drill" and step == 0 else 0.0,
                        wait,
                    )
                )
        if repeats > 1:
            repetitions.append(Repetition(request, 5 * DAY_S, DAY_S))
        if number and number % 9 == 0:
            relations.append(
                Relation(RelationKind.AFTER, request, f"R{number - 5:03d}-{templates[(number - 5) % 6][0]}", 3600, 0)
            )
        made += repeats
        number += 1
    return tuple(activities), tuple(relations), tuple(repetitions)


def main() -> None:
    """Solve and print."""
    from malapert_planner.domain.validation.validate import validate
    from malapert_planner.solvers.solve import solve

    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--solver-seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--chains", type=int, default=80)
    parser.add_argument("--work", type=float, default=60.0)
    parser.add_argument("--wall", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.0, help="points for each gigabyte that waits for a day")
    parser.add_argument("--silence", type=float, default=0.0, help="longest silence, h; 0 sets no rhythm")
    arguments = parser.parse_args()
    problem = synthetic_mission(arguments.seed, arguments.days, arguments.chains)
    problem = replace(
        problem,
        max_silence_s=round(arguments.silence * 3600),
        objective=replace(problem.objective, latency_weight_per_gb_d=arguments.latency),
    )
    print(f"{len(problem.activities)} activities, {len(problem.contact_windows)} contact windows")
    result = solve(
        problem,
        seed=arguments.solver_seed,
        work_limit=arguments.work,
        wall_limit_s=arguments.wall,
        on_progress=lambda p: print(
            f"{p.wall_s:7.1f} s  work {p.work:6.1f}  {p.stage:<10} {p.iteration:4d}  "
            f"objective {p.objective}  bound {p.bound:.3f}  gap {p.gap}",
            flush=True,
        ),
    )
    report = validate(problem, result.schedule)
    print(
        result.status,
        f"objective {result.objective:.3f} bound {result.bound:.3f} work {result.work:.1f}",
        result.parameters,
    )
    print(
        f"{len(result.schedule.activities)} activities, {len(result.schedule.drives)} drives, "
        f"{len(result.schedule.contacts)} contacts, valid {report.valid}"
    )
    for figure in report.figures:
        scale, unit = (DAY_S, "d") if figure.unit == "s" else (1, figure.unit)
        print(f"{figure.figure_id} {figure.amount / scale:.3f} {unit}")
    for violation in report.violations[:10]:
        print(violation.rule_id, violation.message, violation.span)


if __name__ == "__main__":
    main()
