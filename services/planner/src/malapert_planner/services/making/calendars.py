"""Opening spans of a mission's calendars, in seconds of the problem."""

import math
from datetime import timedelta

from malapert_planner.domain.problem.spans import Span
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.resources import Calendar
from malapert_planner.services.making.window_conversion import ProblemClock, merged


def calendar_spans(document: MissionDocument, problem_clock: ProblemClock) -> dict[str, tuple[Span, ...]]:
    """Return the spans of every calendar within the horizon, sorted and disjoint, shrunk inward to whole seconds."""
    return {calendar.id: _spans(calendar, problem_clock) for calendar in document.calendars}


def _spans(calendar: Calendar, problem_clock: ProblemClock) -> tuple[Span, ...]:
    times = [(window.start, window.end) for window in calendar.windows]
    for repeated in calendar.repeated:
        for number in range(repeated.count):
            start = repeated.start + timedelta(seconds=number * repeated.every.amount)
            times.append((start, start + timedelta(seconds=repeated.duration.amount)))
    spans = []
    for start, end in times:
        start_s = max(0, math.ceil((start - problem_clock.start_time).total_seconds()))
        end_s = min(problem_clock.horizon_s, math.floor((end - problem_clock.start_time).total_seconds()))
        if start_s < end_s:
            spans.append((start_s, end_s))
    return merged(spans)
