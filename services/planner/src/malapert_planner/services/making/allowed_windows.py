"""Allowed windows of an activity: the spans that it names, cut to where all conditions outside the plan's choice
hold."""

from dataclasses import dataclass

from malapert.payload.v1 import request_pb2

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.services.making.held_spans import CHOSEN_CONDITIONS, HeldSpans
from malapert_planner.services.making.start_windows import NEVER
from malapert_planner.services.making.window_conversion import ProblemClock, merged


@dataclass(frozen=True, slots=True)
class Allowed:
    """Windows of an activity, at any place and at each, and the conditions that are left to the plan."""

    windows: tuple[Span, ...]
    place_windows: tuple[tuple[str, tuple[Span, ...]], ...]
    conditions: tuple[request_pb2.Condition, ...]


def allowed_windows(draft: request_pb2.ActivityDraft, problem: PlanningProblem, held: HeldSpans) -> Allowed:
    """Return when and where an activity of a problem may be under way.

    Without a terrain nothing is chosen: light, Earth and contacts hold where they do at one of its places.
    """
    chosen = frozenset() if problem.is_placeless else CHOSEN_CONDITIONS
    timed = [condition for condition in draft.conditions if held.is_timed(condition)]
    placed = [
        condition for condition in draft.conditions if condition.kind not in chosen and not held.is_timed(condition)
    ]
    allowed, is_cut = _named(draft, held.problem_clock), bool(draft.windows or timed)
    for condition in timed:
        allowed = intersection(allowed, held.of(condition))
    place_ids = draft.place_ids or (
        held.place_ids if problem.is_placeless else [place.place_id for place in problem.places]
    )
    at_places = tuple((place_id, _at(place_id, placed, held)) for place_id in sorted(place_ids)) if placed else ()
    if placed and problem.is_placeless:
        allowed, is_cut = intersection(allowed, merged(span for _, spans in at_places for span in spans)), True
        at_places = ()
    kept = tuple(condition for condition in draft.conditions if condition.kind in chosen)
    return Allowed((allowed or NEVER) if is_cut else (), at_places, kept)


def _named(draft: request_pb2.ActivityDraft, problem_clock: ProblemClock) -> tuple[Span, ...]:
    if not draft.windows:
        return ((0, problem_clock.horizon_s),)
    spans = (problem_clock.inner_span(window) for window in draft.windows)
    return merged(span for span in spans if span is not None)


def _at(place_id: str, conditions: list[request_pb2.Condition], held: HeldSpans) -> tuple[Span, ...]:
    spans: tuple[Span, ...] = ((0, held.problem_clock.horizon_s),)
    for condition in conditions:
        spans = intersection(spans, held.of(condition, place_id))
    return spans
