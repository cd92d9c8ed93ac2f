"""The planning problem compiled for the solver: chains as rigid blocks, allowed starts, generation per place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.allowed_spans import grid_starts
from malapert_planner.domain.problem.choices import choices_among_repetitions
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.modes import mode_key
from malapert_planner.domain.problem.off_limits import off_limits
from malapert_planner.domain.problem.places import Drive, Place, PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.products import Rank, limited_ranks
from malapert_planner.domain.problem.resources import Limit
from malapert_planner.domain.problem.spans import Span, intersection, shifted, union
from malapert_planner.solvers.instance.antenna_time import Quotas
from malapert_planner.solvers.instance.darkness import Darkness
from malapert_planner.solvers.instance.heating import Heating
from malapert_planner.solvers.instance.opportunities import Opportunities
from malapert_planner.solvers.instance.power import SECONDS_PER_HOUR, PowerIntegral, draining
from malapert_planner.solvers.instance.rhythm import Rhythm
from malapert_planner.solvers.instance.scope import Cells
from malapert_planner.solvers.parameters import Models


@dataclass(frozen=True, slots=True)
class Step:
    """An activity within a block, ``offset_s`` after the block's start."""

    activity: Activity
    offset_s: int

    def span(self, block_start_s: int) -> Span:
        """Return the activity's span where its block starts at ``block_start_s``."""
        start = block_start_s + self.offset_s
        return start, start + self.activity.duration_s


@dataclass(frozen=True, slots=True)
class Block:
    """A run of steps without a wait between; it starts at most ``max_wait_s`` after the block before it ends."""

    steps: tuple[Step, ...]
    duration_s: int
    max_wait_s: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain with its allowed block starts: ``starts[place_id][block]`` are closed spans on the grid."""

    index: int
    chain_id: str
    request_id: str
    repetition_index: int
    agency_id: str
    value: float
    mandatory: bool
    blocks: tuple[Block, ...]
    starts: dict[str, tuple[tuple[Span, ...], ...]]

    @property
    def longest_s(self) -> int:
        """Longest time from the first start to the last end."""
        return sum(block.duration_s + block.max_wait_s for block in self.blocks) - self.blocks[0].max_wait_s

    @property
    def activities(self) -> tuple[Activity, ...]:
        """The chain's activities in order."""
        return tuple(step.activity for block in self.blocks for step in block.steps)


@dataclass(frozen=True)
class Instance:
    """A problem with everything that each model of it needs again."""

    problem: PlanningProblem
    where: Opportunities
    chains: tuple[Chain, ...]
    drives: tuple[Drive, ...]
    drive_starts: tuple[tuple[Span, ...], ...]
    rest_needed_wh: dict[str, NDArray[np.float64]] = field(default_factory=dict, compare=False)
    """Charge needed to rest at a place to the end, at each edge of the finest grid; filled on demand."""
    generations: dict[tuple[str, str], PowerIntegral] = field(default_factory=dict, compare=False)
    """Generation from place to place, filled on demand."""
    window_bits: dict[str, NDArray[np.float64]] = field(default_factory=dict, compare=False)
    """What each cell that a contact window touches can send; filled on demand."""
    drains_bit: dict[Hashable, NDArray[np.float64]] = field(default_factory=dict, compare=False)
    """What a contact can send in each of its cells, by contact and where the asset is in it; filled on demand."""

    @cached_property
    def cells(self) -> Cells:
        """The finest grid."""
        return Cells.over((0, self.problem.horizon_s), self.problem.resolution_s)

    @cached_property
    def cell_hours(self) -> NDArray[np.float64]:
        """How long each cell of the finest grid is, hours."""
        return np.diff(np.array(self.cells.edges_s)) / SECONDS_PER_HOUR

    @cached_property
    def places(self) -> dict[str, Place]:
        """Places by id."""
        return {place.place_id: place for place in self.problem.places}

    @cached_property
    def activities(self) -> dict[str, Activity]:
        """Activities by id."""
        return {activity.activity_id: activity for activity in self.problem.activities}

    @cached_property
    def chain_of(self) -> dict[str, Chain]:
        """Chain by activity id."""
        return {activity.activity_id: chain for chain in self.chains for activity in chain.activities}

    @cached_property
    def request_chains(self) -> dict[str, tuple[Chain, ...]]:
        """Chains by request id, in order of repetition."""
        return {key: tuple(c for modes in group for c in modes) for key, group in self.repetitions.items()}

    @cached_property
    def repetitions(self) -> dict[str, tuple[tuple[Chain, ...], ...]]:
        """The modes of each repetition by request id, in order of repetition."""
        grouped: dict[str, list[tuple[Chain, ...]]] = defaultdict(list)
        for chain, modes in zip(self.chains, self.modes, strict=True):
            if chain is modes[0]:
                grouped[chain.request_id].append(modes)
        return {key: tuple(sorted(group, key=lambda m: m[0].repetition_index)) for key, group in grouped.items()}

    @cached_property
    def modes(self) -> tuple[tuple[Chain, ...], ...]:
        """For each chain all modes of its repetition, its own among them."""
        grouped: dict[Hashable, list[Chain]] = defaultdict(list)
        for chain in self.chains:
            grouped[mode_key(chain.activities[0])].append(chain)
        found = {key: tuple(group) for key, group in grouped.items()}
        return tuple(found[mode_key(chain.activities[0])] for chain in self.chains)

    @cached_property
    def near_modes(self) -> tuple[tuple[Chain, ...], ...]:
        """For each chain the modes of its repetition that are worth as much, and the next worth more and less.

        All of them where there are few chains.
        """
        if len(self.chains) <= Models.FEW_CHAINS:
            return self.modes
        found = []
        for chain, modes in zip(self.chains, self.modes, strict=True):
            values = sorted({mode.value for mode in modes})
            at = values.index(chain.value)
            near = values[max(0, at - 1) : at + 2]
            found.append(tuple(mode for mode in modes if mode.value in near))
        return tuple(found)

    @cached_property
    def station_windows(self) -> dict[str, tuple[ContactWindow, ...]]:
        """Contact windows by station id, sorted."""
        grouped: dict[str, list[ContactWindow]] = defaultdict(list)
        for window in self.problem.contact_windows:
            grouped[window.station_id].append(window)
        return {key: tuple(sorted(grouped[key], key=lambda w: (w.span, w.place_id))) for key in sorted(grouped)}

    @cached_property
    def quotas(self) -> Quotas:
        """Quotas of antenna time."""
        return Quotas.of(self.problem)

    @cached_property
    def rhythm(self) -> Rhythm:
        """The rhythm of contacts."""
        return Rhythm.of(self.problem)

    @cached_property
    def darkness(self) -> Darkness:
        """The longest time in the dark."""
        return Darkness.of(self.problem)

    @cached_property
    def drains(self) -> dict[str, PowerSeries]:
        """What empties the battery of whoever is at a place while it is off limits, by place: so no route leads there.

        A battery is emptied twice in a cell of the grid: levels, which all that moves the asset keeps, then keep the
        night rule.
        """
        grid_s, horizon_s = self.problem.resolution_s, self.problem.horizon_s
        drain_w = 2.0 * self.problem.battery.capacity_wh * SECONDS_PER_HOUR / grid_s
        found = {}
        for place in self.problem.places:
            closed = off_limits(self.problem, place)
            if closed:
                whole = union((start // grid_s * grid_s, -(-end // grid_s) * grid_s) for start, end in closed)
                found[place.place_id] = draining(whole, drain_w, horizon_s)
        return found

    @cached_property
    def least_generations(self) -> dict[tuple[str, str], PowerSeries]:
        """What the way of a drive leaves of the generation, by its ends, where it is stated."""
        ways = {(drive.from_place_id, drive.to_place_id): drive.least_generation for drive in self.drives}
        return {ends: series for ends, series in ways.items() if series is not None}

    def generation(self, from_place_id: str, to_place_id: str) -> PowerIntegral:
        """Return the generation at a place (from p to p), or on a drive: the least of ends and way at every instant.

        It is far below zero where a place is off limits.
        """
        pair = (from_place_id, to_place_id)
        if pair not in self.generations:
            series = [self.places[place_id].generation for place_id in dict.fromkeys(pair)]
            series += [self.least_generations[pair]] if pair in self.least_generations else []
            series += [self.drains[place_id] for place_id in dict.fromkeys(pair) if place_id in self.drains]
            self.generations[pair] = PowerIntegral.of(*series)
        return self.generations[pair]

    def supplied_wh(self, ends: tuple[str, str], edges_s: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Return what surely charges the battery in each cell at a place or on a drive, less what heaters draw there.

        Where they are on within a cell of the grid nothing that it generates counts: it may come after what they draw.
        Of wider cells the grid decides.
        """
        supplied = self.generation(*ends).between(edges_s) * self.chargeable
        heater_w = self.problem.battery.heater_w
        if heater_w <= 0:
            return supplied
        heated_s = self.heating.between_s(ends, edges_s)
        is_late = (heated_s > 0) & (np.diff(edges_s) <= self.problem.resolution_s)
        sure = np.where(is_late, np.minimum(supplied, 0.0), supplied)
        return np.asarray(sure - heated_s * (heater_w / SECONDS_PER_HOUR))

    @cached_property
    def heating(self) -> Heating:
        """When heaters are on at each place."""
        return Heating({place.place_id: place.heated for place in self.problem.places})

    @cached_property
    def choices(self) -> dict[str, list[Limit]]:
        """The choices among repetitions of a request, by request id."""
        return choices_among_repetitions(self.problem)

    @cached_property
    def limited_ranks(self) -> tuple[Rank, ...]:
        """The ranks of products that have a latency limit to keep."""
        return limited_ranks(self.problem)

    @cached_property
    def open_from_s(self) -> int:
        """The first instant of the grid from which on all may be decided: the end of what is frozen."""
        problem, baseline = self.problem, self.problem.baseline
        if baseline is None:
            return 0
        frozen = baseline.frozen
        ends = [d.span[1] for d in frozen.drives] + [c.span[1] for c in frozen.contacts]
        end = max([baseline.frozen_until_s, *ends])
        return min(problem.horizon_s, -(-end // problem.resolution_s) * problem.resolution_s)

    @cached_property
    def chargeable(self) -> float:
        """Part of a generated watt-hour that surely reaches battery or load."""
        return min(1.0, self.problem.battery.charge_efficiency)


def compile_problem(problem: PlanningProblem) -> Instance:
    """Compile a problem: group activities into chains and blocks and find where each may start."""
    groups: dict[str, list[Activity]] = defaultdict(list)
    for activity in problem.activities:
        groups[activity.chain_id or activity.activity_id].append(activity)
    where = Opportunities(problem)
    chains = tuple(_chain(problem, where, index, groups[key]) for index, key in enumerate(sorted(groups)))
    drives = tuple(d for d in problem.drives if not d.closed_because and d.from_place_id != d.to_place_id)
    return Instance(problem, where, chains, drives, tuple(where.starts_of_drive(drive) for drive in drives))


def with_changes(instance: Instance, problem: PlanningProblem, chain: Chain) -> Instance:
    """Return an instance of a problem that differs in what one chain is compiled from, and in nothing of the others."""
    names, where = {activity.activity_id for activity in chain.activities}, Opportunities(problem)
    compiled = _chain(problem, where, chain.index, [by for by in problem.activities if by.activity_id in names])
    before, after = instance.problem, problem
    lit = all(old.generation is new.generation for old, new in zip(before.places, after.places, strict=True))
    pairs = zip(before.places, after.places, strict=True)
    lit &= all(off_limits(before, old) == off_limits(after, new) for old, new in pairs)
    rested = lit and before.battery == after.battery
    return replace(
        instance,
        problem=problem,
        where=where,
        chains=(*instance.chains[: chain.index], compiled, *instance.chains[chain.index + 1 :]),
        generations=instance.generations if lit else {},
        rest_needed_wh=instance.rest_needed_wh if rested else {},
        window_bits=instance.window_bits if before.contact_windows is after.contact_windows else {},
        drains_bit=instance.drains_bit if before.contact_windows is after.contact_windows else {},
    )


def _chain(problem: PlanningProblem, where: Opportunities, index: int, activities: list[Activity]) -> Chain:
    ordered = sorted(activities, key=lambda a: a.chain_index)
    blocks, first = _blocks(ordered, problem.resolution_s), ordered[0]
    starts = {}
    for place in problem.places:
        if any(a.place_ids and place.place_id not in a.place_ids for a in ordered):
            continue
        spans = tuple(_block_starts(problem, where, block, place.place_id) for block in blocks)
        if all(spans):
            starts[place.place_id] = spans
    return Chain(
        index=index,
        chain_id=first.chain_id or first.activity_id,
        request_id=first.request_id,
        repetition_index=first.repetition_index,
        agency_id=first.agency_id,
        value=sum(a.value for a in ordered),
        mandatory=any(a.mandatory for a in ordered),
        blocks=blocks,
        starts=starts,
    )


def _blocks(activities: list[Activity], resolution_s: int) -> tuple[Block, ...]:
    runs: list[list[Activity]] = []
    for activity in activities:
        if not runs or activity.max_wait_s >= resolution_s:
            runs.append([])
        runs[-1].append(activity)
    blocks = []
    for run in runs:
        offset, steps = 0, []
        for activity in run:
            steps.append(Step(activity, offset))
            offset += activity.duration_s
        blocks.append(Block(tuple(steps), offset, run[0].max_wait_s))
    return tuple(blocks)


def _block_starts(problem: PlanningProblem, where: Opportunities, block: Block, place_id: str) -> tuple[Span, ...]:
    allowed: tuple[Span, ...] = ((0, problem.horizon_s + 1),)
    for step in block.steps:
        fits = [
            (start, end - step.activity.duration_s + 1)
            for start, end in where.of_activity(step.activity, place_id)
            if end - start >= step.activity.duration_s
        ]
        allowed = intersection(allowed, shifted(fits, -step.offset_s))
    return grid_starts(allowed, 1, problem.resolution_s)
