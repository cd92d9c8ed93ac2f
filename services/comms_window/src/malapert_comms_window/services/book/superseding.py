"""Superseding: a plan takes over the contacts of the plan that it replaces, in one transaction."""

import contextvars
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.db.idempotency import recall, remember
from malapert_core.errors import ConflictError, Fault, InvalidInputError, MalapertError, restored_error
from malapert_core.policy.charter import Part
from malapert_core.policy.charters import Charters, enter
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contact_requests import ContactRequest
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState
from malapert_comms_window.domain.stations import Station
from malapert_comms_window.services.book.book_reading import BookReader
from malapert_comms_window.services.book.decisions import Asking, Decider, Decision, Reservation
from malapert_comms_window.services.book.keeper import ContactKeeper, is_booker
from malapert_comms_window.services.book.writing import BookWriter
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.contacts import ContactStore
from malapert_comms_window.storage.stations import StationStore

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

    ``done`` is False while owners have yet to consent: what is new is held, and nothing is given back. ``left`` are
    contacts of the superseded plan that another agency booked and that the other plan does not hold: they stay booked.
    """

    contacts: tuple[Contact | None, ...]
    dropped: tuple[Contact, ...]
    done: bool
    left: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class _Book:
    """Bookings of both plans under the locks of their antennas, the instant at which they stand so, and who asks."""

    old: tuple[Contact, ...]
    new: tuple[Contact, ...]
    stations: Mapping[str, Station]
    now: datetime
    by: Identity

    def may_go(self, contact: Contact) -> bool:
        """Return whether a contact can be given back: by its booker, while it holds its antenna and has not begun."""
        return is_booker(contact, self.by) and self._is_ahead(contact)

    def going(self, kept: Iterable[Contact | None]) -> list[Contact]:
        """Return what is given back where some contacts are kept."""
        return [each for each in self._without(kept, (*self.old, *self.new)) if self.may_go(each)]

    def left(self, kept: Iterable[Contact | None]) -> list[Contact]:
        """Return what only another agency can give back where some contacts are kept."""
        others = self._without(kept, self.old)
        return [each for each in others if self._is_ahead(each) and not is_booker(each, self.by)]

    def _is_ahead(self, contact: Contact) -> bool:
        return contact.holds_antenna_at(self.now) and contact.start_time > self.now

    def _without(self, kept: Iterable[Contact | None], contacts: Iterable[Contact]) -> list[Contact]:
        kept_ids = {each.contact_id for each in kept if each is not None}
        return [each for each in contacts if each.contact_id not in kept_ids]


class SupersedingService:
    """Lets plans take over from plans.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    stations : StationStore
    reader : BookReader
    decider : Decider
    writer : BookWriter
    keeper : ContactKeeper
    charters : Charters
    owners : StationOwners
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        stations: StationStore,
        reader: BookReader,
        decider: Decider,
        writer: BookWriter,
        keeper: ContactKeeper,
        charters: Charters,
        owners: StationOwners,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._stations = stations
        self._reader = reader
        self._decider = decider
        self._writer = writer
        self._keeper = keeper
        self._charters = charters
        self._owners = owners
        self._clock = clock

    async def supersede(self, asked: Superseding, identity: Identity) -> Superseded:
        """Give a plan its contacts in place of those of the plan that it supersedes, all or nothing.

        A contact that another agency booked for either plan is kept where it is asked for, and else stays as it is:
        only who booked it gives it back, and is told so, as is the owner of its antenna.

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
        charter = await enter(self._charters, identity, asked.mission_id, Part.PLANNER)
        asking = self._asking(asked, identity, charter.asset_ids if charter else ())
        async with self._database.transaction() as session:
            book = await self._locked(session, asked, identity)
            # The key is of the two plans, whoever of the mission asks again.
            scope = f"supersede_contacts:{asked.mission_id}"
            earlier = await recall(session, asked.idempotency_key, scope, asked.request_hash)
            if earlier is not None:
                return await self._as_done(session, json.loads(earlier))
            held = await recall(session, asked.idempotency_key, f"{scope}:held", asked.request_hash)
            if refused := _refused(book, json.loads(held) if held else ()):
                reason = "another contact of the plan was refused"
                await self._give_back(session, [each for each in book.new if book.may_go(each)], book, reason)
            else:
                outcome = await self._taken_over(session, asked, book, asking, scope)
                if not outcome.done and held is None:
                    content = json.dumps([each.contact_id for each in outcome.contacts if each is not None]).encode()
                    key = asked.idempotency_key
                    await remember(session, key, f"{scope}:held", asked.request_hash, content)
                return outcome
        raise _refusal(refused)

    def _asking(self, asked: Superseding, identity: Identity, asset_ids: Iterable[str]) -> Asking:
        """Return what is asked as a reservation, with all contacts."""
        reservation = Reservation(
            asked.idempotency_key,
            asked.request_hash,
            asked.mission_id,
            asked.plan_id,
            asked.requests,
            commit=True,
            hold_s=0.0,
        )
        owned = self._owners.owned_by(identity.agency_id)
        return Asking(reservation, identity, owned, frozenset(asset_ids), contextvars.copy_context())

    async def _locked(self, session: AsyncSession, asked: Superseding, identity: Identity) -> _Book:
        plan_ids = (asked.plan_id, asked.superseded_plan_id)
        seen = await self._contacts.of_plans(session, plan_ids)
        named = {request.station_id for request in asked.requests} | {contact.station_id for contact in seen}
        stations = await self._stations.find(session, named)
        await self._contacts.lock_bookers(session, stations, [identity.agency_id])
        contacts = await self._contacts.of_plans(session, plan_ids)
        foreign = [contact.contact_id for contact in contacts if contact.mission_id != asked.mission_id]
        if foreign:
            message = f"{len(foreign)} contacts of the plans are of another mission"
            fault = Fault("mission_id", "WRONG_MISSION", message)
            raise InvalidInputError("INVALID_SUPERSEDING", "the plans are not of the mission", faults=[fault])
        old, new = (tuple(each for each in contacts if each.plan_id == plan_id) for plan_id in reversed(plan_ids))
        return _Book(old, new, stations, self._clock(), identity)

    async def _taken_over(
        self, session: AsyncSession, asked: Superseding, book: _Book, asking: Asking, scope: str
    ) -> Superseded:
        found = _matched(asked.requests, book)
        wanted = [
            index
            for index, request in enumerate(asked.requests)
            if index not in found and request.start_time > book.now
        ]
        found |= await self._booked(session, asking, book, wanted, found)
        contacts = tuple(found.get(index) for index in range(len(asked.requests)))
        if any(each is not None and each.state_at(book.now) not in _PROMISED for each in contacts):
            return Superseded(contacts, (), done=False)
        dropped = await self._give_back(session, book.going(contacts), book, f"superseded by plan {asked.plan_id}")
        left = await self._told_left(session, book.left(contacts), book, asked)
        owned = [each if each is None else await self._handed_over(session, asked, each, book) for each in contacts]
        kept_ids = ["" if each is None else each.contact_id for each in owned]
        record = [kept_ids, *([each.contact_id for each in some] for some in (dropped, left))]
        await remember(session, asked.idempotency_key, scope, asked.request_hash, json.dumps(record).encode())
        return Superseded(tuple(owned), tuple(dropped), done=True, left=tuple(left))

    async def _booked(
        self,
        session: AsyncSession,
        asking: Asking,
        book: _Book,
        wanted: Sequence[int],
        found: Mapping[int, Contact],
    ) -> dict[int, Contact]:
        """Book what is new, beside the contacts that it takes the place of."""
        if not wanted:
            return {}
        going = book.going(found.values())
        requests = tuple(asking.reservation.requests[index] for index in wanted)
        free_ids = frozenset(each.contact_id for each in going)
        new = replace(asking, reservation=replace(asking.reservation, requests=requests), free_ids=free_ids)
        try:
            decision = await self._decision(session, new, book, [each for each in going if each in book.old])
            if any(each.state is ContactState.TENTATIVE for each in (*decision.added, *found.values())):
                # What goes keeps its hours until all is done.
                decision = await self._decision(session, new, book, ())
        except MalapertError as error:
            raise _at_places_asked(error, wanted) from error
        await self._writer.write(session, [(new, decision)])
        return dict(zip(wanted, decision.added, strict=True))

    async def _decision(self, session: AsyncSession, asking: Asking, book: _Book, going: Iterable[Contact]) -> Decision:
        """Return the decision on what is new, with the hours returned that contacts which go have of agreements."""
        known = await self._reader.known(session, [asking], book.stations, {asking.identity.agency_id})
        for contact in going:
            after = contact.changed(ContactState.CANCELLED, ContactCause.RELEASED, book.now)
            known.agreements.give_back(contact, after)
        return self._decider.decide(asking, known)

    async def _give_back(
        self, session: AsyncSession, contacts: Iterable[Contact], book: _Book, reason: str
    ) -> list[Contact]:
        return [
            await self._keeper.change(
                session,
                contact,
                contact.changed(ContactState.CANCELLED, ContactCause.RELEASED, book.now, reason),
                book.by,
            )
            for contact in contacts
        ]

    async def _told_left(
        self, session: AsyncSession, contacts: Iterable[Contact], book: _Book, asked: Superseding
    ) -> list[Contact]:
        """Tell who booked contacts, and who owns their antennas, that the plan which took over does not hold them."""
        reason = f"plan {asked.plan_id}, which superseded plan {asked.superseded_plan_id}, does not hold it"
        return [
            await self._keeper.change(session, contact, contact.superseded(book.now, reason), book.by)
            for contact in contacts
        ]

    async def _handed_over(self, session: AsyncSession, asked: Superseding, contact: Contact, book: _Book) -> Contact:
        if contact.plan_id == asked.plan_id:
            return contact
        return await self._keeper.hand_over(session, contact, asked.plan_id, book.now, book.by)

    async def _as_done(self, session: AsyncSession, record: Sequence[Sequence[str]]) -> Superseded:
        """Return what an earlier call did, as it stands now."""
        contact_ids, dropped_ids, *rest = record
        # What was done before such contacts were told of has no record of them.
        left_ids = rest[0] if rest else ()
        names = (*contact_ids, *dropped_ids, *left_ids)
        found = await self._contacts.find_all(session, [name for name in names if name])
        contacts = tuple(found[name] if name else None for name in contact_ids)
        dropped, left = (tuple(found[name] for name in some) for some in (dropped_ids, left_ids))
        return Superseded(contacts, dropped, done=True, left=left)


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


def _at_places_asked(error: MalapertError, wanted: Sequence[int]) -> MalapertError:
    """Return faults of some of the requests with the places that these have among all."""
    faults = []
    for fault in error.faults:
        number, bracket, rest = fault.path.removeprefix("requests[").partition("]")
        path = f"requests[{wanted[int(number)]}]{rest}" if bracket and number.isdecimal() else fault.path
        faults.append(Fault(path, fault.code, fault.message))
    return restored_error(error.category, error.reason, error.message, error.metadata, faults)
