"""When a drive may begin so that it finds what it needs at every point of its way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from malapert_planner.domain.problem.conditions import ConditionKind
from malapert_planner.domain.problem.places import Drive, DriveRule, RoutePoint
from malapert_planner.domain.problem.spans import Span, intersection


def kinds_on_the_way(drive: Drive, rule: DriveRule) -> tuple[ConditionKind, ...]:
    """Return which conditions hold at every point of a drive's way: no light where an end of it is a dark place."""
    is_dark = drive.from_place_id in rule.dark_place_ids or drive.to_place_id in rule.dark_place_ids
    kinds = dict.fromkeys(condition.kind for condition in rule.conditions)
    return tuple(kind for kind in kinds if not (is_dark and kind is ConditionKind.ILLUMINATION))


def departures(
    drive: Drive, kinds: Iterable[ConditionKind], points: Mapping[str, RoutePoint], horizon_s: int
) -> tuple[Span, ...]:
    """Return the spans in which a drive may begin: from then on each point has what it needs while it is passed."""
    starts: tuple[Span, ...] = ((0, horizon_s + 1),)
    for kind in kinds:
        for passage in drive.passages:
            spans = points[passage.point_id].windows.get(kind, ())
            # The last start is one from which the point is left as its window ends.
            first_last = ((start_s - passage.from_s, end_s - passage.until_s + 1) for start_s, end_s in spans)
            starts = intersection(starts, tuple(span for span in first_last if span[0] < span[1]))
    return starts
