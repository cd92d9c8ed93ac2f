"""Builders of small planning problems: by hand, each part with defaults that hold nothing back, or by seed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from malapert_planner.domain.problem.activities import Activity, Product, Relation, RelationKind, Repetition
from malapert_planner.domain.problem.check import DRIVE_CONDITIONS
from malapert_planner.domain.problem.conditions import Condition, ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.places import Drive, DriveRule, Place, PowerSeries
from malapert_planner.domain.problem.problem import Objective, PlanningProblem
from malapert_planner.domain.problem.resources import (
    Battery,
    CumulativeResource,
    Limit,
    LimitUse,
    Reservoir,
    ReservoirUse,
    Storage,
)
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.schedule.schedule import PlacedActivity, PlacedContact, PlacedDrive, Schedule

HOUR_S = 3600
HORIZON_S = 6 * HOUR_S


def make_place(
    place_id: str = "base",
    *,
    power_w: float = 100.0,
    generation: PowerSeries | None = None,
    illumination: tuple[Span, ...] = ((0, HORIZON_S),),
    darkness: tuple[Span, ...] = (),
    earth_visibility: tuple[Span, ...] = ((0, HORIZON_S),),
    absences: dict[ConditionKind, tuple[Span, ...]] | None = None,
) -> Place:
    """A place, lit and in view of the Earth all the time, with constant generation."""
    windows = {
        ConditionKind.ILLUMINATION: illumination,
        ConditionKind.DARKNESS: darkness,
        ConditionKind.EARTH_VISIBILITY: earth_visibility,
        **(absences or {}),
    }
    return Place(place_id, place_id.title(), windows, generation or PowerSeries((0,), (power_w,)))


def make_drive(from_place_id: str = "base", to_place_id: str = "ridge", **changes: Any) -> Drive:
    """A drive of half an hour that draws nothing."""
    return replace(Drive(from_place_id, to_place_id, 1800, 0.0, 0.0), **changes)


def make_activity(activity_id: str = "a", **changes: Any) -> Activity:
    """An optional activity of one hour, anywhere at any time, worth 10; a request of its own."""
    activity = Activity(
        activity_id=activity_id,
        request_id=activity_id,
        repetition_index=0,
        chain_id="",
        chain_index=0,
        title=activity_id,
        agency_id="JAXA",
        activity_type_id="survey",
        duration_s=HOUR_S,
        power_w=0.0,
        data_bit=0.0,
        resource_ids=(),
        place_ids=(),
        windows=(),
        conditions=(),
        value=10.0,
        mandatory=False,
    )
    return replace(activity, **changes)


def make_chain(chain_id: str, count: int, **changes: Any) -> tuple[Activity, ...]:
    """A chain of activities named <chain>-0, <chain>-1, …, one request."""
    return tuple(
        make_activity(f"{chain_id}-{index}", request_id=chain_id, chain_id=chain_id, chain_index=index, **changes)
        for index in range(count)
    )


def make_window(window_id: str = "w", station_id: str = "usuda", **changes: Any) -> ContactWindow:
    """A contact window over the whole horizon from base, 1000 bit/s, free of cost, setup and least length."""
    span = changes.get("span", (0, HORIZON_S))
    window = ContactWindow(window_id, station_id, "base", span, RateSeries((span[0],), (1000.0,)), 0, 0, 0, 0.0)
    return replace(window, **changes)


def make_problem(**changes: Any) -> PlanningProblem:
    """Six hours, base and ridge with drives both ways, no activities, no loads, a half-full battery, ample storage."""
    problem = PlanningProblem(
        problem_id="test",
        start_time=datetime(2029, 1, 10, tzinfo=UTC),
        horizon_s=HORIZON_S,
        resolution_s=300,
        asset_id="rover",
        start_place_id="base",
        places=(make_place("base"), make_place("ridge")),
        drives=(make_drive("base", "ridge"), make_drive("ridge", "base")),
        drive_rule=DriveRule((), ()),
        activities=(),
        relations=(),
        repetitions=(),
        contact_windows=(),
        contact_power_w=0.0,
        battery=Battery(1000.0, 100.0, 500.0, 0.0, 0.0, 0.0),
        storage=Storage(1e9, 0.0, 1e9),
        objective=Objective(1.0, 0.0),
    )
    return replace(problem, **changes)


def random_problem(seed: int) -> PlanningProblem:
    """A well-formed problem by seed: 1–4 places, up to 10 activities, 6 hours to 3 days; mostly feasible."""
    return _RandomProblem(random.Random(seed)).build(seed)


class _RandomProblem:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.horizon_s = HOUR_S * rng.choice((6, 12, 24, 48, 72))
        self.resolution_s = rng.choice((300, 600, 900))
        self.place_ids = [f"p{index}" for index in range(rng.randint(1, 4))]
        self.station_ids = [f"s{index}" for index in range(rng.randint(1, 3))]

    def build(self, seed: int) -> PlanningProblem:
        activities = self.activities()
        capacity_wh = self.rng.choice((1500.0, 3000.0, 6000.0))
        kinds = [kind for kind in DRIVE_CONDITIONS if kind is not ConditionKind.DARKNESS]
        rule = self.rng.choice(((), (Condition(self.rng.choice(kinds)),)))
        return make_problem(
            problem_id=f"random-{seed}",
            horizon_s=self.horizon_s,
            resolution_s=self.resolution_s,
            start_place_id=self.rng.choice(self.place_ids),
            places=tuple(self.place(place_id) for place_id in self.place_ids),
            drives=tuple(self.drives()),
            drive_rule=DriveRule(rule, self.rng.choice(((), ("wheels",))), tuple(self.place_ids[: seed % 2])),
            activities=activities,
            relations=self.relations(activities),
            repetitions=self.repetitions(activities),
            limits=self.limits(activities),
            cumulative_resources=self.cumulative_resources(activities),
            reservoirs=self.reservoirs(activities),
            contact_windows=tuple(self.contact_windows()),
            contact_power_w=self.rng.choice((0.0, 40.0)),
            battery=Battery(
                capacity_wh,
                0.3 * capacity_wh,
                self.rng.uniform(0.6, 1.0) * capacity_wh,
                self.rng.choice((0.0, 0.5)) * capacity_wh,
                awake_load_w=self.rng.uniform(30.0, 60.0),
                asleep_load_w=self.rng.uniform(5.0, 15.0),
                charge_efficiency=self.rng.choice((1.0, 0.9)),
            ),
            storage=Storage(2e9, self.rng.choice((0.0, 5e8)), self.rng.choice((2e9, 1e9))),
            objective=Objective(
                self.rng.choice((0.0, 0.01)), self.rng.choice((0.0, 20.0)), self.rng.choice((0.0, 0.0, 5.0))
            ),
        )

    def spans(self, share: float, fewest: int = 1) -> tuple[Span, ...]:
        """Disjoint spans that cover about a share of the horizon, edges off the grid."""
        count = self.rng.randint(fewest, 1 + self.horizon_s // (6 * HOUR_S))
        cell_s = self.horizon_s // max(count, 1)
        length_s = max(int(share * cell_s), 60)
        starts = [index * cell_s + self.rng.randint(0, cell_s - length_s) for index in range(count)]
        return tuple((start_s, start_s + length_s) for start_s in starts)

    def place(self, place_id: str) -> Place:
        lit = self.spans(self.rng.choice((0.5, 0.8, 1.0)))
        offset_s = tuple(range(0, self.horizon_s + 1, HOUR_S))
        power_w = tuple(
            self.rng.uniform(50.0, 300.0) if any(start_s <= time_s < end_s for start_s, end_s in lit) else 0.0
            for time_s in offset_s
        )
        dark, earth = self.without(lit), self.spans(self.rng.choice((0.5, 1.0)))
        return make_place(
            place_id,
            generation=PowerSeries(offset_s, power_w),
            illumination=lit,
            darkness=dark,
            earth_visibility=earth,
            absences={
                ConditionKind.NO_ILLUMINATION: dark,
                ConditionKind.NO_DARKNESS: lit,
                ConditionKind.NO_EARTH_VISIBILITY: self.without(earth),
            },
        )

    def without(self, spans: tuple[Span, ...]) -> tuple[Span, ...]:
        edges = [0, *(edge_s for span in spans for edge_s in span), self.horizon_s]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return tuple((start_s, end_s) for start_s, end_s in pairs if start_s < end_s)

    def drives(self) -> list[Drive]:
        drives = []
        for origin in self.place_ids:
            for end in self.place_ids:
                if origin != end and self.rng.random() < 0.9:
                    closed = "slope" if self.rng.random() < 0.1 else ""
                    duration_s = 60 * self.rng.randint(5, 60)
                    drives.append(Drive(origin, end, duration_s, self.rng.uniform(50.0, 150.0), 1e6, closed))
        return drives

    def activities(self) -> tuple[Activity, ...]:
        activities: list[Activity] = []
        while len(activities) < self.rng.randint(1, 10):
            more = self.request(f"r{len(activities)}")
            # Chains and modes are not cut short.
            activities += more if len(activities) + len(more) <= 12 else []
        return tuple(activities)

    def request(self, request_id: str) -> list[Activity]:
        """One request: a single step, a chain, repetitions, or one of two steps or chains, repeated or not."""
        shape = self.rng.choice(("single", "single", "chain", "repeated"))
        steps = self.steps(request_id, shape)
        if self.rng.random() < 0.7:
            return steps
        changes = {"duration_s": 60 * self.rng.randint(5, 120), "value": float(self.rng.randint(1, 20))}
        suffix = f"{request_id}+"
        other = [
            replace(step, activity_id=f"{step.activity_id}+", chain_id=step.chain_id and suffix, mode_id="n", **changes)
            for step in steps
        ]
        return [replace(step, mode_id="m") for step in steps] + other

    def steps(self, request_id: str, shape: str) -> list[Activity]:
        place_ids = tuple(self.rng.sample(self.place_ids, self.rng.randint(0, len(self.place_ids))))
        common: dict[str, Any] = {
            "request_id": request_id,
            "agency_id": self.rng.choice(("JAXA", "ISRO", "NASA")),
            "place_ids": place_ids,
            "windows": self.rng.choice(((), self.spans(0.7))),
            "place_windows": self.place_windows(),
            "conditions": self.conditions(),
            "resource_ids": self.rng.choice(((), ("arm",), ("wheels",))),
            "value": float(self.rng.randint(1, 20)),
            "mandatory": shape == "single" and self.rng.random() < 0.08,
        }
        count = 1 if shape == "single" else self.rng.randint(2, 3)
        data_bit = self.rng.choice((0.0, 1e8, 8e8))
        return [
            make_activity(
                f"{request_id}-{index}",
                repetition_index=index if shape == "repeated" else 0,
                chain_id=request_id if shape == "chain" else "",
                chain_index=index if shape == "chain" else 0,
                max_wait_s=self.rng.choice((0, HOUR_S)),
                duration_s=60 * self.rng.randint(5, 120),
                power_w=self.rng.uniform(0.0, 200.0),
                data_bit=data_bit,
                products=self.products(data_bit),
                min_start_charge_wh=self.rng.choice((0.0, 0.0, 700.0)),
                **common,
            )
            for index in range(count)
        ]

    def place_windows(self) -> tuple[tuple[str, tuple[Span, ...]], ...]:
        """Windows at one place, for one activity in five."""
        if self.rng.random() < 0.8:
            return ()
        return ((self.rng.choice(self.place_ids), self.rng.choice(((), self.spans(0.6)))),)

    def products(self, data_bit: float) -> tuple[Product, ...]:
        """Up to two products of some priorities, often with a latency limit."""
        count = self.rng.choice((0, 1, 1, 2)) if data_bit else 0
        return tuple(
            Product(
                f"product-{number}",
                data_bit * self.rng.choice((0.25, 0.5)),
                self.rng.choice((0, 1, 2)),
                self.rng.choice((0, HOUR_S, 6 * HOUR_S, 20 * HOUR_S)),
            )
            for number in range(count)
        )

    def conditions(self) -> tuple[Condition, ...]:
        kind = self.rng.choice((None, *ConditionKind))
        if kind is None:
            return ()
        radio = kind in (ConditionKind.CONTACT, ConditionKind.SILENCE)
        stations = tuple(self.rng.sample(self.station_ids, 1)) if radio else ()
        return (Condition(kind, self.rng.choice(((), stations))),)

    def relations(self, activities: tuple[Activity, ...]) -> tuple[Relation, ...]:
        request_ids = list(dict.fromkeys(activity.request_id for activity in activities))
        if len(request_ids) < 2 or self.rng.random() < 0.5:
            return ()
        other, own = sorted(self.rng.sample(range(len(request_ids)), 2))
        lags = self.rng.choice(((0, 0), (HOUR_S, 0), (0, 6 * HOUR_S)))
        return (Relation(self.rng.choice(list(RelationKind)), request_ids[own], request_ids[other], *lags),)

    def repetitions(self, activities: tuple[Activity, ...]) -> tuple[Repetition, ...]:
        repeated = dict.fromkeys(activity.request_id for activity in activities if activity.repetition_index)
        return tuple(Repetition(request_id, self.horizon_s // 4, HOUR_S) for request_id in repeated)

    def limits(self, activities: tuple[Activity, ...]) -> tuple[Limit, ...]:
        users = [activity for activity in activities if not activity.mandatory]
        if not users or self.rng.random() < 0.5:
            return ()
        uses = tuple(LimitUse(activity.activity_id, self.rng.choice((1.0, 0.37))) for activity in users)
        return (Limit("ovens", "Ovens", self.rng.choice((1.0, 1.5, 3.0)), "1", uses),)

    def cumulative_resources(self, activities: tuple[Activity, ...]) -> tuple[CumulativeResource, ...]:
        users = [activity for activity in activities if not activity.mandatory]
        if not users or self.rng.random() < 0.5:
            return ()
        uses = tuple(LimitUse(activity.activity_id, self.rng.choice((1.0, 2.0, 0.6))) for activity in users)
        return (CumulativeResource("crew", "Crew", self.rng.choice((1.0, 2.0, 2.5)), "1", uses),)

    def reservoirs(self, activities: tuple[Activity, ...]) -> tuple[Reservoir, ...]:
        users = [activity for activity in activities if not activity.mandatory]
        if not users or self.rng.random() < 0.5:
            return ()
        amounts = ((1.0, 0.0), (0.0, 1.0), (0.7, 0.0), (0.0, 1.3), (0.5, 0.5))
        uses = tuple(ReservoirUse(activity.activity_id, *self.rng.choice(amounts)) for activity in users)
        return (Reservoir("tank", "Tank", 2.0, self.rng.choice((0.0, 0.9, 2.0)), "kg", uses),)

    def contact_windows(self) -> list[ContactWindow]:
        windows = []
        for station_id in self.station_ids:
            spans = self.spans(0.6, fewest=0)
            for place_id in self.place_ids:
                for index, (start_s, end_s) in enumerate(spans):
                    half_s = (start_s + end_s) // 2
                    rate_bps = self.rng.choice((64e3, 256e3))
                    windows.append(
                        ContactWindow(
                            f"{station_id}-{place_id}-{index}",
                            station_id,
                            place_id,
                            (start_s, end_s),
                            RateSeries((start_s, half_s), (rate_bps, 2 * rate_bps)),
                            setup_s=600,
                            teardown_s=300,
                            min_length_s=600,
                            cost_per_hour=10.0,
                        )
                    )
        return windows


def random_schedule(problem: PlanningProblem, seed: int) -> Schedule:
    """A schedule by seed that uses everything the problem has, with joined-up drives; it need not be valid."""
    rng = random.Random(seed)
    drives: list[PlacedDrive] = []
    place_id, reached_s = problem.start_place_id, 0
    while len(drives) < 8:
        ways = [drive for drive in problem.drives if drive.from_place_id == place_id]
        if not ways:
            break
        way, start_s = rng.choice(ways), reached_s + rng.randint(0, problem.horizon_s // 4)
        if start_s + way.duration_s > problem.horizon_s:
            break
        drives.append(PlacedDrive(way.from_place_id, way.to_place_id, (start_s, start_s + way.duration_s)))
        place_id, reached_s = way.to_place_id, start_s + way.duration_s
    activities = []
    for activity in problem.activities:
        start_s = rng.randint(0, problem.horizon_s - activity.duration_s)
        where = rng.choice([place.place_id for place in problem.places])
        activities.append(PlacedActivity(activity.activity_id, where, (start_s, start_s + activity.duration_s)))
    contacts: list[PlacedContact] = []
    for window in sorted(problem.contact_windows, key=lambda window: window.span):
        start_s = max(window.span[0], contacts[-1].span[1] if contacts else 0) + rng.randint(0, 600)
        end_s = start_s + rng.randint(600, 7200)
        if end_s <= window.span[1]:
            contacts.append(PlacedContact(window.station_id, window.place_id, window.window_id, (start_s, end_s)))
    return Schedule(tuple(activities), tuple(drives), tuple(contacts))
