"""Contacts as messages, and what is asked of the contact book as domain values."""

from datetime import datetime

from malapert.comms_window.v1 import contact_pb2
from malapert_core.hashing import bytes_hash
from malapert_core.timestamps import to_timestamp

from malapert_comms_window.domain.contacts import Contact, ContactRequest, ContactState
from malapert_comms_window.handlers.shared_messages import interval_message, interval_of
from malapert_comms_window.services.reservations import Reservation


def reservation_of(message: contact_pb2.ReserveContactsRequest) -> Reservation:
    """Return the domain's reservation; nothing is checked here."""
    return Reservation(
        idempotency_key=message.idempotency_key,
        request_hash=bytes_hash(message.SerializeToString(deterministic=True)),
        mission_id=message.mission_id,
        plan_id=message.plan_id,
        requests=tuple(contact_request_of(request) for request in message.requests),
        commit=message.commit,
        hold_s=message.hold_s,
    )


def contact_message(contact: Contact, now: datetime) -> contact_pb2.Contact:
    """Return the message of a contact as it stands at an instant."""
    hold = contact.hold_until_time
    return contact_pb2.Contact(
        contact_id=contact.contact_id,
        station_id=contact.station_id,
        asset_id=contact.asset_id,
        mission_id=contact.mission_id,
        agency_id=contact.agency_id,
        interval=interval_message(contact.start_time, contact.end_time),
        occupied=interval_message(contact.occupied_start_time, contact.occupied_end_time),
        state=_state_message(contact.state_at(now)),
        version=contact.version,
        hold_until_time=None if hold is None else to_timestamp(hold),
        plan_id=contact.plan_id,
        window_set_id=contact.window_set_id,
        window_id=contact.window_id,
        reason=contact.release_reason,
        moved_from_contact_id=contact.moved_from_contact_id,
        updated_time=None if contact.updated_time is None else to_timestamp(contact.updated_time),
    )


def foreign_contact_message(contact: Contact, now: datetime, *, with_id: bool = False) -> contact_pb2.Contact:
    """Return what others are told of a contact: the station, the occupied time and the state.

    Who owns the antenna may name it: its identifier, version and last change come on top.
    """
    updated = contact.updated_time if with_id else None
    return contact_pb2.Contact(
        contact_id=contact.contact_id if with_id else "",
        version=contact.version if with_id else 0,
        updated_time=None if updated is None else to_timestamp(updated),
        station_id=contact.station_id,
        occupied=interval_message(contact.occupied_start_time, contact.occupied_end_time),
        state=_state_message(contact.state_at(now)),
    )


def contact_request_message(request: ContactRequest) -> contact_pb2.ContactRequest:
    """Return the message of what is asked of an antenna."""
    return contact_pb2.ContactRequest(
        station_id=request.station_id,
        asset_id=request.asset_id,
        interval=interval_message(request.start_time, request.end_time),
        window_set_id=request.window_set_id,
        window_id=request.window_id,
    )


def contact_request_of(message: contact_pb2.ContactRequest) -> ContactRequest:
    """Return the domain's request for a contact; nothing is checked here."""
    start, end = interval_of(message.interval)
    return ContactRequest(
        station_id=message.station_id,
        asset_id=message.asset_id,
        start_time=start,
        end_time=end,
        window_set_id=message.window_set_id,
        window_id=message.window_id,
    )


def _state_message(state: ContactState) -> contact_pb2.ContactState.ValueType:
    return contact_pb2.ContactState.Value(f"CONTACT_STATE_{state.name}")
