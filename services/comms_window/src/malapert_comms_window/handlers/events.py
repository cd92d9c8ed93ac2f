"""Events that this service announces."""

from malapert.comms_window.v1 import event_pb2
from malapert_core.outbox import EventOutbox
from sqlmodel.ext.asyncio.session import AsyncSession

from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.domain.windows import WindowSet
from malapert_comms_window.handlers.contact_messages import contact_message
from malapert_comms_window.services.ports import Clock

WINDOWS_CHANGED = "malapert.comms_window.v1.windows.changed"
CONTACT_COMMITTED = "malapert.comms_window.v1.contact.committed"
CONTACT_RELEASED = "malapert.comms_window.v1.contact.released"


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
            WINDOWS_CHANGED,
            message,
            entity_id=window_set.window_set_id,
            agency_id=window_set.owner_agency_id,
        )

    def contact_committed(self, session: AsyncSession, contact: Contact) -> None:
        """Announce a committed contact."""
        message = event_pb2.ContactCommitted(contact=contact_message(contact, self._clock()))
        self._outbox.add(session, CONTACT_COMMITTED, message, entity_id=contact.contact_id, agency_id=contact.agency_id)

    def contact_released(self, session: AsyncSession, contact: Contact) -> None:
        """Announce a contact that was given back."""
        message = event_pb2.ContactReleased(
            contact=contact_message(contact, self._clock()), reason=contact.release_reason
        )
        self._outbox.add(session, CONTACT_RELEASED, message, entity_id=contact.contact_id, agency_id=contact.agency_id)
