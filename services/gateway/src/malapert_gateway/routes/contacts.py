"""The contact book: who has which antenna when."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from malapert.comms_window.v1 import contact_pb2
from malapert_core.vocabulary.identifiers import new_identifier
from malapert_http_models.contracts.comms_window import (
    Alternates,
    CommitContactsRequest,
    Contact,
    ContactCause,
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
from malapert_gateway.conversion import enum_numbers
from malapert_gateway.routes.guarded import IDEMPOTENCY_HEADER, GuardedRoute
from malapert_gateway.routes.parameters import (
    ETAG,
    ContactId,
    GatewayParts,
    OverlappedSpan,
    Page,
    only,
    only_these,
    versioned,
)

router = APIRouter(tags=["contacts"], route_class=GuardedRoute)


@router.get("/contacts")
async def list_contacts(
    gateway: GatewayParts,
    page: Page,
    span: OverlappedSpan,
    station_id: Annotated[str, only("station", "esa-mlg")] = "",
    station_agency_id: Annotated[str, only("owner of antennas", "ESA")] = "",
    mission_id: Annotated[str, only("mission", "lupex")] = "",
    plan_ids: Annotated[list[str] | None, only_these("contacts of these plans", ["plan-5d21"])] = None,
    states: Annotated[list[ContactState] | None, only_these("contacts that stand so")] = None,
    causes: Annotated[list[ContactCause] | None, only_these("contacts whose last change has these causes")] = None,
    only_holding: Annotated[
        bool, Query(description="True leaves out what holds no antenna any more.", examples=[True])
    ] = False,
) -> ContactPage:
    """List contacts in order of their start, whole to who booked them and to the owner of the antenna.

    Of the contacts of others station, time and state are told, and filters by what is not told leave them out.
    """
    message = contact_pb2.ListContactsRequest(
        station_id=station_id,
        station_agency_id=station_agency_id,
        mission_id=mission_id,
        plan_ids=plan_ids,
        states=enum_numbers(contact_pb2.ContactState.DESCRIPTOR, states),
        causes=enum_numbers(contact_pb2.ContactCause.DESCRIPTOR, causes),
        only_holding=only_holding,
        page=page,
        span=span,
    )
    return await gateway.answer(await gateway.call(gateway.services.contacts.ListContacts, message), ContactPage)


@router.get("/contacts/{contact_id}", responses={200: ETAG})
async def get_contact(contact_id: ContactId, gateway: GatewayParts, response: Response) -> Contact:
    """Return a contact with its history, to who booked it and to the owner of the antenna."""
    message = contact_pb2.GetContactRequest(contact_id=contact_id)
    answer = await gateway.call(gateway.services.contacts.GetContact, message)
    return await versioned(gateway, answer.contact, Contact, response)


@router.post("/contacts:reserve", status_code=201)
async def reserve_contacts(
    body: ReserveContactsRequest,
    gateway: GatewayParts,
    idempotency_key: Annotated[str | None, Header(alias=IDEMPOTENCY_HEADER, include_in_schema=False)] = None,
) -> Contacts:
    """Book every asked contact or none, as a planner of the mission; a conflict names what is in the way.

    On the agency's own antennas and where an agreement covers it a contact is committed, elsewhere it is held until the
    antenna's owner answers or the hold runs out.
    """
    key = idempotency_key or new_identifier()
    message = message_of(body, contact_pb2.ReserveContactsRequest, idempotency_key=key)
    return await gateway.answer(await gateway.call(gateway.services.contacts.ReserveContacts, message), Contacts, 201)


@router.post("/contacts:commit")
async def commit_contacts(body: CommitContactsRequest, gateway: GatewayParts) -> Contacts:
    """Commit tentative contacts, all or none: the owner of the antenna accepts them by this.

    Who booked them may where the antenna is its own or an agreement covers them.
    """
    message = message_of(body, contact_pb2.CommitContactsRequest)
    return await gateway.answer(await gateway.call(gateway.services.contacts.CommitContacts, message), Contacts)


@router.post("/contacts:release")
async def release_contacts(body: ReleaseContactsRequest, gateway: GatewayParts) -> Contacts:
    """Give contacts back, all or none."""
    message = message_of(body, contact_pb2.ReleaseContactsRequest)
    return await gateway.answer(await gateway.call(gateway.services.contacts.ReleaseContacts, message), Contacts)


@router.post("/contacts:reject")
async def reject_contacts(body: RejectContactsRequest, gateway: GatewayParts) -> Contacts:
    """Refuse tentative contacts and withdraw committed ones with notice, all or none; for their antennas' owner."""
    message = message_of(body, contact_pb2.RejectContactsRequest)
    return await gateway.answer(await gateway.call(gateway.services.contacts.RejectContacts, message), Contacts)


@router.post("/contacts/{contact_id}:report")
async def report_contact(contact_id: ContactId, body: ReportContactRequest, gateway: GatewayParts) -> Contact:
    """Say how a contact that has begun went: it is completed, or it failed."""
    message = message_of(body, contact_pb2.ReportContactRequest, contact_id=contact_id)
    return await gateway.answer((await gateway.call(gateway.services.contacts.ReportContact, message)).contact, Contact)


@router.post("/contacts:alternates")
async def list_alternates(body: ListAlternatesRequest, gateway: GatewayParts) -> Alternates:
    """Find when and where else an asked contact could be, the nearest in time first; nothing is booked."""
    message = message_of(body, contact_pb2.ListAlternatesRequest)
    return await gateway.answer(await gateway.call(gateway.services.contacts.ListAlternates, message), Alternates)
