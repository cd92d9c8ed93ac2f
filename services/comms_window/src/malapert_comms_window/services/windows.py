"""Computing windows, once per content of their inputs, and reading them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.fitted_paths import SpanPaths
from malapert_astro.times import utc_datetime, utc_seconds
from malapert_core.database import Database
from malapert_core.errors import NotFoundError
from malapert_core.operations import OperationContext

from malapert_comms_window.domain.horizons import HorizonSet
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.window_requests import WindowRequest, check_window_request
from malapert_comms_window.domain.windows import (
    Window,
    WindowFilter,
    WindowKind,
    WindowSet,
    WindowSummary,
    summarise,
)
from malapert_comms_window.geometry.place_views import PlaceView
from malapert_comms_window.geometry.window_search import (
    SearchSpan,
    search_contacts,
    search_earth_visibility,
    search_light,
)
from malapert_comms_window.services.ports import Announcer, Clock, HorizonSource
from malapert_comms_window.services.window_provenance import provenance_of, window_set_id_of
from malapert_comms_window.storage.window_sets import WindowSetStore

_LIGHT_KINDS = (WindowKind.ILLUMINATION, WindowKind.DARKNESS)


@dataclass(frozen=True)
class _Search:
    """One piece of the computation: what it searches, and how."""

    place_id: str
    station_id: str
    kinds: tuple[WindowKind, ...]
    run: Callable[[], list[Window]]


class WindowService:
    """Computes, stores and returns windows.

    Parameters
    ----------
    database : Database
    window_sets : WindowSetStore
    stations : mapping of str to Station
        The catalogue by identifier.
    ephemeris : Ephemeris
    horizons : HorizonSource
    announcer : Announcer
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        window_sets: WindowSetStore,
        stations: Mapping[str, Station],
        ephemeris: Ephemeris,
        horizons: HorizonSource,
        announcer: Announcer,
        clock: Clock,
    ) -> None:
        self._database = database
        self._window_sets = window_sets
        self._stations = stations
        self._ephemeris = ephemeris
        self._horizons = horizons
        self._announcer = announcer
        self._clock = clock

    def check(self, request: WindowRequest) -> None:
        """Check a request before it is taken.

        Raises
        ------
        InvalidInputError
            ``INVALID_WINDOW_REQUEST`` with every fault.
        """
        first, last = (utc_datetime(edge) for edge in self._ephemeris.span_utc_s)
        check_window_request(request, self._stations, (first, last))

    async def compute(self, context: OperationContext, request: WindowRequest) -> str:
        """Compute the windows of a request, or find the set that has them, and return the set's identifier."""
        self.check(request)
        context.stage("horizons", "Asking for the skylines")
        array, antenna = await self._skylines(request)
        stations = [self._stations[station_id] for station_id in request.station_ids]
        provenance = provenance_of(request, stations, (array, antenna), self._ephemeris, self._clock())
        window_set_id = window_set_id_of(request, provenance)
        async with self._database.reading() as session:
            if await self._window_sets.find(session, window_set_id) is not None:
                return window_set_id
        windows, summaries = await self._search(context, request, array, antenna, stations)
        window_set = WindowSet(window_set_id, context.identity.agency_id, request, tuple(summaries), provenance)
        context.stage("store", "Storing the windows")
        async with context.finish(window_set_id) as session:
            if await self._window_sets.add(session, window_set, windows):
                self._announcer.windows_changed(session, window_set, len(windows))
        return window_set_id

    async def get(self, window_set_id: str) -> WindowSet:
        """Return a set without its windows.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_WINDOW_SET``.
        """
        async with self._database.reading() as session:
            window_set = await self._window_sets.find(session, window_set_id)
        if window_set is None:
            raise NotFoundError("window set", window_set_id)
        return window_set

    async def page(
        self, window_set_id: str, wanted: WindowFilter, after_sequence: int, limit: int
    ) -> list[tuple[int, Window]]:
        """Return windows of a set with their sequence numbers, in order of their start; raises as `get` does."""
        await self.get(window_set_id)
        async with self._database.reading() as session:
            return await self._window_sets.page(session, window_set_id, wanted, after_sequence, limit)

    async def _skylines(self, request: WindowRequest) -> tuple[HorizonSet, HorizonSet]:
        stack_id, places = request.terrain_stack_id, request.places
        array = await self._horizons.horizons(stack_id, places, request.array_height_m)
        if request.antenna_height_m == request.array_height_m:
            return array, array
        return array, await self._horizons.horizons(stack_id, places, request.antenna_height_m)

    async def _search(
        self,
        context: OperationContext,
        request: WindowRequest,
        array: HorizonSet,
        antenna: HorizonSet,
        stations: Sequence[Station],
    ) -> tuple[list[Window], list[WindowSummary]]:
        span = SearchSpan(utc_seconds(request.start_time), utc_seconds(request.end_time), request.profile_step_s)
        paths = await asyncio.to_thread(SpanPaths, self._ephemeris, span.start_s, span.end_s)
        views = [PlaceView(paths, horizon) for horizon in antenna.horizons]
        stages = (
            ("light", "Sunlight and darkness", _light_searches(paths, array, span)),
            ("earth", "Earth visibility", _earth_searches(views, span)),
            ("contacts", "Contacts with stations", _contact_searches(request, views, stations, span)),
        )
        windows: list[Window] = []
        summaries: list[WindowSummary] = []
        for name, title, searches in stages:
            context.stage(name, title)
            for done, search in enumerate(searches):
                context.raise_if_cancelled()
                context.progress(done / len(searches), f"{search.place_id} {search.station_id}".strip())
                found = await asyncio.to_thread(search.run)
                windows += found
                summaries += _summaries(search, found, (request.start_time, request.end_time))
        return windows, summaries


def _light_searches(paths: SpanPaths, array: HorizonSet, span: SearchSpan) -> list[_Search]:
    views = [PlaceView(paths, horizon) for horizon in array.horizons]
    return [_Search(_place_of(view), "", _LIGHT_KINDS, partial(search_light, view, span)) for view in views]


def _earth_searches(views: Sequence[PlaceView], span: SearchSpan) -> list[_Search]:
    kinds = (WindowKind.EARTH_VISIBILITY,)
    return [_Search(_place_of(view), "", kinds, partial(search_earth_visibility, view, span)) for view in views]


def _contact_searches(
    request: WindowRequest, views: Sequence[PlaceView], stations: Sequence[Station], span: SearchSpan
) -> list[_Search]:
    if request.terminal is None:
        return []
    kinds = (WindowKind.CONTACT,)
    return [
        _Search(
            _place_of(view), station.station_id, kinds, partial(search_contacts, view, station, request.terminal, span)
        )
        for view in views
        for station in stations
    ]


def _place_of(view: PlaceView) -> str:
    return view.horizon.place_id


def _summaries(search: _Search, found: Sequence[Window], span: tuple[datetime, datetime]) -> list[WindowSummary]:
    return [
        summarise([window for window in found if window.kind is kind], kind, search.place_id, search.station_id, span)
        for kind in search.kinds
    ]
