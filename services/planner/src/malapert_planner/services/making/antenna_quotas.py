"""Quotas of antenna time as a solve reads them: what who plans could still book of the antennas of others."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from malapert.comms_window.v1 import agreement_pb2
from malapert_core.policy.identity import acting_as

from malapert_planner.domain.problem.contact_windows import AntennaQuota, ContactWindow
from malapert_planner.domain.problem.spans import Span, overlap_s, union
from malapert_planner.services.making.antenna_book import PLANNER
from malapert_planner.services.making.window_conversion import ProblemClock
from malapert_planner.services.ports import CommsWindows


async def read_antenna_quotas(
    comms_windows: CommsWindows, agency_id: str, mission_id: str, span: tuple[datetime, datetime], own_plan_id: str
) -> Sequence[agreement_pb2.AntennaQuota]:
    """Return what an agency could still book within a span; bookings of a plan count as what could be booked."""
    if not agency_id or span[0] >= span[1]:
        return ()
    with acting_as(PLANNER):
        return await comms_windows.list_antenna_quotas(agency_id, mission_id, span, own_plan_id)


def antenna_quotas(
    quotas: Iterable[agreement_pb2.AntennaQuota], windows: Sequence[ContactWindow], problem_clock: ProblemClock
) -> tuple[AntennaQuota, ...]:
    """Return the quotas that contacts within some windows could exceed, in whole seconds that are surely left."""
    occupied = _occupied(windows)
    found = []
    for quota in quotas:
        start_s, end_s = problem_clock.edges_s(quota.interval)
        span, left_s = (math.floor(start_s), math.ceil(end_s)), math.floor(quota.left_s)
        station_ids = tuple(name for name in quota.station_ids if name in occupied)
        most_s = sum(overlap_s(each, span) for name in station_ids for each in occupied[name])
        if left_s < most_s:
            owners = tuple(quota.owner_agency_ids)
            found.append(AntennaQuota(quota.quota_id, owners, station_ids, span, left_s, quota.title))
    return tuple(found)


def _occupied(windows: Iterable[ContactWindow]) -> dict[str, tuple[Span, ...]]:
    """Return by station when contacts within windows could take it: one at a time, with set-up and teardown."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for window in windows:
        spans[window.station_id].append((window.span[0] - window.setup_s, window.span[1] + window.teardown_s))
    return {station_id: tuple(union(each)) for station_id, each in spans.items()}
