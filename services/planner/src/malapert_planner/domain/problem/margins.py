"""Margins that a problem was stated with, for the record and for replays, which draw from the figures without them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Margins:
    """What the figures of a problem were multiplied by, ``sigmas`` into the spreads of a policy.

    Durations have their margins beside them (``margin_s``). ``battery_capacity`` is on the battery's capacity, and on
    what it held at first; ``light_edge_s`` is what light and darkness were cut by at each of their edges.
    """

    policy: str
    sigmas: float
    array_power: float = 1.0
    battery_capacity: float = 1.0
    load_power: float = 1.0
    data_rate: float = 1.0
    storage: float = 1.0
    light_edge_s: int = 0
