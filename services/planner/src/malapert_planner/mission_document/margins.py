"""Margins that plans of a mission are built with: what they count on goes worse, by spreads as in margin policies."""

from pydantic import Field

from malapert_planner.mission_document.figures import Sourced
from malapert_planner.mission_document.mission import Identifier, Title
from malapert_planner.mission_document.quantities import Deviations, Duration, Factor, Share


class Spread(Sourced):
    """Factor on an amount: normal about ``mean`` with the standard deviation ``sigma``, cut to its ends."""

    mean: Factor
    sigma: Factor
    least: Factor | None = None
    most: Factor | None = None


class DurationClass(Sourced):
    """Activities that take their time alike: those of some types, and those that take some resources."""

    id: Identifier
    activity_types: list[Identifier] = Field(default_factory=list)
    resources: list[Identifier] = Field(default_factory=list)
    duration: Spread


class Margins(Sourced):
    """Margins that every plan keeps: what goes otherwise goes so many standard deviations to the bad side.

    Durations and loads are planned at their mean and ``sigmas`` above, never below what is predicted; array, battery
    and rates at so much below, never above it. Light is counted on from ``sigmas`` of its edge after it begins to as
    long before it ends. The storage is filled to all but ``storage`` of it.
    """

    policy: Title
    sigmas: Deviations
    drive_duration: Spread | None = None
    activity_duration: Spread | None = None
    activity_classes: list[DurationClass] = Field(default_factory=list, max_length=100)
    array_power: Spread | None = None
    battery_capacity: Spread | None = None
    load_power: Spread | None = None
    data_rate: Spread | None = None
    light_edge: Duration | None = None
    storage: Share | None = None
