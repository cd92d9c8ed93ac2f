"""Draws of a margin policy: what goes how in one replay of a schedule, by seed and number alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_planner.domain.robustness.policy import MarginPolicy, Spread

Deviations = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Draw:
    """What goes how in one replay: factors by drive, by activity and by contact window, of the plan's items in order.

    ``failed`` says of each contact whether it gives nothing; ``light_edge_s`` by how much light begins later and ends
    sooner at each place or point.
    """

    drives: tuple[float, ...]
    activities: tuple[float, ...]
    rates: tuple[float, ...]
    failed: tuple[bool, ...]
    light_edge_s: tuple[int, ...]
    array: float
    battery: float
    load: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn for: numbers of drives, contact windows, contacts, places and points; classes of activities."""

    drives: int
    activities: tuple[tuple[str, Spread], ...]
    windows: int
    contacts: int
    points: int


class Draws:
    """The draws of a policy under a seed; one is the same whatever other draws are made."""

    def __init__(self, policy: MarginPolicy, seed: int, drawn: Drawn) -> None:
        self._policy, self._seed, self._drawn = policy, seed, drawn
        self._classes = sorted({name for name, _ in drawn.activities})

    def draw(self, number: int) -> Draw:
        """Return a draw by its number, from 0."""
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self._seed, number])))
        policy, drawn = self._policy, self._drawn
        array, battery, load, drives, rates = rng.standard_normal(5).tolist()
        common = dict(zip(self._classes, rng.standard_normal(len(self._classes)).tolist(), strict=True))
        of_classes = np.array([common[name] for name, _ in drawn.activities])
        own = self._mixed(of_classes, rng.standard_normal(len(drawn.activities)))
        return Draw(
            tuple(policy.drive_duration.at(each) for each in self._mixed(drives, rng.standard_normal(drawn.drives))),
            tuple(spread.at(each) for (_, spread), each in zip(drawn.activities, own, strict=True)),
            tuple(policy.data_rate.at(each) for each in self._mixed(rates, rng.standard_normal(drawn.windows))),
            tuple((rng.random(drawn.contacts) < policy.contact_failure).tolist()),
            tuple(np.rint(policy.light_edge_s * rng.standard_normal(drawn.points)).astype(int).tolist()),
            policy.array_power.at(array),
            policy.battery_capacity.at(battery),
            policy.load_power.at(load),
        )

    def _mixed(self, common: float | Deviations, own: Deviations) -> list[float]:
        """Return deviations of which a share of the variance is common to all."""
        part = self._policy.common_part
        mixed: list[float] = (math.sqrt(part) * common + math.sqrt(1.0 - part) * own).tolist()
        return mixed
