"""The contact book: who has which antenna when."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from malapert.comms_window.v1 import contact_pb2
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_http_models.contracts.comms_window import (
    Alternates,
    CommitContactsRequest,
    Contact,
    ContactPage,
    Contacts,
    ContactState,
    ListAlternatesRequest,
    RejectContactsRequest,
    ReleaseContactsRequest,
    ReportContactRequest,
    ReserveContactsRequest,
)

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_numbers, to_model
from malapert_gateway.routes.guarded import IDEMPOTENCY_HEADER, GuardedRoute
from malapert_gateway.routes.parameters import ContactId, GatewayParts, OverlappedSpan, Page, only, only_these

router = APIRouter(tags=["contacts"], route_class=GuardedRoute)


@router.get("/contacts")
async def list_contacts(
    gateway: GatewayParts,
    page: Page,
    span: OverlappedSpan,
    station_id: Annotated[str, only("station", "esa-mlg")] = "",
    mission_id: Annotated[str, only("mission", "lupex")] = "",
    states: Annotated[list[ContactState] | None, only_these("contacts that stand so")] = None,
    only_holding: Annotated[
        bool, Query(description="True leaves out what holds no antenna any more.", examples=[True])
    ] = False,
) -> ContactPage:
    """List contacts in order of their start; of other agencies' contacts only station, time and state are told."""
    message = contact_pb2.ListContactsRequest(
        station_id=station_id,
        mission_id=mission_id,
        states=enum_numbers(contact_pb2.ContactState.DESCRIPTOR, states),
        only_holding=only_holding,
        page=page,
        span=span,
    )
    return await gateway.answer(await gateway.call(gateway.services.contacts.ListContacts, message), ContactPage)


@router.post("/contacts:reserve", status_code=201)
async def reserve_contacts(
    body: ReserveContactsRequest,
    gateway: GatewayParts,
    idempotency_key: Annotated[str | None, Header(alias=IDEMPOTENCY_HEADER, include_in_schema=False)] = None,
) -> Contacts:
    """Reserve every asked contact or none; a conflict names the contacts in the way."""
    key = idempotency_key or new_identifier()
    message = message_of(body, contact_pb2.ReserveContactsRequest, idempotency_key=key)
    return to_model(await gateway.call(gateway.services.contacts.ReserveContacts, message), Contacts)


@router.post("/contacts:commit")
async def commit_contacts(body: CommitContactsRequest, gateway: GatewayParts) -> Contacts:
    """Commit tentative contacts, all or none."""
    message = message_of(body, contact_pb2.CommitContactsRequest)
    return to_model(await gateway.call(gateway.services.contacts.CommitContacts, message), Contacts)


@router.post("/contacts:release")
async def release_contacts(body: ReleaseContactsRequest, gateway: GatewayParts) -> Contacts:
    """Give contacts back, all or none."""
    message = message_of(body, contact_pb2.ReleaseContactsRequest)
    return to_model(await gateway.call(gateway.services.contacts.ReleaseContacts, message), Contacts)


@router.post("/contacts:reject")
async def reject_contacts(body: RejectContactsRequest, gateway: GatewayParts) -> Contacts:
    """Refuse tentative contacts, all or none; for the agency that owns their antennas."""
    message = message_of(body, contact_pb2.RejectContactsRequest)
    return to_model(await gateway.call(gateway.services.contacts.RejectContacts, message), Contacts)


@router.post("/contacts/{contact_id}:report")
async def report_contact(contact_id: ContactId, body: ReportContactRequest, gateway: GatewayParts) -> Contact:
    """Say how a contact that has begun went: it is completed, or it failed."""
    message = message_of(body, contact_pb2.ReportContactRequest, contact_id=contact_id)
    return to_model((await gateway.call(gateway.services.contacts.ReportContact, message)).contact, Contact)


@router.post("/contacts:alternates")
async def list_alternates(body: ListAlternatesRequest, gateway: GatewayParts) -> Alternates:
    """Find when and where else an asked contact could be, the nearest in time first; nothing is booked."""
    message = message_of(body, contact_pb2.ListAlternatesRequest)
    return await gateway.answer(await gateway.call(gateway.services.contacts.ListAlternates, message), Alternates)
