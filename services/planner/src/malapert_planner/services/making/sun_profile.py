"""The Sun's elevation at the place where the asset starts, for the reader of a plan."""

from collections.abc import Sequence

from malapert.comms_window.v1 import window_pb2

from malapert_planner.domain.problem.problem import PlanningProblem
from malapert_planner.domain.validation.report import Profile
from malapert_planner.services.making.window_conversion import ProblemClock

_KINDS = (window_pb2.WINDOW_KIND_ILLUMINATION, window_pb2.WINDOW_KIND_DARKNESS)
_QUANTITY = "sun_elevation_deg"


def sun_elevation(problem: PlanningProblem, windows: Sequence[window_pb2.Window]) -> list[Profile]:
    """Return the Sun's elevation as a profile, or none where the windows do not give it."""
    problem_clock = ProblemClock(problem.start_time, problem.horizon_s)
    samples: dict[float, float] = {}
    for window in windows:
        if window.kind in _KINDS and window.place_id == problem.start_place_id:
            start_s = problem_clock.edges_s(window.interval)[0]
            for profile in window.profiles:
                if profile.quantity == _QUANTITY:
                    offsets_s = [start_s + offset_s for offset_s in profile.offset_s]
                    samples.update(zip(offsets_s, profile.value, strict=True))
    times_s = sorted(time_s for time_s in samples if 0 <= time_s <= problem.horizon_s)
    if not times_s:
        return []
    values = [samples[time_s] for time_s in times_s]
    lowest = values.index(min(values))
    return [
        Profile(
            _QUANTITY, "deg", tuple(times_s), tuple(values), None, None, values[lowest], times_s[lowest], max(values)
        )
    ]
