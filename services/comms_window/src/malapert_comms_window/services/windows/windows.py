"""Computing windows, once per content of their inputs, and reading them."""

import asyncio

from malapert_astro.ephemeris import Ephemeris
from malapert_astro.errors import EphemerisSpanError
from malapert_astro.times import utc_datetime, utc_seconds
from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError
from malapert_core.operations.operations import OperationContext

from malapert_comms_window.domain.horizons import HorizonSet, sphere_horizons
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.window_requests import WindowRequest, check_window_request
from malapert_comms_window.domain.windows import Window, WindowFilter, WindowSet, WindowSummary, summarise
from malapert_comms_window.geometry.conditions import SearchSpan
from malapert_comms_window.services.ports import Announcer, Clock, HorizonSource
from malapert_comms_window.services.registry.orbiters import OrbiterService
from malapert_comms_window.services.windows.provenance import provenance_of, window_set_id_of
from malapert_comms_window.services.windows.searches import Inputs, stages_of
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore


class WindowService:
    """Computes, stores and returns windows.

    Parameters
    ----------
    database : Database
    window_sets : WindowSetStore
    stations : StationStore
    orbiters : OrbiterService
    ephemeris : Ephemeris
    horizons : HorizonSource
    announcer : Announcer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        window_sets: WindowSetStore,
        stations: StationStore,
        orbiters: OrbiterService,
        ephemeris: Ephemeris,
        horizons: HorizonSource,
        announcer: Announcer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._window_sets = window_sets
        self._stations = stations
        self._orbiters = orbiters
        self._ephemeris = ephemeris
        self._horizons = horizons
        self._announcer = announcer
        self._audit = audit
        self._clock = clock

    async def check(self, request: WindowRequest) -> tuple[Station, ...]:
        """Check a request before it is taken, and return its stations in order.

        Raises
        ------
        InvalidInputError
            ``INVALID_WINDOW_REQUEST`` with every fault.
        """
        first, last = (utc_datetime(edge) for edge in self._ephemeris.span_utc_s)
        async with self._database.reading() as session:
            stations = await self._stations.find(session, request.all_station_ids)
        stations = {**{station.station_id: station for station in request.own_stations}, **stations}
        check_window_request(request, stations, await self._orbiters.find(request.orbiter_ids), (first, last))
        return tuple(stations[station_id] for station_id in request.all_station_ids)

    async def compute(self, context: OperationContext, request: WindowRequest) -> str:
        """Compute the windows of a request, or find the set that has them, and return the set's identifier."""
        stations = await self.check(request)
        context.stage("horizons", "Asking for the skylines")
        array, antenna = await self._skylines(request)
        motions = await self._orbiters.motions(request.orbiter_ids)
        span = SearchSpan(
            utc_seconds(request.start_time),
            utc_seconds(request.end_time),
            request.profile_step_s,
            request.clock_error_s,
        )
        inputs = Inputs(request, span, array, antenna, stations, motions, self._ephemeris)
        provenance = provenance_of(inputs, self._clock())
        window_set_id = window_set_id_of(request, provenance, context.identity.agency_id)
        async with self._database.reading() as session:
            if await self._window_sets.find(session, window_set_id) is not None:
                return window_set_id
        try:
            windows, summaries = await self._search(context, inputs)
        except EphemerisSpanError as error:
            fault = Fault("span", "OUTSIDE_ORBIT", str(error))
            raise InvalidInputError("INVALID_WINDOW_REQUEST", str(error), faults=[fault]) from error
        window_set = WindowSet(window_set_id, context.identity.agency_id, request, tuple(summaries), provenance)
        context.stage("store", "Storing the windows")
        async with context.finish(window_set_id) as session:
            if await self._window_sets.add(session, window_set, windows):
                self._announcer.windows_changed(session, window_set, len(windows))
                self._audit.record(
                    session,
                    "windows.computed",
                    entity_kind="window_set",
                    entity_id=window_set_id,
                    mission_id=request.mission_id,
                )
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
        if request.on_sphere or not places:
            heights = (request.array_height_m, request.antenna_height_m)
            array, antenna = (sphere_horizons(places, height_m) for height_m in heights)
            return array, antenna
        array = await self._horizons.horizons(stack_id, places, request.array_height_m)
        if request.antenna_height_m == request.array_height_m:
            return array, array
        return array, await self._horizons.horizons(stack_id, places, request.antenna_height_m)

    async def _search(self, context: OperationContext, inputs: Inputs) -> tuple[list[Window], list[WindowSummary]]:
        windows: list[Window] = []
        summaries: list[WindowSummary] = []
        span = (inputs.request.start_time, inputs.request.end_time)
        for stage in await asyncio.to_thread(stages_of, inputs):
            context.stage(stage.name, stage.title)
            for done, search in enumerate(stage.searches):
                context.raise_if_cancelled()
                context.progress(done / len(stage.searches), " ".join(end for end in search.ends if end))
                found = await asyncio.to_thread(search.run)
                windows += found
                summaries += [
                    summarise([window for window in found if window.kind is kind], kind, search.ends, span)
                    for kind in search.kinds
                ]
        return windows, summaries
