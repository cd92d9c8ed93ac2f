"""Windows with their profiles, as a problem's integer seconds: always to the side on which a plan stays valid."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from malapert.comms_window.v1 import window_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import from_timestamp

from malapert_planner.domain.problem.contact_windows import RateSeries
from malapert_planner.domain.problem.places import PowerSeries
from malapert_planner.domain.problem.spans import Span

RATE = "rate_bps"
"""The profile of a link's rate, a step function."""


@dataclass(frozen=True, slots=True)
class ProblemClock:
    """The horizon of a problem: instants become seconds after its start, spans are cut to it."""

    start_time: datetime
    horizon_s: int

    def offset_s(self, time: datetime) -> float:
        """Return the seconds from the start to an instant."""
        return (time - self.start_time).total_seconds()

    def edges_s(self, interval: type_pb2.Interval) -> tuple[float, float]:
        """Return an interval's edges in seconds after the start."""
        return self.offset_s(from_timestamp(interval.start_time)), self.offset_s(from_timestamp(interval.end_time))

    def inner_span(self, interval: type_pb2.Interval) -> Span | None:
        """Return the whole seconds inside an interval and the horizon, None where there are none."""
        start_s, end_s = self.edges_s(interval)
        span = (max(math.ceil(start_s), 0), min(math.floor(end_s), self.horizon_s))
        return span if span[0] < span[1] else None

    def outer_span(self, interval: type_pb2.Interval) -> Span | None:
        """Return the whole seconds that an interval touches within the horizon, None where there are none."""
        start_s, end_s = self.edges_s(interval)
        span = (max(math.floor(start_s), 0), min(math.ceil(end_s), self.horizon_s))
        return span if span[0] < span[1] else None


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans sorted, with those that touch or overlap joined."""
    joined: list[Span] = []
    for start_s, end_s in sorted(spans):
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return tuple(joined)


def without(span: Span, taken: Sequence[Span]) -> list[Span]:
    """Return what is left of a span; ``taken`` is sorted and disjoint."""
    left, start_s = [], span[0]
    for taken_start_s, taken_end_s in taken:
        if taken_start_s > start_s:
            left.append((start_s, min(taken_start_s, span[1])))
        start_s = max(start_s, taken_end_s)
        if start_s >= span[1]:
            break
    if start_s < span[1]:
        left.append((start_s, span[1]))
    return [part for part in left if part[0] < part[1]]


def generation(windows: Sequence[window_pb2.Window], array_power_w: float, problem_clock: ProblemClock) -> PowerSeries:
    """Return the power of the array at a place from its illumination windows; zero outside of them.

    The power is the array's times the visible fraction of the solar disc; a window counts for the whole seconds in it.
    """
    samples: dict[int, float] = {}
    for window in sorted(windows, key=lambda item: item.interval.start_time.ToNanoseconds()):
        span = problem_clock.inner_span(window.interval)
        if span is None or span[1] - span[0] < 2:
            continue
        window_start_s = problem_clock.edges_s(window.interval)[0]
        profile = profile_of(window, "sun_fraction")
        times_s = [span[0], *_inner_times(profile, window_start_s, span), span[1]]
        powers_w = [array_power_w * _linear(profile, time_s - window_start_s) for time_s in times_s]
        if span[0] > 0:
            samples.setdefault(span[0] - 1, 0.0)
        samples.update(zip(times_s, powers_w, strict=True))
        if span[1] < problem_clock.horizon_s:
            samples[span[1]] = 0.0
    times = sorted(samples) or [0]
    kept = _bends([(time_s, samples.get(time_s, 0.0)) for time_s in times])
    return PowerSeries(tuple(time_s for time_s, _ in kept), tuple(power_w for _, power_w in kept))


def rates(window: window_pb2.Window, span: Span, problem_clock: ProblemClock) -> RateSeries:
    """Return the data rate of a contact over a span inside its window; a rise is taken late, a fall early."""
    window_start_s = problem_clock.edges_s(window.interval)[0]
    profile = profile_of(window, RATE)
    steps = [(span[0], _step(profile, span[0] - window_start_s))]
    for offset_s, value in zip(profile.offset_s, profile.value, strict=True):
        time_s = offset_s + window_start_s
        whole_s = math.ceil(time_s) if value > steps[-1][1] else math.floor(time_s)
        if span[0] < whole_s < span[1] and value != steps[-1][1]:
            if whole_s == steps[-1][0]:
                steps[-1] = (whole_s, min(value, steps[-1][1]))
            else:
                steps.append((whole_s, value))
    return RateSeries(tuple(time_s for time_s, _ in steps), tuple(rate_bps for _, rate_bps in steps))


def profile_of(window: window_pb2.Window, quantity: str) -> window_pb2.Profile:
    """Return a window's profile of a quantity.

    Raises
    ------
    ValueError
        Where the window has none.
    """
    for profile in window.profiles:
        if profile.quantity == quantity and len(profile.offset_s):
            return profile
    raise ValueError(f"window {window.window_id} has no profile of {quantity}")


def _inner_times(profile: window_pb2.Profile, window_start_s: float, span: Span) -> list[int]:
    times = {round(window_start_s + offset_s) for offset_s in profile.offset_s}
    return sorted(time_s for time_s in times if span[0] < time_s < span[1])


def _linear(profile: window_pb2.Profile, offset_s: float) -> float:
    after = bisect_right(profile.offset_s, offset_s)
    if after == 0:
        return profile.value[0]
    if after == len(profile.offset_s):
        return profile.value[-1]
    low_s, high_s = profile.offset_s[after - 1], profile.offset_s[after]
    share = (offset_s - low_s) / (high_s - low_s)
    return profile.value[after - 1] * (1 - share) + profile.value[after] * share


def _step(profile: window_pb2.Profile, offset_s: float) -> float:
    return profile.value[max(bisect_right(profile.offset_s, offset_s) - 1, 0)]


def _bends(samples: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Leave out the samples between equal neighbours: they say nothing new."""
    last = len(samples) - 1
    return [
        sample
        for index, sample in enumerate(samples)
        if index in (0, last) or not samples[index - 1][1] == sample[1] == samples[index + 1][1]
    ]
