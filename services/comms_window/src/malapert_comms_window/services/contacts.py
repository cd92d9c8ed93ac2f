"""The contact book: reserving, committing, giving back and listing contacts."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from malapert_core.database import Database
from malapert_core.errors import Fault, InvalidInputError, NotFoundError, PreconditionError
from malapert_core.idempotency import recall, remember
from malapert_core.identifiers import new_identifier
from malapert_core.identity import Identity
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
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.storage.contacts import ContactFilter, ContactStore
from malapert_comms_window.storage.window_sets import WindowSetStore

MAX_HOLD_S = 90 * 86_400.0


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


class ContactService:
    """Keeps the contact book. Whoever changes bookings of an antenna locks it first, so that one of two wins.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    window_sets : WindowSetStore
    stations : mapping of str to Station
        The catalogue by identifier.
    announcer : Announcer
    clock : Clock
    default_hold_s : float
        How long a tentative contact is held where nothing is asked, seconds.
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        window_sets: WindowSetStore,
        stations: Mapping[str, Station],
        announcer: Announcer,
        clock: Clock,
        default_hold_s: float,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._window_sets = window_sets
        self._stations = stations
        self._announcer = announcer
        self._clock = clock
        self._default_hold_s = default_hold_s

    async def reserve(self, reservation: Reservation, identity: Identity) -> list[Contact]:
        """Reserve every asked contact or none, and return them in the order asked.

        Raises
        ------
        InvalidInputError
            ``INVALID_RESERVATION`` or ``INVALID_CONTACTS`` with every fault.
        ConflictError
            ``CONTACT_CONFLICT`` naming the contacts in the way; ``IDEMPOTENCY_KEY_REUSED``.
        """
        _check_reservation(reservation)
        requests = reservation.requests
        scope = f"reserve_contacts:{identity.agency_id}"
        async with self._database.transaction() as session:
            known = [request.station_id for request in requests if request.station_id in self._stations]
            await self._contacts.lock_antennas(session, known)
            # Asked once the antennas are locked: a twin of this call has then either ended or not begun.
            earlier = await recall(session, reservation.idempotency_key, scope, reservation.request_hash)
            if earlier is not None:
                return await self._in_order(session, json.loads(earlier))
            keys = {request.window_key for request in requests if request.window_id}
            windows = await self._window_sets.find_windows(session, keys)
            now = self._clock()
            check_contact_requests(requests, self._stations, windows, now)
            await self._refuse_conflicts(session, requests, now)
            contacts = [self._booked(request, reservation, identity, now) for request in requests]
            await self._contacts.add(session, contacts)
            if reservation.commit:
                for contact in contacts:
                    self._announcer.contact_committed(session, contact)
            answer = json.dumps([contact.contact_id for contact in contacts]).encode()
            await remember(session, reservation.idempotency_key, scope, reservation.request_hash, answer)
        return contacts

    async def commit(self, contact_ids: Sequence[str], identity: Identity) -> list[Contact]:
        """Commit tentative contacts, all or none; one that is committed already stays as it is.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_CONTACT`` where there is none, or it is another agency's.
        PreconditionError
            ``CONTACTS_NOT_HELD`` with every contact whose hold has ended.
        """
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, identity)
            lost = [
                (index, contact)
                for index, contact in enumerate(contacts)
                if contact.state_at(now) not in (ContactState.TENTATIVE, ContactState.COMMITTED, ContactState.ACTIVE)
            ]
            if lost:
                raise _not_held("they no longer hold their antennas", lost, now)
            for contact in contacts:
                if contact.state is ContactState.TENTATIVE:
                    after = replace(
                        contact, state=ContactState.COMMITTED, version=contact.version + 1, hold_until_time=None
                    )
                    await self._contacts.change(session, contact, after)
                    self._announcer.contact_committed(session, after)
            return await self._in_order(session, contact_ids)

    async def release(self, contact_ids: Sequence[str], reason: str, identity: Identity) -> list[Contact]:
        """Give contacts back, all or none; one that was given back already stays as it is.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_CONTACT`` where there is none, or it is another agency's.
        PreconditionError
            ``CONTACTS_NOT_HELD`` with every contact that has ended.
        """
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, identity)
            ended = [
                (index, contact)
                for index, contact in enumerate(contacts)
                if contact.state_at(now) in (ContactState.COMPLETED, ContactState.FAILED, ContactState.REJECTED)
            ]
            if ended:
                raise _not_held("they have ended", ended, now)
            for contact in contacts:
                if contact.state is not ContactState.CANCELLED:
                    after = replace(
                        contact,
                        state=ContactState.CANCELLED,
                        version=contact.version + 1,
                        hold_until_time=None,
                        release_reason=reason,
                    )
                    await self._contacts.change(session, contact, after)
                    self._announcer.contact_released(session, after)
            return await self._in_order(session, contact_ids)

    async def page(self, wanted: ContactFilter, *, only_holding: bool, limit: int) -> list[Contact]:
        """Return contacts in order of their occupied start."""
        wanted = replace(wanted, only_holding_at=self._clock() if only_holding else None)
        async with self._database.reading() as session:
            return await self._contacts.page(session, wanted, limit)

    async def _refuse_conflicts(self, session: AsyncSession, requests: Sequence[ContactRequest], now: datetime) -> None:
        occupied = [occupied_interval(request, self._stations[request.station_id]) for request in requests]
        existing = await self._contacts.overlapping(
            session,
            {request.station_id for request in requests},
            min(start for start, _ in occupied),
            max(end for _, end in occupied),
        )
        by_station: dict[str, list[Contact]] = defaultdict(list)
        for contact in existing:
            if contact.holds_antenna_at(now):
                by_station[contact.station_id].append(contact)
        conflicts = [
            (index, contact)
            for index, (request, (start, end)) in enumerate(zip(requests, occupied, strict=True))
            for contact in by_station[request.station_id]
            if contact.overlaps(start, end)
        ]
        if conflicts:
            raise contact_conflict(conflicts)

    def _booked(self, request: ContactRequest, reservation: Reservation, identity: Identity, now: datetime) -> Contact:
        start, end = occupied_interval(request, self._stations[request.station_id])
        hold = timedelta(seconds=reservation.hold_s or self._default_hold_s)
        return Contact(
            contact_id=new_identifier(),
            station_id=request.station_id,
            asset_id=request.asset_id,
            mission_id=reservation.mission_id,
            agency_id=identity.agency_id,
            start_time=request.start_time,
            end_time=request.end_time,
            occupied_start_time=start,
            occupied_end_time=end,
            state=ContactState.COMMITTED if reservation.commit else ContactState.TENTATIVE,
            version=1,
            hold_until_time=None if reservation.commit else now + hold,
            plan_id=reservation.plan_id,
        )

    async def _locked(
        self, session: AsyncSession, contact_ids: Sequence[str], identity: Identity
    ) -> tuple[list[Contact], datetime]:
        """Return contacts as they stand once their antennas are locked, and the instant after."""
        seen = await self._in_order(session, contact_ids)
        for contact in seen:
            if contact.agency_id != identity.agency_id and not identity.sees_all_agencies:
                raise NotFoundError("contact", contact.contact_id)
        await self._contacts.lock_antennas(session, [contact.station_id for contact in seen])
        return await self._in_order(session, dict.fromkeys(contact_ids)), self._clock()

    async def _in_order(self, session: AsyncSession, contact_ids: Sequence[str] | dict[str, None]) -> list[Contact]:
        found = await self._contacts.find_all(session, list(contact_ids))
        for contact_id in contact_ids:
            if contact_id not in found:
                raise NotFoundError("contact", contact_id)
        return [found[contact_id] for contact_id in contact_ids]


def _check_reservation(reservation: Reservation) -> None:
    faults = []
    if not reservation.idempotency_key:
        faults.append(Fault("idempotency_key", "MISSING", "a key that makes a repeated call harmless is needed"))
    if not reservation.mission_id:
        faults.append(Fault("mission_id", "MISSING", "the mission is needed"))
    if not 0.0 <= reservation.hold_s <= MAX_HOLD_S:
        faults.append(Fault("hold_s", "OUT_OF_RANGE", f"{reservation.hold_s} is not in 0 to {MAX_HOLD_S:g} seconds"))
    if faults:
        raise InvalidInputError("INVALID_RESERVATION", f"the reservation has {len(faults)} faults", faults=faults)


def _not_held(what: str, contacts: Sequence[tuple[int, Contact]], now: datetime) -> PreconditionError:
    faults = [
        Fault(f"contact_ids[{index}]", "NOT_HELD", f"contact {contact.contact_id} is {contact.state_at(now)}")
        for index, contact in contacts
    ]
    return PreconditionError("CONTACTS_NOT_HELD", f"{len(faults)} contacts cannot be changed: {what}", faults=faults)
