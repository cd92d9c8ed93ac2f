"""Spans of conditions outside the plan's choice: calendars, passes of orbiters, sunlight on them, key links."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from malapert.comms_window.v1 import window_pb2
from malapert.payload.v1 import request_pb2

from malapert_planner.domain.problem.contact_windows import ClosedSpan
from malapert_planner.domain.problem.spans import Span
from malapert_planner.mission_document.checks import known_stations
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.mission_document.link_checks import light_from_places
from malapert_planner.services.making.calendars import calendar_spans
from malapert_planner.services.making.window_conversion import RATE, ProblemClock, merged, profile_of, rates, without
from malapert_planner.services.requests_out.link_requests import station_id_of
from malapert_planner.services.requests_out.orbits import orbiter_id_of

_WINDOW_KINDS = {
    request_pb2.CONDITION_KIND_ILLUMINATION: window_pb2.WINDOW_KIND_ILLUMINATION,
    request_pb2.CONDITION_KIND_DARKNESS: window_pb2.WINDOW_KIND_DARKNESS,
    request_pb2.CONDITION_KIND_EARTH_VISIBILITY: window_pb2.WINDOW_KIND_EARTH_VISIBILITY,
    request_pb2.CONDITION_KIND_CONTACT: window_pb2.WINDOW_KIND_CONTACT,
    request_pb2.CONDITION_KIND_RELAY_CONTACT: window_pb2.WINDOW_KIND_RELAY_CONTACT,
    request_pb2.CONDITION_KIND_ORBITER_CONTACT: window_pb2.WINDOW_KIND_ORBITER_CONTACT,
    request_pb2.CONDITION_KIND_OPTICAL_LINK: window_pb2.WINDOW_KIND_OPTICAL_LINK,
    request_pb2.CONDITION_KIND_KEY_LINK: window_pb2.WINDOW_KIND_KEY_LINK,
}
TIMED_CONDITIONS = frozenset(
    {
        request_pb2.CONDITION_KIND_AVAILABILITY,
        request_pb2.CONDITION_KIND_ORBITER_CONTACT,
        request_pb2.CONDITION_KIND_ORBITER_SUNLIGHT,
        request_pb2.CONDITION_KIND_KEY_LINK,
    }
)
"""Conditions that hold by the time alone, wherever an activity is; their absence can be asked for too."""
CHOSEN_CONDITIONS = frozenset(
    {
        request_pb2.CONDITION_KIND_ILLUMINATION,
        request_pb2.CONDITION_KIND_DARKNESS,
        request_pb2.CONDITION_KIND_EARTH_VISIBILITY,
        request_pb2.CONDITION_KIND_CONTACT,
    }
)
"""Conditions that the plan knows by itself on a terrain, where it chooses place and contact."""


class HeldSpans:
    """The spans of a mission's conditions within its horizon, sorted and disjoint, in whole seconds.

    Where a condition must hold spans shrink inward, and links to where they have a rate and their station is not
    closed; where it must not they grow.
    """

    def __init__(
        self,
        document: MissionDocument,
        windows: Sequence[window_pb2.Window],
        problem_clock: ProblemClock,
        closed: Iterable[ClosedSpan] = (),
    ) -> None:
        self._document = document
        taken: dict[str, list[Span]] = defaultdict(list)
        for each in closed:
            taken[each.station_id].append(each.span)
        self._closed = {station_id: merged(spans) for station_id, spans in taken.items()}
        self._windows: dict[window_pb2.WindowKind.ValueType, list[window_pb2.Window]] = defaultdict(list)
        for window in windows:
            self._windows[window.kind].append(window)
        self.problem_clock = problem_clock
        self._calendars = calendar_spans(document, problem_clock)

    @property
    def place_ids(self) -> list[str]:
        """The places of the mission."""
        return [waypoint.id for waypoint in self._document.waypoints]

    def is_timed(self, condition: request_pb2.Condition) -> bool:
        """Return whether a condition holds by the time alone, wherever an activity is."""
        if condition.kind == request_pb2.CONDITION_KIND_OPTICAL_LINK:
            return not light_from_places(self._document, condition.orbiter_ids)
        return condition.kind in TIMED_CONDITIONS

    def of(self, condition: request_pb2.Condition, place_id: str = "") -> tuple[Span, ...]:
        """Return when a condition is kept, at a place; of several orbiters, stations or calendars any will do."""
        horizon = (0, self.problem_clock.horizon_s)
        if condition.kind == request_pb2.CONDITION_KIND_AVAILABILITY:
            spans = merged(span for name in condition.calendar_ids for span in self._calendars[name])
            return tuple(without(horizon, spans)) if condition.outside else spans
        if condition.kind == request_pb2.CONDITION_KIND_ORBITER_SUNLIGHT:
            # An eclipse is a window, sunlight is what is left: of several orbiters each has its own.
            dark = [self._eclipses(orbiter_id, inner=condition.outside) for orbiter_id in self._orbiters(condition)]
            if condition.outside:
                return merged(span for spans in dark for span in spans)
            return merged(span for spans in dark for span in without(horizon, spans))
        wanted = list(self.windows_of(condition, place_id))
        if condition.outside:
            return tuple(without(horizon, self._spans(wanted, inner=False)))
        return merged(span for window in wanted for span in self._open(window))

    def windows_of(self, condition: request_pb2.Condition, place_id: str) -> Iterator[window_pb2.Window]:
        """Yield the windows of a condition, of those of its orbiters and stations, and of the place."""
        orbiters = self._orbiters(condition)
        names = condition.station_ids or known_stations(self._document)
        stations = {station_id_of(self._document, name) for name in names}
        for window in self._windows_for(condition):
            if condition.orbiter_ids and not window.orbiter_id:
                continue  # A link of light from a place, and one from an orbiter is asked for.
            ends = ((window.orbiter_id, orbiters), (window.station_id, stations), (window.place_id, (place_id,)))
            if all(not end or end in allowed for end, allowed in ends):
                yield window

    def _windows_for(self, condition: request_pb2.Condition) -> Iterable[window_pb2.Window]:
        least = condition.least_sun_fraction
        if not least:
            return self._windows[_WINDOW_KINDS[condition.kind]]
        shares = self._windows[window_pb2.WINDOW_KIND_SUN_SHARE]
        return (window for window in shares if profile_of(window, "least_sun_fraction").value[0] >= least)

    def free(self, window: window_pb2.Window, span: Span) -> list[Span]:
        """Return what of a span inside a window its station is not closed in."""
        return without(span, self._closed.get(window.station_id, ()))

    def _open(self, window: window_pb2.Window) -> Iterator[Span]:
        """Yield a window's whole seconds while its station is free and its rate, where it has one, is not zero."""
        span = self.problem_clock.inner_span(window.interval)
        for part in self.free(window, span) if span else ():
            yield from self._with_rate(window, part)

    def _with_rate(self, window: window_pb2.Window, span: Span) -> Iterator[Span]:
        if not any(profile.quantity == RATE for profile in window.profiles):
            yield span
            return
        steps = rates(window, span, self.problem_clock)
        for start_s, end_s, rate_bps in zip(
            steps.offset_s, (*steps.offset_s[1:], span[1]), steps.rate_bps, strict=True
        ):
            if rate_bps > 0 and start_s < end_s:
                yield start_s, end_s

    def _orbiters(self, condition: request_pb2.Condition) -> list[str]:
        named = condition.orbiter_ids or [asset.id for asset in self._document.assets if asset.orbit is not None]
        return [orbiter_id_of(self._document, asset_id) for asset_id in named]

    def _eclipses(self, orbiter_id: str, *, inner: bool) -> tuple[Span, ...]:
        eclipses = self._windows[window_pb2.WINDOW_KIND_ORBITER_ECLIPSE]
        return self._spans((window for window in eclipses if window.orbiter_id == orbiter_id), inner=inner)

    def _spans(self, windows: Iterable[window_pb2.Window], *, inner: bool) -> tuple[Span, ...]:
        convert = self.problem_clock.inner_span if inner else self.problem_clock.outer_span
        spans = (convert(window.interval) for window in windows)
        return merged(span for span in spans if span is not None)
