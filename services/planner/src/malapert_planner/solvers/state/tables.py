"""An instance as flat tables: chains alike in all but value share one shape, stations and resources are numbers."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow
from malapert_planner.domain.problem.places import Drive
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.resources import Limit
from malapert_planner.solvers.instance.compiled import Chain, Instance
from malapert_planner.solvers.model.limits import chain_amounts
from malapert_planner.solvers.state.arrays import Bounds, Floats, Ints, Shape

MOST_STATIONS = 62
"""Stations that a bit set of 64 bits can hold."""
NO_STATION = -1
"""Set of stations of two demands for contact that no single contact meets."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Chains that differ in nothing but value, agency and request, the most valuable first; all bound, or none.

    ``hours`` is how long each unary resource is held.
    """

    index: int
    chains: tuple[Chain, ...]
    hours: tuple[tuple[int, float], ...]
    hours_in_all: float
    energy_kwh: float
    data_gbit: float


@dataclass(frozen=True)
class Tables:
    """The numbers that stand for the parts of an instance."""

    instance: Instance

    @property
    def problem(self) -> PlanningProblem:
        """The problem."""
        return self.instance.problem

    @cached_property
    def bounds(self) -> Bounds:
        """Limits of the levels."""
        problem, battery = self.problem, self.problem.battery
        return Bounds(
            problem.resolution_s,
            problem.horizon_s,
            battery.capacity_wh,
            battery.floor_wh,
            max(0.0, battery.awake_load_w - battery.asleep_load_w),
            problem.storage.capacity_bit,
        )

    @cached_property
    def station_bit(self) -> dict[str, int]:
        """Bit of each station."""
        stations = {window.station_id for window in self.problem.contact_windows}
        return {station_id: 1 << index for index, station_id in enumerate(sorted(stations))}

    @cached_property
    def resource_index(self) -> dict[str, int]:
        """Number of each unary resource."""
        names = {name for activity in self.problem.activities for name in activity.resource_ids}
        names |= set(self.problem.drive_rule.resource_ids)
        return {name: index for index, name in enumerate(sorted(names))}

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Chains by kind."""
        groups: dict[Hashable, list[Chain]] = defaultdict(list)
        for chain in self.instance.chains:
            if chain.starts:
                groups[chain.request_id in self.bound_requests, _alike(chain)].append(chain)
        return tuple(self._kind(index, group) for index, group in enumerate(groups.values()))

    def _kind(self, index: int, chains: list[Chain]) -> Kind:
        activities = chains[0].activities
        hours: dict[int, float] = defaultdict(float)
        for activity in activities:
            for name in set(activity.resource_ids):
                hours[self.resource_index[name]] += activity.duration_s / 3600
        return Kind(
            index,
            tuple(sorted(chains, key=lambda chain: (not chain.mandatory, -chain.value, chain.index))),
            tuple(sorted(hours.items())),
            sum(each.duration_s for each in activities) / 3600,
            sum(each.duration_s * each.power_w for each in activities) / 3.6e6,
            sum(each.data_bit for each in activities) / 1e9,
        )

    @cached_property
    def bound_requests(self) -> frozenset[str]:
        """Requests that a relation or a repetition ties to others or to themselves."""
        ends = {end for each in self.problem.relations for end in (each.request_id, each.other_request_id)}
        return frozenset(ends | {each.request_id for each in self.problem.repetitions})

    @cached_property
    def kind_of(self) -> dict[int, int]:
        """Kind by chain index."""
        return {chain.index: kind.index for kind in self.kinds for chain in kind.chains}

    @cached_property
    def _shapes(self) -> dict[tuple[int, str], Shape]:
        return {}

    def shape(self, kind: int, place_id: str) -> Shape:
        """Return the shape of a kind's chains at a place."""
        key = kind, place_id
        if key not in self._shapes:
            self._shapes[key] = self._shape(self.kinds[kind].chains[0], place_id)
        return self._shapes[key]

    def _shape(self, chain: Chain, place_id: str) -> Shape:
        steps = [step for block in chain.blocks for step in block.steps]
        resources = [[self.resource_index[name] for name in sorted(set(s.activity.resource_ids))] for s in steps]
        starts = chain.starts[place_id]
        blocks = [number for number, block in enumerate(chain.blocks) for _ in block.steps]
        charged = [(blocks[n], n) for n, step in enumerate(steps) if step.activity.min_start_charge_wh > 0]
        return Shape(
            first_step=_first([len(block.steps) for block in chain.blocks]),
            block_s=_ints(block.duration_s for block in chain.blocks),
            wait_s=_ints(block.max_wait_s for block in chain.blocks),
            offset_s=_ints(step.offset_s for step in steps),
            duration_s=_ints(step.activity.duration_s for step in steps),
            power_w=_floats(step.activity.power_w for step in steps),
            data_bit=_floats(step.activity.data_bit for step in steps),
            start_charge_wh=_floats(step.activity.min_start_charge_wh for step in steps),
            contact=_ints(self.contact_bits(step.activity) for step in steps),
            silence=_ints(self._silence_bits(step.activity) for step in steps),
            first_resource=_first([len(names) for names in resources]),
            resource=_ints(name for names in resources for name in names),
            first_start=_first([len(spans) for spans in starts]),
            low_s=_ints(low for spans in starts for low, _ in spans),
            high_s=_ints(high for spans in starts for _, high in spans),
            charged_block=_ints(number for number, _ in charged),
            charged_step=_ints(step for _, step in charged),
        )

    def bits(self, station_ids: tuple[str, ...]) -> int:
        """Return the set of some stations, of all where none is named."""
        return sum(self.station_bit.get(name, 0) for name in station_ids or self.station_bit)

    def contact_bits(self, activity: Activity) -> int:
        """Return the stations one of which must be in contact, 0 where none must."""
        demands = [c.station_ids for c in activity.conditions if c.kind is ConditionKind.CONTACT]
        if not demands:
            return 0
        common = self.bits(demands[0])
        for station_ids in demands[1:]:
            common &= self.bits(station_ids)
        return common or NO_STATION

    def _silence_bits(self, activity: Activity) -> int:
        silent = 0
        for condition in activity.conditions:
            if condition.kind is ConditionKind.SILENCE:
                silent |= self.bits(condition.station_ids)
        return silent

    @cached_property
    def silences(self) -> dict[str, int]:
        """Stations that must be silent, by the activities that ask for it."""
        asked = {each.activity_id: self._silence_bits(each) for each in self.problem.activities}
        return {activity_id: bits for activity_id, bits in asked.items() if bits}

    @cached_property
    def silent_chains(self) -> frozenset[int]:
        """Chains with an activity that asks for silence."""
        chains = self.instance.chains
        return frozenset(c.index for c in chains if any(a.activity_id in self.silences for a in c.activities))

    @cached_property
    def drive_by_ends(self) -> dict[tuple[str, str], tuple[Drive, tuple[tuple[int, int], ...]]]:
        """Each open drive with its allowed starts, by its ends."""
        found = {}
        for drive, starts in zip(self.instance.drives, self.instance.drive_starts, strict=True):
            found[drive.from_place_id, drive.to_place_id] = drive, starts
        return found

    @cached_property
    def drive_contact_bits(self) -> int:
        """Stations one of which must be in contact on a drive, 0 where none must."""
        demands = [c.station_ids for c in self.problem.drive_rule.conditions if c.kind is ConditionKind.CONTACT]
        if not demands:
            return 0
        common = self.bits(demands[0])
        for station_ids in demands[1:]:
            common &= self.bits(station_ids)
        return common or NO_STATION

    @cached_property
    def edges_s(self) -> Ints:
        """Edges of the cells."""
        return np.array(self.instance.cells.edges_s, dtype=np.int64)

    @cached_property
    def _generated(self) -> dict[tuple[str, str], Floats]:
        return {}

    def generated_wh(self, from_place_id: str, to_place_id: str) -> Floats:
        """Return what is generated in every cell at a place, or on the way between two, as far as it surely charges."""
        key = from_place_id, to_place_id
        if key not in self._generated:
            self._generated[key] = self.instance.supplied_wh(key, self.edges_s)
        return self._generated[key]

    @cached_property
    def windows_at(self) -> dict[str, tuple[ContactWindow, ...]]:
        """Contact windows by place, by start."""
        grouped: dict[str, list[ContactWindow]] = defaultdict(list)
        for window in self.problem.contact_windows:
            grouped[window.place_id].append(window)
        return {key: tuple(sorted(group, key=lambda w: (w.span, w.station_id))) for key, group in grouped.items()}

    @cached_property
    def limit_uses(self) -> dict[int, list[tuple[int, float]]]:
        """What each chain takes of each limit, by number of the limit."""
        uses: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for number, limit in enumerate(self.problem.limits):
            for chain, amount in chain_amounts(self.instance, limit).items():
                uses[chain].append((number, amount))
        return uses

    @cached_property
    def ordered(self) -> tuple[Chain, ...]:
        """The chains kind by kind."""
        return tuple(chain for kind in self.kinds for chain in kind.chains)

    @cached_property
    def first_position(self) -> list[int]:
        """Where each kind begins in the order of chains, and after the last one its length."""
        return [0, *itertools.accumulate(len(kind.chains) for kind in self.kinds)]

    @cached_property
    def position(self) -> dict[int, int]:
        """Place of each chain in the order of chains, by index."""
        return {chain.index: position for position, chain in enumerate(self.ordered)}

    @cached_property
    def mode_positions(self) -> tuple[tuple[int, ...], ...]:
        """Positions of all modes of each chain's repetition, by its index."""
        return tuple(
            tuple(self.position[mode.index] for mode in modes if mode.index in self.position)
            for modes in self.instance.modes
        )

    @cached_property
    def next_positions(self) -> dict[int, tuple[int, ...]]:
        """Positions of the chains that may be planned only where a chain, or another mode of it, is; by its index."""
        found = {}
        for repetition in self.problem.repetitions:
            groups = self.instance.repetitions.get(repetition.request_id, ())
            for before, after in itertools.pairwise(groups):
                for chain in before:
                    found[chain.index] = self.mode_positions[after[0].index]
        return found

    @cached_property
    def open_at_first(self) -> NDArray[np.bool_]:
        """For each position whether its chain follows no other repetition."""
        is_open = np.ones(len(self.ordered), np.bool_)
        for positions in self.next_positions.values():
            is_open[list(positions)] = False
        return is_open

    @cached_property
    def plain(self) -> frozenset[int]:
        """Chains that no limit, relation or repetition concerns."""
        chains = (c for c in self.instance.chains if c.request_id not in self.bound_requests)
        return frozenset(c.index for c in chains if c.index not in self.limit_uses)

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """The limits."""
        return self.problem.limits


def _alike(chain: Chain) -> Hashable:
    return tuple(
        (
            block.max_wait_s,
            tuple((step.offset_s, _demand(step.activity)) for step in block.steps),
        )
        for block in chain.blocks
    )


def _demand(activity: Activity) -> Hashable:
    products = tuple((each.data_bit, each.priority, each.max_latency_s) for each in activity.products)
    return (
        activity.duration_s,
        activity.power_w,
        activity.data_bit,
        activity.resource_ids,
        activity.place_ids,
        activity.windows,
        activity.place_windows,
        activity.conditions,
        activity.min_start_charge_wh,
        products,
        activity.makes,
        activity.needs_quiet,
    )


def _first(sizes: list[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


def _ints(values: object) -> Ints:
    return np.array(list(values), dtype=np.int64)  # type: ignore[call-overload]


def _floats(values: object) -> Floats:
    return np.array(list(values), dtype=np.float64)  # type: ignore[call-overload]
