"""A chain forced into a schedule, with some families of rules left out, to see what is in its way."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.instance.compiled import Chain
from malapert_planner.solvers.lns.neighbourhoods import cell_width_s
from malapert_planner.solvers.lns.search import FOUND
from malapert_planner.solvers.model.scope_model import RuleFamily, ScopeModel, build_model
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.state.incumbent import Incumbent


@dataclass(frozen=True)
class Trial:
    """A chain to be forced into a schedule; the model of each span is built once, whatever is left out of it.

    Its cells are so wide that there are not too many, or, where ``is_fine``, those of the grid.
    """

    incumbent: Incumbent
    chain: Chain
    is_fine: bool = False
    models: dict[Span, ScopeModel] = field(default_factory=dict)

    def forced_in(
        self, engine: Engine, without: Collection[RuleFamily] = (), spans: tuple[Span, ...] = ()
    ) -> Incumbent | None:
        """Return the schedule with the chain forced into it, where that works without some families of rules.

        It is tried in each of some spans, along the route as it is; without spans in those where it has a chance.
        """
        for span in spans or chances(self.incumbent, self.chain):
            if engine.exhausted():
                return None
            built = self._model(span)
            model = built.rules.without(without) if without else built.model
            solver, status = engine.run(model, Explanation.WORK_PER_CHAIN, first=True)
            if status in FOUND:
                return self.incumbent.replaced(built.scope, built.schedule(solver))
        return None

    def is_refuted(self, engine: Engine, without: Collection[RuleFamily], span: Span) -> bool:
        """Return whether it is proven that the chain cannot be forced into a span without some families of rules."""
        if engine.exhausted():
            return False
        _, status = engine.run(self._model(span).rules.without(without), Explanation.WORK_PER_CHAIN, first=True)
        return status == cp_model.INFEASIBLE

    def _model(self, span: Span) -> ScopeModel:
        if span not in self.models:
            only = frozenset({self.chain.index})
            start, end = self.incumbent.quiet(span)
            grid_s = self.incumbent.instance.problem.resolution_s
            width = grid_s if self.is_fine else cell_width_s(grid_s, end - start, Explanation.MOST_CELLS)
            scope = self.incumbent.scope(
                (start, end),
                width_s=width,
                step_s=width,
                chain_step_s=width,
                free=only,
                keep_route=True,
                keep_all=True,
                forced=only,
            )
            self.models[span] = build_model(self.incumbent.instance, scope)
        return self.models[span]


def chances(incumbent: Incumbent, chain: Chain) -> tuple[Span, ...]:
    """Return where, along the route as it is, a chain could start by its windows: the longest such spans."""
    found, most_s = _openings(incumbent, chain), Explanation.LONGEST_CHANCE_S
    longest = sorted(found, key=lambda span: (span[0] - span[1], span[0]))[: Explanation.MOST_CHANCES]
    return tuple(_around(incumbent, chain, (start, min(end, start + most_s))) for start, end in longest)


def every_chance(incumbent: Incumbent, chain: Chain) -> Iterator[Span]:
    """Yield spans that together hold whatever start a chain could have along the route as it is."""
    most_s = Explanation.LONGEST_CHANCE_S
    for start, end in _openings(incumbent, chain):
        for low in range(start, end, most_s):
            yield _around(incumbent, chain, (low, min(end, low + most_s)))


def _openings(incumbent: Incumbent, chain: Chain) -> list[Span]:
    since, found = incumbent.instance.open_from_s, list[Span]()
    for place_id, span in incumbent.stays:
        for low, high in chain.starts.get(place_id, ((),))[0]:
            start, end = max(low, span[0], since), min(high + 1, span[1])
            if start < end:
                found.append((start, end))
    return found


def _around(incumbent: Incumbent, chain: Chain, starts: Span) -> Span:
    margin = chain.longest_s + Explanation.MARGIN_S
    return max(0, starts[0] - margin), min(incumbent.instance.problem.horizon_s, starts[1] + margin)
