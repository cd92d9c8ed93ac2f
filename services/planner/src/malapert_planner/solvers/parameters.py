"""Tunables of the solver: each with its unit, the range in which it makes sense, and what it does.

A value outside its range is refused when this module is loaded. Tolerances and units are no tunables: they stand where
they are used.
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
    """The flow of places by days, and its rounding to drives."""

    CELL_S: Annotated[int, Tuned("s", HOUR_S, 7 * DAY_S, "width of a cell over a short horizon")] = DAY_S
    MOST_CELLS: Annotated[int, Tuned("1", 10, 1000, "cells of a horizon at most")] = 120
    NEAR: Annotated[float, Tuned("1", 0.0, 0.1, "gap at which a tour is good enough")] = 3e-3
    BURDEN: Annotated[float, Tuned("1", 0.0, 0.1, "part of all value that a drive must be good for")] = 3e-4
    MOST_ALIKE: Annotated[int, Tuned("1", 1, 1000, "chains of the same visits that each have their own constraint")] = 8
    MOST_ROUNDS: Annotated[int, Tuned("1", 1, 100, "times that drives nothing leads to are cut off")] = 12
    WORK_SHARES: Annotated[
        tuple[float, ...], Tuned("1", 0.0, 1.0, "parts of a visit's work that the battery must allow, tried in turn")
    ] = (1.0, 0.5, 0.25, 0.0)
    DRIVE_DELAY_S: Annotated[
        int, Tuned("s", 0, 60 * DAY_S, "how long after its cell a drive of the tour may start")
    ] = 3 * DAY_S
    DRIVE_STARTS: Annotated[int, Tuned("1", 1, 10_000, "most starts tried of a drive of the tour")] = 200


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
    GROWTHS: Annotated[tuple[float, ...], Tuned("1", 1.0, 100.0, "growths of what is too little, tried in turn")] = (
        1.0,
        1.1,
        1.25,
        1.5,
        2.0,
        3.0,
    )
    PARTS: Annotated[tuple[float, ...], Tuned("1", 0.0, 1.0, "parts of what is surely enough, tried in turn")] = (
        0.2,
        0.4,
        0.6,
        0.8,
        1.0,
    )
    MOST_WINDOWS: Annotated[int, Tuned("1", 1, 100, "longest spans that are tried to be made longer")] = 3
    IN_THE_WAY_OF_START: Annotated[int, Tuned("1", 1, 100, "most requests named that leave no start")] = 3
    IN_THE_WAY: Annotated[int, Tuned("1", 1, 100, "most requests named that are in the way")] = 5


class Models:
    """Models of a part of a problem."""

    FEW_CHAINS: Annotated[int, Tuned("1", 1, 10_000, "chains that can all be free in a model, in all their modes")] = (
        200
    )
    WORK_PER_ROW: Annotated[float, Tuned("s", 0.0, 0.1, "work charged for building a variable or a constraint")] = 1e-5
    EXCURSION_S: Annotated[
        tuple[int, ...], Tuned("s", HOUR_S, 60 * DAY_S, "lengths of the spans in which one place is visited")
    ] = (4 * DAY_S, 9 * DAY_S)
    EXCURSION_CELLS: Annotated[int, Tuned("1", 10, 1000, "cells of such a model at most")] = 110
    EXCURSION_STATIONS: Annotated[int, Tuned("1", 1, 100, "stations between which it may choose")] = 4
    CELL_STEPS: Annotated[tuple[int, ...], Tuned("grid steps", 1, 1000, "widths of cells to choose from")] = (
        1,
        2,
        3,
        6,
        12,
        24,
        48,
    )
    COARSE_CELLS: Annotated[int, Tuned("1", 2, 1000, "cells of a neighbourhood that is searched fast")] = 40
    MOST_FREE: Annotated[int, Tuned("1", 1, 1000, "most unplanned chains tried in a span")] = 30
    MOST_DECISIONS: Annotated[
        int, Tuned("1", 100, 1_000_000, "decisions beyond which CP-SAT spends its time in presolve")
    ] = 10_000
    DETOUR_MARGIN_S: Annotated[int, Tuned("s", 0, 30 * DAY_S, "time around a detour that is decided with it")] = DAY_S
    DETOUR_OPENINGS: Annotated[int, Tuned("1", 1, 100, "most detours tried for a chain, that margin apart")] = 3
    DETOUR_DEPARTURES: Annotated[int, Tuned("1", 1, 1000, "departures looked at in each stay and for each place")] = 8
    LINEAR_SHARE: Annotated[
        float, Tuned("1", 0.0, 1.0, "part of the work without places that searches with the linear relaxation")
    ] = 0.5
    ROUNDED_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of it that goes to a bound with rounded amounts")] = 0.2


class Polish:
    """Rounds of greedy insertion, contacts chosen anew, repetitions in series and other modes."""

    MOST_TRIED: Annotated[int, Tuned("1", 1, 100_000, "most chains tried in a round")] = 400
    WORK_PER_INSERTION: Annotated[float, Tuned("s", 0.0, 1.0, "work charged for a chain tried beside a schedule")] = (
        5e-4
    )
    WORK_PER_MODE: Annotated[float, Tuned("s", 0.0, 1.0, "work charged for another mode tried of a planned chain")] = (
        8e-3
    )
    WORK_PER_DOWNLINK: Annotated[float, Tuned("s", 0.0, 10.0, "work charged for choosing all contacts anew")] = 0.1
    WORK_PER_SERIES: Annotated[float, Tuned("s", 0.0, 10.0, "work charged for placing a series anew")] = 0.02
    MOST_SERIES: Annotated[int, Tuned("1", 1, 10_000, "most series placed anew in a round")] = 40
    MOST_ROUNDS: Annotated[int, Tuned("1", 1, 1000, "most rounds")] = 8
    LEAST_GAIN: Annotated[
        float, Tuned("1", 0.0, 0.5, "gain of a round, as part of the objective, below which it is the last")
    ] = 1e-3
    CONTACT_REACH_S: Annotated[
        int, Tuned("s", 0, 60 * DAY_S, "how near a contact lies that makes room in the storage")
    ] = 3 * DAY_S
    CONTACT_S: Annotated[int, Tuned("s", 60, DAY_S, "length of such a contact")] = 3 * HOUR_S
    MOST_CONTACTS: Annotated[int, Tuned("1", 1, 1000, "most such contacts tried, the best first")] = 12
    MOST_TOGETHER: Annotated[int, Tuned("1", 1, 1000, "most starts of a chain tried together with others")] = 24
    LATENCY_STARTS: Annotated[
        int, Tuned("1", 1, 1000, "most starts with a contact after them, where data must be sent in time")
    ] = 6
    MOST_MODES: Annotated[int, Tuned("1", 1, 100, "most modes of a repetition tried at once")] = 2
    PIECE_S: Annotated[int, Tuned("s", 60, DAY_S, "most time added to a contact at once")] = 3 * HOUR_S


class Recreate:
    """Ruin and recreate on compiled levels; of a pair of times a length is drawn between, uniform in its logarithm."""

    FEWEST_CHAINS: Annotated[int, Tuned("1", 0, 1000, "chains below which models of all of them are solved")] = 24
    MANY_CHAINS: Annotated[
        int, Tuned("1", 100, 100_000, "chains from which models take longer to build than to solve")
    ] = 1000
    WORK_PER_STEP: Annotated[float, Tuned("s", 0.0, 1.0, "work charged for a step")] = 1e-3
    WORK_PER_TRY: Annotated[float, Tuned("s", 0.0, 1.0, "work charged for an insertion tried")] = 2e-4
    BLOCK_CELLS: Annotated[
        int, Tuned("grid steps", 2, 10_000, "cells over which levels of stored data are passed over at once")
    ] = 64
    REPORT_EVERY: Annotated[int, Tuned("1", 1, 10_000, "steps between two reports of progress")] = 40
    EARLY_STRETCHES: Annotated[
        tuple[int, ...], Tuned("1", 1, 10_000, "stretches of the construction after which a plan is delivered")
    ] = (1, 2, 4, 8, 16, 32)
    STRETCH_S: Annotated[int, Tuned("s", HOUR_S, 60 * DAY_S, "time that the construction decides at once")] = 4 * DAY_S
    ADVANCE_S: Annotated[int, Tuned("s", HOUR_S, 60 * DAY_S, "part of it that is decided for good")] = 2 * DAY_S
    SPAN_S: Annotated[tuple[float, float], Tuned("s", 300, 365 * DAY_S, "span that is emptied")] = (
        0.15 * DAY_S,
        4 * DAY_S,
    )
    ROUTE_SPAN_S: Annotated[tuple[float, float], Tuned("s", 300, 365 * DAY_S, "span that is driven through anew")] = (
        0.5 * DAY_S,
        25 * DAY_S,
    )
    ROUTE_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of the steps that drive through a span anew")] = 0.4
    VISIT_SHARE: Annotated[float, Tuned("1", 0.0, 1.0, "part of these for the sake of an unplanned chain")] = 0.5
    EXCHANGE_SHARE: Annotated[
        float, Tuned("1", 0.0, 1.0, "part of the steps that exchange chains over a longer span")
    ] = 0.15
    EXCHANGE_LENGTH: Annotated[int, Tuned("1", 1, 100, "length of that span to each side, in such spans")] = 5
    EXCHANGED: Annotated[tuple[int, ...], Tuned("1", 1, 1000, "chains exchanged at once, one of these")] = (
        2,
        5,
        10,
        20,
    )
    RUIN_SHARES: Annotated[
        tuple[float, ...], Tuned("1", 0.0, 1.0, "part of a span's chains that leave it, one of these")
    ] = (0.3, 0.6, 1.0, 1.0)
    BEYOND_S: Annotated[
        tuple[int, ...],
        Tuned("s", 0, 365 * DAY_S, "time after a span in which contacts are chosen anew too, one of these"),
    ] = (0, DAY_S, 4 * DAY_S, 16 * DAY_S)
    COST_EXPONENTS: Annotated[
        tuple[float, ...], Tuned("1", 0.0, 10.0, "weight of a station's cost beside its rate, one of these")
    ] = (0.0, 0.5, 1.0, 2.0)
    IN_THE_DARK: Annotated[
        float, Tuned("1", 0.0, 1.0, "part of the steps that hold contacts where charge alone allows them")
    ] = 0.3
    PRICE_NOISE: Annotated[float, Tuned("1", 0.0, 10.0, "standard deviation of a price's logarithm")] = 0.6
    GIGABIT_PRICE: Annotated[float, Tuned("worth", 0.0, 1e6, "price of a gigabit at first")] = 10.0
    LEARNING: Annotated[
        float, Tuned("1", 0.0, 1.0, "how far a centre moves to prices that led to a better schedule")
    ] = 0.03
    MOST_BOUND: Annotated[
        int, Tuned("1", 1, 1000, "most chains of a kind tried at once that relations tie to others")
    ] = 12
    MOST_PASSED: Annotated[int, Tuned("1", 1, 1000, "most chains of a kind passed over at once")] = 40
    LEAST_HOP: Annotated[
        int, Tuned("grid steps", 1, 1000, "distance of the next start, where only charge or storage lacks")
    ] = 3
    MOST_HOPS: Annotated[int, Tuned("1", 1, 10_000, "most such starts")] = 64
    SHARED_STARTS: Annotated[
        int, Tuned("1", 1, 1000, "most starts of a chain whose use of what is shared shows once it stands")
    ] = 6
    DRIVE_STARTS: Annotated[int, Tuned("1", 1, 10_000, "most starts tried of a drive")] = 60
    MOST_DRIVES: Annotated[int, Tuned("1", 1, 100, "most drives from one place to another")] = 3
    DRIVE_DELAY_S: Annotated[int, Tuned("s", 0, 30 * DAY_S, "delay that a further drive on the way counts like")] = (
        12 * HOUR_S
    )
    EARLY_S: Annotated[int, Tuned("s", 0, 30 * DAY_S, "how long before a visit the asset arrives at most")] = 6 * HOUR_S
    LATE_S: Annotated[int, Tuned("s", 0, 30 * DAY_S, "how long after it the asset leaves, if no rule has it wait")] = (
        24 * HOUR_S
    )
    MOST_DRAWN: Annotated[int, Tuned("1", 1, 10_000, "most chains drawn until one could be planned")] = 30
    AT_ARRIVALS: Annotated[float, Tuned("1", 0.0, 1.0, "part of the starts drawn from those soon after an arrival")] = (
        0.7
    )
    VISIT_STARTS: Annotated[
        int, Tuned("1", 1, 1000, "most starts drawn until one lies where planned chains allow it")
    ] = 4
    REPLACED_SPAN_S: Annotated[
        tuple[float, float], Tuned("s", 300, 365 * DAY_S, "span in which a chain that was in the way is driven to")
    ] = (0.5 * DAY_S, 8 * DAY_S)
    REPLACEMENTS: Annotated[int, Tuned("1", 0, 1000, "times that it is tried to drive to such a chain")] = 4
    MOST_REPLACED: Annotated[int, Tuned("1", 0, 1000, "most chains that may be in the way")] = 4


class Mend:
    """The least further changes by which edits of people keep every rule."""

    DRIVE_STARTS: Annotated[int, Tuned("1", 1, 10_000, "starts of a drive that are tried")] = 300
    AROUND_S: Annotated[
        int, Tuned("s", 0, 30 * DAY_S, "time around what is fixed in which contacts are held to make room")
    ] = DAY_S


GROUPS: tuple[type, ...] = (Pipeline, TourFlow, CoarseTime, Repair, Explanation, Models, Polish, Recreate, Mend)


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
