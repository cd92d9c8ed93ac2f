"""Requests to the contact book and what it lists, as tests of it share them."""

from datetime import timedelta
from typing import Any

from booking_calls import START
from malapert.comms_window.v1 import contact_pb2
from malapert_comms_window.domain.contacts import Contact, ContactState
from malapert_testing.services import identity_of

JAXA, ISRO = identity_of("JAXA"), identity_of("ISRO")


def reservation(key: str, *requests: contact_pb2.ContactRequest, **more: Any) -> contact_pb2.ReserveContactsRequest:
    return contact_pb2.ReserveContactsRequest(idempotency_key=key, mission_id="lupex", requests=requests, **more)


CONTACT = Contact(
    contact_id="contact",
    station_id="esa-mlg",
    asset_id="rover",
    mission_id="lupex",
    agency_id="JAXA",
    start_time=START + timedelta(hours=4),
    end_time=START + timedelta(hours=5),
    occupied_start_time=START + timedelta(hours=3),
    occupied_end_time=START + timedelta(hours=6),
    state=ContactState.TENTATIVE,
    version=1,
    hold_until_time=None,
    plan_id="",
)


async def listing(stub: Any, **wanted: Any) -> list[contact_pb2.Contact]:
    return without_countdown((await stub.ListContacts(contact_pb2.ListContactsRequest(**wanted))).contacts)


def without_countdown(contacts: Any) -> list[contact_pb2.Contact]:
    """Return contacts without the countdown, which goes on between two answers."""
    for contact in contacts:
        contact.ClearField("hold_remaining_s")
    return list(contacts)
