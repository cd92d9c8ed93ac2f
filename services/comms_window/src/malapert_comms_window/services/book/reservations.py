"""Reserving contacts. Calls that come at once share one transaction, in the order of their coming.

Each call still gets all of its contacts or none: whether it may is decided in memory, under the locks of all antennas
concerned, before anything is written. What fails as a whole, such as the database, fails for every call in it.
"""

import asyncio
import contextvars
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from malapert_core.db.database import Database
from malapert_core.db.idempotency import Remembered, recall_all, remember_all
from malapert_core.errors import ConflictError, Fault, InvalidInputError, MalapertError
from malapert_core.policy.identity import Identity
from malapert_core.timestamps import EARLIEST_TIME, LATEST_TIME
from malapert_core.vocabulary.identifiers import new_identifier
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import (
    Contact,
    ContactRequest,
    ContactState,
    check_contact_requests,
    contact_conflict,
    occupied_interval,
)
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.domain.windows import Window
from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.antenna_book import AntennaBook
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.outages import OutageStore
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore

MAX_HOLD_S = 90 * 86_400.0
_CALLS_AT_ONCE = 64
_LINGER_S = 0.02
_ALTERNATES_IN_REFUSAL = 3


@dataclass(frozen=True, slots=True)
class Reservation:
    """All contacts that are asked for at once; a hold of 0 s means the default.

    `request_hash` is the content of the whole call, by which a repeated key is told from a reused one.
    """

    idempotency_key: str
    request_hash: str
    mission_id: str
    plan_id: str
    requests: tuple[ContactRequest, ...]
    commit: bool
    hold_s: float


@dataclass(slots=True)
class _Call:
    """One call that waits: what it asks, for whom, and where its answer goes."""

    reservation: Reservation
    identity: Identity
    answer: asyncio.Future[list[Contact]]
    # Events carry the trace of the call that they were decided in.
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    @property
    def scope(self) -> str:
        return f"reserve_contacts:{self.identity.agency_id}"


@dataclass(frozen=True, slots=True)
class _Known:
    """State that a transaction reads before it decides."""

    stations: Mapping[str, Station]
    windows: Mapping[tuple[str, str], Window]
    book: AntennaBook
    now: datetime


class ReservationService:
    """Reserves contacts. Whoever changes bookings of an antenna locks it first, so that one of two wins.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    outages : OutageStore
    window_sets : WindowSetStore
    stations : StationStore
    alternates : AlternateFinder
    announcer : Announcer
    clock : Clock
    default_hold_s : float
        How long a tentative contact is held where nothing is asked, seconds.
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        outages: OutageStore,
        window_sets: WindowSetStore,
        stations: StationStore,
        alternates: AlternateFinder,
        announcer: Announcer,
        clock: Clock,
        default_hold_s: float,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._outages = outages
        self._window_sets = window_sets
        self._stations = stations
        self._announcer = announcer
        self._clock = clock
        self._default_hold_s = default_hold_s
        self._alternates = alternates
        self._waiting: deque[_Call] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def reserve(self, reservation: Reservation, identity: Identity) -> list[Contact]:
        """Reserve every asked contact or none, and return them in the order asked.

        Raises
        ------
        InvalidInputError
            ``INVALID_RESERVATION`` or ``INVALID_CONTACTS`` with every fault.
        ConflictError
            ``CONTACT_CONFLICT`` naming what is in the way, with alternates; ``IDEMPOTENCY_KEY_REUSED``.
        """
        _check_reservation(reservation)
        call = _Call(reservation, identity, asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._worker is None:
            self._worker = asyncio.create_task(self._serve(), context=contextvars.Context())
        try:
            return await call.answer
        except MalapertError as refusal:
            if refusal.reason == "CONTACT_CONFLICT":
                refusal.metadata["alternates"] = await self._alternates_text(reservation, refusal)
            raise

    async def _serve(self) -> None:
        """Do the waiting calls until there are none; where calls come thick, wait a little for more of them."""
        count = 0
        try:
            while self._waiting:
                if count > 1 and len(self._waiting) < _CALLS_AT_ONCE // 2:
                    await asyncio.sleep(_LINGER_S)
                count = min(len(self._waiting), _CALLS_AT_ONCE)
                await self._settle([self._waiting.popleft() for _ in range(count)])
        finally:
            self._worker = None

    async def _settle(self, calls: Sequence[_Call]) -> None:
        calls = [call for call in calls if not call.answer.done()]  # those whose callers have gone are not done
        answers: list[list[Contact] | Exception]
        try:
            answers = await self._reserve_all(calls)
        except IntegrityError:
            # The twin of a call, or another call of its key, was done in another process meanwhile: each for itself, so
            # that only that one is told.
            answers = [await self._alone(call) for call in calls]
        except Exception as error:
            answers = [error] * len(calls)
        for call, answer in zip(calls, answers, strict=True):
            if call.answer.done():
                continue
            if isinstance(answer, Exception):
                call.answer.set_exception(answer)
            else:
                call.answer.set_result(answer)

    async def _alone(self, call: _Call) -> list[Contact] | Exception:
        """Reserve for one call, and return its contacts or its refusal."""
        try:
            return (await self._reserve_all([call]))[0]
        except IntegrityError:
            key = call.reservation.idempotency_key
            message = f"a request with key {key!r} was just finished; ask again"
            return ConflictError("IDEMPOTENCY_KEY_IN_USE", message, metadata={"key": key})
        except Exception as error:
            return error

    async def _reserve_all(self, calls: Sequence[_Call]) -> list[list[Contact] | Exception]:
        """Reserve for each call, in one transaction, and return its contacts or its refusal."""
        if not calls:
            return []
        asked = [request for call in calls for request in call.reservation.requests]
        keys = [(call.scope, call.reservation.idempotency_key) for call in calls]
        async with self._database.transaction() as session:
            stations = await self._stations.find(session, {request.station_id for request in asked})
            await self._contacts.lock_antennas(session, stations)
            # Asked once the antennas are locked: a twin of a call has then either ended or not begun.
            earlier = await recall_all(session, keys)
            known = await self._known(session, asked, stations)
            answers: list[list[Contact] | Exception] = []
            booked: list[Contact] = []
            fresh: dict[tuple[str, str], Remembered] = {}
            for call in calls:
                try:
                    answer = await self._answer(session, call, known, earlier, booked)
                except MalapertError as refusal:
                    answers.append(refusal)
                    continue
                answers.append(answer)
                key = (call.scope, call.reservation.idempotency_key)
                if key not in earlier:
                    content = json.dumps([contact.contact_id for contact in answer]).encode()
                    earlier[key] = fresh[key] = Remembered(call.reservation.request_hash, content)
            await self._contacts.add(session, booked)
            await remember_all(session, fresh)
        return answers

    async def _known(
        self, session: AsyncSession, asked: Sequence[ContactRequest], stations: Mapping[str, Station]
    ) -> _Known:
        keys = {request.window_key for request in asked if request.window_id}
        spans = [
            (request.station_id, *occupied_interval(request, stations[request.station_id]))
            for request in asked
            if request.station_id in stations and request.start_time < request.end_time
        ]
        now = self._clock()
        book = await AntennaBook.read(session, self._contacts, self._outages, spans, now)
        return _Known(stations, await self._window_sets.find_windows(session, keys), book, now)

    async def _answer(
        self,
        session: AsyncSession,
        call: _Call,
        known: _Known,
        earlier: Mapping[tuple[str, str], Remembered],
        booked: list[Contact],
    ) -> list[Contact]:
        """Return a call's contacts: those of its twin, or new ones, which are added to `booked` and to the book."""
        reservation = call.reservation
        twin = earlier.get((call.scope, reservation.idempotency_key))
        if twin is not None:
            contact_ids: list[str] = json.loads(
                twin.response_for(reservation.idempotency_key, reservation.request_hash)
            )
            here = {contact.contact_id: contact for contact in booked}
            stored = await self._contacts.find_all(session, [each for each in contact_ids if each not in here])
            return [here.get(contact_id) or stored[contact_id] for contact_id in contact_ids]
        contacts = self._book(call, known)
        for contact in contacts:
            known.book.add(contact)
            if reservation.commit:
                call.context.run(self._announcer.contact_committed, session, contact)
        booked.extend(contacts)
        return contacts

    def _book(self, call: _Call, known: _Known) -> list[Contact]:
        reservation = call.reservation
        check_contact_requests(reservation.requests, known.stations, known.windows, known.now)
        conflicts = [
            (index, obstacle)
            for index, request in enumerate(reservation.requests)
            for obstacle in known.book.conflicts(
                request.station_id, *occupied_interval(request, known.stations[request.station_id])
            )
        ]
        if conflicts:
            raise contact_conflict(conflicts)
        hold_until = known.now + timedelta(seconds=reservation.hold_s or self._default_hold_s)
        contacts = []
        for request in reservation.requests:
            start, end = occupied_interval(request, known.stations[request.station_id])
            contacts.append(
                Contact(
                    contact_id=new_identifier(),
                    station_id=request.station_id,
                    asset_id=request.asset_id,
                    mission_id=reservation.mission_id,
                    agency_id=call.identity.agency_id,
                    start_time=request.start_time,
                    end_time=request.end_time,
                    occupied_start_time=start,
                    occupied_end_time=end,
                    state=ContactState.COMMITTED if reservation.commit else ContactState.TENTATIVE,
                    version=1,
                    hold_until_time=None if reservation.commit else hold_until,
                    plan_id=reservation.plan_id,
                    window_set_id=request.window_set_id,
                    window_id=request.window_id,
                    updated_time=known.now,
                )
            )
        return contacts

    async def _alternates_text(self, reservation: Reservation, refusal: MalapertError) -> str:
        """Return alternates of the first request that something is in the way of, as JSON."""
        index = int(refusal.faults[0].path.removeprefix("requests[").removesuffix("]"))
        found = await self._alternates.find(reservation.requests[index], _ALTERNATES_IN_REFUSAL)
        return json.dumps(
            [
                {
                    "station_id": each.station_id,
                    "start_time": each.start_time.isoformat(),
                    "end_time": each.end_time.isoformat(),
                    "window_id": each.window_id,
                }
                for each in found
            ]
        )


def _check_reservation(reservation: Reservation) -> None:
    faults = []
    if not reservation.idempotency_key:
        faults.append(Fault("idempotency_key", "MISSING", "a key that makes a repeated call harmless is needed"))
    if not reservation.mission_id:
        faults.append(Fault("mission_id", "MISSING", "the mission is needed"))
    if not 0.0 <= reservation.hold_s <= MAX_HOLD_S:
        faults.append(Fault("hold_s", "OUT_OF_RANGE", f"{reservation.hold_s} is not in 0 to {MAX_HOLD_S:g} seconds"))
    for index, request in enumerate(reservation.requests):
        faults += [
            Fault(f"requests[{index}].{name}", "INVALID_TIME", f"{time.isoformat()} is beyond the years that are taken")
            for name, time in (("start_time", request.start_time), ("end_time", request.end_time))
            if not EARLIEST_TIME <= time < LATEST_TIME
        ]
    if faults:
        raise InvalidInputError("INVALID_RESERVATION", f"the reservation has {len(faults)} faults", faults=faults)
