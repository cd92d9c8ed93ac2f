"""The planning problem: one immutable, solver-neutral value.

Times are integer seconds after ``PlanningProblem.start_time``; intervals are half-open. Solver, validator and
explanation read nothing but this value, so that the same problem, seed and limits give the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from malapert_planner.domain.schedule import Schedule
from malapert_planner.domain.schedule import Span as Span


class ConditionKind(StrEnum):
    """What must hold for the whole time of an activity, at its place."""

    ILLUMINATION = "illumination"
    DARKNESS = "darkness"
    EARTH_VISIBILITY = "earth_visibility"
    NO_ILLUMINATION = "no_illumination"
    NO_DARKNESS = "no_darkness"
    NO_EARTH_VISIBILITY = "no_earth_visibility"
    CONTACT = "contact"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold for the whole time of an activity.

    ``station_ids`` narrows a CONTACT or SILENCE to some stations; empty means any. A CONTACT is one that the plan has
    chosen, SILENCE that it has chosen none; the others hold wherever a window of the place says so. What must be absent
    has windows of its own, so that whole seconds are on the safe side of both.
    """

    kind: ConditionKind
    station_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PowerSeries:
    """Power by time at a place, linear between samples, constant before the first and after the last."""

    offset_s: tuple[int, ...]
    power_w: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A place at which the asset can stop, with what holds there when.

    ``windows`` holds the spans of all conditions but CONTACT and SILENCE, sorted and disjoint; of those that must be
    absent only where something asks for it.
    ``generation`` is the power of the solar array at the place.
    """

    place_id: str
    title: str
    windows: dict[ConditionKind, tuple[Span, ...]]
    generation: PowerSeries


@dataclass(frozen=True, slots=True)
class Drive:
    """A way between two places: a move is an activity. ``closed_because`` is empty where the way is open."""

    from_place_id: str
    to_place_id: str
    duration_s: int
    power_w: float
    data_bit: float
    closed_because: str = ""


@dataclass(frozen=True, slots=True)
class DriveRule:
    """What every drive needs: conditions hold at both ends, and these unary resources are taken.

    At ``dark_place_ids`` ILLUMINATION is not asked of a drive's end: they are entered and left in the dark.
    """

    conditions: tuple[Condition, ...]
    resource_ids: tuple[str, ...]
    dark_place_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """Data of an activity that somebody waits for; :mod:`malapert_planner.domain.products` says what is sent first.

    All of it is on the ground at most ``max_latency_s`` after the activity's end; 0 sets no limit, and one that ends
    beyond the horizon is not looked after. What was made before a replan's now is history. Light time is left out.
    """

    product_id: str
    data_bit: float
    priority: int = 0
    max_latency_s: int = 0


@dataclass(frozen=True, slots=True)
class Activity:
    """A single step of a request, placed by the solver or left out.

    The activities of a chain are planned all or none, in order of ``chain_index``, at one place, without a drive
    between; each starts within ``max_wait_s`` after the end of the one before. ``place_ids`` empty means any place;
    ``windows`` empty means the whole horizon; at a place named in ``place_windows`` it lies in those of the place too.
    ``products`` are parts of its data.

    Chains of one repetition of a request that have a ``mode_id`` are its modes: at most one of them is planned, and
    what is mandatory is so in any of them.
    """

    activity_id: str
    request_id: str
    repetition_index: int
    chain_id: str
    chain_index: int
    title: str
    agency_id: str
    activity_type_id: str
    duration_s: int
    power_w: float
    data_bit: float
    resource_ids: tuple[str, ...]
    place_ids: tuple[str, ...]
    windows: tuple[Span, ...]
    conditions: tuple[Condition, ...]
    value: float
    mandatory: bool
    min_start_charge_wh: float = 0.0
    max_wait_s: int = 0
    products: tuple[Product, ...] = ()
    mode_id: str = ""
    place_windows: tuple[tuple[str, tuple[Span, ...]], ...] = ()


class RelationKind(StrEnum):
    """How a request stands to another one."""

    AFTER = "after"
    EXCLUDES = "excludes"
    REQUIRES = "requires"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation between two requests (all their repetitions).

    AFTER: where both are planned, the first activity of ``request_id`` starts at least ``min_lag_s`` and, if
    ``max_lag_s`` > 0, at most ``max_lag_s`` after the last activity of ``other_request_id`` ends. REQUIRES:
    ``request_id`` is planned only where the other is whole: every repetition of it in one of its modes, or as many as
    a choice among them asks for. EXCLUDES: not both. TOGETHER: both or none, and their first activities start at most
    ``max_lag_s`` apart.
    """

    kind: RelationKind
    request_id: str
    other_request_id: str
    min_lag_s: int = 0
    max_lag_s: int = 0


@dataclass(frozen=True, slots=True)
class Repetition:
    """Where repetitions n and n+1 of a request are both planned, their starts lie ``period_s`` ± ``tolerance_s`` apart.

    A repetition n+1 is planned only where n is.
    """

    request_id: str
    period_s: int
    tolerance_s: int


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much an activity takes of what is limited or shared."""

    activity_id: str
    amount: float


@dataclass(frozen=True, slots=True)
class Limit:
    """So much there is for the whole horizon: the amounts of the planned activities add up to it at the most.

    A choice is a limit on repetitions of one request, or on several requests, of which so many are enough: ``capacity``
    of those whose activities are named, each chain by one activity with the amount 1. No request is in two choices.
    """

    limit_id: str
    title: str
    capacity: float
    unit: str
    uses: tuple[LimitUse, ...]
    is_choice: bool = False


@dataclass(frozen=True, slots=True)
class CumulativeResource:
    """Something that activities share: at every instant the amounts of those under way add up to it at the most."""

    resource_id: str
    title: str
    capacity: float
    unit: str
    uses: tuple[LimitUse, ...]


@dataclass(frozen=True, slots=True)
class ReservoirUse:
    """What an activity takes out of a reservoir and puts into it."""

    activity_id: str
    consumed: float = 0.0
    produced: float = 0.0


@dataclass(frozen=True, slots=True)
class Reservoir:
    """Something that is filled and drained: at every instant it holds at least nothing and at most its capacity.

    How a use is spread over its activity is not known: what is consumed may be gone from the start on, what is
    produced may be there at the end only, and the other way round. The rule holds for each.
    """

    resource_id: str
    title: str
    capacity: float
    start: float
    unit: str
    uses: tuple[ReservoirUse, ...]


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery and the base loads of the asset.

    The asset is awake while an activity, drive or contact is under way, asleep otherwise. Charge above the capacity
    is spilled. The floor holds at every instant.
    """

    capacity_wh: float
    floor_wh: float
    start_wh: float
    end_wh: float
    awake_load_w: float
    asleep_load_w: float
    charge_efficiency: float = 1.0


@dataclass(frozen=True, slots=True)
class Storage:
    """The data storage of the asset.

    Filled evenly over activities, drained in contacts as fast as their rate allows, never below zero.
    """

    capacity_bit: float
    start_bit: float
    end_max_bit: float


@dataclass(frozen=True, slots=True)
class RateSeries:
    """Data rate of a contact window: a step function, each value holds until the next sample or the window's end."""

    offset_s: tuple[int, ...]
    rate_bps: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ContactWindow:
    """A span in which a station could be booked from a place, cut to what earlier bookings leave free.

    A chosen contact is any part of it of at least ``min_length_s``. The antenna is also taken ``setup_s`` before and
    ``teardown_s`` after; two chosen contacts on one station keep these apart. ``offset_s`` of ``rate`` counts from
    the problem's start.
    """

    window_id: str
    station_id: str
    place_id: str
    span: Span
    rate: RateSeries
    setup_s: int
    teardown_s: int
    min_length_s: int
    cost_per_hour: float


@dataclass(frozen=True, slots=True)
class Objective:
    """Weights of the objective: maximise value − contact cost − fairness penalty − waiting data − change (`Baseline`).

    A contact costs its length at the hourly cost of the window that it names. The fairness penalty is
    ``fairness_weight`` times the largest unsatisfied share of an agency (1 − planned/requested value). Each gigabyte
    that is stored for a day costs ``latency_weight_per_gb_d``: summed over all data that is its time to the ground.
    """

    contact_cost_weight: float
    fairness_weight: float
    latency_weight_per_gb_d: float = 0.0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The plan that a replan starts from, as far as it was run, and what of it must stay.

    Before ``now_s`` all is history: it breaks no rule, whatever it was, and battery and storage are accounted from
    then on, from the problem's first levels. What starts before ``frozen_until_s`` is ``frozen``, and nothing else.
    Each hour by which a chain starts earlier or later than in ``schedule``, each hour of contact more or less with a
    station, and each chain or contact that starts anew or elsewhere in time, or in another mode, costs
    ``moved_weight``; each chain of it that is left out ``dropped_weight``.
    """

    schedule: Schedule
    frozen: Schedule
    now_s: int
    frozen_until_s: int
    moved_weight: float
    dropped_weight: float


@dataclass(frozen=True, slots=True)
class PlanningProblem:
    """Everything that a plan depends on.

    The asset starts at ``start_place_id``, is at one place at a time and has one radio: chosen contacts do not
    overlap each other. For its whole length a contact lies in windows of its station at the place where the asset is;
    during a drive at both ends of it. So a drive under a CONTACT condition is covered by chosen contacts whose
    stations see both ends. Contacts draw ``contact_power_w``. During a drive generation and data rate are the lower
    of those at its two ends. A contact that begins during a drive is named from the drive's origin.
    """

    problem_id: str
    start_time: datetime
    horizon_s: int
    resolution_s: int
    asset_id: str
    start_place_id: str
    places: tuple[Place, ...]
    drives: tuple[Drive, ...]
    drive_rule: DriveRule
    activities: tuple[Activity, ...]
    relations: tuple[Relation, ...]
    repetitions: tuple[Repetition, ...]
    contact_windows: tuple[ContactWindow, ...]
    contact_power_w: float
    battery: Battery
    storage: Storage
    objective: Objective
    limits: tuple[Limit, ...] = ()
    cumulative_resources: tuple[CumulativeResource, ...] = ()
    reservoirs: tuple[Reservoir, ...] = ()
    baseline: Baseline | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def is_placeless(self) -> bool:
        """Whether nothing is at a place, and neither battery nor storage is reckoned with: no terrain was given."""
        return "placeless" in self.metadata

    @property
    def now_s(self) -> int:
        """From when on battery and storage are accounted: 0 unless the problem replans."""
        return self.baseline.now_s if self.baseline else 0
