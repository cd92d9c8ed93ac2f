"""When conditions hold that no place decides: calendars, passes of orbiters, and sunlight on them."""

from collections.abc import Iterable, Sequence

from malapert.comms_window.v1 import window_pb2
from malapert.payload.v1 import request_pb2

from malapert_planner.domain.problem import Span
from malapert_planner.mission_document.document import MissionDocument
from malapert_planner.services.calendars import calendar_spans
from malapert_planner.services.orbits import orbiter_id_of
from malapert_planner.services.window_conversion import Clockwork, merged, without

TIMED_CONDITIONS = frozenset(
    {
        request_pb2.CONDITION_KIND_AVAILABILITY,
        request_pb2.CONDITION_KIND_ORBITER_CONTACT,
        request_pb2.CONDITION_KIND_ORBITER_SUNLIGHT,
    }
)
"""Conditions that hold by the time alone, wherever an activity is; their absence can be asked for too."""


class HeldSpans:
    """The spans of a mission's timed conditions within its horizon, sorted and disjoint, in whole seconds.

    Where a condition must hold spans shrink inward; where it must not they grow.
    """

    def __init__(self, document: MissionDocument, windows: Sequence[window_pb2.Window], clockwork: Clockwork) -> None:
        self._document = document
        self._windows = windows
        self._clockwork = clockwork
        self._calendars = calendar_spans(document, clockwork)

    def of(self, condition: request_pb2.Condition) -> tuple[Span, ...]:
        """Return when a timed condition is kept; of several orbiters, stations or calendars any will do."""
        horizon = (0, self._clockwork.horizon_s)
        if condition.kind == request_pb2.CONDITION_KIND_AVAILABILITY:
            spans = merged(span for name in condition.calendar_ids for span in self._calendars[name])
            return tuple(without(horizon, spans)) if condition.outside else spans
        if condition.kind == request_pb2.CONDITION_KIND_ORBITER_SUNLIGHT:
            # An eclipse is a window, sunlight is what is left: of several orbiters each has its own.
            dark = [self._eclipses(orbiter_id, inner=condition.outside) for orbiter_id in self._orbiters(condition)]
            if condition.outside:
                return merged(span for spans in dark for span in spans)
            return merged(span for spans in dark for span in without(horizon, spans))
        passes = self._passes(condition, inner=not condition.outside)
        return tuple(without(horizon, passes)) if condition.outside else passes

    def _orbiters(self, condition: request_pb2.Condition) -> list[str]:
        named = condition.orbiter_ids or [asset.id for asset in self._document.assets if asset.orbit is not None]
        return [orbiter_id_of(self._document, asset_id) for asset_id in named]

    def _eclipses(self, orbiter_id: str, *, inner: bool) -> tuple[Span, ...]:
        kind = window_pb2.WINDOW_KIND_ORBITER_ECLIPSE
        return self._spans((w for w in self._windows if w.kind == kind and w.orbiter_id == orbiter_id), inner=inner)

    def _passes(self, condition: request_pb2.Condition, *, inner: bool) -> tuple[Span, ...]:
        kind, orbiters = window_pb2.WINDOW_KIND_ORBITER_CONTACT, self._orbiters(condition)
        stations = set(condition.station_ids or self._document.stations)
        return self._spans(
            (w for w in self._windows if w.kind == kind and w.orbiter_id in orbiters and w.station_id in stations),
            inner=inner,
        )

    def _spans(self, windows: Iterable[window_pb2.Window], *, inner: bool) -> tuple[Span, ...]:
        convert = self._clockwork.inner_span if inner else self._clockwork.outer_span
        spans = (convert(window.interval) for window in windows)
        return merged(span for span in spans if span is not None)
