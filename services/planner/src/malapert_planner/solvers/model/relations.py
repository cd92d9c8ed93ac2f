"""Relations between requests, and repetitions."""

from __future__ import annotations

from ortools.sat.python import cp_model

from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.model.extents import Extent, relate
from malapert_planner.solvers.model.ledger import Hints
from malapert_planner.solvers.model.placements import Placements


def add_relations(
    model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope, placements: Placements
) -> None:
    """Add relations and repetitions over free and fixed chains: see `relate`."""
    extents = {chain.index: _extent(model, hints, chain, placements) for chain in instance.chains}
    repetitions = {
        request_id: [_any_mode(model, hints, [extents[chain.index] for chain in modes]) for modes in group]
        for request_id, group in instance.repetitions.items()
    }
    relate(model, instance, {index: extent.planned for index, extent in extents.items()}, repetitions)


def _any_mode(model: cp_model.CpModel, hints: Hints, modes: list[Extent]) -> Extent:
    """Return the extent of a repetition: of what is not planned all is 0, so that the modes add up."""
    if len(modes) == 1:
        return modes[0]
    planned = model.new_bool_var("")
    model.add(cp_model.LinearExpr.sum([mode.planned for mode in modes]) == planned)
    hinted = any(mode.hinted for mode in modes)
    hints.add(planned, hinted)
    starts, ends = [mode.start for mode in modes], [mode.end for mode in modes]
    return Extent(planned, cp_model.LinearExpr.sum(starts), cp_model.LinearExpr.sum(ends), hinted)


def _extent(model: cp_model.CpModel, hints: Hints, chain: Chain, placements: Placements) -> Extent:
    """Return when a chain is planned: 0 where it is not, constants where it is fixed."""
    fixed = placements.fixed.get(chain.index)
    if fixed is not None:
        return Extent(model.new_constant(1), fixed.first_start_s, fixed.span[1], hinted=True)
    decision = placements.decisions.get(chain.index)
    if decision is None:
        return Extent(model.new_constant(0), 0, 0, hinted=False)
    hinted = bool(hints.value_of.get(decision.planned.index))
    if not decision.blocks:
        return Extent(decision.planned, 0, 0, hinted)
    return Extent(decision.planned, decision.blocks[0].start(), decision.blocks[-1].end(), hinted)
