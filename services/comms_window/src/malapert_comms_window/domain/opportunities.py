"""Start times of chains of steps, by arithmetic on spans of seconds.

Spans in which something holds are half-open and disjoint, in order. Sets of starts are closed spans: a step that starts
at either end still fits.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from malapert_comms_window.domain.windows import WindowKind

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class WantedCondition:
    """Windows of a kind, with one of some stations and orbiters, none meaning any; or none of them."""

    kind: WindowKind
    station_ids: frozenset[str] = frozenset()
    orbiter_ids: frozenset[str] = frozenset()
    outside: bool = False


@dataclass(frozen=True, slots=True)
class WantedStep:
    """A step: its duration, the longest wait after the one before, and what must hold for the whole of it."""

    duration_s: float
    max_wait_s: float = 0.0
    conditions: tuple[WantedCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class SetWindow:
    """A window in seconds, with what it is of."""

    kind: WindowKind
    place_id: str
    station_id: str
    orbiter_id: str
    span: Span


def chain_starts(steps: Sequence[WantedStep], holding: Sequence[Sequence[Span]]) -> list[Span]:
    """Return when a chain could start.

    Parameters
    ----------
    steps : sequence of WantedStep
    holding : sequence of sequences of Span
        For each step, when all of its conditions hold.

    Notes
    -----
    From the last step backwards: a start of a step is good where the step fits and where, within the longest wait
    after its end, there is a good start of the next one.
    """
    good: list[Span] | None = None
    wait_s = 0.0
    for step, spans in zip(reversed(steps), reversed(holding), strict=True):
        fits = [(start, end - step.duration_s) for start, end in spans if end - start >= step.duration_s]
        if good is not None:
            before = [(first - step.duration_s - wait_s, last - step.duration_s) for first, last in good]
            fits = intersection(fits, union(before))
        good, wait_s = fits, step.max_wait_s
    return good or []


class ConditionSpans:
    """Spans in which conditions hold at places, by the windows of a set; each is computed once.

    Parameters
    ----------
    windows : iterable of SetWindow
    """

    def __init__(self, windows: Iterable[SetWindow]) -> None:
        self._windows: defaultdict[tuple[WindowKind, str], list[SetWindow]] = defaultdict(list)
        self._known: dict[tuple[WantedCondition, str], list[Span]] = {}
        for window in windows:
            self._windows[window.kind, window.place_id].append(window)

    def of_step(self, step: WantedStep, place_id: str, within: Sequence[Span]) -> list[Span]:
        """Return when every condition of a step holds at a place, within some spans."""
        spans = list(within)
        for condition in step.conditions:
            found = self._of_condition(condition, place_id)
            spans = intersection(spans, complement(found, within) if condition.outside else found)
        return spans

    def _of_condition(self, condition: WantedCondition, place_id: str) -> list[Span]:
        key = (condition, place_id)
        if key not in self._known:
            # Windows of orbiters alone, such as eclipses, are of no place and hold at each.
            places = {place_id, ""}
            candidates = [window for place in sorted(places) for window in self._windows[condition.kind, place]]
            self._known[key] = union(window.span for window in candidates if _answers(window, condition))
        return self._known[key]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, with those that touch or overlap joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def intersection(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    """Return what two lists of disjoint spans in order share; a single instant counts."""
    found, i, j = [], 0, 0
    while i < len(first) and j < len(second):
        start, end = max(first[i][0], second[j][0]), min(first[i][1], second[j][1])
        if start <= end:
            found.append((start, end))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return found


def complement(spans: Sequence[Span], within: Sequence[Span]) -> list[Span]:
    """Return what disjoint spans in order leave of others."""
    found = []
    for low, high in within:
        since = low
        for start, end in spans:
            if end <= low or start >= high:
                continue
            if start > since:
                found.append((since, start))
            since = max(since, end)
        if since < high:
            found.append((since, high))
    return found


def _answers(window: SetWindow, condition: WantedCondition) -> bool:
    return (not condition.station_ids or window.station_id in condition.station_ids) and (
        not condition.orbiter_ids or window.orbiter_id in condition.orbiter_ids
    )
