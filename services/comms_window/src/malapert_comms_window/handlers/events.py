"""Events that this service announces."""

from google.protobuf.message import Message
from malapert.comms_window.v1 import event_pb2, outage_pb2
from malapert_core.events.outbox import EventOutbox
from malapert_core.policy.audience import Visibility
from malapert_core.rpc.mapping import to_message
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.outages import Outage
from malapert_comms_window.domain.windows import WindowSet
from malapert_comms_window.handlers.messages.contacts import contact_message
from malapert_comms_window.services.ports import Clock


class OutboxAnnouncer:
    """Leaves an event in the outbox for each thing that was decided.

    Parameters
    ----------
    outbox : EventOutbox
    clock : Clock
    """

    def __init__(self, outbox: EventOutbox, clock: Clock) -> None:
        self._outbox = outbox
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

    def contact_committed(self, session: AsyncSession, contact: Contact) -> None:
        """Announce a committed contact."""
        self._of_contact(session, event_pb2.ContactCommitted, contact)

    def contact_released(self, session: AsyncSession, contact: Contact) -> None:
        """Announce a contact that was given back."""
        message = event_pb2.ContactReleased(
            contact=contact_message(contact, self._clock()), reason=contact.release_reason
        )
        self._outbox.add(session, message, entity_id=contact.contact_id, agency_id=contact.agency_id)

    def contact_rejected(self, session: AsyncSession, contact: Contact) -> None:
        """Announce a tentative contact that the owner of its antenna refused."""
        self._of_contact(session, event_pb2.ContactRejected, contact)

    def contact_moved(self, session: AsyncSession, before: Contact, after: Contact) -> None:
        """Announce a contact that another antenna took over."""
        now = self._clock()
        message = event_pb2.ContactMoved(
            from_contact=contact_message(before, now), to_contact=contact_message(after, now)
        )
        self._outbox.add(session, message, entity_id=before.contact_id, agency_id=before.agency_id)

    def contact_reported(self, session: AsyncSession, contact: Contact) -> None:
        """Announce how a contact went."""
        self._of_contact(session, event_pb2.ContactReported, contact)

    def outage_added(self, session: AsyncSession, outage: Outage) -> None:
        """Announce an outage: everybody may know that an antenna is out."""
        self._of_outage(session, event_pb2.OutageAdded(outage=to_message(outage, outage_pb2.Outage)), outage)

    def outage_removed(self, session: AsyncSession, outage: Outage) -> None:
        """Announce an outage that was taken away."""
        self._of_outage(session, event_pb2.OutageRemoved(outage=to_message(outage, outage_pb2.Outage)), outage)

    def _of_contact(
        self,
        session: AsyncSession,
        message_type: type[event_pb2.ContactCommitted | event_pb2.ContactRejected | event_pb2.ContactReported],
        contact: Contact,
    ) -> None:
        message = message_type(contact=contact_message(contact, self._clock()))
        self._outbox.add(session, message, entity_id=contact.contact_id, agency_id=contact.agency_id)

    def _of_outage(self, session: AsyncSession, message: Message, outage: Outage) -> None:
        self._outbox.add(
            session,
            message,
            entity_id=outage.outage_id,
            agency_id=outage.agency_id,
            visibility=Visibility.PUBLIC,
        )
