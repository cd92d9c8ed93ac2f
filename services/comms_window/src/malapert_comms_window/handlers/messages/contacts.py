"""Contacts as messages, and what is asked of the contact book as domain values."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from malapert.comms_window.v1 import contact_pb2
from malapert_core.rpc.mapping import number_of, to_domain, to_message
from malapert_core.vocabulary.content_hash import bytes_hash

from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactChange, ContactState
from malapert_comms_window.handlers.messages.shared import interval_message
from malapert_comms_window.services.book.decisions import Reservation
from malapert_comms_window.services.book.superseding import Superseded, Superseding
from malapert_comms_window.services.registry.ownership import StationOwners


def reservation_of(message: contact_pb2.ReserveContactsRequest) -> Reservation:
    """Return the domain's reservation; nothing is checked here."""
    return to_domain(message, Reservation, request_hash=bytes_hash(message.SerializeToString(deterministic=True)))


def superseding_of(message: contact_pb2.SupersedeContactsRequest) -> Superseding:
    """Return the domain's superseding; nothing is checked here."""
    return to_domain(message, Superseding, request_hash=bytes_hash(message.SerializeToString(deterministic=True)))


def superseded_message(
    outcome: Superseded, now: datetime, owners: StationOwners
) -> contact_pb2.SupersedeContactsResponse:
    """Return what a superseding did."""
    return contact_pb2.SupersedeContactsResponse(
        contacts=[
            contact_pb2.Contact() if each is None else contact_message(each, now, owners) for each in outcome.contacts
        ],
        dropped=[contact_message(each, now, owners) for each in outcome.dropped],
        done=outcome.done,
        left=[contact_message(each, now, owners) for each in outcome.left],
    )


def contact_message(contact: Contact, now: datetime, owners: StationOwners) -> contact_pb2.Contact:
    """Return the message of a contact as it stands at an instant, for its parties."""
    state = contact.state_at(now)
    cause = ContactCause.EXPIRED if contact.has_run_out(now) else contact.cause
    waits = state is ContactState.TENTATIVE
    return to_message(
        replace(contact, state=state, cause=cause),
        contact_pb2.Contact,
        reason=contact.release_reason,
        awaiting_agency_ids=owners.answering(contact.station_agency_id) if waits and contact.station_agency_id else (),
        hold_remaining_s=contact.hold_remaining_s(now),
    )


def busy_message(contact: Contact, now: datetime) -> contact_pb2.Contact:
    """Return what everybody is told of a contact: the station, the occupied time and the state."""
    state: Any = _STATES[contact.state_at(now)]
    busy = contact_pb2.Contact(station_id=contact.station_id, state=state)
    busy.occupied.CopyFrom(interval_message(contact.occupied_start_time, contact.occupied_end_time))
    return busy


def change_message(change: ContactChange, agency_id: str) -> contact_pb2.ContactChange:
    """Return a change of a contact's history as an agency sees it: principals are told to their own agency."""
    own = change.agency_id == agency_id
    return to_message(change if own else replace(change, principal_id=""), contact_pb2.ContactChange)


_STATES = {state: number_of(state, contact_pb2.ContactState.DESCRIPTOR) for state in ContactState}
