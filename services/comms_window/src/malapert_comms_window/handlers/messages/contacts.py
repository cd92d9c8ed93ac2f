"""Contacts as messages, and what is asked of the contact book as domain values."""

from dataclasses import replace
from datetime import datetime

from google.protobuf.field_mask_pb2 import FieldMask
from malapert.comms_window.v1 import contact_pb2
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.vocabulary.content_hash import bytes_hash

from malapert_comms_window.domain.contacts import Contact
from malapert_comms_window.services.book.reservations import Reservation
from malapert_comms_window.services.book.superseding import Superseded, Superseding

_TOLD_TO_ALL = ("station_id", "occupied", "state")
_TOLD_TO_OWNER_OF_ANTENNA = ("contact_id", "version", "updated_time")


def reservation_of(message: contact_pb2.ReserveContactsRequest) -> Reservation:
    """Return the domain's reservation; nothing is checked here."""
    return to_domain(message, Reservation, request_hash=bytes_hash(message.SerializeToString(deterministic=True)))


def superseding_of(message: contact_pb2.SupersedeContactsRequest) -> Superseding:
    """Return the domain's superseding; nothing is checked here."""
    return to_domain(message, Superseding, request_hash=bytes_hash(message.SerializeToString(deterministic=True)))


def superseded_message(outcome: Superseded, now: datetime) -> contact_pb2.SupersedeContactsResponse:
    """Return what a superseding did."""
    return contact_pb2.SupersedeContactsResponse(
        contacts=[contact_pb2.Contact() if each is None else contact_message(each, now) for each in outcome.contacts],
        dropped=[contact_message(each, now) for each in outcome.dropped],
        done=outcome.done,
    )


def contact_message(contact: Contact, now: datetime) -> contact_pb2.Contact:
    """Return the message of a contact as it stands at an instant."""
    standing = replace(contact, state=contact.state_at(now))
    return to_message(standing, contact_pb2.Contact, reason=contact.release_reason)


def foreign_contact_message(contact: Contact, now: datetime, *, with_id: bool = False) -> contact_pb2.Contact:
    """Return what others are told of a contact: the station, the occupied time and the state.

    Who owns the antenna may name it: its identifier, version and last change come on top.
    """
    told = contact_pb2.Contact()
    mask = FieldMask(paths=[*_TOLD_TO_ALL, *(_TOLD_TO_OWNER_OF_ANTENNA if with_id else ())])
    mask.MergeMessage(contact_message(contact, now), told)
    return told
