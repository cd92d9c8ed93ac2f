"""Margin policies: how far what a schedule counts on may turn out otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

from malapert_core.errors import Fault

from malapert_planner.domain.problem.activities import Activity

LARGEST_FACTOR = 10.0
MOST_CLASSES = 100


@dataclass(frozen=True, slots=True)
class Spread:
    """Factor on a planned amount: normal about ``mean`` with the standard deviation ``sigma``, cut to its ends."""

    mean: float = 1.0
    sigma: float = 0.0
    least: float = 0.0
    most: float = LARGEST_FACTOR

    def at(self, deviation: float) -> float:
        """Return the factor at a deviation in standard deviations."""
        return min(max(self.mean + self.sigma * deviation, self.least), self.most)


@dataclass(frozen=True, slots=True)
class ActivityClass:
    """Activities that take their time alike: those of some types, and those that take some resources."""

    class_id: str
    duration: Spread
    activity_type_ids: tuple[str, ...] = ()
    resource_ids: tuple[str, ...] = ()

    def holds(self, activity: Activity) -> bool:
        """Whether an activity is of the class."""
        return activity.activity_type_id in self.activity_type_ids or not set(self.resource_ids).isdisjoint(
            activity.resource_ids
        )


@dataclass(frozen=True, slots=True)
class MarginPolicy:
    """A margin policy: spreads of factors on durations, power, battery and data rates, and of edges of light.

    ``drive_duration`` is a factor on a drive's time at its planned pace; ``common_part`` the share of the variance of
    durations that all of one kind have in common in a draw. ``contact_failure`` is the probability that a pass
    gives nothing. ``light_edge_s`` is the standard deviation of what an edge of light is off, at each place apart, so
    that all light there begins later and ends sooner, or the other way round. A schedule is robust where at least
    ``required_share`` of the draws keep every rule. Activities of ``classless_request_ids`` are of no class.
    """

    policy_id: str
    title: str
    drive_duration: Spread = field(default_factory=Spread)
    activity_duration: Spread = field(default_factory=Spread)
    activity_classes: tuple[ActivityClass, ...] = ()
    array_power: Spread = field(default_factory=Spread)
    battery_capacity: Spread = field(default_factory=Spread)
    load_power: Spread = field(default_factory=Spread)
    data_rate: Spread = field(default_factory=Spread)
    common_part: float = 0.5
    contact_failure: float = 0.0
    light_edge_s: float = 0.0
    required_share: float = 0.9
    classless_request_ids: frozenset[str] = frozenset()

    def duration_of(self, activity: Activity) -> tuple[str, Spread]:
        """Return the class of an activity, empty for none, and the spread of its duration: the first that holds it."""
        classes = () if activity.request_id in self.classless_request_ids else self.activity_classes
        for each in classes:
            if each.holds(activity):
                return each.class_id, each.duration
        return "", self.activity_duration


def policy_faults(policy: MarginPolicy) -> list[Fault]:
    """Return all that contradicts the form of a policy, by its path in the contract."""
    return list(_faults(policy))


def _faults(policy: MarginPolicy) -> Iterator[Fault]:
    if not policy.policy_id:
        yield Fault("policy_id", "REQUIRED", "name the policy")
    for name in (each.name for each in fields(MarginPolicy) if isinstance(getattr(policy, each.name), Spread)):
        yield from _spread_faults(name, getattr(policy, name))
    for name in ("common_part", "contact_failure", "required_share"):
        share = getattr(policy, name)
        if not 0.0 <= share <= 1.0:
            yield Fault(name, "OUT_OF_RANGE", f"{share} must be 0 to 1")
    if not 0.0 <= policy.light_edge_s <= 86_400.0:
        yield Fault("light_edge_s", "OUT_OF_RANGE", f"{policy.light_edge_s} must be 0 to 86400 s")
    if len(policy.activity_classes) > MOST_CLASSES:
        yield Fault("activity_classes", "TOO_MANY", f"{len(policy.activity_classes)} classes; {MOST_CLASSES} may be")
    seen = set[str]()
    for number, each in enumerate(policy.activity_classes[:MOST_CLASSES]):
        path = f"activity_classes[{number}]"
        if not each.class_id or each.class_id in seen:
            yield Fault(f"{path}.class_id", "NOT_UNIQUE", f"{each.class_id!r} must name this class alone")
        seen.add(each.class_id)
        if not each.activity_type_ids and not each.resource_ids:
            yield Fault(path, "REQUIRED", "name activity types or resources: the class holds nothing")
        yield from _spread_faults(f"{path}.duration", each.duration)


def _spread_faults(path: str, spread: Spread) -> Iterator[Fault]:
    for name in ("mean", "sigma", "least", "most"):
        value = getattr(spread, name)
        if not math.isfinite(value) or not 0.0 <= value <= LARGEST_FACTOR:
            yield Fault(f"{path}.{name}", "OUT_OF_RANGE", f"{value} must be 0 to {LARGEST_FACTOR:g}")
    if spread.least > spread.most:
        yield Fault(path, "OUT_OF_RANGE", f"its least, {spread.least}, is above its most, {spread.most}")
