"""Battery, storage, and what activities share, use up, fill and drain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Battery:
    """The battery and the base loads of the asset.

    The asset is awake while an activity, drive or contact is under way, asleep otherwise. Where its place is heated,
    on a drive where either end is, heaters draw ``heater_w`` besides. Charge above the capacity is spilled. The floor
    holds at every instant.
    """

    capacity_wh: float
    floor_wh: float
    start_wh: float
    end_wh: float
    awake_load_w: float
    asleep_load_w: float
    charge_efficiency: float = 1.0
    heater_w: float = 0.0


@dataclass(frozen=True, slots=True)
class Storage:
    """The data storage of the asset.

    Filled evenly over activities, drained in contacts as fast as their rate allows, never below zero.
    """

    capacity_bit: float
    start_bit: float
    end_max_bit: float


@dataclass(frozen=True, slots=True)
class LimitUse:
    """Amount that an activity takes of a limited or shared resource."""

    activity_id: str
    amount: float


@dataclass(frozen=True, slots=True)
class Limit:
    """Limit over the whole horizon: the amounts of the planned activities add up to it at the most.

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
    """Resource that activities share: at every instant the amounts of those under way add up to it at the most."""

    resource_id: str
    title: str
    capacity: float
    unit: str
    uses: tuple[LimitUse, ...]


@dataclass(frozen=True, slots=True)
class ReservoirUse:
    """Amounts that an activity takes out of a reservoir and puts into it."""

    activity_id: str
    consumed: float = 0.0
    produced: float = 0.0


@dataclass(frozen=True, slots=True)
class Reservoir:
    """Reservoir that is filled and drained: at every instant it holds at least nothing and at most its capacity.

    How a use is spread over its activity is not known: what is consumed may be gone from the start on, what is
    produced may be there at the end only, and the other way round. The rule holds for each.
    """

    resource_id: str
    title: str
    capacity: float
    start: float
    unit: str
    uses: tuple[ReservoirUse, ...]
