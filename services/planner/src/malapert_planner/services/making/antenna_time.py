"""Antenna time that a mission could have: windows of contacts, less what outages and the bookings of others take."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from malapert.comms_window.v1 import contact_pb2, outage_pb2, window_pb2

from malapert_planner.domain.problem.contact_windows import ClosedSpan, ClosureKind, ContactWindow, RateSeries
from malapert_planner.domain.problem.spans import Span, union
from malapert_planner.services.making.margins import margins_of, slower
from malapert_planner.services.making.problem_inputs import ProblemInputs
from malapert_planner.services.making.window_conversion import ProblemClock, rates, without

PART_MARK = "#"


def source_window_id(window_id: str) -> str:
    """Return the window that a problem's contact window is a part of."""
    return window_id.partition(PART_MARK)[0]


class ReadBook(Protocol):
    """Stations, bookings of others and outages, as they were read."""

    @property
    def stations(self) -> Mapping[str, window_pb2.Station]:
        """Stations by identifier."""

    @property
    def bookings(self) -> Sequence[contact_pb2.Contact]:
        """Bookings that stay in the way."""

    @property
    def outages(self) -> Sequence[outage_pb2.Outage]:
        """Outages of antennas."""


def closed_spans(inputs: ReadBook, problem_clock: ProblemClock, *, own_mission_id: str = "") -> tuple[ClosedSpan, ...]:
    """Return when stations of the mission are out, or taken by others, within the horizon, by start.

    Whose booking it is stays theirs: of one nothing is told but when. Bookings of ``own_mission_id`` are none of
    others: a mission whose plans book nothing has its passes booked by hand.
    """
    found = [
        ClosedSpan(booking.station_id, span, ClosureKind.BOOKING, title="it is booked by others")
        for booking in inputs.bookings
        if booking.station_id in inputs.stations
        and not (own_mission_id and booking.mission_id == own_mission_id)
        and (span := problem_clock.outer_span(booking.occupied))
    ]
    found += [
        ClosedSpan(outage.station_id, span, ClosureKind.OUTAGE, outage.outage_id, _outage_title(outage))
        for outage in inputs.outages
        if outage.station_id in inputs.stations and (span := problem_clock.outer_span(outage.interval))
    ]
    return tuple(sorted(found, key=lambda closed: (closed.span, closed.station_id, closed.kind, closed.subject_id)))


def contact_windows(
    inputs: ProblemInputs, closed: Sequence[ClosedSpan], problem_clock: ProblemClock
) -> tuple[ContactWindow, ...]:
    """Return the windows of contacts, cut to what closed spans leave free with set-up and teardown around."""
    margins = margins_of(inputs.document)
    windows = _contact_windows(inputs, closed, problem_clock)
    return tuple(windows if margins is None else (slower(window, margins.data_rate) for window in windows))


def _contact_windows(
    inputs: ProblemInputs, closed: Sequence[ClosedSpan], problem_clock: ProblemClock
) -> Iterable[ContactWindow]:
    communications = inputs.document.surface.communications
    min_length_s = math.ceil(communications.min_contact.amount)
    least_bps = communications.min_rate.amount if communications.min_rate else 0.0
    factors = {name: each.cost_factor.amount for each in communications.preferences for name in each.stations}
    by_station: dict[str, list[ClosedSpan]] = defaultdict(list)
    for each in closed:
        by_station[each.station_id].append(each)
    for window in inputs.windows:
        span = problem_clock.inner_span(window.interval)
        if window.kind != window_pb2.WINDOW_KIND_CONTACT or span is None:
            continue
        station = inputs.stations[window.station_id]
        setup_s, teardown_s = math.ceil(station.setup_s.value), math.ceil(station.teardown_s.value)
        taken = union((each.span[0] - teardown_s, each.span[1] + setup_s) for each in by_station[window.station_id])
        free = [part for part in without(span, taken) if _length_s(part) >= min_length_s]
        closing = (each for part in free for each in _closing(part, rates(window, part, problem_clock), least_bps))
        parts = [part for part in closing if _length_s(part) >= min_length_s]
        for index, part in enumerate(parts):
            yield ContactWindow(
                window_id=window.window_id + (f"{PART_MARK}{index}" if len(parts) > 1 else ""),
                station_id=window.station_id,
                place_id=window.place_id,
                span=part,
                rate=rates(window, part, problem_clock),
                setup_s=setup_s,
                teardown_s=teardown_s,
                min_length_s=min_length_s,
                cost_per_hour=station.cost_per_hour.value * factors.get(window.station_id, 1.0),
                least_rate_bps=least_bps,
            )


def _closing(span: Span, rate: RateSeries, least_bps: float) -> tuple[Span, ...]:
    """Return the parts of a span in which a rate is not below the least, joined where they touch."""
    edges = [*rate.offset_s[1:], span[1]]
    steps = zip(rate.offset_s, edges, rate.rate_bps, strict=True)
    return union((start_s, end_s) for start_s, end_s, rate_bps in steps if rate_bps >= least_bps and start_s < end_s)


def _length_s(span: Span) -> int:
    return span[1] - span[0]


def _outage_title(outage: outage_pb2.Outage) -> str:
    kind = outage_pb2.OutageKind.Name(outage.kind).removeprefix("OUTAGE_KIND_").lower()
    return f"outage {outage.outage_id} ({kind}{f', {outage.reason}' if outage.reason else ''})"
