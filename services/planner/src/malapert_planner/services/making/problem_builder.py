"""Builds the planning problem from what the mission and the other services say. A pure function of its inputs."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from malapert.comms_window.v1 import window_pb2
from malapert.landing_site.v1 import route_pb2
from malapert.payload.v1 import request_pb2, resource_pb2

from malapert_planner.domain.explanation.feasibility import infeasible
from malapert_planner.domain.problem.activities import Activity, Product, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ClosureKind
from malapert_planner.domain.problem.faults import known_s
from malapert_planner.domain.problem.modes import repetition_key
from malapert_planner.domain.problem.places import Drive, DriveRule, Place, SunShare
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.robustness.conditions import moved_light
from malapert_planner.mission_document.document import FairnessBasis, MissionDocument
from malapert_planner.services.making.allowed_windows import allowed_windows
from malapert_planner.services.making.antenna_quotas import antenna_quotas
from malapert_planner.services.making.antenna_time import closed_spans, contact_windows
from malapert_planner.services.making.heating import with_heaters
from malapert_planner.services.making.held_spans import HeldSpans
from malapert_planner.services.making.link_volumes import with_link_volumes
from malapert_planner.services.making.margins import (
    margins_of,
    slowest_pace,
    with_margins,
    with_time_margins,
)
from malapert_planner.services.making.nights import most_s, night_rule
from malapert_planner.services.making.placeless import placeless_frame
from malapert_planner.services.making.plannable import plannable
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.start_windows import with_start_windows
from malapert_planner.services.making.states import with_states
from malapert_planner.services.making.ways import least_generation, passages, route_points, slowest_s
from malapert_planner.services.making.window_conversion import ProblemClock, generation, merged, profile_of, without

WINDOW_KINDS = {
    window_pb2.WINDOW_KIND_ILLUMINATION: ConditionKind.ILLUMINATION,
    window_pb2.WINDOW_KIND_DARKNESS: ConditionKind.DARKNESS,
    window_pb2.WINDOW_KIND_EARTH_VISIBILITY: ConditionKind.EARTH_VISIBILITY,
}
_ABSENCES = {
    ConditionKind.ILLUMINATION: ConditionKind.NO_ILLUMINATION,
    ConditionKind.DARKNESS: ConditionKind.NO_DARKNESS,
    ConditionKind.EARTH_VISIBILITY: ConditionKind.NO_EARTH_VISIBILITY,
    ConditionKind.CONTACT: ConditionKind.SILENCE,
}
_CONDITION_KINDS = {
    request_pb2.CONDITION_KIND_ILLUMINATION: ConditionKind.ILLUMINATION,
    request_pb2.CONDITION_KIND_DARKNESS: ConditionKind.DARKNESS,
    request_pb2.CONDITION_KIND_EARTH_VISIBILITY: ConditionKind.EARTH_VISIBILITY,
    request_pb2.CONDITION_KIND_CONTACT: ConditionKind.CONTACT,
}
_RELATION_KINDS = {
    request_pb2.RELATION_KIND_AFTER: RelationKind.AFTER,
    request_pb2.RELATION_KIND_EXCLUDES: RelationKind.EXCLUDES,
    request_pb2.RELATION_KIND_REQUIRES: RelationKind.REQUIRES,
    request_pb2.RELATION_KIND_TOGETHER: RelationKind.TOGETHER,
}


def build_problem(inputs: ProblemInputs) -> PlanningProblem:
    """Return the planning problem; conditions shrink inward to whole seconds, durations grow to them."""
    document = inputs.document
    frame = placeless_frame(inputs) if document.terrain is None else _surface_frame(inputs)
    return with_demand(frame, document, inputs.requests, inputs.windows)


def _surface_frame(inputs: ProblemInputs) -> PlanningProblem:
    document, surface = inputs.document, inputs.document.surface
    asset = surface.rover
    problem_clock = ProblemClock(document.horizon.start, math.floor(document.horizon.duration.amount))
    battery, storage = asset.battery, asset.storage
    capacity_wh = battery.capacity.amount
    closed = closed_spans(inputs, problem_clock)
    windows = contact_windows(inputs, closed, problem_clock)
    frame = PlanningProblem(
        problem_id=f"{inputs.mission_id}/{inputs.mission_version}",
        start_time=problem_clock.start_time,
        horizon_s=problem_clock.horizon_s,
        resolution_s=round(document.solver.resolution.amount),
        asset_id=asset.id,
        start_place_id=asset.start_place,
        places=tuple(_places(inputs, problem_clock)),
        drives=tuple(_drive(route, inputs) for route in inputs.routes if not _is_stay(route)),
        drive_rule=_drive_rule(inputs),
        route_points=route_points(inputs, problem_clock),
        activities=(),
        relations=(),
        repetitions=(),
        contact_windows=windows,
        closed_spans=closed,
        antenna_quotas=antenna_quotas(inputs.antenna_quotas, windows, problem_clock),
        contact_power_w=surface.communications.contact_power.amount,
        hand_over_s=known_s(math.ceil(surface.communications.hand_over.amount))
        if surface.communications.hand_over
        else 0,
        max_silence_s=most_s(surface.communications.max_silence),
        night_rule=night_rule(document.night_rule),
        battery=Battery(
            capacity_wh=capacity_wh,
            floor_wh=battery.floor.amount * capacity_wh,
            start_wh=battery.start.amount * capacity_wh,
            end_wh=battery.required_end.amount * capacity_wh,
            awake_load_w=asset.loads.awake.amount,
            asleep_load_w=asset.loads.asleep.amount,
            charge_efficiency=battery.charge_efficiency.amount,
        ),
        storage=Storage(
            capacity_bit=storage.capacity.amount,
            start_bit=storage.start.amount * storage.capacity.amount,
            end_max_bit=storage.max_at_end.amount * storage.capacity.amount,
        ),
        objective=Objective(
            surface.communications.cost_weight.amount,
            document.objective.fairness.amount,
            document.objective.latency.amount if document.objective.latency else 0.0,
        ),
    )
    return with_heaters(with_margins(frame, margins_of(document)), asset.thermal)


def with_demand(
    problem: PlanningProblem,
    document: MissionDocument,
    requests: request_pb2.ExpandRequestsResponse,
    windows: Sequence[window_pb2.Window],
) -> PlanningProblem:
    """Return a problem with what is asked for in place of what was."""
    problem_clock = ProblemClock(problem.start_time, problem.horizon_s)
    # On a terrain the mission's own bookings are among the closed spans: passes are cut by outages alone.
    closed = [each for each in problem.closed_spans if problem.is_placeless or each.kind is ClosureKind.OUTAGE]
    held = HeldSpans(document, windows, problem_clock, closed)
    demand = with_link_volumes(plannable(requests).demand, problem, held)
    activities = with_states(demand.activities, [_activity(draft, problem, held) for draft in demand.activities])
    activities = with_time_margins(activities, document, problem.horizon_s)
    activities = with_start_windows(demand.activities, activities, problem_clock)
    asked = replace(
        problem,
        places=_with_absences(problem, activities, windows, problem_clock),
        activities=activities,
        relations=tuple(_relation(relation) for relation in demand.relations),
        repetitions=tuple(map(_repetition, demand.repetitions)),
        limits=(*_consumables(demand), *_choices(demand)),
        cumulative_resources=tuple(_cumulative(demand)),
        reservoirs=tuple(_reservoirs(demand)),
    )
    return replace(asked, objective=replace(asked.objective, unattainable=_unattainable(asked, document)))


def _unattainable(problem: PlanningProblem, document: MissionDocument) -> tuple[str, ...]:
    """Return the repetitions that count for no agency's share: those that nothing can hold, if so asked."""
    if document.objective.fairness_of is not FairnessBasis.FEASIBLE:
        return ()
    return tuple(sorted({repetition_key(each.request_id, each.repetition_index) for each in infeasible(problem)}))


def _places(inputs: ProblemInputs, problem_clock: ProblemClock) -> Iterable[Place]:
    found: dict[str, dict[ConditionKind, list[window_pb2.Window]]] = defaultdict(lambda: defaultdict(list))
    for window in inputs.windows:
        if window.kind in WINDOW_KINDS:
            found[window.place_id][WINDOW_KINDS[window.kind]].append(window)
    array_power_w = inputs.document.surface.rover.array.power.amount
    for waypoint in inputs.waypoints:
        windows = found[waypoint.waypoint_id]
        yield Place(
            place_id=waypoint.waypoint_id,
            title=waypoint.title,
            windows={kind: _spans(windows[kind], problem_clock) for kind in WINDOW_KINDS.values()},
            generation=generation(windows[ConditionKind.ILLUMINATION], array_power_w, problem_clock),
            sun_shares=_sun_shares(waypoint.waypoint_id, inputs.windows, problem_clock),
        )


def _sun_shares(
    place_id: str, windows: Sequence[window_pb2.Window], problem_clock: ProblemClock
) -> tuple[SunShare, ...]:
    found: dict[float, list[window_pb2.Window]] = defaultdict(list)
    for window in windows:
        if window.kind == window_pb2.WINDOW_KIND_SUN_SHARE and window.place_id == place_id:
            found[profile_of(window, "least_sun_fraction").value[0]].append(window)
    return tuple(SunShare(least, _spans(found[least], problem_clock)) for least in sorted(found))


def _spans(windows: Iterable[window_pb2.Window], problem_clock: ProblemClock) -> tuple[Span, ...]:
    spans = (problem_clock.inner_span(window.interval) for window in windows)
    return merged(span for span in spans if span is not None)


def _is_stay(route: route_pb2.Route) -> bool:
    return route.from_waypoint_id == route.to_waypoint_id


def _drive(route: route_pb2.Route, inputs: ProblemInputs) -> Drive:
    ends = (route.from_waypoint_id, route.to_waypoint_id)
    if not route.reachable:
        return Drive(*ends, 0, 0.0, 0.0, route.closed_because or "no path keeps the rover's limits")
    document, modes = inputs.document, _drive_modes(inputs)
    planned_s, pace = max(math.ceil(route.drive_time_s), 1), slowest_pace(document)
    duration_s = slowest_s(route.drive_time_s, pace)
    return Drive(
        *ends,
        duration_s=duration_s,
        power_w=route.energy_wh * 3600.0 / planned_s + sum(mode.power_w for mode in modes),
        data_bit=duration_s * sum(mode.data_rate_bps for mode in modes),
        passages=passages(route, pace, duration_s) if document.drive_rule.along_the_way else (),
        least_generation=least_generation(route, inputs),
        margin_s=duration_s - planned_s if document.margins is not None else 0,
    )


def _drive_modes(inputs: ProblemInputs) -> list[request_pb2.ActivityMode]:
    modes = {(mode.instrument_id, mode.mode_id): mode for mode in inputs.requests.modes}
    return [modes[use.instrument, use.mode] for use in inputs.document.drive_rule.instruments]


def _drive_rule(inputs: ProblemInputs) -> DriveRule:
    rule = inputs.document.drive_rule
    conditions = tuple(
        Condition(ConditionKind(condition.kind.value), tuple(condition.stations)) for condition in rule.conditions
    )
    used = [resource_id for mode in _drive_modes(inputs) for resource_id in mode.resource_ids]
    resource_ids = tuple(dict.fromkeys([*rule.resources, *used]))
    return DriveRule(conditions, resource_ids, tuple(dict.fromkeys(rule.dark_places)))


def _activity(draft: request_pb2.ActivityDraft, problem: PlanningProblem, held: HeldSpans) -> Activity:
    allowed = allowed_windows(draft, problem, held)
    return Activity(
        activity_id=draft.activity_id,
        request_id=draft.request_id,
        repetition_index=draft.repetition_index,
        chain_id=draft.chain_id,
        chain_index=draft.chain_index,
        title=draft.title,
        agency_id=draft.agency_id,
        activity_type_id=draft.activity_type_id,
        duration_s=max(math.ceil(draft.duration_s), 1),
        power_w=draft.power_w,
        data_bit=draft.data_bit,
        resource_ids=tuple(draft.resource_ids),
        # Without a terrain places are names only: nothing moves between them.
        place_ids=() if problem.is_placeless else tuple(draft.place_ids),
        windows=allowed.windows,
        place_windows=allowed.place_windows,
        conditions=tuple(_condition(condition) for condition in allowed.conditions),
        value=draft.value,
        mandatory=draft.mandatory,
        min_start_charge_wh=_least_charge_wh(draft, problem),
        max_wait_s=known_s(draft.max_wait_s),
        products=() if problem.is_placeless else tuple(_product(product) for product in draft.products),
        mode_id=draft.mode_id,
    )


def _least_charge_wh(draft: request_pb2.ActivityDraft, problem: PlanningProblem) -> float:
    """Return the charge that an activity starts with at least: a share of the battery as it is predicted."""
    capacity_wh, margins = problem.battery.capacity_wh, problem.margins
    predicted_wh = capacity_wh / margins.battery_capacity if margins else capacity_wh
    return min(draft.min_start_charge * predicted_wh, capacity_wh)


def _product(product: request_pb2.ActivityProduct) -> Product:
    # A limit shorter than a second is one all the same.
    limit_s = max(1, known_s(product.max_latency_s)) if product.max_latency_s > 0 else 0
    return Product(product.product_id, product.data_bit, product.priority, limit_s)


def _condition(condition: request_pb2.Condition) -> Condition:
    kind = _CONDITION_KINDS[condition.kind]
    asked = _ABSENCES[kind] if condition.outside else kind
    return Condition(asked, tuple(condition.station_ids), condition.least_sun_fraction)


def _with_absences(
    problem: PlanningProblem,
    activities: Iterable[Activity],
    windows: Sequence[window_pb2.Window],
    problem_clock: ProblemClock,
) -> tuple[Place, ...]:
    """Return places with windows of what activities ask to be absent there; those of earlier ones leave."""
    wanted = {condition.kind for activity in activities for condition in activity.conditions}
    kinds = [kind for kind in WINDOW_KINDS.values() if _ABSENCES[kind] in wanted]
    cut_s = problem.margins.light_edge_s if problem.margins else 0

    def absences(place: Place) -> dict[ConditionKind, tuple[Span, ...]]:
        found = {_ABSENCES[kind]: _absent(place.place_id, kind, windows, problem_clock) for kind in kinds}
        return moved_light(found, cut_s, problem.horizon_s)

    return tuple(
        replace(
            place,
            windows={kind: spans for kind, spans in place.windows.items() if kind in WINDOW_KINDS.values()}
            | absences(place),
        )
        for place in problem.places
    )


def _absent(
    place_id: str, kind: ConditionKind, windows: Sequence[window_pb2.Window], problem_clock: ProblemClock
) -> tuple[Span, ...]:
    held = (w for w in windows if w.place_id == place_id and WINDOW_KINDS.get(w.kind) is kind)
    spans = (problem_clock.outer_span(window.interval) for window in held)
    return tuple(without((0, problem_clock.horizon_s), merged(span for span in spans if span is not None)))


def _relation(relation: request_pb2.ActivityRelation) -> Relation:
    return Relation(
        _RELATION_KINDS[relation.kind],
        relation.request_id,
        relation.other_request_id,
        known_s(math.ceil(relation.min_lag_s)),
        known_s(relation.max_lag_s),
    )


def _repetition(item: request_pb2.ActivityRepetition) -> Repetition:
    """Return the period of a series with what it may be off; where late ones are caught up, the middle of all gaps."""
    period_s, tolerance_s = round(item.period_s), math.floor(item.tolerance_s)
    most_s = max(period_s + tolerance_s, math.floor(item.largest_gap_s))
    least_s, most_s = known_s(period_s - tolerance_s), known_s(most_s)
    half_s = (most_s - least_s) // 2
    return Repetition(item.request_id, least_s + half_s, half_s)


def _consumables(demand: request_pb2.ExpandRequestsResponse) -> Iterable[Limit]:
    for resource, uses in _used(demand, resource_pb2.RESOURCE_KIND_CONSUMABLE):
        yield Limit(resource.resource_id, resource.title, resource.capacity, resource.unit, uses)


def _cumulative(demand: request_pb2.ExpandRequestsResponse) -> Iterable[CumulativeResource]:
    for resource, uses in _used(demand, resource_pb2.RESOURCE_KIND_CUMULATIVE):
        yield CumulativeResource(resource.resource_id, resource.title, resource.capacity, resource.unit, uses)


def _reservoirs(demand: request_pb2.ExpandRequestsResponse) -> Iterable[Reservoir]:
    for resource in demand.resources:
        if resource.kind != resource_pb2.RESOURCE_KIND_RESERVOIR:
            continue
        uses = []
        for draft in demand.activities:
            own = [use for use in draft.uses if use.resource_id == resource.resource_id]
            produced = math.fsum(use.amount for use in own if use.effect == resource_pb2.RESOURCE_EFFECT_PRODUCE)
            consumed = math.fsum(use.amount for use in own if use.effect == resource_pb2.RESOURCE_EFFECT_CONSUME)
            if own:
                uses.append(ReservoirUse(draft.activity_id, consumed, produced))
        if uses:
            yield Reservoir(
                resource.resource_id, resource.title, resource.capacity, resource.start, resource.unit, tuple(uses)
            )


def _used(
    demand: request_pb2.ExpandRequestsResponse, kind: "resource_pb2.ResourceKind.ValueType"
) -> Iterable[tuple[request_pb2.ActivityResource, tuple[LimitUse, ...]]]:
    for resource in demand.resources:
        uses = tuple(
            LimitUse(draft.activity_id, use.amount)
            for draft in demand.activities
            for use in draft.uses
            if use.resource_id == resource.resource_id
        )
        if resource.kind == kind and uses:
            yield resource, uses


def _choices(demand: request_pb2.ExpandRequestsResponse) -> Iterable[Limit]:
    first = {draft.chain_id or draft.activity_id: draft for draft in demand.activities if draft.chain_index == 0}
    for choice in demand.choices:
        # Of a set some requests may not be planned at all.
        kept = (first[chain_id] for chain_id in choice.chain_ids if chain_id in first)
        uses = tuple(LimitUse(draft.activity_id, 1.0) for draft in kept)
        kind, name = ("choice", choice.request_id) if choice.request_id else ("set", choice.request_set_id)
        title = choice.title or f"what is enough of {name}"
        yield Limit(f"{kind}:{name}", title, choice.count, "1", uses, is_choice=True)
