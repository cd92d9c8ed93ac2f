"""Ways of drives in a problem: the points of routes, when they are passed, and the least light along them."""

import math
from collections.abc import Iterable, Sequence

from malapert.landing_site.v1 import route_pb2
from malapert.type.v1 import type_pb2

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Passage, PowerSeries, RoutePoint
from malapert_planner.domain.problem.spans import Span
from malapert_planner.domain.problem.way_check import POINT_CONDITIONS
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.window_conversion import ProblemClock, merged


def slowest_s(planned_s: float, pace: float) -> int:
    """Return how long a drive, or a part of it, takes at the slowest pace that is allowed for, whole seconds.

    ``pace`` is by what factor that may be longer than planned.
    """
    # 6000 s × 1.1 is a rounding error more than 6600 s.
    slowest = round(planned_s * pace, 6) if pace > 1.0 else planned_s
    return max(math.ceil(slowest), 1)


def route_points(inputs: ProblemInputs, problem_clock: ProblemClock) -> tuple[RoutePoint, ...]:
    """Return the points of routes with what drives of the mission need there; none where it asks nothing of them."""
    rule = inputs.document.drive_rule
    if not rule.along_the_way:
        return ()
    asked = {ConditionKind(condition.kind.value) for condition in rule.conditions}
    kinds = [kind for kind in POINT_CONDITIONS if kind in asked]
    return tuple(
        RoutePoint(_point_id(number), {kind: _spans(_stated(point, kind), problem_clock) for kind in kinds})
        for number, point in enumerate(inputs.route_points)
    )


def passages(route: route_pb2.Route, pace: float, duration_s: int) -> tuple[Passage, ...]:
    """Return when each point of a route may be passed, from the planned to the slowest pace."""
    offset_s, last = route.path_offset_s, len(route.path_points) - 1
    return tuple(
        Passage(
            _point_id(point),
            math.floor(offset_s[number - 1]) if number else 0,
            duration_s if number == last else min(slowest_s(offset_s[number + 1], pace), duration_s),
        )
        for number, point in enumerate(route.path_points)
    )


def least_generation(route: route_pb2.Route, inputs: ProblemInputs) -> PowerSeries | None:
    """Return what the array makes at the darkest point of a route; None where nothing is asked of its points."""
    if not inputs.document.drive_rule.along_the_way:
        return None
    array_w = inputs.document.surface.rover.array.power.amount
    light = route.least_sun
    samples = {
        math.floor(offset_s): array_w * fraction
        for offset_s, fraction in zip(light.offset_s, light.sun_fraction, strict=True)
    }
    return PowerSeries(tuple(samples), tuple(samples.values()))


def _point_id(number: int) -> str:
    return f"point-{number}"


def _stated(point: route_pb2.PathPoint, kind: ConditionKind) -> Iterable[type_pb2.Interval]:
    if kind is ConditionKind.ILLUMINATION:
        return point.sun
    return point.earth if kind is ConditionKind.EARTH_VISIBILITY else point.whole_earth


def _spans(intervals: Iterable[type_pb2.Interval], problem_clock: ProblemClock) -> tuple[Span, ...]:
    spans = (problem_clock.inner_span(interval) for interval in intervals)
    return merged(span for span in spans if span is not None)


def shown_routes(routes: Sequence[route_pb2.Route]) -> tuple[route_pb2.Route, ...]:
    """Return routes as a plan shows them: what is in view along them is in its problem."""
    shown = []
    for route in routes:
        kept = route_pb2.Route()
        kept.CopyFrom(route)
        kept.ClearField("path_points")
        kept.ClearField("least_sun")
        shown.append(kept)
    return tuple(shown)
