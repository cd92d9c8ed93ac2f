"""Windows and repetitions of a request: in order, within the horizon, long enough."""

import math
from collections.abc import Iterator

from malapert_core.errors import Fault
from malapert_core.vocabulary.interval import Interval

from malapert_payload.domain.requests.request import ActivityRequest, Repetition
from malapert_payload.domain.validation.figures import number_faults

MAX_REPETITIONS = 10_000


def window_faults(request: ActivityRequest, path: str, horizon: Interval, duration_s: float) -> Iterator[Fault]:
    """Yield the faults of a request's windows, given how long one repetition of it takes without waits."""
    for index, window in enumerate(request.windows):
        where = f"{path}.windows[{index}]"
        if window.duration_s <= 0:
            message = f"the window {_text(window)} does not end after it starts"
            yield Fault(where, "REVERSED_WINDOW", message)
        elif window.start_time < horizon.start_time or window.end_time > horizon.end_time:
            message = f"the window {_text(window)} is not within the horizon; allowed: {_text(horizon)}"
            yield Fault(where, "WINDOW_OUTSIDE_HORIZON", message)
    yield from _overlap_faults(request.windows, f"{path}.windows")
    spans = request.windows or (horizon,)
    longest_s = max(span.duration_s for span in spans)
    if 0 < longest_s < duration_s:
        what = "every window" if request.windows else "the horizon"
        message = (
            f"{what} is shorter than the {duration_s:g} s that the activity takes; the longest has {longest_s:g} s"
        )
        yield Fault(f"{path}.windows", "NO_WINDOW_LONG_ENOUGH", message)


def _overlap_faults(windows: tuple[Interval, ...], path: str) -> Iterator[Fault]:
    proper = [index for index, window in enumerate(windows) if window.duration_s > 0]
    proper.sort(key=lambda index: (windows[index].start_time, index))
    latest: int | None = None
    for index in proper:
        if latest is not None and windows[index].start_time < windows[latest].end_time:
            message = f"{_text(windows[index])} overlaps {_text(windows[latest])} of {path}[{latest}]; join them"
            yield Fault(f"{path}[{index}]", "OVERLAPPING_WINDOWS", message)
        if latest is None or windows[index].end_time > windows[latest].end_time:
            latest = index


def repetition_faults(request: ActivityRequest, path: str, horizon: Interval, duration_s: float) -> Iterator[Fault]:
    """Yield the faults of a request's repetition, given how long one repetition takes without waits."""
    repetition = request.repetition
    if repetition is None:
        return
    where = f"{path}.repetition"
    numbers = [
        *_count_faults(repetition, where),
        *number_faults(repetition.period_s, f"{where}.period_s"),
        *number_faults(repetition.tolerance_s, f"{where}.tolerance_s"),
        *number_faults(repetition.largest_gap_s, f"{where}.largest_gap_s"),
    ]
    yield from _missed_faults(request, repetition, where)
    if numbers or repetition.count == 1:
        yield from numbers
        return
    if repetition.tolerance_s >= repetition.period_s:
        message = (
            f"{repetition.tolerance_s:g} s is not less than the period; allowed: less than {repetition.period_s:g} s"
        )
        yield Fault(f"{where}.tolerance_s", "TOLERANCE_TOO_WIDE", message)
    if max(repetition.period_s + repetition.tolerance_s, repetition.largest_gap_s) < duration_s:
        message = f"a repetition takes {duration_s:g} s, longer than the period {repetition.period_s:g} s"
        yield Fault(f"{where}.period_s", "PERIOD_TOO_SHORT", message)
    yield from _span_faults(request, repetition, where, (horizon, duration_s))


def _missed_faults(request: ActivityRequest, repetition: Repetition, path: str) -> Iterator[Fault]:
    """Yield what contradicts what is said of repetitions that are late or missed."""
    gap_s, least = repetition.largest_gap_s, repetition.least_count
    if gap_s and repetition.skips:
        message = "a repetition that is missed is skipped, so that none is caught up; state one of the two"
        yield Fault(f"{path}.largest_gap_s", "CONTRADICTION", message)
    elif 0.0 < gap_s < repetition.period_s + repetition.tolerance_s:
        least_s = repetition.period_s + repetition.tolerance_s
        message = f"{gap_s:g} s is less than the period and the tolerance; allowed: at least {least_s:g} s"
        yield Fault(f"{path}.largest_gap_s", "GAP_TOO_SHORT", message)
    if least and not request.mandatory:
        message = "only of a mandatory request so many are enough: of another none must be"
        yield Fault(f"{path}.least_count", "NOT_MANDATORY", message)
    elif least and repetition.skips:
        message = "repetitions that are skipped are mandatory all or none; leave it out, or end the series"
        yield Fault(f"{path}.least_count", "CONTRADICTION", message)
    elif least > repetition.count:
        message = f"{least} are more than there are; allowed: up to {repetition.count}, or 0 for all"
        yield Fault(f"{path}.least_count", "OUT_OF_RANGE", message)


def _count_faults(repetition: Repetition, path: str) -> Iterator[Fault]:
    if not 1 <= repetition.count <= MAX_REPETITIONS:
        message = f"{repetition.count} is no number of repetitions; allowed: 1 to {MAX_REPETITIONS}"
        yield Fault(f"{path}.count", "OUT_OF_RANGE", message)


def _span_faults(
    request: ActivityRequest, repetition: Repetition, path: str, room: tuple[Interval, float]
) -> Iterator[Fault]:
    horizon, duration_s = room
    spans = request.windows or (horizon,)
    start_time, end_time = min(s.start_time for s in spans), max(s.end_time for s in spans)
    available_s = (end_time - start_time).total_seconds()
    shortest_period_s = max(0.0, repetition.period_s - repetition.tolerance_s)
    needed_s = (repetition.count - 1) * shortest_period_s + duration_s
    if repetition.skips:
        needed_s = max(0.0, (repetition.count - 1) * repetition.period_s - repetition.tolerance_s) + duration_s
    if math.isfinite(needed_s) and needed_s <= available_s:
        return
    message = (
        f"{repetition.count} repetitions take {needed_s:g} s at the shortest, "
        f"longer than the {available_s:g} s from {start_time.isoformat()} to {end_time.isoformat()}"
    )
    yield Fault(path, "REPETITION_TOO_LONG", message)


def _text(window: Interval) -> str:
    return f"[{window.start_time.isoformat()}, {window.end_time.isoformat()})"
