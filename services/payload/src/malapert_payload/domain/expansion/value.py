"""Value of each repetition or place of a request, as a function of time."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.requests.request import ActivityRequest

MAX_VALUE_STEPS = 50


@dataclass(frozen=True, slots=True)
class ValueSpan:
    """Starts within these spans are worth this share of the value."""

    share: float
    spans: tuple[Interval, ...]


def repetition_shares(request: ActivityRequest, count: int) -> list[float]:
    """Return the share of the request's value of each of so many repetitions or places.

    Even parts where the value does not fall from one to the next; else the first is worth an even part and each
    further one the factor of the one before.
    """
    factor = request.decay.repetition_factor if request.decay and request.decay.repetition_factor else 1.0
    return [factor**index / count for index in range(count)]


def value_spans(request: ActivityRequest, horizon: Interval) -> list[ValueSpan]:
    """Return when a repetition's start is worth what share of its value; one span where the value does not fall."""
    spans = tuple(sorted(request.windows, key=lambda window: window.start_time))
    decay = request.decay
    if decay is None or decay.every_s <= 0:
        return [ValueSpan(1.0, spans)]
    windows = spans or (horizon,)
    from_time = decay.from_time or windows[0].start_time
    end_time = max(window.end_time for window in windows)
    found = []
    count = step_count(decay.factor, decay.least_share, from_time, end_time, decay.every_s)
    for number in range(count):
        share = max(decay.factor**number, decay.least_share)
        start = from_time + timedelta(seconds=number * decay.every_s) if number else windows[0].start_time
        # A power may stay above the lowest share by its rounding alone.
        is_last = share <= decay.least_share or number == count - 1
        end = end_time if is_last else from_time + timedelta(seconds=(number + 1) * decay.every_s)
        cut = [cut for window in windows if (cut := _within(window, start, end)) is not None]
        if cut:
            found.append(ValueSpan(share, tuple(cut)))
        if is_last:
            break
    return found


def step_count(factor: float, least_share: float, from_time: datetime, end_time: datetime, every_s: float) -> int:
    """Return in how many steps a value falls until it is lowest or time is over."""
    by_time = max(1, math.ceil((end_time - from_time).total_seconds() / every_s))
    if least_share <= 0:
        return by_time
    return min(by_time, 1 + math.ceil(round(math.log(least_share) / math.log(factor), 9)))


def _within(window: Interval, start: datetime, end: datetime) -> Interval | None:
    first, last = max(window.start_time, start), min(window.end_time, end)
    return Interval(first, last) if first < last else None
