"""Figures of a schedule: use of the good hours, the longest silence in view of the Earth, the mean age of data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.spans import Span, intersection
from malapert_planner.domain.simulation.coverage import merged, uncovered
from malapert_planner.domain.simulation.propagation import StorageTrace
from malapert_planner.domain.simulation.timeline import Case
from malapert_planner.domain.validation.objective import agency_shares
from malapert_planner.domain.validation.report import Figure


def figures(case: Case, storage: StorageTrace) -> tuple[Figure, ...]:
    """Return the figures of a schedule from its now on; none where nothing is at a place."""
    held = () if case.problem.is_placeless else _figures(case, storage)
    return (*held, *_shares(case))


def _shares(case: Case) -> Iterator[Figure]:
    """Yield mean and variance of the agencies' satisfied shares; the worst is with the objective."""
    shares = agency_shares(case.problem, case.schedule)
    satisfied = [1.0 - share.unsatisfied_share for share in shares if share.requested_value > 0]
    if len(satisfied) > 1:
        text = "part of what agencies asked for that is planned, on average over agencies"
        yield Figure("MEAN_SATISFIED_SHARE", float(np.mean(satisfied)), "1", text)
        text = "variance of that part between agencies"
        yield Figure("VARIANCE_OF_SATISFIED_SHARES", float(np.var(satisfied)), "1", text)


def _figures(case: Case, storage: StorageTrace) -> Iterator[Figure]:
    in_view = _where(case, (ConditionKind.EARTH_VISIBILITY,))
    good = _where(case, (ConditionKind.ILLUMINATION, ConditionKind.EARTH_VISIBILITY))
    worked = [placed.span for _, placed in case.activities] + [placed.span for _, placed in case.drives]
    busy = merged(worked)
    good_s = _length_s(good)
    if good_s > 0:
        text = "part of the hours in sunlight and in view of the Earth in which it works or drives"
        yield Figure("USE_OF_GOOD_HOURS", _length_s(intersection(good, busy)) / good_s, "1", text)
    text = "longest time in view of the Earth between two contacts"
    yield Figure("LONGEST_SILENCE_IN_VIEW", _longest_silence_s(case, in_view), "s", text)
    age_s = _mean_age_s(case, storage)
    if age_s is not None:
        yield Figure("MEAN_AGE_OF_DATA", age_s, "s", "mean time that a bit waits in the storage")


def _where(case: Case, kinds: tuple[ConditionKind, ...]) -> tuple[Span, ...]:
    """Return when conditions hold where the asset is; on a drive at both ends."""
    found: list[Span] = []
    for stay in case.timeline:
        spans: tuple[Span, ...] = ((max(stay.span[0], case.problem.now_s), stay.span[1]),)
        if spans[0][0] >= spans[0][1]:
            continue
        for place_id in stay.place_ids:
            place = case.place_by_id.get(place_id)
            for kind in kinds:
                spans = intersection(spans, merged(place.windows.get(kind, ())) if place else ())
        found.extend(spans)
    return merged(found)


def _longest_silence_s(case: Case, in_view: tuple[Span, ...]) -> float:
    """Return the most time in view, hidden times left out, from one contact to the next or from and to an end."""
    held = merged(contact.span for contact in case.contacts)
    between = uncovered((case.problem.now_s, case.problem.horizon_s), held)
    return float(max((_length_s(intersection((gap,), in_view)) for gap in between), default=0))


def _mean_age_s(case: Case, storage: StorageTrace) -> float | None:
    """Return the mean time of a bit in the storage by Little's law: what waits on average over what comes in."""
    made = [(placed.span, item.data_bit) for item, placed in case.activities]
    made += [(placed.span, item.data_bit) for item, placed in case.drives]
    made_bit = sum(bits for span, bits in made if span[0] >= case.problem.now_s) + case.problem.storage.start_bit
    if made_bit <= 0:
        return None
    since = storage.time_s >= case.problem.now_s
    return float(np.trapezoid(storage.stored_bit[since], storage.time_s[since]) / made_bit)


def _length_s(spans: tuple[Span, ...]) -> int:
    return sum(end_s - start_s for start_s, end_s in spans)
