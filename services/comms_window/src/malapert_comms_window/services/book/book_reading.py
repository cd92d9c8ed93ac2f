"""Reading and locking what decisions on reservations need."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contact_requests import BOOKABLE_KINDS, KnownWindows, Span, occupied_interval
from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.services.book.agreement_book import AgreementBook
from malapert_comms_window.services.book.antenna_book import AntennaBook
from malapert_comms_window.services.book.decisions import Asking, Known
from malapert_comms_window.services.book.holds import HoldLimits, HoldTally
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.storage.agreements import AgreementStore
from malapert_comms_window.storage.contacts import AntennaSpan, ContactStore
from malapert_comms_window.storage.outages import OutageStore
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore


class BookReader:
    """Reads the book under the locks of the antennas and of the agencies that book.

    Parameters
    ----------
    contacts : ContactStore
    outages : OutageStore
    window_sets : WindowSetStore
    stations : StationStore
    agreements : AgreementStore
    limits : HoldLimits
    clock : Clock
    """

    def __init__(
        self,
        contacts: ContactStore,
        outages: OutageStore,
        window_sets: WindowSetStore,
        stations: StationStore,
        agreements: AgreementStore,
        limits: HoldLimits,
        clock: Clock,
    ) -> None:
        self._contacts = contacts
        self._outages = outages
        self._window_sets = window_sets
        self._stations = stations
        self._agreements = agreements
        self._limits = limits
        self._clock = clock

    async def locked(self, session: AsyncSession, askings: Sequence[Asking]) -> Known:
        """Lock what reservations concern, and return what is known of it then."""
        requests = [request for asking in askings for request in asking.reservation.requests]
        stations = await self._stations.find(session, {request.station_id for request in requests})
        agencies = {asking.identity.agency_id for asking in askings}
        await self._contacts.lock_bookers(session, stations, agencies)
        return await self.known(session, askings, stations, agencies)

    async def known(
        self,
        session: AsyncSession,
        askings: Sequence[Asking],
        stations: Mapping[str, Station],
        agencies: Collection[str],
    ) -> Known:
        """Return what is known of antennas and agencies that are locked."""
        requests = [request for asking in askings for request in asking.reservation.requests]
        spans = [
            (request.station_id, *occupied_interval(request, stations[request.station_id]))
            for request in requests
            if request.station_id in stations and request.start_time < request.end_time
        ]
        now = self._clock()
        return Known(
            stations=stations,
            windows=await self._windows(session, askings, stations),
            contacts={},
            book=await AntennaBook.read(session, self._contacts, self._outages, spans, now),
            agreements=await self.agreement_book(session, agencies, spans),
            holds=HoldTally(self._limits, await self._contacts.holds_of(session, agencies, now)),
            now=now,
        )

    async def agreement_book(
        self, session: AsyncSession, agency_ids: Collection[str], spans: Collection[AntennaSpan]
    ) -> AgreementBook:
        """Return the agreements of agencies that are locked, within the spans that they book."""
        span = (min(each[1] for each in spans), max(each[2] for each in spans)) if spans else None
        return await AgreementBook.read(session, self._agreements, self._contacts, agency_ids, span)

    async def present(self, session: AsyncSession, known: Known, contact_ids: Sequence[str]) -> list[Contact]:
        """Return contacts as they stand, those that the transaction is about to write included."""
        absent = [each for each in contact_ids if each not in known.contacts]
        stored = await self._contacts.find_all(session, absent) if absent else {}
        return [known.contacts.get(contact_id) or stored[contact_id] for contact_id in contact_ids]

    async def _windows(
        self, session: AsyncSession, askings: Sequence[Asking], stations: Mapping[str, Station]
    ) -> dict[str, KnownWindows]:
        """Return the windows that the requests for each mission may lie in."""
        named: dict[str, set[tuple[str, str]]] = defaultdict(set)
        wide: dict[str, dict[tuple[str, str], Span]] = defaultdict(dict)
        for asking in askings:
            mission_id = asking.reservation.mission_id
            for request in asking.reservation.requests:
                if request.window_id:
                    named[mission_id].add(request.window_key)
                elif not request.unchecked and request.station_id in stations:
                    key = request.window_set_id, request.station_id
                    wide[mission_id][key] = _widened(wide[mission_id].get(key), (request.start_time, request.end_time))
        return {
            mission_id: KnownWindows(
                await self._window_sets.windows_of_mission(session, mission_id, named[mission_id]),
                {
                    key: await self._window_sets.joined_spans(session, mission_id, *key, span, BOOKABLE_KINDS)
                    for key, span in wide[mission_id].items()
                },
            )
            for mission_id in {asking.reservation.mission_id for asking in askings}
        }


def _widened(span: Span | None, other: tuple[datetime, datetime]) -> Span:
    return other if span is None else (min(span[0], other[0]), max(span[1], other[1]))
