"""Calls of the contact book that tests share."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from malapert.comms_window.v1 import agreement_pb2, agreement_pb2_grpc, contact_pb2
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp
from malapert_testing.services import identity_of, open_test_channel

START = datetime(2029, 1, 18, tzinfo=UTC)


def hours(start_h: float, end_h: float) -> type_pb2.Interval:
    """Return an interval in hours after `START`."""
    start, end = (to_timestamp(START + timedelta(hours=each)) for each in (start_h, end_h))
    return type_pb2.Interval(start_time=start, end_time=end)


def asked(station_id: str, start_h: float, end_h: float, **more: Any) -> contact_pb2.ContactRequest:
    """Return a request for a contact with the rover."""
    more = {"asset_id": "rover", **more}
    return contact_pb2.ContactRequest(station_id=station_id, interval=hours(start_h, end_h), **more)


def reserving(key: str, *requests: contact_pb2.ContactRequest, **more: Any) -> contact_pb2.ReserveContactsRequest:
    """Return a reservation for mission lupex that is to be committed."""
    more = {"mission_id": "lupex", "commit": True, **more}
    return contact_pb2.ReserveContactsRequest(idempotency_key=key, requests=requests, **more)


def ids(contacts: Iterable[contact_pb2.Contact]) -> list[str]:
    """Return the identifiers of contacts."""
    return [contact.contact_id for contact in contacts]


async def agree(service: Any, owner: str, partner: str, hours_per_month: float = 100.0, **more: Any) -> Any:
    """Make an agreement over half a year as its owner, and return it."""
    span = type_pb2.Interval(
        start_time=to_timestamp(datetime(2028, 12, 1, tzinfo=UTC)),
        end_time=to_timestamp(datetime(2029, 6, 1, tzinfo=UTC)),
    )
    fields = {"interval": span, "partner_agency_id": partner, "hours_per_month": hours_per_month, **more}
    key = fields.pop("key", f"{owner}-{partner}-{hours_per_month}-{sorted(more)}")
    async with open_test_channel(service.target, identity_of(owner)) as channel:
        stub = agreement_pb2_grpc.AgreementServiceStub(channel)
        request = agreement_pb2.CreateAgreementRequest(idempotency_key=key, agreement=agreement_pb2.Agreement(**fields))
        return (await stub.CreateAgreement(request)).agreement
