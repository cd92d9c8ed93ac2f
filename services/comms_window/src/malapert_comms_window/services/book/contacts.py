"""The contact book after reserving: committing, giving back, refusing, withdrawing, reporting and listing contacts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, PreconditionError
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contact_requests import MAX_CONTACTS, ContactRequest
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactChange, ContactState
from malapert_comms_window.domain.rejections import check_reason, check_rejection
from malapert_comms_window.services.book.agreement_book import AgreementBook
from malapert_comms_window.services.book.book_reading import BookReader
from malapert_comms_window.services.book.decisions import Decider
from malapert_comms_window.services.book.keeper import ContactKeeper, is_booker
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.contacts import ContactFilter, ContactStore
from malapert_comms_window.storage.stations import StationStore

_DONE_COMMITTING = (ContactState.COMMITTED, ContactState.ACTIVE)
_Next = Callable[[Contact, datetime], "Contact | Fault | None"]
"""Returns a contact as it becomes, what forbids it, or None where it is so already; the fault's path is set later."""


class ContactService:
    """Changes and lists bookings. Every change is all or none, under the locks of the antennas.

    A call that names versions changes nothing unless they are the present ones; one that is repeated without them
    changes nothing the second time.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    stations : StationStore
    keeper : ContactKeeper
    reader : BookReader
    decider : Decider
    owners : StationOwners
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        stations: StationStore,
        keeper: ContactKeeper,
        reader: BookReader,
        decider: Decider,
        owners: StationOwners,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._stations = stations
        self._keeper = keeper
        self._reader = reader
        self._decider = decider
        self._owners = owners
        self._clock = clock

    async def commit(self, contact_ids: Sequence[str], versions: Sequence[int], identity: Identity) -> list[Contact]:
        """Commit held contacts, as the owner of their antennas or as who booked them; what is committed stays as it is.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_CONTACT`` where there is none, or the caller is no party to it.
        PreconditionError
            ``CONTACTS_NOT_HELD`` with every contact whose hold has ended, ``AWAITING_OWNER`` with every one that its
            booker may not commit itself.
        ConflictError
            ``CONTACT_CHANGED`` where a version is not the present one.
        """
        owned = self._owners.owned_by(identity.agency_id)
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, versions, identity)
            agencies = {contact.agency_id for contact in contacts}
            spans = [(each.station_id, each.occupied_start_time, each.occupied_end_time) for each in contacts]
            agreements = await self._reader.agreement_book(session, agencies, spans)

            def committed(contact: Contact, at: datetime) -> Contact | Fault | None:
                if contact.state_at(at) in _DONE_COMMITTING:
                    return None
                if not contact.may_become(ContactState.COMMITTED, at):
                    return _not_held(contact, ContactState.COMMITTED, at)
                return self._committed(contact, agreements, identity, owned, at)

            await self._change_all(session, contacts, committed, identity, now)
            return await self._in_order(session, contact_ids)

    async def release(
        self, contact_ids: Sequence[str], versions: Sequence[int], reason: str, identity: Identity
    ) -> list[Contact]:
        """Give contacts back, as who booked them; one that no longer stands by then stays as it is.

        Raises as `commit` does.
        """

        def released(contact: Contact, at: datetime) -> Contact | Fault | None:
            if contact.state is ContactState.CANCELLED:
                return None
            if not contact.may_become(ContactState.CANCELLED, at):
                return _not_held(contact, ContactState.CANCELLED, at)
            return contact.changed(ContactState.CANCELLED, ContactCause.RELEASED, at, reason)

        check_reason(reason)
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, versions, identity, only_booker=True)
            contacts = await self._keeper.expire(session, contacts)
            await self._change_all(session, contacts, released, identity, now)
            return await self._in_order(session, contact_ids)

    async def reject(
        self,
        contact_ids: Sequence[str],
        versions: Sequence[int],
        reason: str,
        alternates: Sequence[ContactRequest],
        identity: Identity,
    ) -> list[Contact]:
        """Refuse held contacts and withdraw committed ones, as their antennas' owner. Raises as `commit` does, and

        Raises
        ------
        PermissionDeniedError
            ``FOREIGN_STATION`` where an antenna is another agency's.
        InvalidInputError
            ``INVALID_REJECTION`` without a reason, or with alternates on antennas that are not the owner's.
        PreconditionError
            ``NOTICE_TOO_SHORT`` with every committed contact whose notice can no longer be kept.
        """
        owned = self._owners.owned_by(identity.agency_id)

        def rejected(contact: Contact, at: datetime) -> Contact | Fault | None:
            if contact.cause in (ContactCause.REFUSED, ContactCause.WITHDRAWN):
                return None
            after = _taken_back(contact, at, reason)
            return replace(after, alternates=tuple(alternates)) if isinstance(after, Contact) else after

        async with self._database.transaction() as session:
            stations = await self._stations.find(session, {each.station_id for each in alternates})
            check_rejection(reason, alternates, stations, owned)
            contacts, now = await self._locked(session, contact_ids, versions, identity)
            for contact in contacts:
                self._owners.require(contact.station_id, contact.station_agency_id, identity)
            await self._change_all(session, contacts, rejected, identity, now)
            return await self._in_order(session, contact_ids)

    async def report(self, contact_id: str, reason: str, identity: Identity, *, succeeded: bool) -> Contact:
        """Say how a contact that has begun went, as a party to it. Raises as `commit` does."""
        state = ContactState.COMPLETED if succeeded else ContactState.FAILED

        def reported(contact: Contact, at: datetime) -> Contact | Fault | None:
            if contact.state is state:
                return None
            if not contact.may_become(state, at):
                return _not_held(contact, state, at)
            return contact.changed(state, ContactCause.REPORTED, at, reason)

        check_reason(reason)
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, [contact_id], [], identity)
            await self._change_all(session, contacts, reported, identity, now)
            return (await self._in_order(session, [contact_id]))[0]

    async def get(self, contact_id: str, identity: Identity) -> tuple[Contact, list[ContactChange]]:
        """Return a contact and its history, to a party to it.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_CONTACT`` where there is none, or the caller is no party to it.
        """
        async with self._database.reading() as session:
            (contact,) = await self._in_order(session, [contact_id])
            if not self.is_party(contact, identity):
                raise NotFoundError("contact", contact_id)
            return contact, await self._keeper.history(session, contact_id)

    async def page(self, wanted: ContactFilter, identity: Identity, *, only_holding: bool, limit: int) -> list[Contact]:
        """Return contacts in order of their occupied start; filters tell nobody what is not theirs to know."""
        now = self._clock()
        wanted = replace(
            wanted,
            only_holding_at=now if only_holding else None,
            states_at=now,
            party_agency_id="" if identity.is_service else identity.agency_id,
            owned_agency_ids=self._owners.owned_by(identity.agency_id),
            entered_mission_ids=identity.mission_ids,
        )
        async with self._database.reading() as session:
            return await self._contacts.page(session, wanted, limit)

    def is_party(self, contact: Contact, identity: Identity) -> bool:
        """Return whether a principal may know all of a contact: of who booked it, or of the antenna's owner."""
        if identity.is_service:
            return True
        if not identity.may_enter(contact.mission_id):
            return False
        owned = self._owners.owned_by(identity.agency_id)
        return contact.agency_id == identity.agency_id or contact.station_agency_id in owned

    def _committed(
        self,
        contact: Contact,
        agreements: AgreementBook,
        identity: Identity,
        owned: frozenset[str],
        now: datetime,
    ) -> Contact | Fault:
        """Return a contact as the caller commits it."""
        after = contact.changed(ContactState.COMMITTED, ContactCause.ACCEPTED, now)
        if contact.station_agency_id in owned and contact.agency_id != identity.agency_id:
            return after
        own = contact.station_agency_id in owned
        committed = self._decider.committed(after, agreements, own=own)
        if committed is not None:
            return committed
        owners = " or ".join(self._owners.answering(contact.station_agency_id))
        until = contact.hold_until_time.isoformat() if contact.hold_until_time else "it is given back"
        message = f"contact {contact.contact_id} waits for {owners} until {until}: no agreement covers it"
        return Fault("", "AWAITING_OWNER", message)

    async def _change_all(
        self, session: AsyncSession, contacts: Sequence[Contact], following: _Next, by: Identity, now: datetime
    ) -> None:
        """Change every contact that is not so yet, or raise for all that may not be."""
        pairs: list[tuple[Contact, Contact]] = []
        faults: list[Fault] = []
        for index, contact in enumerate(contacts):
            after = following(contact, now)
            if isinstance(after, Fault):
                faults.append(Fault(f"contact_ids[{index}]", after.code, after.message))
            elif after is not None:
                pairs.append((contact, after))
        if faults:
            raise PreconditionError(*_REFUSALS[faults[0].code], faults=faults)
        for before, after in pairs:
            await self._keeper.change(session, before, after, by)

    async def _locked(
        self,
        session: AsyncSession,
        contact_ids: Sequence[str],
        versions: Sequence[int],
        identity: Identity,
        *,
        only_booker: bool = False,
    ) -> tuple[list[Contact], datetime]:
        """Return contacts as they stand once their antennas and bookers are locked, and the instant after."""
        if len(contact_ids) > MAX_CONTACTS:
            fault = Fault("contact_ids", "TOO_MANY", f"{len(contact_ids)} contacts; allowed: {MAX_CONTACTS}")
            raise InvalidInputError("INVALID_CONTACTS", "too many contacts at once", faults=[fault])
        seen = await self._in_order(session, contact_ids)
        for contact in seen:
            if not self.is_party(contact, identity) or (only_booker and not is_booker(contact, identity)):
                raise NotFoundError("contact", contact.contact_id)
        antennas, agencies = {each.station_id for each in seen}, {each.agency_id for each in seen}
        await self._contacts.lock_bookers(session, antennas, agencies)
        contacts = await self._in_order(session, dict.fromkeys(contact_ids))
        _check_versions(contact_ids, versions, contacts)
        return contacts, self._clock()

    async def _in_order(self, session: AsyncSession, contact_ids: Sequence[str] | dict[str, None]) -> list[Contact]:
        found = await self._contacts.find_all(session, list(contact_ids))
        for contact_id in contact_ids:
            if contact_id not in found:
                raise NotFoundError("contact", contact_id)
        return [found[contact_id] for contact_id in contact_ids]


_REFUSALS = {
    "NOT_HELD": (
        "CONTACTS_NOT_HELD",
        "nothing was changed: contacts no longer hold their antennas, or have not begun",
    ),
    "AWAITING_OWNER": ("AWAITING_OWNER", "nothing was changed: contacts wait for the owners of their antennas"),
    "NOTICE_TOO_SHORT": (
        "NOTICE_TOO_SHORT",
        "nothing was changed: the notice of contacts can no longer be kept; what cannot be tracked is an outage",
    ),
}


def _not_held(contact: Contact, state: ContactState, now: datetime) -> Fault:
    message = f"contact {contact.contact_id} is {contact.state_at(now)}; it cannot become {state}"
    return Fault("", "NOT_HELD", message)


def _taken_back(contact: Contact, now: datetime, reason: str) -> Contact | Fault:
    """Return a contact that the owner of its antenna takes back."""
    state = contact.state_at(now)
    if state is ContactState.TENTATIVE:
        return contact.changed(ContactState.REJECTED, ContactCause.REFUSED, now, reason)
    if state is not ContactState.COMMITTED:
        return _not_held(contact, ContactState.REJECTED, now)
    if not contact.may_be_taken_back(now):
        message = (
            f"contact {contact.contact_id} occupies its antenna from {contact.occupied_start_time.isoformat()}; "
            f"its notice is {contact.notice_s:g} s"
        )
        return Fault("", "NOTICE_TOO_SHORT", message)
    return contact.changed(ContactState.CANCELLED, ContactCause.WITHDRAWN, now, reason)


def _check_versions(contact_ids: Sequence[str], versions: Sequence[int], contacts: Sequence[Contact]) -> None:
    if not versions:
        return
    present = {contact.contact_id: contact.version for contact in contacts}
    faults = [
        Fault(f"versions[{index}]", "CHANGED", f"contact {contact_id} is at version {present[contact_id]}, not {meant}")
        for index, (contact_id, meant) in enumerate(zip(contact_ids, versions, strict=False))
        if meant != present[contact_id]
    ]
    if len(versions) != len(contact_ids):
        message = f"{len(versions)} versions for {len(contact_ids)} contacts; one for each, or none"
        faults.append(Fault("versions", "WRONG_COUNT", message))
    if faults:
        raise ConflictError("CONTACT_CHANGED", "nothing was changed: read the contacts again", faults=faults)
