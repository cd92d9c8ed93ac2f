"""Which chain when and where: one decision per chain, place, block and start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from malapert_planner.domain.problem.spans import Span, overlap_s
from malapert_planner.domain.schedule.schedule import PlacedActivity
from malapert_planner.solvers.instance.compiled import Block, Chain, Instance
from malapert_planner.solvers.instance.scope import FixedChain, Scope
from malapert_planner.solvers.model.candidates import holds, start_times
from malapert_planner.solvers.model.itinerary import Itinerary
from malapert_planner.solvers.model.ledger import Hints, LinearSum


@dataclass(frozen=True, slots=True)
class StartOption:
    """A block of a chain from an instant, at whichever of ``places`` the asset rests at."""

    places: frozenset[str]
    start_s: int
    taken: cp_model.IntVar


@dataclass(slots=True)
class BlockDecision:
    """A block with the options of its start."""

    block: Block
    options: list[StartOption] = field(default_factory=list)

    def start(self, delay_s: int = 0) -> cp_model.LinearExpr:
        """Return the start plus a delay, 0 where the chain is not planned."""
        return cp_model.LinearExpr.weighted_sum(
            [o.taken for o in self.options], [o.start_s + delay_s for o in self.options]
        )

    def end(self) -> cp_model.LinearExpr:
        """Return the end, 0 where the chain is not planned."""
        return self.start(self.block.duration_s)


@dataclass(slots=True)
class ChainDecision:
    """A free chain: planned or not, and where its blocks start."""

    chain: Chain
    planned: cp_model.IntVar
    blocks: list[BlockDecision]


@dataclass(slots=True)
class Placements:
    """Decisions of the free chains by index, and the fixed chains that reach into the scope."""

    decisions: dict[int, ChainDecision] = field(default_factory=dict)
    fixed: dict[int, FixedChain] = field(default_factory=dict)

    def placed(self, solver: cp_model.CpSolver, place_at: Callable[[int], str]) -> list[PlacedActivity]:
        """Return the chosen activities at the places where the asset is."""
        result = []
        for decision in self.decisions.values():
            for block in decision.blocks:
                for option in block.options:
                    if solver.boolean_value(option.taken):
                        for step in block.block.steps:
                            span = step.span(option.start_s)
                            result.append(PlacedActivity(step.activity.activity_id, place_at(option.start_s), span))
        return result


def add_placements(
    model: cp_model.CpModel, hints: Hints, instance: Instance, scope: Scope, itinerary: Itinerary
) -> Placements:
    r"""Add the starts of the free chains.

    With b[i] an option of a block, A(i) the places that allow it, and z the chain,

        Σ b[i] = z                                                      for every block,
        Σ z ≤ 1                                                         over the modes of a repetition,
        end ≤ start' ≤ end + wait                                       for consecutive blocks (if z),
        Σ_{i under way in k, A(i) = A} b[i] ≤ Σ_{p ∈ A} x[p, k]         for every block and set A,
        Σ_{started by k} b − Σ_{ended before k} b' ≤ Σ_p x[p, k]        from the first block to the last.

    Since every drive takes at least one cell, an asset that rests without a break rests at one place, and that place is
    in A(i) of every block: the place needs no decision of its own.
    """
    placements = Placements(fixed={chain.chain_index: chain for chain in scope.fixed})
    for index in scope.free:
        chain = instance.chains[index]
        blocks = _options(model, hints, scope, chain)
        if not all(block.options for block in blocks):
            blocks = []
        planned = model.new_bool_var("")
        hints.add(planned, bool(blocks) and all(_hinted(hints, block) for block in blocks))
        for block in blocks:
            model.add_exactly_one([o.taken for o in block.options] + [planned.negated()])
        if not blocks:
            model.add(planned == 0)
        decision = ChainDecision(chain, planned, blocks)
        placements.decisions[index] = decision
        _add_waits(model, decision)
        _add_rest(model, scope, itinerary, decision)
    for fixed in scope.fixed:
        for cell in scope.cells.touched(fixed.span):
            model.add(itinerary.stays[fixed.place_id, cell] == 1)
    _add_modes(model, instance, placements)
    return placements


def _add_modes(model: cp_model.CpModel, instance: Instance, placements: Placements) -> None:
    """At most one mode of each repetition is planned."""
    for index, decision in placements.decisions.items():
        modes = instance.modes[index]
        if any(mode.index in placements.fixed for mode in modes):
            model.add(decision.planned == 0)
            continue
        free = [mode.index for mode in modes if mode.index in placements.decisions]
        if len(free) > 1 and free[0] == index:
            model.add_at_most_one([placements.decisions[each].planned for each in free])


def _options(model: cp_model.CpModel, hints: Hints, scope: Scope, chain: Chain) -> list[BlockDecision]:
    hinted = {a.activity_id: a.span[0] for a in scope.hint.activities}
    decisions: list[BlockDecision] = []
    for number, block in enumerate(chain.blocks):
        decision = BlockDecision(block)
        at = hinted.get(block.steps[0].activity.activity_id)
        spans = {
            place_id: _at_rest(scope, place_id, starts[number], block.duration_s)
            for place_id, starts in sorted(chain.starts.items())
        }
        extra = [] if at is None else [at]
        if decisions:
            # Without these a step wider than the wait would leave no start at all.
            extra += [o.start_s + decisions[-1].block.duration_s for o in decisions[-1].options]
        step_s = scope.chain_step_s if number == 0 else scope.step_s
        times = {t for s in spans.values() for t in start_times(s, block.duration_s, scope, step_s, extra)}
        for start in sorted(times):
            places = frozenset(place_id for place_id, allowed in spans.items() if holds(allowed, start))
            taken = model.new_bool_var("")
            decision.options.append(StartOption(places, start, taken))
            hints.add(taken, start == at)
        decisions.append(decision)
    return decisions


def _hinted(hints: Hints, block: BlockDecision) -> bool:
    return any(hints.value_of[option.taken.index] for option in block.options)


def _at_rest(scope: Scope, place_id: str, spans: tuple[Span, ...], duration_s: int) -> tuple[Span, ...]:
    """Cut closed spans of starts to the stays of a fixed route at the place."""
    if scope.route is None:
        return spans
    stays, at, since = [], scope.boundary.start_place_id, scope.span[0]
    for drive in scope.route:
        stays.append((at, since, drive.span[0]))
        at, since = drive.to_place_id, drive.span[1]
    stays.append((at, since, scope.span[1]))
    cut = []
    for here, start, end in stays:
        if here == place_id:
            for low, high in spans:
                if max(low, start) <= min(high, end - duration_s):
                    cut.append((max(low, start), min(high, end - duration_s)))
    return tuple(cut)


def _add_waits(model: cp_model.CpModel, decision: ChainDecision) -> None:
    for before, after in zip(decision.blocks, decision.blocks[1:], strict=False):
        model.add(after.start() >= before.end())
        wait = after.block.max_wait_s
        model.add(after.start() <= before.start(before.block.duration_s + wait))


def _add_rest(model: cp_model.CpModel, scope: Scope, itinerary: Itinerary, decision: ChainDecision) -> None:
    for block in decision.blocks:
        under_way: dict[tuple[tuple[str, ...], int], LinearSum] = defaultdict(LinearSum)
        for option in block.options:
            for cell in scope.cells.touched((option.start_s, option.start_s + block.block.duration_s)):
                under_way[tuple(sorted(option.places)), cell].add(option.taken, 1)
        for (places, cell), total in under_way.items():
            model.add(total.expression() <= itinerary.resting(places, cell))
    if len(decision.blocks) > 1:
        _add_rest_between(model, scope, itinerary, decision)


def _add_rest_between(model: cp_model.CpModel, scope: Scope, itinerary: Itinerary, decision: ChainDecision) -> None:
    """Started in the cell or before and not ended before it: only starts of the last ``longest_s`` can matter."""
    longest, places = decision.chain.longest_s, tuple(sorted(decision.chain.starts))
    first, last = decision.blocks[0], decision.blocks[-1]
    progress: dict[int, LinearSum] = defaultdict(LinearSum)
    for option in first.options:
        for cell in scope.cells.touched((option.start_s, option.start_s + longest)):
            progress[cell].add(option.taken, 1)
    for option in last.options:
        end = option.start_s + last.block.duration_s
        for cell in scope.cells.touched((end, end + longest)):
            if scope.cells.edges_s[cell] >= end and cell in progress:
                progress[cell].add(option.taken, -1)
    for cell, total in progress.items():
        model.add(total.expression() <= itinerary.resting(places, cell))


def add_unary_resources(
    model: cp_model.CpModel, instance: Instance, scope: Scope, placements: Placements, itinerary: Itinerary
) -> None:
    r"""Let each unary resource serve one at a time: Σ_{i uses r at t} b[i] ≤ 1 at every t where a use begins.

    The cliques of intervals at their starts are all the maximal cliques of the interval graph.
    """
    uses: dict[str, list[tuple[Span, cp_model.IntVar | None]]] = defaultdict(list)
    for fixed in placements.fixed.values():
        for placed in fixed.activities:
            if overlap_s(placed.span, scope.span):
                for resource in instance.activities[placed.activity_id].resource_ids:
                    uses[resource].append((placed.span, None))
    for decision in placements.decisions.values():
        for block in decision.blocks:
            for step in block.block.steps:
                for resource in step.activity.resource_ids:
                    uses[resource].extend((step.span(o.start_s), o.taken) for o in block.options)
    for resource in instance.problem.drive_rule.resource_ids:
        uses[resource].extend((option.span, option.taken) for option in itinerary.drives)
    for resource in sorted(uses):
        _add_cliques(model, uses[resource])


def _add_cliques(model: cp_model.CpModel, uses: list[tuple[Span, cp_model.IntVar | None]]) -> None:
    fixed = [span for span, taken in uses if taken is None]
    free = []
    for span, taken in sorted(((s, t) for s, t in uses if t is not None), key=lambda use: use[0]):
        if any(overlap_s(span, other) for other in fixed):
            model.add(taken == 0)
        else:
            free.append((span, taken))
    active: list[tuple[int, cp_model.IntVar]] = []
    position = 0
    while position < len(free):
        start = free[position][0][0]
        active = [(end, taken) for end, taken in active if end > start]
        while position < len(free) and free[position][0][0] == start:
            active.append((free[position][0][1], free[position][1]))
            position += 1
        if len(active) > 1:
            model.add_at_most_one([taken for _, taken in active])
