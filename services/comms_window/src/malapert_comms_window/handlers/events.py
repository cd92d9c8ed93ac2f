"""Events that this service announces."""

from google.protobuf.message import Message
from malapert.comms_window.v1 import agreement_pb2, event_pb2, outage_pb2
from malapert_core.events.outbox import EventOutbox
from malapert_core.policy.audience import Visibility
from malapert_core.rpc.mapping import to_message
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.agreements import Agreement
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState
from malapert_comms_window.domain.outages import Outage
from malapert_comms_window.domain.windows import WindowSet
from malapert_comms_window.handlers.messages.contacts import contact_message
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners

_CONTACT_EVENTS = {
    ContactCause.COMMITTED: event_pb2.ContactCommitted,
    ContactCause.ACCEPTED: event_pb2.ContactCommitted,
    ContactCause.MOVED: event_pb2.ContactCommitted,
    ContactCause.REFUSED: event_pb2.ContactRejected,
    ContactCause.EXPIRED: event_pb2.ContactExpired,
    ContactCause.WITHDRAWN: event_pb2.ContactWithdrawn,
    ContactCause.BUMPED: event_pb2.ContactBumped,
    ContactCause.REPORTED: event_pb2.ContactReported,
}


class OutboxAnnouncer:
    """Leaves an event in the outbox for each thing that was decided.

    Parameters
    ----------
    outbox : EventOutbox
    owners : StationOwners
    clock : Clock
    """

    def __init__(self, outbox: EventOutbox, owners: StationOwners, clock: Clock) -> None:
        self._outbox = outbox
        self._owners = owners
        self._clock = clock

    def windows_changed(self, session: AsyncSession, window_set: WindowSet, window_count: int) -> None:
        """Announce a new set of windows."""
        message = event_pb2.WindowsChanged(
            window_set_id=window_set.window_set_id,
            mission_id=window_set.request.mission_id,
            window_count=window_count,
        )
        self._outbox.add(
            session,
            message,
            entity_id=window_set.window_set_id,
            agency_id=window_set.owner_agency_id,
        )

    def contact_changed(self, session: AsyncSession, contact: Contact) -> None:
        """Announce what a contact has become, by its cause, to who booked it and to the antenna's owner."""
        told = contact_message(contact, self._clock(), self._owners)
        if contact.cause in (ContactCause.RELEASED, ContactCause.OUTAGE):
            self._to_parties(session, event_pb2.ContactReleased(contact=told, reason=contact.release_reason), contact)
            return
        if contact.cause is ContactCause.SUPERSEDED:
            self._to_parties(session, event_pb2.ContactSuperseded(contact=told), contact)
            return
        is_held = contact.state is ContactState.TENTATIVE
        kind = event_pb2.ContactOffered if is_held else _CONTACT_EVENTS[contact.cause]
        self._to_parties(session, kind(contact=told), contact)

    def contact_moved(self, session: AsyncSession, before: Contact, after: Contact) -> None:
        """Announce a contact that another antenna took over."""
        now = self._clock()
        left, taken = (contact_message(each, now, self._owners) for each in (before, after))
        message = event_pb2.ContactMoved(from_contact=left, to_contact=taken)
        self._to_parties(session, message, before)

    def agreement_changed(self, session: AsyncSession, agreement: Agreement) -> None:
        """Announce an agreement that was made, changed or ended, to its parties."""
        self._outbox.add(
            session,
            event_pb2.AgreementChanged(agreement=to_message(agreement, agreement_pb2.Agreement)),
            entity_id=agreement.agreement_id,
            agency_id=agreement.owner_agency_id,
            party_agency_ids=(agreement.partner_agency_id, *self._owners.answering(agreement.owner_agency_id)),
            visibility=Visibility.OWNER,
        )

    def outage_added(self, session: AsyncSession, outage: Outage) -> None:
        """Announce an outage: everybody may know that an antenna is out."""
        self._of_outage(session, event_pb2.OutageAdded(outage=to_message(outage, outage_pb2.Outage)), outage)

    def outage_removed(self, session: AsyncSession, outage: Outage) -> None:
        """Announce an outage that was taken away."""
        self._of_outage(session, event_pb2.OutageRemoved(outage=to_message(outage, outage_pb2.Outage)), outage)

    def _to_parties(self, session: AsyncSession, message: Message, contact: Contact) -> None:
        self._outbox.add(
            session,
            message,
            entity_id=contact.contact_id,
            agency_id=contact.agency_id,
            party_agency_ids=self._owners.answering(contact.station_agency_id),
            visibility=Visibility.OWNER,
        )

    def _of_outage(self, session: AsyncSession, message: Message, outage: Outage) -> None:
        self._outbox.add(
            session,
            message,
            entity_id=outage.outage_id,
            agency_id=outage.agency_id,
            visibility=Visibility.PUBLIC,
        )
