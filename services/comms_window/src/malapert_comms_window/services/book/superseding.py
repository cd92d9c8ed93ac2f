"""Superseding: a plan takes over the contacts of the plan that it replaces, in one transaction."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.db.idempotency import recall, remember
from malapert_core.errors import ConflictError, Fault, InvalidInputError
from malapert_core.policy.identity import Identity
from malapert_core.vocabulary.identifiers import new_identifier
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
from malapert_comms_window.services.book.antenna_book import AntennaBook
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.outages import OutageStore
from malapert_comms_window.storage.stations import StationStore
from malapert_comms_window.storage.window_sets import WindowSetStore

_PROMISED = (ContactState.COMMITTED, ContactState.ACTIVE, ContactState.COMPLETED)
_LOST = (ContactState.REJECTED, ContactState.CANCELLED, ContactState.FAILED)


@dataclass(frozen=True, slots=True)
class Superseding:
    """Request that a plan take over from another one of its mission, with all contacts of the plan that takes over."""

    idempotency_key: str
    request_hash: str
    mission_id: str
    plan_id: str
    superseded_plan_id: str
    requests: tuple[ContactRequest, ...]


@dataclass(frozen=True, slots=True)
class Superseded:
    """Outcome of a superseding: the contacts in the order asked, None for one that began and was never booked.

    ``done`` is False while owners have yet to consent: what is new is held, and nothing is given back.
    """

    contacts: tuple[Contact | None, ...]
    dropped: tuple[Contact, ...]
    done: bool


@dataclass(frozen=True, slots=True)
class _Book:
    """Bookings of both plans under the locks of their antennas, and the instant at which they stand so."""

    old: tuple[Contact, ...]
    new: tuple[Contact, ...]
    stations: Mapping[str, Station]
    now: datetime


class SupersedingService:
    """Lets plans take over from plans.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    outages : OutageStore
    window_sets : WindowSetStore
    stations : StationStore
    announcer : Announcer
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        outages: OutageStore,
        window_sets: WindowSetStore,
        stations: StationStore,
        announcer: Announcer,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._outages = outages
        self._window_sets = window_sets
        self._stations = stations
        self._announcer = announcer
        self._clock = clock

    async def supersede(self, asked: Superseding, identity: Identity) -> Superseded:
        """Give a plan its contacts in place of those of the plan that it supersedes, all or nothing.

        Raises
        ------
        InvalidInputError
            ``INVALID_SUPERSEDING`` or ``INVALID_CONTACTS`` with every fault.
        ConflictError
            ``CONTACT_CONFLICT`` naming everything in the way; ``CONTACTS_REFUSED`` where owners refused what was held
            for the plan, or its hold ran out: what was new is given back, what was there stays;
            ``IDEMPOTENCY_KEY_REUSED``.
        """
        _check(asked)
        async with self._database.transaction() as session:
            book = await self._locked(session, asked)
            # The key is of the two plans, whoever of the mission asks again.
            scope = f"supersede_contacts:{asked.mission_id}"
            earlier = await recall(session, asked.idempotency_key, scope, asked.request_hash)
            if earlier is not None:
                return await self._as_done(session, json.loads(earlier))
            held = await recall(session, asked.idempotency_key, f"{scope}:held", asked.request_hash)
            if refused := _refused(book, json.loads(held) if held else ()):
                await self._give_back(session, book.new, book.now, "another contact of the plan was refused")
            else:
                outcome = await self._taken_over(session, asked, book, identity, scope)
                if not outcome.done and held is None:
                    content = json.dumps([each.contact_id for each in outcome.contacts if each is not None]).encode()
                    key = asked.idempotency_key
                    await remember(session, key, f"{scope}:held", asked.request_hash, content)
                return outcome
        raise _refusal(refused)

    async def _locked(self, session: AsyncSession, asked: Superseding) -> _Book:
        plan_ids = (asked.plan_id, asked.superseded_plan_id)
        seen = await self._contacts.of_plans(session, plan_ids)
        named = {request.station_id for request in asked.requests} | {contact.station_id for contact in seen}
        stations = await self._stations.find(session, named)
        await self._contacts.lock_antennas(session, stations)
        contacts = await self._contacts.of_plans(session, plan_ids)
        foreign = [contact.contact_id for contact in contacts if contact.mission_id != asked.mission_id]
        if foreign:
            message = f"{len(foreign)} contacts of the plans are of another mission"
            fault = Fault("mission_id", "WRONG_MISSION", message)
            raise InvalidInputError("INVALID_SUPERSEDING", "the plans are not of the mission", faults=[fault])
        old, new = (tuple(each for each in contacts if each.plan_id == plan_id) for plan_id in reversed(plan_ids))
        return _Book(old, new, stations, self._clock())

    async def _taken_over(
        self, session: AsyncSession, asked: Superseding, book: _Book, identity: Identity, scope: str
    ) -> Superseded:
        found = _matched(asked.requests, book)
        wanted = [
            index
            for index, request in enumerate(asked.requests)
            if index not in found and request.start_time > book.now
        ]
        booked = await self._booked(session, asked, book, wanted, found, identity)
        found |= booked
        contacts = tuple(found.get(index) for index in range(len(asked.requests)))
        if any(each is not None and each.state_at(book.now) not in _PROMISED for each in contacts):
            return Superseded(contacts, (), done=False)
        kept = {each.contact_id for each in contacts if each is not None}
        going = [each for each in (*book.old, *book.new) if each.contact_id not in kept and _may_go(each, book.now)]
        dropped = await self._give_back(session, going, book.now, f"superseded by plan {asked.plan_id}")
        owned = [each if each is None else await self._handed_over(session, asked, each, book.now) for each in contacts]
        record = [["" if each is None else each.contact_id for each in owned], [each.contact_id for each in dropped]]
        await remember(session, asked.idempotency_key, scope, asked.request_hash, json.dumps(record).encode())
        return Superseded(tuple(owned), tuple(dropped), done=True)

    async def _booked(
        self,
        session: AsyncSession,
        asked: Superseding,
        book: _Book,
        wanted: Sequence[int],
        found: Mapping[int, Contact],
        identity: Identity,
    ) -> dict[int, Contact]:
        """Book what is new, beside the contacts that it takes the place of."""
        if not wanted:
            return {}
        requests = [asked.requests[index] for index in wanted]
        keys = {request.window_key for request in requests if request.window_id}
        windows = await self._window_sets.find_windows(session, keys)
        try:
            check_contact_requests(requests, book.stations, windows, book.now)
        except InvalidInputError as error:
            raise _at_places_asked(error, wanted) from error
        spans = [
            (request.station_id, *occupied_interval(request, book.stations[request.station_id])) for request in requests
        ]
        antennas = await AntennaBook.read(session, self._contacts, self._outages, spans, book.now)
        kept = {contact.contact_id for contact in found.values()}
        going = {each.contact_id for each in (*book.old, *book.new) if each.contact_id not in kept}
        conflicts = [
            (index, obstacle)
            for index, span in zip(wanted, spans, strict=True)
            for obstacle in antennas.conflicts(*span)
            if obstacle.identifier not in going
        ]
        if conflicts:
            raise contact_conflict(conflicts)
        contacts = {index: _contact(asked, index, book, identity) for index in wanted}
        await self._contacts.add(session, list(contacts.values()))
        for contact in contacts.values():
            self._announcer.contact_committed(session, contact)
        return contacts

    async def _give_back(
        self, session: AsyncSession, contacts: Iterable[Contact], now: datetime, reason: str
    ) -> list[Contact]:
        given_back = []
        for contact in contacts:
            if not _may_go(contact, now):
                continue
            after = contact.changed(ContactState.CANCELLED, now, reason)
            await self._contacts.change(session, contact, after)
            self._announcer.contact_released(session, after)
            given_back.append(after)
        return given_back

    async def _handed_over(self, session: AsyncSession, asked: Superseding, contact: Contact, now: datetime) -> Contact:
        if contact.plan_id == asked.plan_id:
            return contact
        after = replace(contact, plan_id=asked.plan_id, version=contact.version + 1, updated_time=now)
        await self._contacts.change(session, contact, after)
        return after

    async def _as_done(self, session: AsyncSession, record: Sequence[Sequence[str]]) -> Superseded:
        """Return what an earlier call did, as it stands now."""
        contact_ids, dropped_ids = record
        found = await self._contacts.find_all(session, [name for name in (*contact_ids, *dropped_ids) if name])
        contacts = tuple(found[name] if name else None for name in contact_ids)
        return Superseded(contacts, tuple(found[name] for name in dropped_ids), done=True)


def _check(asked: Superseding) -> None:
    names = ("idempotency_key", "mission_id", "plan_id", "superseded_plan_id")
    faults = [Fault(name, "MISSING", "it is needed") for name in names if not getattr(asked, name)]
    if asked.plan_id and asked.plan_id == asked.superseded_plan_id:
        faults.append(Fault("superseded_plan_id", "SAME_PLAN", "a plan does not supersede itself"))
    if faults:
        message = f"the superseding has {len(faults)} faults"
        raise InvalidInputError("INVALID_SUPERSEDING", message, faults=faults)


def _matched(requests: Sequence[ContactRequest], book: _Book) -> dict[int, Contact]:
    """Return by request the booking of either plan that is it already: the same antenna and tracking time."""
    standing = {
        (each.station_id, each.start_time, each.end_time): each
        for each in (*book.old, *book.new)
        if each.state_at(book.now) not in _LOST
    }
    spans = ((request.station_id, request.start_time, request.end_time) for request in requests)
    return {index: standing[span] for index, span in enumerate(spans) if span in standing}


def _may_go(contact: Contact, now: datetime) -> bool:
    """Tell whether a contact can be given back: it holds its antenna, and what has begun is history."""
    return contact.holds_antenna_at(now) and contact.start_time > now


def _refused(book: _Book, held_ids: Collection[str]) -> list[Contact]:
    """Return what an earlier call of the same key held for the new plan and was lost since."""
    return [each for each in book.new if each.contact_id in held_ids and each.state_at(book.now) in _LOST]


def _refusal(refused: Sequence[Contact]) -> ConflictError:
    faults = [Fault(f"contacts[{each.contact_id}]", each.state.upper(), _lost_because(each)) for each in refused]
    message = f"{len(refused)} contacts that were held for the plan were refused or ran out; nothing was changed"
    ids = ",".join(each.contact_id for each in refused)
    return ConflictError("CONTACTS_REFUSED", message, metadata={"contact_ids": ids}, faults=faults)


def _lost_because(contact: Contact) -> str:
    span = f"from {contact.start_time.isoformat()} to {contact.end_time.isoformat()}"
    reason = contact.release_reason or "the hold ran out"
    return f"{contact.station_id} {span}: {reason}"


def _contact(asked: Superseding, index: int, book: _Book, identity: Identity) -> Contact:
    request = asked.requests[index]
    start, end = occupied_interval(request, book.stations[request.station_id])
    return Contact(
        contact_id=new_identifier(),
        station_id=request.station_id,
        asset_id=request.asset_id,
        mission_id=asked.mission_id,
        agency_id=identity.agency_id,
        start_time=request.start_time,
        end_time=request.end_time,
        occupied_start_time=start,
        occupied_end_time=end,
        state=ContactState.COMMITTED,
        version=1,
        hold_until_time=None,
        plan_id=asked.plan_id,
        window_set_id=request.window_set_id,
        window_id=request.window_id,
        updated_time=book.now,
    )


def _at_places_asked(error: InvalidInputError, wanted: Sequence[int]) -> InvalidInputError:
    """Return faults of some of the requests with the places that these have among all."""
    faults = []
    for fault in error.faults:
        number, bracket, rest = fault.path.removeprefix("requests[").partition("]")
        path = f"requests[{wanted[int(number)]}]{rest}" if bracket and number.isdecimal() else fault.path
        faults.append(Fault(path, fault.code, fault.message))
    return InvalidInputError(error.reason, error.message, metadata=error.metadata, faults=faults)
