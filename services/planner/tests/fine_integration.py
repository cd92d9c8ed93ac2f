"""Battery and storage integrated second by second: plain, and sharing no code with the propagation it checks."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedContact, Schedule


@dataclass
class Levels:
    """Levels at every whole second, and what each contact sent."""

    charge_wh: list[float] = field(default_factory=list)
    stored_bit: list[float] = field(default_factory=list)
    sent_bit: list[float] = field(default_factory=list)
    sent_s: dict[tuple[str, str], int] = field(default_factory=dict)
    """When the last bit of each product was sent, by activity and product: the end of that second."""


def holds(span: Span, time_s: float) -> bool:
    return span[0] <= time_s < span[1]


def places_at(problem: PlanningProblem, schedule: Schedule, time_s: float) -> tuple[str, ...]:
    """Where the asset is: one place, or both ends of the drive under way. The drives must join up."""
    place_id = problem.start_place_id
    for drive in sorted(schedule.drives, key=lambda drive: drive.span):
        if holds(drive.span, time_s):
            return drive.from_place_id, drive.to_place_id
        if drive.span[1] <= time_s:
            place_id = drive.to_place_id
    return (place_id,)


def powers(problem: PlanningProblem, series: PowerSeries) -> list[float]:
    """Powers in the middle of every second."""
    middles_s = np.arange(problem.horizon_s) + 0.5
    return [float(power_w) for power_w in np.interp(middles_s, series.offset_s, series.power_w)]


def rate_at(problem: PlanningProblem, station_id: str, place_id: str, time_s: float) -> float:
    for window in problem.contact_windows:
        if (window.station_id, window.place_id) == (station_id, place_id) and holds(window.span, time_s):
            reached = [
                rate
                for offset_s, rate in zip(window.rate.offset_s, window.rate.rate_bps, strict=True)
                if offset_s <= time_s
            ]
            return reached[-1]
    return 0.0


@dataclass
class _Now:
    """What is under way; it changes where a span begins or ends, and spans do so at whole seconds."""

    places: tuple[str, ...]
    generation_w: list[float]
    """The lowest of where it is, at every second."""
    load_w: float
    data_bit: float
    talking: list[int]


class _Course:
    """What is under way at any second of a schedule."""

    def __init__(self, problem: PlanningProblem, schedule: Schedule) -> None:
        self._problem, self._schedule = problem, schedule
        activities = {activity.activity_id: activity for activity in problem.activities}
        self._ways = {(drive.from_place_id, drive.to_place_id): drive for drive in problem.drives}
        self._generation = {place.place_id: powers(problem, place.generation) for place in problem.places}
        self._lowest: dict[tuple[str, ...], list[float]] = {}
        self._along: dict[tuple[str, ...], list[float]] = {
            way: powers(problem, drive.least_generation)
            for way, drive in self._ways.items()
            if drive.least_generation is not None
        }
        self._heated = {place.place_id: place.heated for place in problem.places}
        self._users: list[tuple[Span, Any]] = [
            (placed.span, activities[placed.activity_id]) for placed in schedule.activities
        ]
        self._users += [(drive.span, self._ways[drive.from_place_id, drive.to_place_id]) for drive in schedule.drives]

    def _lowest_w(self, places: tuple[str, ...]) -> list[float]:
        if places not in self._lowest:
            series = [self._generation[place_id] for place_id in places]
            series += [self._along[places]] if places in self._along else []
            self._lowest[places] = [min(powers_w) for powers_w in zip(*series, strict=True)]
        return self._lowest[places]

    def turns(self) -> frozenset[float]:
        """Every second at which something begins or ends."""
        spans = [span for span, _ in self._users] + [contact.span for contact in self._schedule.contacts]
        spans += [span for heated in self._heated.values() for span in heated]
        assert all(end_s == int(end_s) for span in spans for end_s in span)
        return frozenset(end_s for span in spans for end_s in span)

    def at(self, time_s: float) -> _Now:
        problem, battery = self._problem, self._problem.battery
        places = places_at(problem, self._schedule, time_s)
        active = [(span, user) for span, user in self._users if holds(span, time_s)]
        talking = [index for index, contact in enumerate(self._schedule.contacts) if holds(contact.span, time_s)]
        load_w = battery.awake_load_w if active or talking else battery.asleep_load_w
        load_w += sum(user.power_w for _, user in active) + problem.contact_power_w * len(talking)
        warmed = any(holds(span, time_s) for place_id in places for span in self._heated[place_id])
        load_w += battery.heater_w if warmed else 0.0
        data_bit = sum(user.data_bit / (span[1] - span[0]) for span, user in active)
        return _Now(places, self._lowest_w(places), load_w, data_bit, talking)


def integrate(problem: PlanningProblem, schedule: Schedule) -> Levels:
    """Integrate by the midpoint rule with a step of one second."""
    battery, storage = problem.battery, problem.storage
    levels = Levels([battery.start_wh], [storage.start_bit], [0.0] * len(schedule.contacts))
    queue, course = _Queue(problem, schedule), _Course(problem, schedule)
    turns, now = course.turns(), course.at(0.5)
    for second in range(problem.horizon_s):
        time_s = second + 0.5
        if second in turns:
            now = course.at(time_s)
            queue.turn(time_s)
        net_w = now.generation_w[second] - now.load_w
        change_wh = net_w * (battery.charge_efficiency if net_w > 0 else 1.0) / 3600
        levels.charge_wh.append(min(levels.charge_wh[-1] + change_wh, battery.capacity_wh))
        stored_bit = levels.stored_bit[-1] + now.data_bit
        queue.fill()
        for index in now.talking:
            sent_bit = min(stored_bit, _drain(problem, schedule.contacts[index], now.places, time_s))
            levels.sent_bit[index] += sent_bit
            stored_bit -= sent_bit
            queue.send(sent_bit)
        # What is held falls while something is sent; what is made ends at a turn.
        for key in queue.gone(second + 1) if now.talking or second + 1 in turns else ():
            levels.sent_s[key] = second + 1
        levels.stored_bit.append(stored_bit)
    return levels


class _Queue:
    """Parcels of data, one a second and product, sent in order of rank, then of the second in which they were made."""

    def __init__(self, problem: PlanningProblem, schedule: Schedule) -> None:
        # What the storage holds at first is sent first; data of no product is not held here, but sent last.
        self.lines: dict[tuple[float, bool], deque[tuple[str, str, float]]] = defaultdict(deque)
        self.lines[-1.0, False].append(("", "", problem.storage.start_bit))
        self.held: dict[tuple[str, str], float] = defaultdict(float)
        self.open = {}
        self.made = []
        self.filled: list[tuple[tuple[float, bool], tuple[str, str], float]] = []
        for activity in problem.activities:
            for placed in schedule.activities:
                if placed.activity_id == activity.activity_id:
                    for product in activity.products:
                        self.made.append((placed.span, activity.activity_id, product))
                        self.open[activity.activity_id, product.product_id] = placed.span[1]

    def turn(self, time_s: float) -> None:
        """Tell which products are in the making."""
        self.filled = [
            (
                (float(product.priority or 1e9), product.max_latency_s == 0),
                (activity_id, product.product_id),
                product.data_bit / (span[1] - span[0]),
            )
            for span, activity_id, product in self.made
            if holds(span, time_s)
        ]

    def fill(self) -> None:
        for rank, key, part_bit in self.filled:
            self.lines[rank].append((*key, part_bit))
            self.held[key] += part_bit

    def send(self, sent_bit: float) -> None:
        for rank in sorted(self.lines):
            line = self.lines[rank]
            while line and sent_bit > 0.0:
                activity_id, product_id, part_bit = line.popleft()
                self.held[activity_id, product_id] -= min(sent_bit, part_bit)
                if part_bit > sent_bit:
                    line.appendleft((activity_id, product_id, part_bit - sent_bit))
                sent_bit -= part_bit

    def gone(self, second: int) -> list[tuple[str, str]]:
        """Return the products of activities that have ended of which nothing more is held, each once."""
        gone = [key for key, end_s in self.open.items() if end_s <= second and self.held[key] <= 1e-3]
        for key in gone:
            del self.open[key]
        return gone


def _drain(problem: PlanningProblem, contact: PlacedContact, places: tuple[str, ...], time_s: float) -> float:
    return min(rate_at(problem, contact.station_id, place_id, time_s) for place_id in places)
