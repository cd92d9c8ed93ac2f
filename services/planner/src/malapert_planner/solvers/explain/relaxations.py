"""Changes of a problem that may admit a chain: ladders of growing ones, each to be tried by solving again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from malapert_planner.domain.problem.activities import Activity, Product, Relation, RelationKind
from malapert_planner.domain.problem.allowed_spans import allowed_spans, holding_spans
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.places import Place
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection, union
from malapert_planner.domain.schedule.result import Admission
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.solvers.explain.long_silences import longest_silence_s
from malapert_planner.solvers.explain.unplanned import late_products, overbooked
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.model.limits import chain_amounts
from malapert_planner.solvers.model.scope_model import RuleFamily
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.state.incumbent import Incumbent
from malapert_planner.solvers.state.reservoir_range import reservoir_range

Candidate = tuple[Admission, PlanningProblem]
Ladder = tuple[Candidate, ...]
"""Growing changes of one thing: what the last does not admit, none does."""
ROUNDED_UP = 1.001
"""Growth of what would suffice exactly, were it not counted in whole units."""

Found = dict[RuleFamily, Incumbent | None]
"""The schedule with the chain forced into it without a family of rules, where there is one."""


def _battery(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    with_it = found[RuleFamily.BATTERY]
    if with_it is None:
        return
    problem = incumbent.instance.problem
    battery = problem.battery
    below, short = battery.floor_wh - float(with_it.charge_wh.min()), battery.end_wh - float(with_it.charge_wh[-1])
    # Within a cell of the grid the model reckons with the worst order, so that a little more may be needed.

    def changed(kind: str, amount: int, text: str, **limits: float) -> Candidate:
        admission = Admission(kind, "battery", amount, "Wh", f"{text.format(amount)} it would fit")
        return admission, replace(problem, battery=replace(battery, **limits))

    lower = [amount for growth in Explanation.GROWTHS if 0 < (amount := math.ceil(below * growth)) <= battery.floor_wh]
    text = "with a floor of the battery {} Wh lower"
    yield tuple(changed("LOWER_FLOOR", amount, text, floor_wh=battery.floor_wh - amount) for amount in lower)
    less = [amount for growth in Explanation.GROWTHS if 0 < (amount := math.ceil(short * growth)) <= battery.end_wh]
    text = "were {} Wh less asked for at the end"
    yield tuple(changed("LOWER_END", amount, text, end_wh=battery.end_wh - amount) for amount in less)
    capacity_wh, start_wh = battery.capacity_wh, battery.start_wh
    most = math.ceil(max(below, short, capacity_wh * 0.05))
    text = "with a battery {} Wh larger, and full at the start,"
    yield tuple(
        changed("LARGER_BATTERY", more, text, capacity_wh=capacity_wh + more, start_wh=start_wh + more)
        for more in (most, 2 * most, 4 * most)
    )


def _storage(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    with_it = found[RuleFamily.STORAGE]
    if with_it is None:
        return
    problem = incumbent.instance.problem
    storage = problem.storage
    above, left = float(with_it.stored_bit.max()) - storage.capacity_bit, float(with_it.stored_bit[-1])
    # What may be left at the end is a share of the storage.
    share = storage.end_max_bit / storage.capacity_bit
    least_bit = max(above, left / share - storage.capacity_bit if share > 0 else 0.0)

    def larger(amount: int) -> Candidate:
        text = f"with a storage {amount / 8e6:.1f} MB larger it would fit"
        capacity_bit = storage.capacity_bit + amount
        end_max_bit = max(storage.end_max_bit, share * capacity_bit)
        changed = replace(storage, capacity_bit=capacity_bit, end_max_bit=end_max_bit)
        return Admission("LARGER_STORAGE", "storage", amount, "bit", text), replace(problem, storage=changed)

    def more_at_end(amount: int) -> Candidate:
        text = f"might {amount / 8e6:.1f} MB more be left at the end it would fit"
        changed = replace(storage, end_max_bit=storage.end_max_bit + amount)
        return Admission("MORE_AT_END", "storage", amount, "bit", text), replace(problem, storage=changed)

    if above > 0:
        yield tuple(larger(math.ceil(least_bit * growth)) for growth in (1.0, ROUNDED_UP, *Explanation.GROWTHS[1:]))
    if left > storage.end_max_bit:
        most_bit = left - storage.end_max_bit
        yield tuple(more_at_end(math.ceil(most_bit * growth)) for growth in (1.0, ROUNDED_UP, *Explanation.GROWTHS[1:]))


def _latency(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Allow the products of a chain the longer time that they would take."""
    with_it, problem = found[RuleFamily.LATENCY], incumbent.instance.problem
    if with_it is None:
        return
    late, own = late_products(with_it), {activity.activity_id for activity in chain.activities}
    if not late or any(due.activity_id not in own or late_s is None for due, late_s in late):
        return  # Another's product would be late, or it is not sent at all: no longer limit helps.
    grid_s = problem.resolution_s
    least_s = max(grid_s, *(late_s or 0 for _, late_s in late))
    names = ", ".join(sorted({due.product_id for due, _ in late}))
    products = {(due.activity_id, due.product_id) for due, _ in late}

    def later(longer_s: int) -> Candidate:
        text = f"might {names} reach the ground {longer_s / SECONDS_PER_HOUR:.2f} h later it would fit"
        admission = Admission("LONGER_LATENCY", names, longer_s / SECONDS_PER_HOUR, "h", text)
        activities = tuple(_later(activity, products, longer_s) for activity in problem.activities)
        return admission, replace(problem, activities=activities)

    yield tuple(later(-(-round(least_s * growth) // grid_s) * grid_s) for growth in Explanation.GROWTHS)


def _later(activity: Activity, products: set[tuple[str, str]], longer_s: int) -> Activity:
    def longer(product: Product) -> Product:
        more_s = longer_s if (activity.activity_id, product.product_id) in products else 0
        return replace(product, max_latency_s=product.max_latency_s + more_s)

    return replace(activity, products=tuple(map(longer, activity.products)))


def _limits(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    problem = incumbent.instance.problem
    planned = {placed.activity_id for placed in incumbent.schedule.activities}
    for number, limit in enumerate(problem.limits):
        amounts = chain_amounts(incumbent.instance, limit)
        taken = sum(use.amount for use in limit.uses if use.activity_id in planned) + amounts.get(chain.index, 0.0)
        if chain.index in amounts and taken > limit.capacity:
            amount = taken - limit.capacity
            more = replace(limit, capacity=taken)
            limits = (*problem.limits[:number], more, *problem.limits[number + 1 :])
            text = f"with {amount:g} {limit.unit} more of {limit.title} it would fit"
            yield (
                (Admission("LARGER_LIMIT", limit.limit_id, amount, limit.unit, text), replace(problem, limits=limits)),
            )


def _resources(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    problem = incumbent.instance.problem
    own = {activity.activity_id for activity in chain.activities}
    for number, resource in enumerate(problem.cumulative_resources):
        amounts = [use.amount for use in resource.uses if use.activity_id in own]
        if amounts:
            amount = max(amounts)
            more = replace(resource, capacity=resource.capacity + amount)
            changed = (*problem.cumulative_resources[:number], more, *problem.cumulative_resources[number + 1 :])
            text = f"with {amount:g} {resource.unit} more of {resource.title} at once it would fit"
            admission = Admission("LARGER_RESOURCE", resource.resource_id, amount, resource.unit, text)
            yield ((admission, replace(problem, cumulative_resources=changed)),)
    yield from _without_quiet(problem, own)


def _without_quiet(problem: PlanningProblem, own: set[str]) -> Iterator[Ladder]:
    """Yield, for each disturbance, the problem in which the chain neither makes it nor needs quiet of it."""
    touched = {name for step in problem.activities if step.activity_id in own for name in step.makes + step.needs_quiet}
    for name in sorted(touched):
        activities = tuple(
            replace(
                step,
                makes=tuple(each for each in step.makes if each != name),
                needs_quiet=tuple(each for each in step.needs_quiet if each != name),
            )
            if step.activity_id in own
            else step
            for step in problem.activities
        )
        text = f"made it no {name.replace('_', ' ')}, or needed it no quiet of it, it would fit"
        yield ((Admission("WITHOUT_QUIET", name, 1.0, "1", text), replace(problem, activities=activities)),)


def _reservoirs(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    with_it, problem = found[RuleFamily.RESERVOIR], incumbent.instance.problem
    if with_it is None:
        return
    for number, reservoir in enumerate(problem.reservoirs):
        lowest, highest = reservoir_range(reservoir, with_it.schedule.activities)
        missing, excess = -lowest, highest - reservoir.capacity
        before, after = problem.reservoirs[:number], problem.reservoirs[number + 1 :]
        if 0 < missing <= reservoir.capacity - reservoir.start:
            text = f"held {reservoir.title} {missing:g} {reservoir.unit} more at first it would fit"
            more = replace(reservoir, start=reservoir.start + missing)
            admission = Admission("FULLER_RESERVOIR", reservoir.resource_id, missing, reservoir.unit, text)
            yield ((admission, replace(problem, reservoirs=(*before, more, *after))),)
        if excess > 0:
            text = f"with room for {excess:g} {reservoir.unit} more in {reservoir.title} it would fit"
            more = replace(reservoir, capacity=reservoir.capacity + excess)
            admission = Admission("LARGER_RESERVOIR", reservoir.resource_id, excess, reservoir.unit, text)
            yield ((admission, replace(problem, reservoirs=(*before, more, *after))),)


def _quotas(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Give more hours of those quotas of antenna time that are used up."""
    with_it, problem = found[RuleFamily.QUOTA], incumbent.instance.problem
    beyond = overbooked(with_it) if with_it else []
    if not beyond:
        return
    more_s = {quota.quota_id: beyond_s for quota, beyond_s in beyond}
    quotas = tuple(replace(each, left_s=each.left_s + more_s.get(each.quota_id, 0)) for each in problem.antenna_quotas)
    hours = max(more_s.values()) / SECONDS_PER_HOUR
    names = ", ".join(quota.title or quota.quota_id for quota, _ in beyond)
    text = f"with {hours:.2f} h more of the quota of antenna hours of {names} it would fit"
    admission = Admission("LARGER_QUOTA", ",".join(more_s), hours, "h", text)
    yield ((admission, replace(problem, antenna_quotas=quotas)),)


def _silence(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Allow the silence that the chain would make."""
    with_it, problem = found[RuleFamily.RHYTHM], incumbent.instance.problem
    longest_s = longest_silence_s(with_it) if with_it else 0
    if longest_s > problem.max_silence_s:
        hours = (longest_s - problem.max_silence_s) / SECONDS_PER_HOUR
        text = f"might the asset be silent for {hours:.2f} h more it would fit"
        admission = Admission("LONGER_SILENCE", "max_silence", hours, "h", text)
        yield ((admission, replace(problem, max_silence_s=longest_s)),)


def _repetitions(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Allow repetitions to lie further from their period."""
    with_it, problem = found[RuleFamily.RELATION], incumbent.instance.problem
    repetition = next((each for each in problem.repetitions if each.request_id == chain.request_id), None)
    if with_it is None or repetition is None:
        return
    starts_s = {
        instance_chain.repetition_index: with_it.chains[instance_chain.index].first_start_s
        for instance_chain in incumbent.instance.request_chains[chain.request_id]
        if instance_chain.index in with_it.chains
    }
    own_s = starts_s[chain.repetition_index]
    near = [n for n in (chain.repetition_index - 1, chain.repetition_index + 1) if n in starts_s]
    off_s = max((abs(abs(own_s - starts_s[n]) - repetition.period_s) for n in near), default=0) - repetition.tolerance_s

    def wider(longer_s: int) -> Candidate:
        text = f"might repetitions lie {longer_s / SECONDS_PER_HOUR:.2f} h further from their period it would fit"
        tolerant = replace(repetition, tolerance_s=repetition.tolerance_s + longer_s)
        repetitions = tuple(tolerant if each is repetition else each for each in problem.repetitions)
        admission = Admission("WIDER_TOLERANCE", chain.request_id, longer_s / SECONDS_PER_HOUR, "h", text)
        return admission, replace(problem, repetitions=repetitions)

    yield tuple(map(wider, _parts_s(problem, off_s)))


def _lags(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Allow a request to follow another one sooner or later."""
    with_it, problem = found[RuleFamily.RELATION], incumbent.instance.problem
    for number, relation in enumerate(problem.relations if with_it else ()):
        if relation.kind is not RelationKind.AFTER or chain.request_id not in (
            relation.request_id, relation.other_request_id
        ):  # fmt: skip
            continue
        assert with_it is not None  # noqa: S101  (there are no relations to look at without it)
        own, other = _ends_s(with_it, relation.request_id), _ends_s(with_it, relation.other_request_id)
        if own is None or other is None:
            continue
        soon_s, late_s = relation.min_lag_s - (own[0] - other[1]), own[0] - other[1] - relation.max_lag_s
        sooner = [
            (s, replace(relation, min_lag_s=relation.min_lag_s - s))
            for s in _parts_s(problem, min(soon_s, relation.min_lag_s))
        ]
        yield tuple(_lag(problem, number, changed, "SHORTER_LAG", s, "sooner after") for s, changed in sooner)
        later = [
            (s, replace(relation, max_lag_s=relation.max_lag_s + s))
            for s in _parts_s(problem, late_s if relation.max_lag_s else 0)
        ]
        yield tuple(_lag(problem, number, changed, "LONGER_LAG", s, "later after") for s, changed in later)


def _lag(problem: PlanningProblem, number: int, changed: Relation, kind: str, longer_s: int, how: str) -> Candidate:
    hours = longer_s / SECONDS_PER_HOUR
    text = f"might {changed.request_id} be {hours:.2f} h {how} {changed.other_request_id} it would fit"
    relations = (*problem.relations[:number], changed, *problem.relations[number + 1 :])
    name = f"{changed.request_id} {changed.kind} {changed.other_request_id}"
    return Admission(kind, name, hours, "h", text), replace(problem, relations=relations)


def _ends_s(schedule: Incumbent, request_id: str) -> Span | None:
    """Return the first start and the last end of a request's planned chains."""
    chains = [c.index for c in schedule.instance.request_chains.get(request_id, ()) if c.index in schedule.chains]
    spans = [schedule.chains[index].span for index in chains]
    return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else None


def _parts_s(problem: PlanningProblem, enough_s: int) -> list[int]:
    """Return growing parts of a time that is surely enough, on the grid."""
    grid_s = problem.resolution_s
    return sorted({-(-round(enough_s * part) // grid_s) * grid_s for part in Explanation.PARTS}) if enough_s > 0 else []


def _relations(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    problem = incumbent.instance.problem
    for number, relation in enumerate(problem.relations):
        if chain.request_id in (relation.request_id, relation.other_request_id):
            rest = (*problem.relations[:number], *problem.relations[number + 1 :])
            name = f"{relation.request_id} {relation.kind} {relation.other_request_id}"
            text = f"without the relation {name} it would fit"
            yield ((Admission("WITHOUT_RELATION", name, 1.0, "1", text), replace(problem, relations=rest)),)


def _contacts(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    with_it, problem = found[RuleFamily.CONTACT], incumbent.instance.problem
    if with_it is None:
        return
    own = {activity.activity_id: activity for activity in chain.activities}
    more: list[ContactWindow] = []
    for placed in with_it.schedule.activities:
        activity = own.get(placed.activity_id)
        for condition in activity.conditions if activity else ():
            if condition.kind is ConditionKind.CONTACT:
                stations = condition.station_ids or ("another station",)
                more.append(_contact(problem, placed, stations[0]))
    if more:
        hours = sum(window.span[1] - window.span[0] for window in more) / 3600
        at = more[0].span[0] / 3600
        text = f"with a contact of {hours:.2f} h more with {more[0].station_id}, from hour {at:.2f} on, it would fit"
        changed = replace(problem, contact_windows=(*problem.contact_windows, *more))
        yield ((Admission("ANOTHER_CONTACT", more[0].station_id, hours, "h", text), changed),)


def _contact(problem: PlanningProblem, placed: PlacedActivity, station_id: str) -> ContactWindow:
    grid = problem.resolution_s
    span = (placed.span[0] // grid * grid, min(problem.horizon_s, -(-placed.span[1] // grid) * grid))
    rate = RateSeries((span[0],), (0.0,))
    return ContactWindow(f"more@{span[0]}", station_id, placed.place_id, span, rate, 0, 0, 1, 0.0)


def _windows(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Make the longest spans in which nearly all holds long enough, each by one of its conditions."""
    problem = incumbent.instance.problem
    horizon = (0, problem.horizon_s)
    for step in chain.activities:
        for place in problem.places:
            if step.place_ids and place.place_id not in step.place_ids:
                continue
            held = allowed_spans(step, place.place_id, horizon)
            for condition in step.conditions:
                held = intersection(held, holding_spans(condition, place, problem.contact_windows, horizon))
            if any(end - start >= step.duration_s for start, end in held):
                continue
            for start, end in sorted(held, key=lambda span: span[0] - span[1])[: Explanation.MOST_WINDOWS]:
                longer = (start, min(problem.horizon_s, start + step.duration_s + problem.resolution_s))
                words = {each.kind: each.words for each in step.conditions if each.kind is not ConditionKind.CONTACT}
                for kind, what in words.items():
                    amount = longer[1] - end
                    text = f"were {what} at {place.title} {amount / 60:.0f} min longer it would fit"
                    changed = _longer(problem, place, kind, longer)
                    yield ((Admission("LONGER_WINDOW", f"{place.place_id}/{kind}", amount, "s", text), changed),)


def _margins(incumbent: Incumbent, chain: Chain, found: Found) -> Iterator[Ladder]:
    """Give up the margins of a chain's own steps."""
    problem, own = incumbent.instance.problem, {activity.activity_id for activity in chain.activities}
    margin_s = sum(activity.margin_s for activity in chain.activities)
    if margin_s:
        activities = tuple(
            replace(each, duration_s=each.duration_s - each.margin_s, margin_s=0) if each.activity_id in own else each
            for each in problem.activities
        )
        text = f"without the margin of {margin_s / 60:.0f} min on its time it would fit"
        admission = Admission("WITHOUT_MARGIN", chain.request_id, margin_s, "s", text)
        yield ((admission, replace(problem, activities=activities)),)


def _longer(problem: PlanningProblem, place: Place, kind: ConditionKind, span: Span) -> PlanningProblem:
    windows = {**place.windows, kind: union([*place.windows.get(kind, ()), span])}
    lit = kind is ConditionKind.ILLUMINATION
    shares = tuple(replace(each, spans=union([*each.spans, span])) if lit else each for each in place.sun_shares)
    longer = replace(place, windows=windows, sun_shares=shares)
    places = tuple(longer if each.place_id == place.place_id else each for each in problem.places)
    return replace(problem, places=places)


RELAXATIONS = (
    (None, _windows),
    (None, _margins),
    (RuleFamily.BATTERY, _battery),
    (RuleFamily.STORAGE, _storage),
    (RuleFamily.LATENCY, _latency),
    (RuleFamily.LIMIT, _limits),
    (RuleFamily.RESOURCE, _resources),
    (RuleFamily.RESERVOIR, _reservoirs),
    (RuleFamily.QUOTA, _quotas),
    (RuleFamily.RHYTHM, _silence),
    (RuleFamily.CONTACT, _contacts),
    (None, _repetitions),
    (None, _lags),
    (None, _relations),
)
"""Kinds of changes, each with the family of rules whose place for the chain it keeps; None where it makes another."""
