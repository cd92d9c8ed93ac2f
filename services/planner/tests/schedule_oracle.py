"""A plain minute-by-minute referee for schedules on whole minutes, sharing no code with the validator."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from fine_integration import holds, integrate, places_at
from malapert_planner.domain.problem.activities import Activity, RelationKind
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Reservoir
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, Schedule

TICK_S = 60


def is_valid(problem: PlanningProblem, schedule: Schedule) -> bool:
    """Whether a schedule keeps every rule; everything in it must be on whole minutes."""
    if not _form_holds(problem, schedule) or not _drives_join(problem, schedule):
        return False
    ticks = range(0, problem.horizon_s, TICK_S)
    return (
        all(_moment_holds(problem, schedule, time_s) for time_s in ticks)
        and all(_contact_holds(problem, schedule, contact) for contact in schedule.contacts)
        and _stations_turn(problem, schedule)
        and _rhythm_holds(problem, schedule)
        and _nights_hold(problem, schedule)
        and _handed_over(problem, schedule)
        and _requests_hold(problem, schedule)
        and _levels_hold(problem, schedule)
    )


def _form_holds(problem: PlanningProblem, schedule: Schedule) -> bool:
    known = {activity.activity_id: activity for activity in problem.activities}
    if len({placed.activity_id for placed in schedule.activities}) < len(schedule.activities):
        return False
    for placed in schedule.activities:
        activity = known[placed.activity_id]
        if placed.span[1] - placed.span[0] != activity.duration_s:
            return False
        if activity.place_ids and placed.place_id not in activity.place_ids:
            return False
        minutes = range(placed.span[0], placed.span[1], TICK_S)
        if activity.windows and not all(any(holds(span, time_s) for span in activity.windows) for time_s in minutes):
            return False
        for place_id, spans in activity.place_windows:
            at_place = [time_s for time_s in minutes if placed.place_id == place_id]
            if not all(any(holds(span, time_s) for span in spans) for time_s in at_place):
                return False
    items: list[Any] = [*schedule.activities, *schedule.drives, *schedule.contacts]
    planned = {placed.activity_id for placed in schedule.activities}
    return all(0 <= item.span[0] < item.span[1] <= problem.horizon_s for item in items) and all(
        any(other.activity_id in planned for other in problem.activities if _is_way(activity, other))
        for activity in problem.activities
        if activity.mandatory
    )


def _is_way(activity: Activity, other: Activity) -> bool:
    """Whether another activity does what is asked for as well: the same step, or one of another mode."""
    modes = (activity.mode_id, other.mode_id)
    same_repetition = (activity.request_id, activity.repetition_index) == (other.request_id, other.repetition_index)
    return other is activity or (all(modes) and same_repetition and modes[0] != modes[1])


def _modes_hold(problem: PlanningProblem, placed: dict[str, PlacedActivity]) -> bool:
    done = [activity for activity in problem.activities if activity.activity_id in placed and activity.mode_id]
    return not any(_is_way(one, other) for one in done for other in done if one is not other)


def _drives_join(problem: PlanningProblem, schedule: Schedule) -> bool:
    ways = {(drive.from_place_id, drive.to_place_id): drive for drive in problem.drives}
    place_id, reached_s = problem.start_place_id, 0
    for drive in sorted(schedule.drives, key=lambda drive: drive.span):
        way = ways.get((drive.from_place_id, drive.to_place_id))
        if way is None or way.closed_because or drive.span[1] - drive.span[0] != way.duration_s:
            return False
        if drive.from_place_id != place_id or drive.span[0] < reached_s:
            return False
        place_id, reached_s = drive.to_place_id, drive.span[1]
    return True


def _moment_holds(problem: PlanningProblem, schedule: Schedule, time_s: int) -> bool:
    places = places_at(problem, schedule, time_s)
    known = {activity.activity_id: activity for activity in problem.activities}
    active = [placed for placed in schedule.activities if holds(placed.span, time_s)]
    talking = [contact for contact in schedule.contacts if holds(contact.span, time_s)]
    driving = len(places) == 2
    if (driving and active) or len(talking) > 1 or any((placed.place_id,) != places for placed in active):
        return False
    made = [(placed, name) for placed in active for name in known[placed.activity_id].makes]
    if any(name in known[each.activity_id].needs_quiet for maker, name in made for each in active if each != maker):
        return False
    resources = Counter(name for placed in active for name in known[placed.activity_id].resource_ids)
    conditions = [condition for placed in active for condition in known[placed.activity_id].conditions]
    if driving:
        resources.update(problem.drive_rule.resource_ids)
        for condition in problem.drive_rule.conditions:
            dark = problem.drive_rule.dark_place_ids if condition.kind is ConditionKind.ILLUMINATION else ()
            asked = tuple(place_id for place_id in places if place_id not in dark)
            if not _condition_holds(problem, condition, asked, talking, time_s):
                return False
            if not (dark and len(asked) < 2) and not _way_holds(problem, schedule, condition, time_s):
                return False
    names = {placed.activity_id for placed in active}
    shared = all(
        sum(use.amount for use in resource.uses if use.activity_id in names) <= resource.capacity
        for resource in problem.cumulative_resources
    )
    return (
        shared
        and max(resources.values(), default=0) <= 1
        and all(_condition_holds(problem, condition, places, talking, time_s) for condition in conditions)
        and all(_reachable(problem, contact, places, time_s) for contact in talking)
    )


def _handed_over(problem: PlanningProblem, schedule: Schedule) -> bool:
    """Whether no two stations are talked to within less than the hand-over."""
    pairs = [(one, other) for one in schedule.contacts for other in schedule.contacts if one.span <= other.span]
    return all(
        one.station_id == other.station_id or other.span[0] - one.span[1] >= problem.hand_over_s for one, other in pairs
    )


def _rhythm_holds(problem: PlanningProblem, schedule: Schedule) -> bool:
    """Whether no more minutes pass without a contact, of those in which one could be held, than are allowed."""
    silent_s = 0
    for time_s in range(0, problem.horizon_s if problem.max_silence_s else 0, TICK_S):
        if any(holds(contact.span, time_s) for contact in schedule.contacts):
            silent_s = 0
            continue
        seen = {window.place_id for window in problem.contact_windows if holds(window.span, time_s)}
        silent_s += TICK_S if seen.issuperset(places_at(problem, schedule, time_s)) else 0
        if silent_s > problem.max_silence_s:
            return False
    return True


def _nights_hold(problem: PlanningProblem, schedule: Schedule) -> bool:
    """Whether, second by second of each span between edges of light and Earth, the asset is where it may be."""
    rule = problem.night_rule
    if rule is None:
        return True
    places, dark_s, havens = {place.place_id: place for place in problem.places}, 0, rule.haven_place_ids
    kinds = (ConditionKind.ILLUMINATION, ConditionKind.EARTH_VISIBILITY)
    windows = [place.windows.get(kind, ()) for place in problem.places for kind in kinds]
    edges = {edge for spans in windows for span in spans for edge in span} | {0, problem.horizon_s}
    edges |= {edge for drive in schedule.drives for edge in drive.span}
    cuts = sorted(edge for edge in edges if 0 <= edge <= problem.horizon_s)
    for time_s, end_s in pairwise(cuts):
        here = [places[place_id] for place_id in places_at(problem, schedule, time_s)]
        lit = all(any(holds(span, time_s) for span in place.windows.get(kinds[0], ())) for place in here)
        dark_s = 0 if lit else dark_s + end_s - time_s
        if rule.max_dark_s and dark_s > rule.max_dark_s:
            return False
        for place in here if rule.max_without_earth_s else ():
            seen = place.windows.get(kinds[1], ())
            if place.place_id in havens or any(holds(span, time_s) for span in seen):
                continue
            set_s = max((span[1] for span in seen if span[1] <= time_s), default=0)
            rise_s = min((span[0] for span in seen if span[0] > time_s), default=problem.horizon_s)
            if rise_s - set_s > rule.max_without_earth_s:
                return False
    return True


def _way_holds(problem: PlanningProblem, schedule: Schedule, condition: Condition, time_s: int) -> bool:
    """Whether each point at which the asset may be in this minute has what is asked for."""
    windows = {point.point_id: point.windows.get(condition.kind, ()) for point in problem.route_points}
    for placed in schedule.drives:
        ends = (placed.from_place_id, placed.to_place_id)
        way = next(drive for drive in problem.drives if (drive.from_place_id, drive.to_place_id) == ends)
        for passage in way.passages:
            passing = (placed.span[0] + passage.from_s, placed.span[0] + passage.until_s)
            if holds(passing, time_s) and not any(holds(span, time_s) for span in windows[passage.point_id]):
                return False
    return True


def _condition_holds(
    problem: PlanningProblem, condition: Condition, places: tuple[str, ...], talking: list[PlacedContact], time_s: int
) -> bool:
    if condition.kind is ConditionKind.CONTACT:
        return any(not condition.station_ids or contact.station_id in condition.station_ids for contact in talking)
    if condition.kind is ConditionKind.SILENCE:
        return not any(not condition.station_ids or contact.station_id in condition.station_ids for contact in talking)
    here = [place for place in problem.places if place.place_id in places]
    if condition.least_sun:
        shares = [
            span for p in here for each in p.sun_shares if each.least >= condition.least_sun for span in each.spans
        ]
        return any(holds(span, time_s) for span in shares)
    return all(any(holds(span, time_s) for span in place.windows.get(condition.kind, ())) for place in here)


def _reachable(problem: PlanningProblem, contact: PlacedContact, places: tuple[str, ...], time_s: int) -> bool:
    seen = {
        window.place_id
        for window in problem.contact_windows
        if window.station_id == contact.station_id and holds(window.span, time_s)
    }
    return set(places) <= seen


def _contact_holds(problem: PlanningProblem, schedule: Schedule, contact: PlacedContact) -> bool:
    """Length and reference; the windows of these problems share their least length."""
    window = next(window for window in problem.contact_windows if window.window_id == contact.window_id)
    origin_id = places_at(problem, schedule, contact.span[0])[0]
    return (
        contact.span[1] - contact.span[0] >= window.min_length_s
        and contact.place_id == window.place_id == origin_id
        and contact.station_id == window.station_id
        and holds(window.span, contact.span[0])
    )


def _stations_turn(problem: PlanningProblem, schedule: Schedule) -> bool:
    """The antenna's whole span, setup and teardown in, is free of others; the windows share both."""
    setup_s = {window.station_id: window.setup_s for window in problem.contact_windows}
    teardown_s = {window.station_id: window.teardown_s for window in problem.contact_windows}
    return not any(
        one is not other
        and one.station_id == other.station_id
        and one.span[0] - setup_s[one.station_id] < other.span[1] + teardown_s[one.station_id]
        and other.span[0] - setup_s[one.station_id] < one.span[1] + teardown_s[one.station_id]
        for one in schedule.contacts
        for other in schedule.contacts
    )


def _requests_hold(problem: PlanningProblem, schedule: Schedule) -> bool:
    placed = {item.activity_id: item for item in schedule.activities}
    chains = {activity.chain_id for activity in problem.activities if activity.chain_id}
    return (
        all(_chain_holds(problem, schedule, chain_id, placed) for chain_id in chains)
        and _modes_hold(problem, placed)
        and all(
            sum(use.amount for use in limit.uses if use.activity_id in placed) <= limit.capacity
            for limit in problem.limits
        )
        and all(_reservoir_holds(reservoir, placed, problem.horizon_s) for reservoir in problem.reservoirs)
        and _relations_hold(problem, placed)
        and _repetitions_hold(problem, placed)
    )


def _chain_holds(
    problem: PlanningProblem, schedule: Schedule, chain_id: str, placed: dict[str, PlacedActivity]
) -> bool:
    steps = sorted(
        (step for step in problem.activities if step.chain_id == chain_id), key=lambda step: step.chain_index
    )
    found = [placed.get(step.activity_id) for step in steps]
    if not any(found):
        return True
    if not all(found):
        return False
    for step, before, after in zip(steps[1:], found, found[1:], strict=False):
        if not before.span[1] <= after.span[0] <= before.span[1] + step.max_wait_s or before.place_id != after.place_id:
            return False
    minutes = range(found[0].span[0], found[-1].span[1], TICK_S)
    return not any(holds(drive.span, time_s) for drive in schedule.drives for time_s in minutes)


def _steps_of(problem: PlanningProblem, request_id: str) -> list[Activity]:
    return [activity for activity in problem.activities if activity.request_id == request_id]


def _relations_hold(problem: PlanningProblem, placed: dict[str, PlacedActivity]) -> bool:
    for relation in problem.relations:
        own = [placed[s.activity_id] for s in _steps_of(problem, relation.request_id) if s.activity_id in placed]
        others = _steps_of(problem, relation.other_request_id)
        other = [placed[step.activity_id] for step in others if step.activity_id in placed]
        lacking = any(not any(s.activity_id in placed for s in others if _is_way(step, s)) for step in others)
        if relation.kind is RelationKind.REQUIRES and own and lacking:
            return False
        if relation.kind is RelationKind.TOGETHER and bool(own) != bool(other):
            return False
        if own and other:
            lag_s = min(step.span[0] for step in own) - max(step.span[1] for step in other)
            most_s = relation.max_lag_s or problem.horizon_s
            if relation.kind is RelationKind.EXCLUDES:
                return False
            apart_s = abs(min(step.span[0] for step in own) - min(step.span[0] for step in other))
            if relation.kind is RelationKind.TOGETHER and apart_s > relation.max_lag_s:
                return False
            if relation.kind is RelationKind.AFTER and not relation.min_lag_s <= lag_s <= most_s:
                return False
    return True


def _reservoir_holds(reservoir: Reservoir, placed: dict[str, PlacedActivity], horizon_s: int) -> bool:
    """Count at every minute what is gone at the most, and what is there at the most."""
    uses = [(use, placed[use.activity_id].span) for use in reservoir.uses if use.activity_id in placed]
    for time_s in range(0, horizon_s + 1, TICK_S):
        begun = [use for use, span in uses if span[0] <= time_s]
        ended = [use for use, span in uses if span[1] <= time_s]
        least = reservoir.start - sum(use.consumed for use in begun) + sum(use.produced for use in ended)
        most = reservoir.start + sum(use.produced for use in begun) - sum(use.consumed for use in ended)
        if least < -1e-9 or most > reservoir.capacity + 1e-9:
            return False
    return True


def _repetitions_hold(problem: PlanningProblem, placed: dict[str, PlacedActivity]) -> bool:
    for repetition in problem.repetitions:
        steps = _steps_of(problem, repetition.request_id)
        starts = [
            next(
                (
                    placed[s.activity_id].span[0]
                    for s in steps
                    if s.repetition_index == index and s.activity_id in placed
                ),
                None,
            )
            for index in sorted({step.repetition_index for step in steps})
        ]
        for before_s, after_s in pairwise(starts):
            if after_s is None:
                continue
            if before_s is None or abs(after_s - before_s - repetition.period_s) > repetition.tolerance_s:
                return False
    return True


def _levels_hold(problem: PlanningProblem, schedule: Schedule) -> bool:
    levels = integrate(problem, schedule)
    known = {activity.activity_id: activity for activity in problem.activities}
    return (
        min(levels.charge_wh) >= problem.battery.floor_wh
        and levels.charge_wh[-1] >= problem.battery.end_wh
        and max(levels.stored_bit) <= problem.storage.capacity_bit
        and levels.stored_bit[-1] <= problem.storage.end_max_bit
        and all(
            levels.charge_wh[placed.span[0]] >= known[placed.activity_id].min_start_charge_wh
            for placed in schedule.activities
        )
        and all(
            levels.sent_s.get((placed.activity_id, product.product_id), problem.horizon_s + 1)
            <= placed.span[1] + product.max_latency_s
            for placed in schedule.activities
            for product in known[placed.activity_id].products
            if product.max_latency_s and placed.span[1] + product.max_latency_s <= problem.horizon_s
        )
    )
