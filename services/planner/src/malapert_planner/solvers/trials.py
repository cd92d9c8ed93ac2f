"""A chain forced into a schedule, with some families of rules left out, to see what is in its way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from malapert_planner.domain.problem.spans import Span
from malapert_planner.solvers.engine import Engine
from malapert_planner.solvers.incumbent import Incumbent
from malapert_planner.solvers.instance import Chain
from malapert_planner.solvers.model import RuleFamily, ScopeModel, build_model
from malapert_planner.solvers.neighbourhoods import cell_width_s
from malapert_planner.solvers.parameters import Explanation
from malapert_planner.solvers.search import FOUND


@dataclass(frozen=True)
class Trial:
    """A chain to be forced into a schedule; the model of each span is built once, whatever is left out of it."""

    incumbent: Incumbent
    chain: Chain
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

    def _model(self, span: Span) -> ScopeModel:
        if span not in self.models:
            only = frozenset({self.chain.index})
            start, end = self.incumbent.quiet(span)
            width = cell_width_s(self.incumbent.instance.problem.resolution_s, end - start, Explanation.MOST_CELLS)
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
    horizon_s, since = incumbent.instance.problem.horizon_s, incumbent.instance.open_from_s
    found: list[Span] = []
    for place_id, span in incumbent.stays:
        for low, high in chain.starts.get(place_id, ((),))[0]:
            start, end = max(low, span[0], since), min(high + 1, span[1])
            if start < end:
                found.append((start, end))
    longest = sorted(found, key=lambda span: (span[0] - span[1], span[0]))[: Explanation.MOST_CHANCES]
    margin, most_s = chain.longest_s + Explanation.MARGIN_S, Explanation.LONGEST_CHANCE_S
    return tuple((max(0, start - margin), min(horizon_s, min(end, start + most_s) + margin)) for start, end in longest)
