"""One model for any scope: the whole horizon in coarse cells, or a part of it in fine ones."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from malapert_planner.domain.schedule import Schedule
from malapert_planner.domain.spans import overlap_s
from malapert_planner.solvers.battery import add_battery, enter_energy
from malapert_planner.solvers.contacts import Contacts, add_contact_conditions, add_contacts, name_contacts
from malapert_planner.solvers.cumulative import add_cumulative
from malapert_planner.solvers.deliveries import add_deliveries
from malapert_planner.solvers.instance import Instance
from malapert_planner.solvers.itinerary import Itinerary, add_itinerary
from malapert_planner.solvers.ledger import Hints, Ledger
from malapert_planner.solvers.limits import add_limits
from malapert_planner.solvers.objective import add_objective, add_waiting
from malapert_planner.solvers.placements import Placements, add_placements, add_unary_resources
from malapert_planner.solvers.relations import add_relations
from malapert_planner.solvers.reservoirs import add_reservoirs
from malapert_planner.solvers.scope import RuleFamily, Scope
from malapert_planner.solvers.storage import add_storage, enter_data
from malapert_planner.solvers.units import Units


@dataclass(frozen=True, slots=True)
class ScopeModel:
    """A built model with its decisions."""

    model: cp_model.CpModel
    instance: Instance
    scope: Scope
    itinerary: Itinerary
    placements: Placements
    contacts: Contacts

    def schedule(self, solver: cp_model.CpSolver) -> Schedule:
        """Return the schedule that the solver found for the scope, with the fixed chains that lie in it."""
        drives = self.itinerary.placed(solver)

        def place_at(time_s: int) -> str:
            return next(
                (d.to_place_id for d in reversed(drives) if d.span[1] <= time_s), self.scope.boundary.start_place_id
            )

        activities = self.placements.placed(solver, place_at)
        return Schedule(
            activities=tuple(sorted(activities, key=lambda a: (a.span, a.activity_id))),
            drives=tuple(drives),
            contacts=tuple(name_contacts(self.instance, self.contacts.spans(solver), place_at)),
        )


def build_model(instance: Instance, scope: Scope) -> ScopeModel:
    """Build the model of a scope. Mandatory chains are worth more than all optional ones together."""
    model = cp_model.CpModel()
    hints = Hints(model)
    itinerary = add_itinerary(model, hints, instance, scope)
    placements = add_placements(model, hints, instance, scope, itinerary)
    add_unary_resources(model, instance, scope, placements, itinerary)
    add_cumulative(model, instance, scope, placements)
    contacts = add_contacts(model, hints, instance, scope, itinerary)
    if RuleFamily.CONTACT not in scope.dropped:
        add_contact_conditions(model, instance, scope, placements, itinerary, contacts)
    _hint_stays(hints, scope, itinerary)
    add_relations(model, hints, instance, scope, placements)
    add_limits(model, instance, scope, placements)
    add_reservoirs(model, instance, scope, placements)
    units, ledger = Units.of(instance.problem), Ledger(scope.cells, hints)
    enter_energy(model, instance, scope, ledger, itinerary, placements, contacts)
    enter_data(instance, scope, units, ledger, itinerary, placements, contacts)
    add_battery(model, instance, scope, ledger, itinerary, placements)
    stored = add_storage(model, instance, scope, units, ledger)
    add_deliveries(model, instance, scope, units, ledger, placements)
    for modes in {modes[0].index: modes for modes in (instance.modes[index] for index in scope.forced)}.values():
        free = [placements.decisions[mode.index] for mode in modes if mode.index in placements.decisions]
        forced = [decision.planned for decision in free if decision.chain.index in scope.forced]
        if forced:
            model.add_at_least_one(forced)
    waiting = add_waiting(model, ledger, instance, scope, units, stored)
    add_objective(model, hints, instance, units, itinerary, placements, contacts, waiting)
    return ScopeModel(model, instance, scope, itinerary, placements, contacts)


def _hint_stays(hints: Hints, scope: Scope, itinerary: Itinerary) -> None:
    place = scope.boundary.start_place_id
    legs = []
    since = scope.span[0]
    for drive in sorted(scope.hint.drives, key=lambda d: d.span):
        legs.append((place, (since, drive.span[0])))
        place, since = drive.to_place_id, drive.span[1]
    legs.append((place, (since, scope.span[1])))
    for (place_id, cell), stay in itinerary.stays.items():
        span = scope.cells.span(cell)
        rests = any(place_id == at and overlap_s(span, leg) == span[1] - span[0] for at, leg in legs)
        hints.add(stay, rests)
