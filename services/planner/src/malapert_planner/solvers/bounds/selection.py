"""Which chains are planned, in a linear relaxation: modes, relations, repetitions, limits, reservoirs, fairness."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from malapert_planner.domain.problem.activities import Relation, RelationKind
from malapert_planner.domain.problem.choices import requested_values
from malapert_planner.solvers.bounds.coarse_time import CoarseTime
from malapert_planner.solvers.bounds.program import Indices
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.instance.units import LEVEL_GUARD
from malapert_planner.solvers.model.limits import chain_amounts, choice_chains

Modes = tuple[Chain, ...]


class Selection:
    """Columns that say of each chain whether it is planned, and the rows between them.

    Of chains of which a part is frozen nothing is said but that they are planned where they are frozen whole: what has
    begun breaks no rule.
    """

    def __init__(self, instance: Instance, coarse: CoarseTime) -> None:
        self._instance, self._coarse, self._builder = instance, coarse, coarse.builder
        self._begun = coarse.demands.begun
        values = np.array([chain.value for chain in instance.chains])
        least = np.array([float(chain.index in coarse.demands.whole) for chain in instance.chains])
        self.planned = self._builder.columns(len(instance.chains), least=least, most=1.0, worth=values)

    def add(self) -> None:
        """Add all rows."""
        self._add_counts()
        self._add_modes()
        for relation in self._instance.problem.relations:
            self._relate(relation)
        for repetition in self._instance.problem.repetitions:
            for first, second in pairwise(self._open(repetition.request_id)):
                row = self._builder.rows(1, most=0.0)
                self._put(row, second, 1.0)
                self._put(row, first, -1.0)
        self._add_limits()
        self._add_reservoirs()
        self._add_fairness()

    def _put(self, row: Indices, chains: Sequence[Chain], factor: float) -> None:
        self._builder.put(row, self.planned[[chain.index for chain in chains]], factor)

    def _add_counts(self) -> None:
        """As many chains of a class are planned as are carried out."""
        for number, demand in enumerate(self._coarse.demands.classes):
            row = self._builder.rows(1, least=0.0, most=0.0)
            self._put(row, demand.chains, 1.0)
            self._builder.put(row, self._coarse.counts[number], -1.0)

    def _add_modes(self) -> None:
        for group in self._instance.repetitions.values():
            for modes in group:
                wanted = float(modes[0].mandatory)
                if (len(modes) > 1 or wanted) and not self._has_begun(modes):
                    self._put(self._builder.rows(1, least=wanted, most=1.0), modes, 1.0)

    def _has_begun(self, modes: Modes) -> bool:
        return any(chain.index in self._begun for chain in modes)

    def _open(self, request_id: str) -> tuple[Modes, ...]:
        """Return a request's repetitions, none where any has begun."""
        group = self._instance.repetitions.get(request_id, ())
        return () if any(map(self._has_begun, group)) else group

    def _relate(self, relation: Relation) -> None:
        own, others = self._open(relation.request_id), self._open(relation.other_request_id)
        if not own or not others or relation.kind is RelationKind.AFTER:
            return
        if relation.kind is RelationKind.EXCLUDES:
            self._exclude(own, others)
        elif relation.kind is RelationKind.REQUIRES:
            self._require(relation, own, others)
        else:
            for some, whole in ((own, others), (others, own)):
                for modes in some:
                    row = self._builder.rows(1, most=0.0)
                    self._put(row, modes, 1.0)
                    for each in whole:
                        self._put(row, each, -1.0)

    def _exclude(self, own: Sequence[Modes], others: Sequence[Modes]) -> None:
        """Either any of one is planned or any of the other: all are at most a number, or at most what it lacks of 1."""
        either = self._builder.columns(1, most=1.0)
        for group, sign in ((own, -1.0), (others, 1.0)):
            for modes in group:
                row = self._builder.rows(1, most=max(0.0, sign))
                self._put(row, modes, 1.0)
                self._builder.put(row, either, sign)

    def _require(self, relation: Relation, own: Sequence[Modes], others: Sequence[Modes]) -> None:
        """Any of one is planned at most as far as each of the other is, or as many as a choice among them asks for."""
        needed = self._builder.columns(1, most=1.0)
        for modes in own:
            row = self._builder.rows(1, most=0.0)
            self._put(row, modes, 1.0)
            self._builder.put(row, needed, -1.0)
        choices = choice_chains(self._instance, relation.other_request_id)
        asked = [(tuple(chains), math.floor(limit.capacity)) for limit, chains in choices]
        for chains, count in asked or [(modes, 1) for modes in others]:
            row = self._builder.rows(1, most=0.0)
            self._builder.put(row, needed, float(count))
            self._put(row, chains, -1.0)

    def _add_limits(self) -> None:
        for limit in self._instance.problem.limits:
            amounts = {i: a for i, a in chain_amounts(self._instance, limit).items() if i not in self._partly}
            row = self._builder.rows(1, most=limit.capacity + LEVEL_GUARD * max(1.0, limit.capacity))
            self._builder.put(row, self.planned[list(amounts)], list(amounts.values()))

    @property
    def _partly(self) -> frozenset[int]:
        return self._begun - self._coarse.demands.whole

    def _add_reservoirs(self) -> None:
        """At the end a reservoir holds between nothing and its capacity."""
        for reservoir in self._instance.problem.reservoirs:
            change: dict[int, float] = defaultdict(float)
            for use in reservoir.uses:
                change[self._instance.chain_of[use.activity_id].index] += use.produced - use.consumed
            if self._partly & change.keys():
                continue
            guard = LEVEL_GUARD * max(1.0, reservoir.capacity)
            room = reservoir.capacity - reservoir.start
            row = self._builder.rows(1, least=-reservoir.start - guard, most=room + guard)
            self._builder.put(row, self.planned[list(change)], list(change.values()))

    def _add_fairness(self) -> None:
        """The largest unsatisfied share costs; it is at least that of each agency."""
        weight = self._instance.problem.objective.fairness_weight
        requested = {a: v for a, v in requested_values(self._instance.problem).items() if v > 0}
        if weight <= 0 or not requested:
            return
        values: dict[str, dict[int, float]] = {agency_id: defaultdict(float) for agency_id in requested}
        for chain in self._instance.chains:
            for activity in chain.activities:
                if activity.agency_id in values:
                    values[activity.agency_id][chain.index] += activity.value
        least = min(0.0, *(1.0 - math.fsum(values[a].values()) / asked for a, asked in requested.items()))
        unfair = self._builder.columns(1, least=least * 1.001, most=1.0, worth=-weight)
        for agency_id, asked in sorted(requested.items()):
            row = self._builder.rows(1, least=1.0)
            self._builder.put(row, unfair, 1.0)
            own = values[agency_id]
            self._builder.put(row, self.planned[list(own)], [value / asked for value in own.values()])
