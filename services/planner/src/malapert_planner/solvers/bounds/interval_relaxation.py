"""A true upper bound on the whole problem, from a relaxation that no schedule can beat."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from malapert_planner.domain.explanation.endurance import missing_wh
from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.solvers.bounds.relaxed_chains import ChosenChain, RelaxedChain, add_modes, add_relaxed_relations
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import Chain, Instance, compile_problem
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR, PowerIntegral
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.model.contacts import data_between
from malapert_planner.solvers.model.cumulative import add_interval_cumulative
from malapert_planner.solvers.model.limits import add_chain_limits
from malapert_planner.solvers.model.reservoirs import add_interval_reservoirs, add_relaxed_reservoirs
from malapert_planner.solvers.model.states import Disturbances, add_interval_states


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The relaxed model; ``enforced`` holds, where asked for, one assumption per mandatory request."""

    model: cp_model.CpModel
    units: Units
    instance: Instance
    chains: dict[int, RelaxedChain]
    assumptions: dict[str, cp_model.IntVar]
    worth: cp_model.LinearExpr

    def add_worth(self, terms: Sequence[cp_model.LinearExprT]) -> None:
        """Add terms to the objective."""
        self.model.maximize(self.worth + cp_model.LinearExpr.sum(list(terms)))


def upper_bound(instance: Instance, engine: Engine, work: float) -> float:
    """Return a bound on the objective of every schedule, on the grid or off it.

    It is the bound that CP-SAT proves for the relaxation, or the sum of all positive values, whichever is less.
    """
    relaxation = relax(_without_begun(instance.problem))
    trivial = trivial_bound(instance)
    solver, status = engine.run(relaxation.model, work, linear=True)
    return min(trivial, proved_bound(solver, status, relaxation.units, len(instance.chains)))


def _without_begun(problem: PlanningProblem) -> PlanningProblem:
    """Return a problem without relations and repetitions of requests that have begun: what has happened breaks none."""
    if problem.baseline is None:
        return problem
    frozen = {placed.activity_id for placed in problem.baseline.frozen.activities}
    begun = {activity.request_id for activity in problem.activities if activity.activity_id in frozen}
    return replace(
        problem,
        relations=tuple(r for r in problem.relations if not begun & {r.request_id, r.other_request_id}),
        repetitions=tuple(r for r in problem.repetitions if r.request_id not in begun),
    )


def proved_bound(solver: cp_model.CpSolver, status: cp_model.CpSolverStatus, units: Units, count: int) -> float:
    """Return what a solver has proved of a relaxation in which so many chains' values are rounded; infinity if nothing.

    A solver that was stopped before it began says 0.
    """
    points = solver.best_objective_bound
    if (status == cp_model.UNKNOWN and points <= 0) or not math.isfinite(points):
        return math.inf
    known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN)
    return (points + count + 2) / units.value_scale if known else math.inf


def trivial_bound(instance: Instance) -> float:
    """Return the sum of all values, of modes the greatest."""
    return math.fsum(
        max(0.0, *(chain.value for chain in modes)) for group in instance.repetitions.values() for modes in group
    )


def relax(problem: PlanningProblem, mandatory: frozenset[str] | None = None, *, exact: bool = False) -> Relaxation:
    r"""Build the relaxation: every schedule of the problem is a solution of it with no lower objective.

    For a problem without places nothing is left out: where ``exact``, amounts are rounded to the safe side and
    reservoirs are kept over time, so that every solution is a schedule; where any is rounded, some schedules are none.

    Kept are: each chain within the union, over its reachable places at which no step of it empties even a full battery,
    of its allowed starts (contacts as potential), unary resources among activities, relations, repetitions; the
    energy balance of the whole horizon with the best place at every instant; for the cost, the data that must be sent
    or the drives into the places that a chain cannot do without, at the cheapest window's price. Left out are travel
    times, charge and storage over time.
    """
    fine = compile_problem(replace(problem, resolution_s=1))
    model, units = cp_model.CpModel(), Units.of(problem)
    arrivals = earliest_arrivals(fine)
    chains = {chain.index: _add_chain(model, fine, chain, arrivals) for chain in fine.chains}
    _add_resources(model, fine, chains, exact=exact)
    planned = {index: relaxed.planned for index, relaxed in chains.items()}
    add_modes(model, fine, planned)
    add_relaxed_relations(model, fine, chains)
    add_chain_limits(model, fine, planned, exact=exact)
    if exact:
        add_interval_reservoirs(model, fine, dict(_spans(chains)))
    else:
        add_relaxed_reservoirs(model, fine, planned)
    add_energy(model, fine, chains)
    assumptions = {}
    for request_id in sorted({c.request_id for c in fine.chains if c.mandatory}):
        if mandatory is not None and request_id not in mandatory:
            continue
        assumption = model.new_bool_var("")
        assumptions[request_id] = assumption
        for modes in fine.repetitions[request_id]:
            if modes[0].mandatory:
                model.add_bool_or([assumption.negated(), *(planned[chain.index] for chain in modes)])
    worth = add_objective(model, fine, units, chains, _drive_and_contact_cost(model, fine, units, chains))
    return Relaxation(model, units, fine, chains, assumptions, worth)


def earliest_arrivals(instance: Instance) -> dict[str, int]:
    """Return the earliest instant at which each reachable place can be reached, by drives in their allowed spans."""
    arrivals = {instance.problem.start_place_id: 0}
    settled: set[str] = set()
    while open_places := sorted(set(arrivals) - settled, key=lambda p: (arrivals[p], p)):
        place = open_places[0]
        settled.add(place)
        for drive, spans in zip(instance.drives, instance.drive_starts, strict=True):
            if drive.from_place_id != place:
                continue
            start = next((max(low, arrivals[place]) for low, high in spans if high >= arrivals[place]), None)
            if start is not None:
                end = start + drive.duration_s
                arrivals[drive.to_place_id] = min(arrivals.get(drive.to_place_id, end), end)
    return arrivals


def _add_chain(model: cp_model.CpModel, instance: Instance, chain: Chain, arrivals: dict[str, int]) -> RelaxedChain:
    planned = model.new_bool_var("")
    starts: list[cp_model.IntVar] = []
    end: cp_model.LinearExpr | None = None
    if (begun := _frozen_starts_s(instance.problem, chain)) is not None:
        model.add(planned == 1)
        starts = [model.new_constant(start_s) for start_s in begun]
        return RelaxedChain(chain, planned, tuple(starts), starts[-1] + chain.blocks[-1].duration_s)
    places = [place_id for place_id in chain.starts if place_id in arrivals and _lasts(instance, chain, place_id)]
    for number, block in enumerate(chain.blocks):
        spans: list[Span] = []
        for place_id in places:
            since = arrivals[place_id]
            spans.extend((max(low, since), high + 1) for low, high in chain.starts[place_id][number] if high >= since)
        merged = union(spans)
        if merged:
            domain = cp_model.Domain.from_intervals([[low, high - 1] for low, high in merged])
        else:
            domain = cp_model.Domain(0, 0)
            model.add(planned == 0)
        start = model.new_int_var_from_domain(domain, "")
        if end is not None:
            model.add(start >= end).only_enforce_if(planned)
            model.add(start <= end + block.max_wait_s).only_enforce_if(planned)
        starts.append(start)
        end = start + block.duration_s
    assert end is not None  # noqa: S101  (a chain has at least one block)
    return RelaxedChain(chain, planned, tuple(starts), end)


def _frozen_starts_s(problem: PlanningProblem, chain: Chain) -> list[int] | None:
    """Return the starts of a chain's blocks where all of it is frozen."""
    if problem.baseline is None:
        return None
    frozen = {placed.activity_id: placed.span[0] for placed in problem.baseline.frozen.activities}
    firsts = [frozen.get(block.steps[0].activity.activity_id) for block in chain.blocks]
    return None if None in firsts else [start_s for start_s in firsts if start_s is not None]


def _lasts(instance: Instance, chain: Chain, place_id: str) -> bool:
    """Return whether a full battery lasts through each step of a chain at a place."""
    problem, place, where = instance.problem, instance.places[place_id], instance.where
    return all(missing_wh(problem, step, place, where.of_activity(step, place_id)) <= 0 for step in chain.activities)


def _spans(
    chains: dict[int, RelaxedChain],
) -> Iterator[tuple[str, tuple[cp_model.LinearExprT, cp_model.LinearExprT, cp_model.IntVar]]]:
    """Yield start, end and presence of every activity."""
    for relaxed in chains.values():
        for block, start in zip(relaxed.chain.blocks, relaxed.starts, strict=True):
            for step in block.steps:
                begin = start + step.offset_s
                yield step.activity.activity_id, (begin, begin + step.activity.duration_s, relaxed.planned)


def _add_resources(
    model: cp_model.CpModel, instance: Instance, chains: dict[int, RelaxedChain], *, exact: bool
) -> None:
    uses: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
    sharing = {use.activity_id for resource in instance.problem.cumulative_resources for use in resource.uses}
    sharing |= Disturbances.of(instance.problem).touched if exact else set()
    intervals: dict[str, cp_model.IntervalVar] = {}
    for relaxed in chains.values():
        for block, start in zip(relaxed.chain.blocks, relaxed.starts, strict=True):
            for step in block.steps:
                activity = step.activity
                if not activity.resource_ids and activity.activity_id not in sharing:
                    continue
                interval = model.new_optional_fixed_size_interval_var(
                    start + step.offset_s, activity.duration_s, relaxed.planned, ""
                )
                intervals[activity.activity_id] = interval
                for resource in sorted(set(activity.resource_ids)):
                    uses[resource].append(interval)
    for resource in sorted(uses):
        model.add_no_overlap(uses[resource])
    add_interval_cumulative(model, instance, intervals, exact=exact)
    if exact:
        # A bound without the rule is true all the same: as many pairs as these may be too many.
        add_interval_states(model, instance.problem, intervals)


def add_energy(model: cp_model.CpModel, instance: Instance, chains: Mapping[int, ChosenChain]) -> None:
    """Σ energy z ≤ start + best generation − least base load − end."""
    problem = instance.problem
    battery = problem.battery
    greatest = PowerIntegral.greatest(*(p.generation for p in problem.places))
    best_wh = float(greatest.up_to(problem.horizon_s)) - float(greatest.up_to(problem.now_s))
    base_wh = min(battery.asleep_load_w, battery.awake_load_w) * (problem.horizon_s - problem.now_s) / SECONDS_PER_HOUR
    spare_wh = battery.start_wh + best_wh - base_wh - max(battery.end_wh, battery.floor_wh)
    need = [
        relaxed.planned * math.floor(sum(a.power_w * a.duration_s / 3.6 for a in relaxed.chain.activities))
        for relaxed in chains.values()
        if _frozen_starts_s(problem, relaxed.chain) is None
    ]
    model.add(cp_model.LinearExpr.sum(need) <= max(-1, math.ceil(spare_wh * 1000)))


def add_objective(
    model: cp_model.CpModel,
    instance: Instance,
    units: Units,
    chains: Mapping[int, ChosenChain],
    drive_cost: cp_model.LinearExprT,
) -> cp_model.LinearExpr:
    """State the objective of planned chains; their contacts cost at least what drives or what sending needs."""
    terms: list[cp_model.LinearExprT] = [r.planned * units.points(r.chain.value) for r in chains.values()]
    problem = instance.problem
    weight = problem.objective.contact_cost_weight
    if weight > 0 and problem.contact_windows:
        cost = model.new_int_var(0, 2**50, "")
        for lower in (drive_cost, _sending_cost(instance, units, chains)):
            model.add(cost >= lower)
        terms.append(-1 * cost)
    _add_unfairness(model, instance, units, chains, terms)
    worth = cp_model.LinearExpr.sum(terms)
    model.maximize(worth)
    return worth


def _add_unfairness(
    model: cp_model.CpModel,
    instance: Instance,
    units: Units,
    chains: Mapping[int, ChosenChain],
    terms: list[cp_model.LinearExprT],
) -> None:
    """Let the largest unsatisfied share cost: never below zero, since no more is planned in all than is asked for."""
    weight = instance.problem.objective.fairness_weight
    requested = {agency: value for agency, value in requested_values(instance.problem).items() if value > 0}
    if weight <= 0 or not requested:
        return
    gained: dict[str, dict[int, int]] = {agency: defaultdict(int) for agency in requested}
    for relaxed in chains.values():
        for activity in relaxed.chain.activities:
            if (asked := requested.get(activity.agency_id)) is not None:
                part = math.ceil(weight * units.value_scale * activity.value / asked)
                gained[activity.agency_id][relaxed.chain.index] += part
    all_of_it = math.floor(weight * units.value_scale)
    unfair = model.new_int_var(0, all_of_it, "")
    for agency in sorted(requested):
        parts = gained[agency]
        got = cp_model.LinearExpr.sum([chains[index].planned * part for index, part in sorted(parts.items())])
        model.add(unfair >= all_of_it - got)
    terms.append(-1 * unfair)


def cheapest_contact(instance: Instance) -> float:
    """Return what a second of a contact costs at least, in worth; nothing where drives need no contact."""
    problem = instance.problem
    if not any(c.kind is ConditionKind.CONTACT for c in problem.drive_rule.conditions):
        return 0.0
    cheapest = min((window.cost_per_hour for window in problem.contact_windows), default=0.0)
    return cheapest * problem.objective.contact_cost_weight / SECONDS_PER_HOUR


def _drive_and_contact_cost(
    model: cp_model.CpModel, instance: Instance, units: Units, chains: Mapping[int, ChosenChain]
) -> cp_model.LinearExprT:
    """Σ over places that planned chains cannot do without: the shortest drive there, where drives need contact."""
    problem = instance.problem
    per_s = cheapest_contact(instance)
    costs: list[cp_model.LinearExprT] = []
    for place_id in sorted(set(instance.places) - {problem.start_place_id}):
        into = [d.duration_s for d in instance.drives if d.to_place_id == place_id]
        visitors = [r.planned for r in chains.values() if set(r.chain.starts) == {place_id}]
        if into and visitors:
            visited = model.new_bool_var("")
            for planned in visitors:
                model.add_implication(planned, visited)
            costs.append(visited * math.floor(per_s * min(into) * units.value_scale))
    return cp_model.LinearExpr.sum(costs) if costs else 0


def _sending_cost(instance: Instance, units: Units, chains: Mapping[int, ChosenChain]) -> cp_model.LinearExprT:
    """(start + Σ data z − end limit) times the cheapest cost of a bit."""
    problem = instance.problem
    storage = problem.storage
    per_bit = math.inf
    for window in problem.contact_windows:
        fastest = max(window.rate.rate_bps, default=0.0)
        if fastest > 0 and data_between([window.rate], window.span) > 0:
            per_bit = min(per_bit, window.cost_per_hour / SECONDS_PER_HOUR / fastest)
    if not math.isfinite(per_bit):
        return 0
    price = per_bit * problem.objective.contact_cost_weight * units.value_scale
    data = [
        r.planned * math.floor(price * sum(a.data_bit for a in r.chain.activities))
        for r in chains.values()
        if _frozen_starts_s(problem, r.chain) is None
    ]
    surplus_bit = storage.start_bit - min(storage.end_max_bit, storage.capacity_bit)
    return cp_model.LinearExpr.sum(data) + math.floor(price * surplus_bit)
