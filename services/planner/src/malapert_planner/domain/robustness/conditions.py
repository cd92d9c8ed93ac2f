"""A problem as it is in a draw: light by its edges, drives by their pace, power, battery and rates by their factors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.contact_windows import ContactWindow, RateSeries
from malapert_planner.domain.problem.places import Drive, Passage, Place, RoutePoint, SunShare
from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.robustness.carrying_out import duration_s
from malapert_planner.domain.robustness.draws import Draw
from malapert_planner.domain.simulation.coverage import merged

_SHRINKING = frozenset({ConditionKind.ILLUMINATION, ConditionKind.NO_DARKNESS})
_GROWING = frozenset({ConditionKind.DARKNESS, ConditionKind.NO_ILLUMINATION})
"""Kinds of windows that shrink and grow where light begins later and ends sooner."""


def pace_ratio(drive: Drive) -> float:
    """Return a drive's time at the slowest pace that is allowed for over that at the planned one.

    Where its margin is not told it follows from the times at which its last points but one are passed; 1 where the way
    is not stated either.
    """
    if drive.margin_s:
        return drive.duration_s / (drive.duration_s - drive.margin_s)
    if len(drive.passages) < 3 or drive.passages[-1].from_s <= 0:
        return 1.0
    return max(1.0, drive.passages[-3].until_s / drive.passages[-1].from_s)


def driven(drive: Drive, factor: float) -> Drive:
    """Return a drive at a pace: its time, its data and its passages of points are so many times those planned."""
    ratio = pace_ratio(drive)
    taken_s = duration_s(drive.duration_s / ratio, factor)
    passages = tuple(
        Passage(each.point_id, math.floor(each.from_s * factor), min(math.ceil(each.until_s / ratio * factor), taken_s))
        for each in drive.passages
    )
    data_bit = drive.data_bit * taken_s / drive.duration_s
    return replace(drive, duration_s=taken_s, passages=passages, data_bit=data_bit)


def lit_otherwise(
    windows: Mapping[ConditionKind, Sequence[Span]], late_s: int, horizon_s: int
) -> dict[ConditionKind, tuple[Span, ...]]:
    """Return windows of a place where light begins so much later and ends so much sooner."""
    found = {}
    for kind, spans in windows.items():
        inward_s = late_s if kind in _SHRINKING else -late_s if kind in _GROWING else 0
        found[kind] = _moved_edges(spans, inward_s, horizon_s) if inward_s else tuple(spans)
    return found


def moved_light(
    windows: Mapping[ConditionKind, Sequence[Span]], inward_s: int, horizon_s: int
) -> dict[ConditionKind, tuple[Span, ...]]:
    """Return windows with the edges of those of light and of darkness moved inward, or outward where that is below
    0."""
    of_light = _SHRINKING | _GROWING
    return {
        kind: _moved_edges(spans, inward_s, horizon_s) if inward_s and kind in of_light else tuple(spans)
        for kind, spans in windows.items()
    }


def shares_otherwise(shares: Sequence[SunShare], inward_s: int, horizon_s: int) -> tuple[SunShare, ...]:
    """Return the times of shares of the solar disc with their edges moved inward, or outward where that is below 0."""
    return tuple(replace(each, spans=_moved_edges(each.spans, inward_s, horizon_s)) for each in shares)


def _moved_edges(spans: Iterable[Span], inward_s: int, horizon_s: int) -> tuple[Span, ...]:
    """Return spans with their edges moved inward; where the horizon cuts one, it has no edge."""
    moved = (
        (
            start_s if start_s <= 0 else max(start_s + inward_s, 0),
            end_s if end_s >= horizon_s else min(end_s - inward_s, horizon_s),
        )
        for start_s, end_s in spans
    )
    return merged(span for span in moved if span[0] < span[1])


def places_in(draw: Draw, places: Sequence[Place], horizon_s: int) -> dict[str, Place]:
    """Return the places as they are in a draw; the first of its edges are theirs."""
    edges = draw.light_edge_s[: len(places)]
    return {
        place.place_id: replace(
            place,
            windows=lit_otherwise(place.windows, late_s, horizon_s),
            sun_shares=shares_otherwise(place.sun_shares, late_s, horizon_s),
        )
        if late_s
        else place
        for place, late_s in zip(places, edges, strict=True)
    }


def points_in(draw: Draw, points: Sequence[RoutePoint], horizon_s: int) -> dict[str, RoutePoint]:
    """Return the points of ways as they are in a draw; the last of its edges are theirs."""
    edges = draw.light_edge_s[len(draw.light_edge_s) - len(points) :]
    return {
        point.point_id: RoutePoint(point.point_id, lit_otherwise(point.windows, late_s, horizon_s)) if late_s else point
        for point, late_s in zip(points, edges, strict=True)
    }


def windows_in(draw: Draw, windows: Sequence[ContactWindow]) -> list[ContactWindow]:
    """Return contact windows at the rates of a draw; a link that closes at fewer bits still closes."""
    return [
        replace(
            window,
            rate=RateSeries(window.rate.offset_s, tuple(rate * factor for rate in window.rate.rate_bps)),
            least_rate_bps=0.0,
        )
        for window, factor in zip(windows, draw.rates, strict=True)
    ]


def problem_in(draw: Draw, problem: PlanningProblem) -> PlanningProblem:
    """Return a problem with the battery and the base loads of a draw, replayed from node to node alone.

    The floor stays at its watt-hours. What a battery holds at first is a share of its capacity; at a replan's now it is
    known.
    """
    held = problem.battery
    capacity_wh = held.capacity_wh * draw.battery
    start_wh = min(held.start_wh, capacity_wh) if problem.now_s else held.start_wh * draw.battery
    battery = replace(
        held,
        capacity_wh=capacity_wh,
        start_wh=start_wh,
        awake_load_w=held.awake_load_w * draw.load,
        asleep_load_w=held.asleep_load_w * draw.load,
        heater_w=held.heater_w * draw.load,
    )
    # The grid adds nothing to what is exact from node to node.
    return replace(problem, battery=battery, resolution_s=problem.horizon_s)
