"""What replays of a schedule under draws showed."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ITEMS = 50
"""Number of weakest items that a report names."""


@dataclass(frozen=True, slots=True)
class RuleBreaks:
    """A rule in the draws: in how many it was broken, in how many it was what broke first, and by how much at worst."""

    rule_id: str
    broken: int
    first: int
    worst: float
    unit: str


@dataclass(frozen=True, slots=True)
class WeakItem:
    """An item of the plan, by its planned name, with a rule that it broke in so many draws, first in so many.

    ``start_s`` is when it was planned to start; None for what is no item, such as the battery.
    """

    item_id: str
    rule_id: str
    broken: int
    first: int
    worst: float
    unit: str
    start_s: int | None


@dataclass(frozen=True, slots=True)
class RobustnessReport:
    """The draws of a policy in which a schedule kept every rule, and where it broke in the others.

    ``lowest_share`` and ``highest_share`` are the ends of Wilson's interval of 95 % about the share. ``first_break_s``
    is the median time of the first break, None where nothing broke; ``charge_left_wh`` the charge above the floor at
    its lowest that 95 % of the draws keep, negative below it; None where nothing is at a place.
    """

    seed: int
    draws: int
    kept: int
    share: float
    lowest_share: float
    highest_share: float
    is_robust: bool
    first_break_s: int | None
    charge_left_wh: float | None
    rules: tuple[RuleBreaks, ...]
    items: tuple[WeakItem, ...]
