"""The contact book after reserving: committing, giving back, refusing, reporting and listing contacts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from malapert_core.db.database import Database
from malapert_core.errors import ConflictError, Fault, NotFoundError, PreconditionError
from malapert_core.policy.identity import Identity
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact, ContactState
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.services.registry.ownership import require_owner
from malapert_comms_window.storage.contacts import ContactFilter, ContactStore
from malapert_comms_window.storage.stations import StationStore


class ContactService:
    """Changes and lists bookings. Every change is all or none, under the locks of the antennas.

    A call that names versions changes nothing unless they are the present ones; one that is repeated without them
    changes nothing the second time.

    Parameters
    ----------
    database : Database
    contacts : ContactStore
    stations : StationStore
    announcer : Announcer
    clock : Clock
    """

    def __init__(
        self,
        database: Database,
        contacts: ContactStore,
        stations: StationStore,
        announcer: Announcer,
        clock: Clock,
    ) -> None:
        self._database = database
        self._contacts = contacts
        self._stations = stations
        self._announcer = announcer
        self._clock = clock

    async def commit(self, contact_ids: Sequence[str], versions: Sequence[int], identity: Identity) -> list[Contact]:
        """Commit tentative contacts; one that is committed already stays as it is.

        Raises
        ------
        NotFoundError
            ``UNKNOWN_CONTACT`` where there is none, or it is another agency's.
        PreconditionError
            ``CONTACTS_NOT_HELD`` with every contact whose hold has ended.
        ConflictError
            ``CONTACT_CHANGED`` where a version is not the present one.
        """
        done = (ContactState.COMMITTED, ContactState.ACTIVE)
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, versions, identity)
            for contact in _to_change(contacts, ContactState.COMMITTED, done, now):
                after = contact.changed(ContactState.COMMITTED, now)
                await self._contacts.change(session, contact, after)
                self._announcer.contact_committed(session, after)
            return await self._in_order(session, contact_ids)

    async def release(
        self, contact_ids: Sequence[str], versions: Sequence[int], reason: str, identity: Identity
    ) -> list[Contact]:
        """Give contacts back; one that was given back already stays as it is. Raises as `commit` does."""
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, versions, identity)
            done = (ContactState.CANCELLED,)
            for contact in _to_change(contacts, ContactState.CANCELLED, done, now, stored_state=True):
                after = contact.changed(ContactState.CANCELLED, now, reason)
                await self._contacts.change(session, contact, after)
                self._announcer.contact_released(session, after)
            return await self._in_order(session, contact_ids)

    async def reject(
        self, contact_ids: Sequence[str], versions: Sequence[int], reason: str, identity: Identity
    ) -> list[Contact]:
        """Refuse tentative contacts, as the agency that owns their antennas. Raises as `commit` does, and

        Raises
        ------
        PermissionDeniedError
            ``FOREIGN_STATION`` where an antenna is another agency's.
        """
        async with self._database.transaction() as session:
            contacts, now = await self._locked(session, contact_ids, versions, None)
            stations = await self._stations.find(session, {contact.station_id for contact in contacts})
            for contact in contacts:
                require_owner(contact.station_id, stations[contact.station_id].agency_id, identity)
            for contact in _to_change(contacts, ContactState.REJECTED, (ContactState.REJECTED,), now):
                after = contact.changed(ContactState.REJECTED, now, reason)
                await self._contacts.change(session, contact, after)
                self._announcer.contact_rejected(session, after)
            return await self._in_order(session, contact_ids)

    async def report(self, contact_id: str, reason: str, identity: Identity, *, succeeded: bool) -> Contact:
        """Say how a contact that has begun went. Raises as `commit` does."""
        state = ContactState.COMPLETED if succeeded else ContactState.FAILED
        async with self._database.transaction() as session:
            (contact,), now = await self._locked(session, [contact_id], [], identity)
            if contact.state is state:
                return contact
            (contact,) = _to_change([contact], state, (), now)
            after = contact.changed(state, now, reason)
            await self._contacts.change(session, contact, after)
            self._announcer.contact_reported(session, after)
            return after

    async def page(self, wanted: ContactFilter, *, only_holding: bool, limit: int) -> list[Contact]:
        """Return contacts in order of their occupied start."""
        now = self._clock()
        wanted = replace(wanted, only_holding_at=now if only_holding else None, states_at=now)
        async with self._database.reading() as session:
            return await self._contacts.page(session, wanted, limit)

    async def _locked(
        self,
        session: AsyncSession,
        contact_ids: Sequence[str],
        versions: Sequence[int],
        identity: Identity | None,
    ) -> tuple[list[Contact], datetime]:
        """Return contacts as they stand once their antennas are locked, and the instant after.

        Without an identity nobody's are refused.
        """
        seen = await self._in_order(session, contact_ids)
        for contact in seen:
            if identity and contact.agency_id != identity.agency_id and not identity.is_service:
                raise NotFoundError("contact", contact.contact_id)
        await self._contacts.lock_antennas(session, [contact.station_id for contact in seen])
        contacts = await self._in_order(session, dict.fromkeys(contact_ids))
        _check_versions(contact_ids, versions, contacts)
        return contacts, self._clock()

    async def _in_order(self, session: AsyncSession, contact_ids: Sequence[str] | dict[str, None]) -> list[Contact]:
        found = await self._contacts.find_all(session, list(contact_ids))
        for contact_id in contact_ids:
            if contact_id not in found:
                raise NotFoundError("contact", contact_id)
        return [found[contact_id] for contact_id in contact_ids]


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


def _to_change(
    contacts: Sequence[Contact],
    state: ContactState,
    done: Sequence[ContactState],
    now: datetime,
    *,
    stored_state: bool = False,
) -> list[Contact]:
    """Return the contacts that are not in the wanted state yet.

    Where `stored_state` is set, only a contact that was changed so counts as done, not one whose hold ran out: giving
    that one back is said once.
    """
    left, lost = [], []
    for index, contact in enumerate(contacts):
        present = contact.state if stored_state else contact.state_at(now)
        if present in done:
            continue
        ran_out = stored_state and contact.state_at(now) is ContactState.CANCELLED
        if contact.may_become(state, now) or ran_out:
            left.append(contact)
        else:
            message = f"contact {contact.contact_id} is {contact.state_at(now)}; it cannot become {state}"
            lost.append(Fault(f"contact_ids[{index}]", "NOT_HELD", message))
    if lost:
        message = f"{len(lost)} contacts cannot be changed: they no longer hold their antennas, or have not begun"
        raise PreconditionError("CONTACTS_NOT_HELD", message, faults=lost)
    return left
