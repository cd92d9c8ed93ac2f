"""One model for any scope: the whole horizon in coarse cells, or a part of it in fine ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from ortools.sat.python import cp_model, cp_model_helper

from malapert_planner.domain.problem.spans import overlap_s
from malapert_planner.domain.schedule.schedule import Schedule
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import Scope
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.model.battery import add_battery, enter_energy
from malapert_planner.solvers.model.contacts import Contacts, add_contact_conditions, add_contacts, name_contacts
from malapert_planner.solvers.model.cumulative import add_cumulative
from malapert_planner.solvers.model.dark_spells import add_darkness
from malapert_planner.solvers.model.deliveries import add_deliveries
from malapert_planner.solvers.model.itinerary import Itinerary, add_itinerary
from malapert_planner.solvers.model.ledger import Hints, Ledger
from malapert_planner.solvers.model.limits import add_limits
from malapert_planner.solvers.model.objective import add_objective, add_waiting
from malapert_planner.solvers.model.placements import Placements, add_placements, add_unary_resources
from malapert_planner.solvers.model.quotas import add_quotas
from malapert_planner.solvers.model.relations import add_relations
from malapert_planner.solvers.model.reservoirs import add_reservoirs
from malapert_planner.solvers.model.silences import add_rhythm
from malapert_planner.solvers.model.states import add_states
from malapert_planner.solvers.model.storage import add_storage, enter_data


class RuleFamily(StrEnum):
    """A family of constraints that a model can do without, to ask whether it is what blocks."""

    BATTERY = "battery"
    STORAGE = "storage"
    CONTACT = "contact"
    RESOURCE = "resource"
    ITINERARY = "itinerary"
    RELATION = "relation"
    LIMIT = "limit"
    RESERVOIR = "reservoir"
    LATENCY = "latency"
    QUOTA = "quota"
    RHYTHM = "rhythm"


@dataclass(frozen=True, slots=True)
class Rules:
    """Where in a model the constraints of each family are."""

    model: cp_model.CpModel
    of_family: dict[RuleFamily, list[range]] = field(default_factory=dict)

    @contextmanager
    def adding(self, family: RuleFamily) -> Iterator[None]:
        """Take what is added meanwhile as of a family."""
        first = len(self.model.proto.constraints)
        yield
        self.of_family.setdefault(family, []).append(range(first, len(self.model.proto.constraints)))

    def without(self, families: Iterable[RuleFamily]) -> cp_model.CpModel:
        """Return the model without the constraints of some families, over the same variables."""
        model, nothing = self.model.clone(), cp_model_helper.ConstraintProto()
        for indices in (each for family in families for each in self.of_family.get(family, ())):
            for index in indices:
                model.proto.constraints[index].copy_from(nothing)
        return model


@dataclass(frozen=True, slots=True)
class ScopeModel:
    """A built model with its decisions."""

    model: cp_model.CpModel
    instance: Instance
    scope: Scope
    itinerary: Itinerary
    placements: Placements
    contacts: Contacts
    rules: Rules

    def schedule(self, solver: cp_model.CpSolver) -> Schedule:
        """Return the schedule that the solver found for the scope, with the fixed chains that lie in it."""
        drives = self.itinerary.placed(solver)

        def place_at(time_s: int) -> str:
            return next(
                (d.to_place_id for d in reversed(drives) if d.span[1] <= time_s), self.scope.boundary.start_place_id
            )

        activities = self.placements.placed(solver, place_at)
        contacts = name_contacts(self.instance, self.contacts.spans(solver), place_at)
        return Schedule.ordered(activities, drives, contacts)


def build_model(instance: Instance, scope: Scope) -> ScopeModel:
    """Build the model of a scope. Mandatory chains are worth more than all optional ones together."""
    model = cp_model.CpModel()
    hints, rules = Hints(model), Rules(model)
    itinerary = add_itinerary(model, hints, instance, scope)
    placements = add_placements(model, hints, instance, scope, itinerary)
    with rules.adding(RuleFamily.RESOURCE):
        add_unary_resources(model, instance, scope, placements, itinerary)
        add_cumulative(model, instance, scope, placements)
        add_states(model, instance, scope, placements)
    contacts = add_contacts(model, hints, instance, scope, itinerary)
    with rules.adding(RuleFamily.CONTACT):
        add_contact_conditions(model, instance, scope, placements, itinerary, contacts)
    with rules.adding(RuleFamily.QUOTA):
        add_quotas(model, hints, instance.quotas, scope, contacts)
    _hint_stays(hints, scope, itinerary)
    add_darkness(model, hints, instance, scope, itinerary)
    with rules.adding(RuleFamily.RHYTHM):
        add_rhythm(model, hints, instance, scope, itinerary, contacts)
    with rules.adding(RuleFamily.RELATION):
        add_relations(model, hints, instance, scope, placements)
    with rules.adding(RuleFamily.LIMIT):
        add_limits(model, instance, placements)
    with rules.adding(RuleFamily.RESERVOIR):
        add_reservoirs(model, instance, placements)
    units, ledger = Units.of(instance.problem), Ledger(scope.cells, hints)
    enter_energy(model, instance, scope, ledger, itinerary, placements, contacts)
    enter_data(instance, scope, units, ledger, itinerary, placements, contacts)
    with rules.adding(RuleFamily.BATTERY):
        add_battery(model, instance, scope, ledger, itinerary, placements)
    with rules.adding(RuleFamily.STORAGE):
        stored = add_storage(model, instance, scope, units, ledger)
    with rules.adding(RuleFamily.LATENCY):
        add_deliveries(model, instance, scope, units, ledger, placements)
    for modes in {modes[0].index: modes for modes in (instance.modes[index] for index in scope.forced)}.values():
        free = [placements.decisions[mode.index] for mode in modes if mode.index in placements.decisions]
        forced = [decision.planned for decision in free if decision.chain.index in scope.forced]
        if forced:
            model.add_at_least_one(forced)
    waiting = add_waiting(model, ledger, instance, scope, units, stored)
    add_objective(model, hints, instance, units, itinerary, placements, contacts, waiting)
    return ScopeModel(model, instance, scope, itinerary, placements, contacts, rules)


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
