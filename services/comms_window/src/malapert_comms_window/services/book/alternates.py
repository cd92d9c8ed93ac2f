"""Alternatives to a contact: free time in its own window, and in the windows of other antennas."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from malapert_core.db.database import Database
from malapert_core.errors import Fault, InvalidInputError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contact_requests import BOOKABLE_KINDS, ContactRequest
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window
from malapert_comms_window.services.book.antenna_book import AntennaBook
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.outages import OutageStore
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore

_AROUND = timedelta(days=1)
_AFTER_NOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Opening:
    """A span of an antenna in which a contact could be tracked."""

    station_id: str
    start_time: datetime
    end_time: datetime
    window_id: str


class AlternateFinder:
    """Finds contacts that could be reserved in place of another.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    outages : OutageStore
    window_sets : WindowSetStore
    stations : StationStore
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        outages: OutageStore,
        window_sets: WindowSetStore,
        stations: StationStore,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._outages = outages
        self._window_sets = window_sets
        self._stations = stations
        self._clock = clock

    async def find(self, request: ContactRequest, limit: int, mission_id: str = "") -> list[ContactRequest]:
        """Return at most so many contacts of the same length, the nearest in time first, then the cheapest.

        Without a window the same antenna is looked at, in the windows of a set or of a mission. Only for a contact that
        is asked for outside of windows it is looked at at any time.

        Raises
        ------
        InvalidInputError
            ``INVALID_CONTACTS`` where the station is not known or the interval is empty.
        """
        async with self._database.reading() as session:
            return await self.find_in(session, request, limit, mission_id)

    async def find_for(self, request: ContactRequest, limit: int, owned_by: Collection[str]) -> list[ContactRequest]:
        """Return what `find` does for whom answers for the antennas of some owners, in the windows that it names.

        Raises
        ------
        InvalidInputError
            ``INVALID_CONTACTS`` with every fault: also where no windows are named, or what is asked for outside of
            windows is not the asker's antenna.
        """
        async with self._database.reading() as session:
            stations = await self._stations.find(session, {request.station_id})
            _refuse([*_faults(request, stations), *_window_faults(request, stations, owned_by)])
            return await self.find_in(session, request, limit)

    async def find_in(
        self, session: AsyncSession, request: ContactRequest, limit: int, mission_id: str = ""
    ) -> list[ContactRequest]:
        """Return what `find` does, by the book as a session sees it."""
        openings = await self._openings(session, request, mission_id)
        stations = await self._stations.find(session, {each.station_id for each in openings} | {request.station_id})
        _refuse(list(_faults(request, stations)))
        now = self._clock()
        spans = [(each.station_id, each.start_time - _AROUND, each.end_time + _AROUND) for each in openings]
        book = await AntennaBook.read(session, self._contacts, self._outages, spans, now)
        found = [
            replace(
                request,
                station_id=opening.station_id,
                start_time=start,
                end_time=start + (request.end_time - request.start_time),
                window_id=opening.window_id,
            )
            for opening in openings
            if opening.station_id in stations
            for start in _starts(opening, stations[opening.station_id], book, request, now)
        ]
        same = (request.station_id, request.start_time)
        return sorted(
            (each for each in found if (each.station_id, each.start_time) != same),
            key=lambda each: (
                abs(each.start_time - request.start_time),
                stations[each.station_id].cost_per_hour.value,
                each.station_id,
            ),
        )[:limit]

    async def _openings(self, session: AsyncSession, request: ContactRequest, mission_id: str) -> list[_Opening]:
        around = (request.start_time - _AROUND, request.end_time + _AROUND)
        if not request.window_id and (mission_id or request.window_set_id) and not request.unchecked:
            joined = await self._window_sets.joined_spans(
                session, mission_id, request.window_set_id, request.station_id, around, BOOKABLE_KINDS
            )
            return [
                _Opening(request.station_id, max(start, around[0]), min(end, around[1]), "") for start, end in joined
            ]
        if not request.window_id:
            return [_Opening(request.station_id, *around, "")] if request.unchecked else []
        windows = await self._window_sets.beside(session, request.window_key, around)
        return [_opening(window, around) for window in windows]


def _opening(window: Window, around: tuple[datetime, datetime]) -> _Opening:
    start, end = max(window.start_time, around[0]), min(window.end_time, around[1])
    return _Opening(window.station_id, start, end, window.window_id)


def _starts(
    opening: _Opening, station: Station, book: AntennaBook, request: ContactRequest, now: datetime
) -> Iterable[datetime]:
    """Yield in each free stretch of an opening the start that is nearest to the asked one."""
    setup, teardown = timedelta(seconds=station.setup_s.value), timedelta(seconds=station.teardown_s.value)
    duration = request.end_time - request.start_time
    taken = sorted((each.start_time - teardown, each.end_time + setup) for each in book.obstacles(opening.station_id))
    for first, last in _free(max(opening.start_time, now + _AFTER_NOW), opening.end_time, taken):
        if last - first >= duration:
            yield min(max(request.start_time, first), last - duration)


def _free(
    start: datetime, end: datetime, taken: Sequence[tuple[datetime, datetime]]
) -> Iterable[tuple[datetime, datetime]]:
    for first, last in taken:
        if first > start:
            yield start, min(first, end)
        start = max(start, last)
        if start >= end:
            return
    if start < end:
        yield start, end


def _faults(request: ContactRequest, stations: Mapping[str, Station]) -> Iterable[Fault]:
    if request.station_id not in stations:
        yield Fault("request.station_id", "UNKNOWN_STATION", f"there is no station {request.station_id!r}")
    if not request.start_time < request.end_time:
        yield Fault("request.interval", "EMPTY_INTERVAL", "it ends not after its start")


def _window_faults(
    request: ContactRequest, stations: Mapping[str, Station], owned_by: Collection[str]
) -> Iterable[Fault]:
    """Yield what keeps a contact from being looked for in windows, or outside of all by the owner of its antenna."""
    if not request.unchecked:
        if not request.window_set_id:
            message = "name the window set in which to look, or let the antenna's owner ask for it unchecked"
            yield Fault("request.window_set_id", "MISSING", message)
        return
    if request.window_id or request.window_set_id:
        yield Fault("request.unchecked", "NOT_USED", "a contact that names windows is looked for in them")
    station = stations.get(request.station_id)
    if station is not None and station.agency_id not in owned_by:
        message = f"only the owner of {request.station_id} has contacts there outside of all windows"
        yield Fault("request.unchecked", "NOT_OWNER", message)


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise InvalidInputError("INVALID_CONTACTS", f"the contact has {len(faults)} faults", faults=faults)
