"""Events since a plan was made, applied to its problem and its schedule. Pure functions."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from malapert.planner.v1 import replan_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import Fault, InvalidInputError

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.faults import LARGEST_AMOUNT
from malapert_planner.domain.problem.modes import alternatives, mode_key
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import LimitUse, ReservoirUse
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedDrive, Schedule
from malapert_planner.services.making.window_conversion import ProblemClock, without
from malapert_planner.services.replanning.levels import measurement_faults

RETRY = "~retry"
REQUESTED_QUANTITIES = "as asked: "
"""Prefix of the keys of a problem's metadata that hold activities' requested quantities before they were measured."""
_Use = TypeVar("_Use", LimitUse, ReservoirUse)
_FAILED = (replan_pb2.RUN_STATE_FAILED, replan_pb2.RUN_STATE_ABANDONED)
_BEGUN = (replan_pb2.RUN_STATE_STARTED, replan_pb2.RUN_STATE_DONE, *_FAILED)


def event_faults(problem: PlanningProblem, schedule: Schedule, events: Sequence[replan_pb2.PlanEvent]) -> list[Fault]:
    """Return what is wrong with events of a plan, each with its path."""
    problem_clock = ProblemClock(problem.start_time, problem.horizon_s)
    stations = {window.station_id for window in problem.contact_windows}
    planned = {placed.activity_id for placed in schedule.activities}
    faults = []
    for index, event in enumerate(events):
        path, kind = f"events[{index}]", event.WhichOneof("event")
        if kind is None:
            faults.append(Fault(path, "EMPTY", "an event names what has happened"))
        elif kind == "station_outage":
            known = ", ".join(sorted(stations)) or "none"
            if event.station_outage.station_id not in stations:
                message = f"{event.station_outage.station_id!r} is not one of: {known}"
                faults.append(Fault(f"{path}.station_outage.station_id", "UNKNOWN_STATION", message))
            faults += _interval_faults(f"{path}.station_outage.interval", event.station_outage.interval, problem_clock)
        elif kind == "array_power":
            if not 0 <= event.array_power.factor <= 10:
                message = f"{event.array_power.factor} must lie between 0 and 10"
                faults.append(Fault(f"{path}.array_power.factor", "OUT_OF_RANGE", message))
        elif kind == "activity_run":
            run = event.activity_run
            if run.activity_id not in planned:
                message = f"{run.activity_id!r} is not in the plan"
                faults.append(Fault(f"{path}.activity_run.activity_id", "NOT_PLANNED", message))
            if run.state in _BEGUN:
                faults += _interval_faults(f"{path}.activity_run.interval", run.interval, problem_clock)
            elif run.state != replan_pb2.RUN_STATE_SKIPPED:
                faults.append(Fault(f"{path}.activity_run.state", "REQUIRED", "say what became of it"))
            for name in ("energy_wh", "data_bit"):
                if not 0 <= getattr(run, name) <= LARGEST_AMOUNT:
                    message = f"{getattr(run, name)} must lie between 0 and {LARGEST_AMOUNT:g}"
                    faults.append(Fault(f"{path}.activity_run.{name}", "OUT_OF_RANGE", message))
        elif kind == "drive_run":
            if _planned_drive(schedule, event.drive_run, problem_clock) is None:
                message = "the plan has no such drive that starts then"
                faults.append(Fault(f"{path}.drive_run", "NOT_PLANNED", message))
            faults += _interval_faults(f"{path}.drive_run.interval", event.drive_run.interval, problem_clock)
        else:
            faults += measurement_faults(f"{path}.measurement", event.measurement, problem)
    return faults


def _interval_faults(path: str, interval: type_pb2.Interval, problem_clock: ProblemClock) -> list[Fault]:
    start_s, end_s = problem_clock.edges_s(interval)
    if start_s >= end_s:
        return [Fault(path, "EMPTY_INTERVAL", "it must end after it starts")]
    if end_s <= 0 or start_s >= problem_clock.horizon_s:
        return [Fault(path, "OUTSIDE_HORIZON", "it lies outside of the plan's horizon")]
    return []


def with_station_outages(
    windows: Iterable[ContactWindow], events: Iterable[replan_pb2.PlanEvent], problem_clock: ProblemClock
) -> tuple[ContactWindow, ...]:
    """Return contact windows without the outages of stations that events tell of."""
    for event in events:
        if event.WhichOneof("event") == "station_outage":
            outage = event.station_outage
            span = problem_clock.outer_span(outage.interval) or (0, 0)
            windows = _without_outage(windows, outage.station_id, span)
    return tuple(windows)


def apply_events(
    problem: PlanningProblem, schedule: Schedule, events: Sequence[replan_pb2.PlanEvent]
) -> tuple[PlanningProblem, Schedule]:
    """Return the problem as it is now and the schedule as it was run; measured levels are left to `with_levels`.

    Raises
    ------
    InvalidInputError
        ``INVALID_EVENTS`` with all faults.
    """
    if faults := event_faults(problem, schedule, events):
        raise InvalidInputError("INVALID_EVENTS", f"{len(faults)} faults in the events", faults=faults)
    problem_clock = ProblemClock(problem.start_time, problem.horizon_s)
    for event in events:
        kind = event.WhichOneof("event")
        if kind == "station_outage":
            windows = with_station_outages(problem.contact_windows, [event], problem_clock)
            problem = replace(problem, contact_windows=windows)
        elif kind == "array_power":
            since_s = round(problem_clock.offset_s(event.array_power.from_time.ToDatetime(problem.start_time.tzinfo)))
            places = (
                replace(place, generation=_scaled(place.generation, event.array_power.factor, since_s))
                for place in problem.places
            )
            problem = replace(problem, places=tuple(places))
        elif kind == "activity_run":
            problem, schedule = _run(problem, schedule, event.activity_run, problem_clock)
        elif kind == "drive_run":
            schedule = _driven(schedule, event.drive_run, problem_clock)
    # What was measured is of the tries that were run: the next ones were asked for as they had been planned.
    spans = {placed.activity_id: placed.span for placed in schedule.activities}
    for run in (event.activity_run for event in events if event.WhichOneof("event") == "activity_run"):
        if run.activity_id in spans:
            problem = _as_measured(problem, run, spans[run.activity_id])
    return problem, schedule


def with_retries(asked: PlanningProblem, events: Sequence[replan_pb2.PlanEvent]) -> PlanningProblem:
    """Return a problem in which chains that have failed are asked for under the names that they were given anew.

    So are their other modes. A chain has one mark for each of its tries that failed. One whose request repeats is not
    asked for again.
    """
    failed = {
        event.activity_run.activity_id
        for event in events
        if event.WhichOneof("event") == "activity_run" and event.activity_run.state in _FAILED
    }
    periodic = {item.request_id for item in asked.repetitions}
    named: dict[str, Activity] = {}
    for modes in alternatives(asked.activities):
        steps = [activity for chain in modes for activity in chain]
        tries = steps
        while failed & {activity.activity_id for activity in tries}:
            tries = [_renamed(activity) for activity in tries]
        if tries is steps or steps[0].request_id not in periodic:
            named |= {before.activity_id: after for before, after in zip(steps, tries, strict=True)}
    return replace(
        asked,
        activities=tuple(named[a.activity_id] for a in asked.activities if a.activity_id in named),
        limits=tuple(replace(x, uses=_of_named(x.uses, named)) for x in asked.limits),
        cumulative_resources=tuple(replace(x, uses=_of_named(x.uses, named)) for x in asked.cumulative_resources),
        reservoirs=tuple(replace(x, uses=_of_named(x.uses, named)) for x in asked.reservoirs),
    )


def _of_named(uses: tuple[_Use, ...], named: dict[str, Activity]) -> tuple[_Use, ...]:
    kept = (use for use in uses if use.activity_id in named)
    return tuple(replace(use, activity_id=named[use.activity_id].activity_id) for use in kept)


def _without_outage(windows: Iterable[ContactWindow], station_id: str, span: Span) -> Iterable[ContactWindow]:
    """Yield the windows without a station's in a span; what is left of one keeps its name, further parts get a mark."""
    for window in windows:
        if window.station_id != station_id or window.span[1] <= span[0] or window.span[0] >= span[1]:
            yield window
            continue
        parts = [part for part in without(window.span, [span]) if part[1] - part[0] >= window.min_length_s]
        for number, part in enumerate(parts):
            name = window.window_id if number == 0 else f"{window.window_id}#out{span[0]}"
            yield replace(window, window_id=name, span=part)


def _scaled(series: PowerSeries, factor: float, since_s: int) -> PowerSeries:
    """Scale a series from an instant on; it steps there within a second. Before the start all is scaled."""
    times_s, powers_w = [], []
    steps = {since_s - 1, since_s} if since_s > 0 else set()
    for time_s in sorted({*series.offset_s, *steps}):
        times_s.append(time_s)
        powers_w.append(_at(series, time_s) * (factor if time_s >= since_s else 1.0))
    return PowerSeries(tuple(times_s), tuple(powers_w))


def _at(series: PowerSeries, time_s: int) -> float:
    pairs = list(zip(series.offset_s, series.power_w, strict=True))
    for (start_s, low_w), (end_s, high_w) in pairwise(pairs):
        if start_s <= time_s <= end_s:
            return low_w + (high_w - low_w) * (time_s - start_s) / (end_s - start_s)
    return pairs[0][1] if time_s <= pairs[0][0] else pairs[-1][1]


def _run(
    problem: PlanningProblem, schedule: Schedule, run: replan_pb2.ActivityRun, problem_clock: ProblemClock
) -> tuple[PlanningProblem, Schedule]:
    others = tuple(placed for placed in schedule.activities if placed.activity_id != run.activity_id)
    placed = next(placed for placed in schedule.activities if placed.activity_id == run.activity_id)
    if run.state == replan_pb2.RUN_STATE_SKIPPED:
        return problem, replace(schedule, activities=others)
    as_run = PlacedActivity(placed.activity_id, placed.place_id, problem_clock.outer_span(run.interval) or placed.span)
    if run.state in _FAILED:
        wanted = run.state == replan_pb2.RUN_STATE_FAILED
        problem, gone = _failed(problem, run.activity_id, ask_again=wanted)
        others = tuple(other for other in others if other.activity_id not in gone)
    activities = tuple(sorted((*others, as_run), key=lambda item: (item.span, item.activity_id)))
    return problem, replace(schedule, activities=activities)


def _as_measured(problem: PlanningProblem, run: replan_pb2.ActivityRun, span: Span) -> PlanningProblem:
    """Let an activity have drawn the power, and made the data, that were measured; the next try is as it was asked."""

    def measured(activity: Activity) -> Activity:
        if run.HasField("energy_wh"):
            activity = replace(activity, power_w=run.energy_wh * 3600.0 / (span[1] - span[0]))
        if run.HasField("data_bit"):
            part = run.data_bit / activity.data_bit if activity.data_bit > 0 else 0.0
            products = tuple(replace(product, data_bit=product.data_bit * part) for product in activity.products)
            activity = replace(activity, data_bit=run.data_bit, products=products)
        return activity

    asked = next(activity for activity in problem.activities if activity.activity_id == run.activity_id)
    numbers = json.dumps([asked.power_w, asked.data_bit, [product.data_bit for product in asked.products]])
    metadata = {f"{REQUESTED_QUANTITIES}{asked.activity_id}": numbers, **problem.metadata}
    activities = (measured(a) if a is asked else a for a in problem.activities)
    return replace(problem, activities=tuple(activities), metadata=metadata)


def _with_requested_quantities(problem: PlanningProblem, activity: Activity) -> Activity:
    """Return an activity with the power and data that it was asked with, whatever was measured since."""
    numbers = problem.metadata.get(f"{REQUESTED_QUANTITIES}{activity.activity_id}")
    if numbers is None:
        return activity
    power_w, data_bit, products_bit = json.loads(numbers)
    products = zip(activity.products, products_bit, strict=True)
    made = tuple(replace(product, data_bit=each) for product, each in products)
    return replace(activity, power_w=power_w, data_bit=data_bit, products=made)


def _failed(problem: PlanningProblem, activity_id: str, *, ask_again: bool) -> tuple[PlanningProblem, set[str]]:
    """Ask for nothing of a failed activity's chain, and, unless it was given up, for it once more under new names.

    Its other modes get new names too, or are not asked for any more. Returns the problem and the later steps of the
    failed chain, which do not follow. What the failed steps used up
    stays used. A repetition that has a period is not asked for again: the next one comes anyway.
    """
    failed = next(activity for activity in problem.activities if activity.activity_id == activity_id)
    asked = [a for a in problem.activities if mode_key(a) == mode_key(failed)]
    chain = [a for a in asked if a is failed or (a.chain_id and a.chain_id == failed.chain_id)]
    periodic = any(item.request_id == failed.request_id for item in problem.repetitions)
    again = (
        [_renamed(_with_requested_quantities(problem, activity)) for activity in asked]
        if ask_again and not periodic
        else []
    )
    worthless = {
        a.activity_id: replace(a, value=0.0, mandatory=False, chain_id="", chain_index=0, mode_id="")
        for a in chain
        if a.chain_index <= failed.chain_index
    }
    ids = {a.activity_id for a in asked}
    later = ids - worthless.keys()
    activities = [worthless.get(a.activity_id, a) for a in problem.activities if a.activity_id not in later]
    doubled = replace(
        problem,
        activities=(*activities, *again),
        limits=tuple(
            replace(
                x, uses=_swapped(x.uses, ids, bool(again)) if x.is_choice else _doubled(x.uses, ids, later, bool(again))
            )
            for x in problem.limits
        ),
        cumulative_resources=tuple(
            replace(x, uses=_doubled(x.uses, ids, later, bool(again))) for x in problem.cumulative_resources
        ),
        reservoirs=tuple(replace(x, uses=_doubled(x.uses, ids, later, bool(again))) for x in problem.reservoirs),
    )
    return doubled, later


def _renamed(activity: Activity) -> Activity:
    chain_id = f"{activity.chain_id}{RETRY}" if activity.chain_id else ""
    return replace(activity, activity_id=f"{activity.activity_id}{RETRY}", chain_id=chain_id)


def _doubled(uses: tuple[_Use, ...], ids: set[str], later: set[str], again: bool) -> tuple[_Use, ...]:
    kept = tuple(use for use in uses if use.activity_id not in later)
    more = tuple(replace(use, activity_id=f"{use.activity_id}{RETRY}") for use in uses if use.activity_id in ids)
    return kept + (more if again else ())


def _swapped(uses: tuple[_Use, ...], ids: set[str], again: bool) -> tuple[_Use, ...]:
    """Of a choice what failed does not count, and its next try does."""
    return tuple(
        replace(use, activity_id=f"{use.activity_id}{RETRY}") if use.activity_id in ids else use
        for use in uses
        if again or use.activity_id not in ids
    )


def _planned_drive(schedule: Schedule, run: replan_pb2.DriveRun, problem_clock: ProblemClock) -> PlacedDrive | None:
    planned_s = problem_clock.offset_s(run.planned_start_time.ToDatetime(problem_clock.start_time.tzinfo))
    for drive in schedule.drives:
        ends = (drive.from_place_id, drive.to_place_id)
        if ends == (run.from_place_id, run.to_place_id) and abs(drive.span[0] - planned_s) < 1:
            return drive
    return None


def _driven(schedule: Schedule, run: replan_pb2.DriveRun, problem_clock: ProblemClock) -> Schedule:
    planned = _planned_drive(schedule, run, problem_clock)
    span = problem_clock.outer_span(run.interval) or (0, 1)
    as_run = PlacedDrive(run.from_place_id, run.to_place_id, span)
    drives = (as_run if drive == planned else drive for drive in schedule.drives)
    return replace(schedule, drives=tuple(sorted(drives, key=lambda drive: drive.span)))
