"""Latency limits of data products in a model: what waits of each rank, and what is sent of it in time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.products import before_bit, limited, rank, through_bit
from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.solvers.instance.compiled import Instance
from malapert_planner.solvers.instance.scope import BacklogBoundary, Scope
from malapert_planner.solvers.instance.units import Units
from malapert_planner.solvers.model.ledger import Ledger, LinearSum
from malapert_planner.solvers.model.placements import Placements

Taken = cp_model.IntVar | None


def add_deliveries(
    model: cp_model.CpModel, instance: Instance, scope: Scope, units: Units, ledger: Ledger, placements: Placements
) -> None:
    r"""Keep the latency limits, rank by rank; :mod:`malapert_planner.solvers.state.backlog` says what the terms mean.

    With t[k] what comes in within cell k that goes before or with the rank, b[k] before it, and e[k] what can be sent,

        S[k + 1] ≥ S[k] + t[k] − e[k],    S[k + 1] ≥ t[k],    G[k + 1] = G[k] + e[k] − b[k],
        made at edge m, due at edge d  ⇒  G[d] − G[m] ≥ S[m].
    """
    for boundary in scope.boundary.backlogs:
        _Waiting(model, instance, scope, units, ledger, placements, boundary).add()


class _Waiting:
    """One rank of products within a scope."""

    def __init__(
        self,
        model: cp_model.CpModel,
        instance: Instance,
        scope: Scope,
        units: Units,
        ledger: Ledger,
        placements: Placements,
        boundary: BacklogBoundary,
    ) -> None:
        self._model, self._scope, self._units, self._ledger = model, scope, units, ledger
        self._boundary = boundary
        self._edges = scope.cells.edges_s
        count = len(scope.cells)
        self._before = [LinearSum() for _ in range(count)]
        self._through = [LinearSum() for _ in range(count)]
        self._due: dict[tuple[int, int], list[Taken]] = defaultdict(list)
        for activity, span, taken in _steps(instance, placements):
            if activity.products:
                self._enter(activity, span, taken, instance.problem.horizon_s)

    def _enter(self, activity: Activity, span: Span, taken: Taken, horizon_s: int) -> None:
        amounts = (before_bit(activity, self._boundary.rank), through_bit(activity, self._boundary.rank))
        if amounts[1] > 0:
            for cell in self._scope.cells.touched(span):
                part = overlap_s(span, self._scope.cells.span(cell)) / (span[1] - span[0])
                self._before[cell].add(taken, self._units.filled(amounts[0] * part))
                self._through[cell].add(taken, self._units.filled(amounts[1] * part))
        if self._edges[0] < span[1] <= self._edges[-1]:
            for product in limited(activity):
                due_s = span[1] + product.max_latency_s
                if rank(product) == self._boundary.rank and due_s <= horizon_s:
                    self._due[bisect_left(self._edges, span[1]), due_s].append(taken)

    def add(self) -> None:
        """Add the constraints of the rank, where it has any."""
        boundary, count = self._boundary, len(self._edges) - 1
        ends = boundary.admitted_bit < float("inf")
        if not (self._due or boundary.pending or ends):
            return
        stored, sendable = self._add_levels()
        if ends:
            self._model.add(stored[count] <= self._units.drained(boundary.admitted_bit))
        for due_s, need_bit in boundary.pending:
            edge, later = self._due_edge(due_s)
            self._model.add(sendable[edge] + later >= self._units.filled(need_bit))
        for (made, due_s), literals in self._due.items():
            edge, later = self._due_edge(due_s)
            if edge < made:
                for literal in literals:
                    self._model.add_bool_or([] if literal is None else [literal.negated()])
                continue
            kept = self._model.add(sendable[edge] - sendable[made] + later >= stored[made])
            decided = [literal for literal in literals if literal is not None]
            if len(decided) == len(literals):
                asked = self._model.new_bool_var("")
                self._ledger.hint(asked, any(self._ledger.hints.value_of.get(lit.index) for lit in decided))
                for literal in decided:
                    self._model.add_implication(literal, asked)
                kept.only_enforce_if(asked)

    def _due_edge(self, due_s: int) -> tuple[int, int]:
        """Return the last edge before an instant, and what is surely sent from there on until it."""
        if due_s >= self._edges[-1]:
            return len(self._edges) - 1, self._units.drained(self._boundary.later(due_s))
        return bisect_right(self._edges, due_s) - 1, 0

    def _add_levels(self) -> tuple[list[cp_model.IntVar], list[cp_model.IntVar]]:
        model, ledger, drained = self._model, self._ledger, self._ledger.drained
        start = self._units.filled(self._boundary.stored_bit)
        most = start + sum(map(_most, self._through))
        least, greatest = -sum(map(_most, self._before)), sum(map(_most, drained))
        stored = [model.new_int_var(0, most, "") for _ in self._edges]
        sendable = [model.new_int_var(least, greatest, "") for _ in self._edges]
        model.add(stored[0] >= start)
        model.add(sendable[0] == 0)
        waiting, spare = start, 0
        for cell, (before, through) in enumerate(zip(self._before, self._through, strict=True)):
            made, sent = through.expression(), drained[cell].expression()
            model.add(stored[cell + 1] >= stored[cell] + made - sent)
            model.add(stored[cell + 1] >= made)
            model.add(sendable[cell + 1] == sendable[cell] + sent - before.expression())
            ledger.hint(stored[cell], waiting)
            ledger.hint(sendable[cell], spare)
            waiting = max(waiting - ledger.hinted(drained[cell]), 0) + ledger.hinted(through)
            spare += ledger.hinted(drained[cell]) - ledger.hinted(before)
        ledger.hint(stored[-1], waiting)
        ledger.hint(sendable[-1], spare)
        return stored, sendable


def _most(total: LinearSum) -> int:
    return total.constant + sum(coefficient for coefficient in total.coefficients if coefficient > 0)


def _steps(instance: Instance, placements: Placements) -> Iterator[tuple[Activity, Span, Taken]]:
    """Yield every activity that is or may be placed, its span there, and the decision for it."""
    for fixed in placements.fixed.values():
        for placed in fixed.activities:
            yield instance.activities[placed.activity_id], placed.span, None
    for decision in placements.decisions.values():
        for block in decision.blocks:
            for step in block.block.steps:
                for option in block.options:
                    yield step.activity, step.span(option.start_s), option.taken
