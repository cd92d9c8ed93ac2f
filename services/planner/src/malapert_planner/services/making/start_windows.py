"""Windows of activities that have a time to start: repetitions of a series that skips those it misses."""

import math
from collections.abc import Sequence
from dataclasses import replace

from malapert.payload.v1 import request_pb2

from malapert_planner.domain.problem.activities import Activity
from malapert_planner.domain.problem.spans import Span
from malapert_planner.services.making.window_conversion import ProblemClock

NEVER: tuple[Span, ...] = ((0, 1),)
"""Span of one second, too short for any activity: no spans at all would mean the whole horizon, and so the plan
states the reason."""


def with_start_windows(
    drafts: Sequence[request_pb2.ActivityDraft], activities: Sequence[Activity], problem_clock: ProblemClock
) -> tuple[Activity, ...]:
    """Return activities with windows in which they start when they may: as long as they take beyond the last start."""
    return tuple(
        _starting(activity, _starts(draft, problem_clock), problem_clock.horizon_s)
        if draft.HasField("start_window")
        else activity
        for draft, activity in zip(drafts, activities, strict=True)
    )


def _starts(draft: request_pb2.ActivityDraft, problem_clock: ProblemClock) -> Span:
    """Return the first and the last whole second at which an activity may start; reversed where there is none."""
    start_s, end_s = problem_clock.edges_s(draft.start_window)
    return math.ceil(start_s), math.floor(end_s)


def _starting(activity: Activity, starts: Span, horizon_s: int) -> Activity:
    end_s = starts[1] + activity.duration_s
    # Each lies in a window of its own, so that no two together make room for another start.
    cut = ((max(a, starts[0]), min(b, end_s)) for a, b in activity.windows or ((0, horizon_s),))
    windows = tuple(span for span in cut if span[0] < span[1]) if starts[0] <= starts[1] else ()
    return replace(activity, windows=windows or NEVER)
