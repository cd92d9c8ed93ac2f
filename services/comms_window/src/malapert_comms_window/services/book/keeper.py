"""The one way by which contacts change: the booking, its history and its event in one transaction."""

from collections.abc import Mapping, Sequence
from contextvars import Context
from dataclasses import replace
from datetime import datetime

from malapert_core.audit.trail import AuditTrail
from malapert_core.policy.identity import Identity, service_identity
from malapert_core.vocabulary.content_hash import bytes_hash
from pydantic import TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact, ContactChange, change_to
from malapert_comms_window.services.ports import Announcer, Clock
from malapert_comms_window.storage.contact_changes import ContactChangeStore
from malapert_comms_window.storage.contacts import ContactStore

_CONTACT = TypeAdapter(Contact)


def hash_of(contact: Contact) -> str:
    """Return the content hash of a booking."""
    return bytes_hash(_CONTACT.dump_json(contact))


def is_booker(contact: Contact, identity: Identity) -> bool:
    """Return whether a principal may give a contact back: of the agency that booked it, or a service of the host."""
    return identity.is_service or contact.agency_id == identity.agency_id


class ContactKeeper:
    """Writes bookings. Each change of a state leaves one entry of the history and one event.

    Parameters
    ----------
    contacts : ContactStore
    changes : ContactChangeStore
    announcer : Announcer
    audit : AuditTrail
    clock : Clock
    """

    def __init__(
        self,
        contacts: ContactStore,
        changes: ContactChangeStore,
        announcer: Announcer,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._contacts = contacts
        self._changes = changes
        self._announcer = announcer
        self._audit = audit
        self._clock = clock

    async def add(
        self,
        session: AsyncSession,
        contacts: Sequence[Contact],
        by: Mapping[str, Identity],
        contexts: Mapping[str, Context] | None = None,
    ) -> None:
        """Store new bookings, each with who made it, by its identifier.

        An event carries the trace of the context that is given for its booking.
        """
        await self._contacts.add(session, contacts)
        await self._changes.add(session, [self._entry(each, by[each.contact_id]) for each in contacts])
        for contact in contacts:
            self._record(session, None, contact, by[contact.contact_id], f"contact.{contact.cause}")
            context = (contexts or {}).get(contact.contact_id)
            if context is None:
                self._announcer.contact_changed(session, contact)
            else:
                context.run(self._announcer.contact_changed, session, contact)

    async def change(
        self, session: AsyncSession, before: Contact, after: Contact, by: Identity | None = None
    ) -> Contact:
        """Store a booking in its new state, changed by a principal or, for none, by the clock, and return it.

        Raises
        ------
        ConflictError
            ``CONTACT_CHANGED`` where it was changed since it was read.
        """
        await self._contacts.change(session, before, after)
        await self._changes.add(session, [self._entry(after, by)])
        self._record(session, before, after, by, f"contact.{after.cause}")
        self._announcer.contact_changed(session, after)
        return after

    async def hand_over(
        self, session: AsyncSession, before: Contact, plan_id: str, now: datetime, by: Identity
    ) -> Contact:
        """Store a booking as one of another plan, and return it. It stays in its state: no event tells of it.

        Raises
        ------
        ConflictError
            ``CONTACT_CHANGED`` where it was changed since it was read.
        """
        after = replace(before, plan_id=plan_id, version=before.version + 1, updated_time=now)
        await self._contacts.change(session, before, after)
        self._record(session, before, after, by, "contact.handed_over")
        return after

    async def expire(self, session: AsyncSession, contacts: Sequence[Contact]) -> list[Contact]:
        """Write down which of some bookings are holds that have run out, and return all as they are then."""
        now = self._clock()
        return [
            await self.change(session, contact, contact.expired(now)) if contact.has_run_out(now) else contact
            for contact in contacts
        ]

    async def history(self, session: AsyncSession, contact_id: str) -> list[ContactChange]:
        """Return the changes of a booking in order."""
        return await self._changes.of_contact(session, contact_id)

    def _record(
        self, session: AsyncSession, before: Contact | None, after: Contact, by: Identity | None, action: str
    ) -> None:
        self._audit.record(
            session,
            action,
            entity_kind="contact",
            entity_id=after.contact_id,
            mission_id=after.mission_id,
            before_hash="" if before is None else hash_of(before),
            after_hash=hash_of(after),
            identity=by or service_identity(self._audit.service_name),
        )

    def _entry(self, contact: Contact, by: Identity | None) -> ContactChange:
        if by is None:
            return change_to(contact, self._clock())
        return change_to(contact, self._clock(), by.agency_id, by.principal_id or by.key_id)
