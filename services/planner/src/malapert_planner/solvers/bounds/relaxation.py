"""A coarse-time relaxation of a problem as a linear program, finer or coarser."""

from __future__ import annotations

from collections.abc import Callable

from malapert_planner.solvers.bounds.cells import Edges
from malapert_planner.solvers.bounds.charge import add_charge
from malapert_planner.solvers.bounds.coarse_time import CoarseTime, add_resources, add_work
from malapert_planner.solvers.bounds.contact_time import add_contact_needs, add_contacts
from malapert_planner.solvers.bounds.demands import Demands
from malapert_planner.solvers.bounds.place_flow import add_flow, add_places_of_work
from malapert_planner.solvers.bounds.program import LinearProgram
from malapert_planner.solvers.bounds.selection import Selection
from malapert_planner.solvers.bounds.stored_data import add_storage
from malapert_planner.solvers.instance.compiled import Instance

FAMILIES = (add_resources, add_contacts, add_contact_needs, add_charge, add_storage)


def coarse_program(
    instance: Instance,
    demands: Demands,
    edges_s: Edges,
    *,
    with_flow: bool,
    stopped: Callable[[], bool] = lambda: False,
) -> LinearProgram | None:
    """Return the relaxation over some cells, with or without the flow of places; None where it was stopped."""
    coarse = CoarseTime(demands, edges_s)
    add_work(coarse, by_place=with_flow)
    if with_flow:
        add_flow(coarse)
        add_places_of_work(coarse)
    for add in FAMILIES:
        if stopped():
            return None
        add(coarse)
    Selection(instance, coarse).add()
    return None if stopped() else coarse.builder.build()
