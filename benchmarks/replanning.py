"""Replan the synthetic reference mission after an outage of a station, and count what moved beyond what was forced."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from malapert_planner.domain.life.changes import ChangeKind, changes
from malapert_planner.domain.life.replanning import disturbance
from malapert_planner.domain.problem.problem import Baseline, PlanningProblem
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.domain.simulation.propagation import propagate_battery, propagate_storage
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.validate import validate
from malapert_planner.solvers.replan import replan
from malapert_planner.solvers.solve import solve
from planner_reference_size import DAY_S, synthetic_mission


def without_station(problem: PlanningProblem, station_id: str, span: tuple[int, int]) -> PlanningProblem:
    """Return a problem in which a station is out during a span."""
    windows = []
    for window in problem.contact_windows:
        low, high = window.span
        if window.station_id != station_id or high <= span[0] or low >= span[1]:
            windows.append(window)
            continue
        for number, part in enumerate(((low, min(high, span[0])), (max(low, span[1]), high))):
            if part[1] - part[0] >= window.min_length_s:
                windows.append(replace(window, window_id=f"{window.window_id}~{number}", span=part))
    return replace(problem, contact_windows=tuple(windows))


def with_now(problem: PlanningProblem, schedule: Schedule, now_s: int) -> PlanningProblem:
    """Return a problem with the levels that a schedule has at an instant."""
    case = Case(problem, schedule)
    battery, storage = propagate_battery(case), propagate_storage(case)
    charge_wh = battery.charge_at(now_s)
    stored_bit = float(storage.stored_bit[int(storage.time_s.searchsorted(now_s))])
    return replace(
        problem,
        battery=replace(problem.battery, start_wh=charge_wh),
        storage=replace(problem.storage, start_bit=stored_bit),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=100)
    parser.add_argument("--chains", type=int, default=300)
    parser.add_argument("--solve-work", type=float, default=30.0)
    parser.add_argument("--work", type=float, default=4.0)
    parser.add_argument("--outages", type=int, default=6)
    options = parser.parse_args()
    problem = synthetic_mission(1, options.days, options.chains)
    plan = solve(problem, work_limit=options.solve_work, wall_limit_s=600).schedule
    print(f"{len(plan.activities)} activities, {len(plan.drives)} drives, {len(plan.contacts)} contacts planned")
    heads = ("outage", "forced", "moved, added, dropped", "moved or dropped beyond what was forced", "plan s")
    print(f"| {' | '.join(heads)} |\n" + "|---" * len(heads) + "|")
    used = sorted(plan.contacts, key=lambda contact: contact.span)
    for number in range(options.outages):
        contact = used[(number + 1) * len(used) // (options.outages + 2)]
        now_s = max(0, contact.span[0] - DAY_S) // 300 * 300
        outage = (contact.span[0] - 3600, contact.span[0] + DAY_S)
        began = time.perf_counter()
        changed = with_now(without_station(problem, contact.station_id, outage), plan, now_s)
        baseline = Baseline(plan, Schedule(), now_s, min(now_s + 3600, problem.horizon_s), 0.05, 2.0)
        asked = disturbance(changed, baseline)
        result = replan(
            asked.problem, asked.kept, asked.broken, asked.beyond, wanted=frozenset(), work_limit=options.work
        )
        wall = time.perf_counter() - began
        report = validate(asked.problem, result.schedule)
        if not report.valid:
            raise SystemExit(f"outage {number} broken: {report.violations[:5]}")
        told = changes(problem, plan, result.schedule, asked.forced)
        kinds = [sum(change.kind is kind for change in told) for kind in ChangeKind]
        beyond = sum(change.label not in asked.forced and change.before is not None for change in told)
        print(
            f"| {contact.station_id} for a day | {len(asked.forced)} | {', '.join(map(str, kinds))} | {beyond} | "
            f"{wall:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
