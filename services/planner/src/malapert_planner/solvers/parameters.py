"""Tunables of the solver: each with its unit, the range in which it makes sense, and what it does.

A value outside its range is refused when this module is loaded. Tolerances and units are no tunables: they stand where
they are used. Those of the compiled search stand with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, get_type_hints

DAY_S = 86_400
HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Tuned:
    """Unit, least and greatest value, and meaning of a tunable; of a tuple each member keeps the range."""

    unit: str
    least: float
    most: float
    meaning: str


class Pipeline:
    """The stages of a solve."""

    FIRST_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work done when a first valid schedule is given up")] = 3.0
    TOUR_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work of the flow of places")] = 1.875
    BOUND_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work of the relaxation with times")] = 1.875
    MOST_STRETCHED: Annotated[int, Tuned("1", 1, 10_000, "chains from which stretches take longer to build")] = 150
    STRETCH_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work of a stretch of the construction")] = 0.5
    FIRST_RECREATE_WORK: Annotated[float, Tuned("s", 0.01, 60.0, "work of ruin and recreate along the tour")] = 3.0
    FIRST_DETOUR_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work done when first detours end")] = 7.5
    FILL_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work done when filling ends")] = 9.75
    DETOUR_WORK: Annotated[float, Tuned("s", 0.1, 60.0, "work done when second detours end")] = 12.0
    STEP_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "work of a step as part of the work done before it")] = 0.0133
    RECREATE_WORK: Annotated[float, Tuned("s", 0.01, 60.0, "work of ruin and recreate between two such steps")] = 3.0
    LEAST_SHARE: Annotated[float, Tuned("1", 0.0, 0.1, "part of all value below which nothing waits anywhere")] = 1e-3
    LEAST_WORK: Annotated[float, Tuned("s", 0.01, 10.0, "least deterministic time of a step")] = 0.2
    MOST_WORK: Annotated[float, Tuned("s", 0.01, 10.0, "greatest deterministic time of a step")] = 0.8
    MOST_INSERTED: Annotated[int, Tuned("1", 1, 200, "chains inserted at once: with more, building takes longest")] = 24
    MANDATORY_VALUE: Annotated[float, Tuned("worth", 1e3, 1e9, "what a mandatory chain counts for as value")] = 1e6
    MODE_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "what the next best mode counts for, as part of the best")] = 0.3
    POLISH_EVERY: Annotated[int, Tuned("1", 1, 1000, "steps between two polishes")] = 8
    DETOURS: Annotated[float, Tuned("1", 0.0, 1.0, "part of the improvement's steps that are detours")] = 0.25


class TourFlow:
    """The flow of places by days."""

    CELL_S: Annotated[int, Tuned("s", HOUR_S, 7 * DAY_S, "width of a cell over a short horizon")] = DAY_S
    MOST_CELLS: Annotated[int, Tuned("1", 10, 1000, "cells of a horizon at most")] = 120
    NEAR: Annotated[float, Tuned("1", 0.0, 0.1, "gap at which a tour is good enough")] = 3e-3
    BURDEN: Annotated[float, Tuned("1", 0.0, 0.1, "part of all value that a drive must be good for")] = 3e-4
    MOST_ALIKE: Annotated[int, Tuned("1", 1, 1000, "chains of the same visits that each have their own constraint")] = 8
    MOST_ROUNDS: Annotated[int, Tuned("1", 1, 100, "times that drives nothing leads to are cut off")] = 12


class CoarseTime:
    """Bounds by linear programs over coarse time."""

    FINEST_S: Annotated[int, Tuned("s", 1800, DAY_S, "width of the finer cells: tells day from night at any pole")] = (
        6 * HOUR_S
    )
    LEAST_CELLS: Annotated[int, Tuned("1", 4, 1000, "finer cells of a short horizon, where its grid has as many")] = 48
    COARSER: Annotated[int, Tuned("1", 2, 100, "finer cells in a coarser one")] = 4
    MOST_COLUMNS: Annotated[int, Tuned("1", 1000, 10_000_000, "columns above which cells are made wider")] = 250_000
    SHARES: Annotated[
        tuple[float, ...], Tuned("1", 0.0, 1.0, "parts of the work: coarser cells, finer cells, these with places")
    ] = (0.1, 0.2, 0.5)


class Repair:
    """Replanning."""

    PADS_S: Annotated[
        tuple[int, ...], Tuned("s", 300, 365 * DAY_S, "time opened around what is broken, until it can be mended")
    ] = (HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 96 * HOUR_S, 240 * HOUR_S)
    POLISHES: Annotated[int, Tuned("1", 0, 100, "times that a mended span is decided again for fewer changes")] = 5
    REPAIR_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of the work of one attempt to mend")] = 0.1
    BOUND_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of the work of the bound")] = 0.1
    FILL_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of the work spent when filling ends")] = 0.7


class Explanation:
    """Explanations, conflicts and trials of what would admit a request."""

    WORK_PER_DETOUR: Annotated[float, Tuned("s", 0.01, 10.0, "deterministic time of a detour that is tried")] = 0.15
    WORK_PER_CHAIN: Annotated[float, Tuned("s", 0.01, 10.0, "deterministic time of a trial of a chain")] = 0.2
    WORK_PER_CHECK: Annotated[float, Tuned("s", 0.01, 60.0, "deterministic time of a check of a conflict")] = 2.0
    WALL_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of the wall limit kept to find a conflict")] = 0.2
    MOST_CELLS: Annotated[int, Tuned("1", 10, 1000, "cells of a trial")] = 100
    MOST_CHANCES: Annotated[int, Tuned("1", 1, 100, "spans in which a chain is tried")] = 3
    LONGEST_CHANCE_S: Annotated[int, Tuned("s", HOUR_S, 30 * DAY_S, "length of such a span")] = 48 * HOUR_S
    MARGIN_S: Annotated[int, Tuned("s", 0, DAY_S, "time opened before and after it")] = 4 * HOUR_S


GROUPS: tuple[type, ...] = (Pipeline, TourFlow, CoarseTime, Repair, Explanation)


def tunables() -> Iterator[tuple[str, object, Tuned]]:
    """Yield the name, value and range of every tunable."""
    for group in GROUPS:
        for name, hint in get_type_hints(group, include_extras=True).items():
            yield f"{group.__name__}.{name}", getattr(group, name), hint.__metadata__[0]


def check() -> None:
    """Refuse values outside their ranges.

    Raises
    ------
    ValueError
        With all of them.
    """
    faults = []
    for name, value, tuned in tunables():
        members = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(each, int | float) and tuned.least <= each <= tuned.most for each in members):
            unit = "" if tuned.unit == "1" else f" {tuned.unit}"
            faults.append(f"{name} is {value}; {tuned.least:g} to {tuned.most:g}{unit} make sense")
    if faults:
        raise ValueError("; ".join(faults))


check()
