"""The objective in integer points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.domain.problem.problem import Baseline
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.instance.score import BIT_S_PER_GB_D
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.model.contacts import Contacts
from malapert_planner.solvers.model.itinerary import Itinerary
from malapert_planner.solvers.model.ledger import Hints, Ledger
from malapert_planner.solvers.model.placements import Placements


def add_objective(
    model: cp_model.CpModel,
    hints: Hints,
    instance: Instance,
    units: Units,
    itinerary: Itinerary,
    placements: Placements,
    contacts: Contacts,
    waiting: cp_model.LinearExprT,
) -> None:
    r"""Maximise Σ value z − w_cost Σ cost u − w_fair U − change − waiting data.

    U ≥ 1 − planned/requested value of every agency. A point or two per drive and piece of contact break ties, so that
    none is taken without need. A mandatory chain counts for more than all values together. What is fixed adds a
    constant that is left out.
    """
    terms: list[cp_model.LinearExprT] = []
    total = sum(units.points(abs(chain.value)) for chain in instance.chains)
    for decision in placements.decisions.values():
        duty = total + units.points(instance.problem.objective.fairness_weight) if decision.chain.mandatory else 0
        terms.append(decision.planned * (units.points(decision.chain.value) + duty))
    weight = instance.problem.objective.contact_cost_weight
    for piece in contacts.pieces:
        hours = (piece.span[1] - piece.span[0]) / SECONDS_PER_HOUR
        terms.append(piece.taken * -(units.points(weight * piece.cost_per_hour * hours) + 1))
    terms.extend(option.taken * -2 for option in itinerary.drives)
    if instance.problem.baseline is not None:
        terms.extend(_change(instance, instance.problem.baseline, units, placements, contacts))
    unfair = _unfairness(model, hints, instance, units, placements)
    if unfair is not None:
        terms.append(-1 * unfair)
    terms.append(-1 * waiting)
    model.maximize(cp_model.LinearExpr.sum(terms))


def add_waiting(
    model: cp_model.CpModel,
    ledger: Ledger,
    instance: Instance,
    scope: Scope,
    units: Units,
    stored: list[cp_model.IntVar],
) -> cp_model.LinearExprT:
    r"""Return what it costs that data is stored, in points P: w Σ (S[k] + S[k + 1]) / 2 · length of cell k.

    A point is worth q unit-seconds, so that P q ≥ Σ. Before a replan's now nothing counts.
    """
    weight = instance.problem.objective.latency_weight_per_gb_d
    if weight <= 0 or not stored:
        return 0
    unit_seconds_a_point = BIT_S_PER_GB_D / (weight * units.bit_per_unit * units.value_scale)
    edges, now_s = scope.cells.edges_s, instance.problem.now_s
    lengths = [max(0, end - max(start, now_s)) for start, end in pairwise(edges)]
    # Twice the mean of both edges, so that all stays whole.
    weights = [before + after for before, after in pairwise([0, *lengths, 0])]
    most = sum(weights) * units.drained(instance.problem.storage.capacity_bit)
    divisor = max(1, round(2 * unit_seconds_a_point))
    factor = max(1, round(1 / max(1e-9, 2 * unit_seconds_a_point)))
    points = model.new_int_var(0, -(-most // divisor), "")
    model.add(points * divisor >= cp_model.LinearExpr.weighted_sum(stored, weights))
    hinted = sum(ledger.hints.value_of[level.index] * each for level, each in zip(stored, weights, strict=True))
    ledger.hint(points, -(-hinted // divisor))
    return points * factor


def starts_before(instance: Instance, baseline: Baseline) -> dict[int, tuple[int, int]]:
    """Return when each repetition started in the schedule that is replanned, and as which chain, by all its modes."""
    starts: dict[int, tuple[int, int]] = {}
    for placed in baseline.schedule.activities:
        if (chain := instance.chain_of.get(placed.activity_id)) is not None:
            start = (placed.span[0], chain.index)
            for mode in instance.modes[chain.index]:
                starts[mode.index] = min(start, starts.get(mode.index, start))
    return starts


def _change(
    instance: Instance, baseline: Baseline, units: Units, placements: Placements, contacts: Contacts
) -> Iterator[cp_model.LinearExprT]:
    """Yield what keeping to the schedule that is replanned is worth."""
    weight, starts = baseline.moved_weight, starts_before(instance, baseline)
    for index, decision in placements.decisions.items():
        if index in starts:
            start_s, mode = starts[index]
            yield decision.planned * units.points(baseline.dropped_weight)
            for option in decision.blocks[0].options if decision.blocks else ():
                apart_s = abs(option.start_s - start_s)
                moved = apart_s > 0 or mode != index
                yield option.taken * -units.points(weight * (apart_s / SECONDS_PER_HOUR + moved))
    tracked: dict[str, list[Span]] = defaultdict(list)
    for contact in baseline.schedule.contacts:
        tracked[contact.station_id].append(contact.span)
    for piece in contacts.pieces:
        kept_s = sum(overlap_s(piece.span, span) for span in tracked[piece.station_id])
        gained_s = 2 * kept_s - (piece.span[1] - piece.span[0])
        if all(piece.span[0] != span[0] for span in tracked[piece.station_id]):
            yield piece.begins * -units.points(weight)
        yield piece.taken * round(weight * gained_s / SECONDS_PER_HOUR * units.value_scale)


def _unfairness(
    model: cp_model.CpModel, hints: Hints, instance: Instance, units: Units, placements: Placements
) -> cp_model.IntVar | None:
    weight = instance.problem.objective.fairness_weight
    requested, every = requested_values(instance.problem), defaultdict[str, float](float)
    for chain in instance.chains:
        every[chain.agency_id] += chain.value
    agencies = [agency for agency in sorted(requested) if requested[agency] > 0]
    if weight <= 0 or not agencies:
        return None
    unfair = model.new_int_var(0, units.points(weight) + len(instance.chains), "")
    hinted = 0
    for agency in agencies:
        lost: list[cp_model.LinearExprT] = []
        hinted_lost = 0
        for chain in instance.chains:
            if chain.agency_id != agency or chain.index in placements.fixed:
                continue
            part = math.floor(weight * chain.value / requested[agency] * units.value_scale)
            decision = placements.decisions.get(chain.index)
            lost.append(part if decision is None else part * (1 - decision.planned))
            hinted_lost += 0 if decision and hints.value_of.get(decision.planned.index) else part
        # What a choice leaves over was never asked for.
        spare = math.floor(weight * (every[agency] - requested[agency]) / requested[agency] * units.value_scale)
        model.add(unfair >= cp_model.LinearExpr.sum(lost) - spare)
        hinted = max(hinted, hinted_lost - spare)
    hints.add(unfair, hinted)
    return unfair
