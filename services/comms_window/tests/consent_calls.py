"""Books of several agencies, and what tests of consent ask of them."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

from booking_calls import asked, reserving
from malapert.comms_window.v1 import (
    contact_pb2,
    contact_pb2_grpc,
)
from malapert_core.events.event import Event
from malapert_testing.services import identity_of, open_test_channel

TENTATIVE, COMMITTED = contact_pb2.CONTACT_STATE_TENTATIVE, contact_pb2.CONTACT_STATE_COMMITTED
CANCELLED, REJECTED = contact_pb2.CONTACT_STATE_CANCELLED, contact_pb2.CONTACT_STATE_REJECTED


@asynccontextmanager
async def books(service: Any, *agencies: str) -> Any:
    """Open the contact book for agencies."""
    channels = [open_test_channel(service.target, identity_of(agency)) for agency in agencies]
    try:
        yield [contact_pb2_grpc.ContactServiceStub(channel) for channel in channels]
    finally:
        for channel in channels:
            await channel.close(None)


async def book_one(stub: Any, key: str, *request: Any, **more: Any) -> contact_pb2.Contact:
    return (await stub.ReserveContacts(reserving(key, asked(*request), **more))).contacts[0]


async def present(stub: Any, contact: contact_pb2.Contact) -> contact_pb2.Contact:
    return (await stub.GetContact(contact_pb2.GetContactRequest(contact_id=contact.contact_id))).contact


async def events_of(service: Any, count: int, durable: str = "test") -> list[Event]:
    subscription = await service.runtime.js.pull_subscribe("malapert.comms_window.v1.contact.>", durable=durable)
    events: list[Event] = []
    async with asyncio.timeout(10):
        while len(events) < count:
            events += [Event.from_message(each) for each in await subscription.fetch(count, timeout=10)]
    return events
