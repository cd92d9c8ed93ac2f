"""Chains in a relaxation: whether and when each is planned, and how their requests stand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ortools.sat.python import cp_model

from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.model.extents import Extent, relate


@dataclass(frozen=True, slots=True)
class ChosenChain:
    """A chain in a relaxation: planned or not."""

    chain: Chain
    planned: cp_model.IntVar


@dataclass(frozen=True, slots=True)
class RelaxedChain(ChosenChain):
    """A chain in a relaxation that keeps times: start of each of its steps, end."""

    starts: tuple[cp_model.IntVar, ...]
    end: cp_model.LinearExpr


def add_modes(model: cp_model.CpModel, instance: Instance, planned: Mapping[int, cp_model.IntVar]) -> None:
    """At most one mode of each repetition is planned."""
    for group in instance.repetitions.values():
        for modes in group:
            if len(modes) > 1:
                model.add_at_most_one([planned[chain.index] for chain in modes])


def _any_mode(model: cp_model.CpModel, modes: list[RelaxedChain]) -> Extent:
    """Return the extent of a repetition: that of the mode in which it is planned."""
    if len(modes) == 1:
        return Extent(modes[0].planned, modes[0].starts[0], modes[0].end)
    planned = model.new_bool_var("")
    model.add(cp_model.LinearExpr.sum([mode.planned for mode in modes]) == planned)
    latest = max(max(mode.starts[0].proto.domain) for mode in modes)
    last = max(max(mode.starts[-1].proto.domain) + mode.chain.blocks[-1].duration_s for mode in modes)
    start, end = model.new_int_var(0, latest, ""), model.new_int_var(0, last, "")
    for mode in modes:
        model.add(start == mode.starts[0]).only_enforce_if(mode.planned)
        model.add(end == mode.end).only_enforce_if(mode.planned)
    return Extent(planned, start, end)


def add_relaxed_relations(model: cp_model.CpModel, instance: Instance, chains: dict[int, RelaxedChain]) -> None:
    """Add relations and repetitions: see `relate`."""
    tied = {
        name for relation in instance.problem.relations for name in (relation.request_id, relation.other_request_id)
    }
    tied |= {repetition.request_id for repetition in instance.problem.repetitions}
    extents = {
        request_id: [_any_mode(model, [chains[chain.index] for chain in modes]) for modes in group]
        for request_id, group in instance.repetitions.items()
        if request_id in tied
    }
    relate(model, instance, {index: relaxed.planned for index, relaxed in chains.items()}, extents)
