"""The gRPC face of the contact book: translation only."""

from collections.abc import Iterable
from typing import Any

from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.rpc.paging import decode_cursor, encode_cursor, page_size_of
from malapert_core.timestamps import format_time, parse_time

from malapert_comms_window.domain.contact_requests import ContactRequest
from malapert_comms_window.domain.contacts import Contact, ContactCause, ContactState, place_in_listing
from malapert_comms_window.handlers.messages.contacts import (
    busy_message,
    change_message,
    contact_message,
    reservation_of,
    superseded_message,
    superseding_of,
)
from malapert_comms_window.handlers.messages.shared import interval_of
from malapert_comms_window.services.access import Access
from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.contacts import ContactService
from malapert_comms_window.services.book.reservations import ReservationService
from malapert_comms_window.services.book.superseding import SupersedingService
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.registry.ownership import StationOwners
from malapert_comms_window.storage.contacts import ContactFilter

_USUAL_ALTERNATES, _MOST_ALTERNATES = 10, 100


class ContactHandlers(contact_pb2_grpc.ContactServiceServicer):
    """Serves the contact book."""

    def __init__(
        self,
        reservations: ReservationService,
        contacts: ContactService,
        superseding: SupersedingService,
        alternates: AlternateFinder,
        owners: StationOwners,
        access: Access,
        clock: Clock,
    ) -> None:
        self._reservations = reservations
        self._contacts = contacts
        self._superseding = superseding
        self._alternates = alternates
        self._owners = owners
        self._access = access
        self._clock = clock

    async def ReserveContacts(  # noqa: N802
        self, request: contact_pb2.ReserveContactsRequest, context: Any
    ) -> contact_pb2.ReserveContactsResponse:
        """Reserve every asked contact or none."""
        contacts = await self._reservations.reserve(reservation_of(request), require_identity())
        return contact_pb2.ReserveContactsResponse(contacts=self._told(contacts))

    async def SupersedeContacts(  # noqa: N802
        self, request: contact_pb2.SupersedeContactsRequest, context: Any
    ) -> contact_pb2.SupersedeContactsResponse:
        """Give a plan the contacts of the plan that it supersedes."""
        outcome = await self._superseding.supersede(superseding_of(request), require_identity())
        return superseded_message(outcome, self._clock(), self._owners)

    async def CommitContacts(  # noqa: N802
        self, request: contact_pb2.CommitContactsRequest, context: Any
    ) -> contact_pb2.CommitContactsResponse:
        """Commit tentative contacts, all or none."""
        contacts = await self._contacts.commit(list(request.contact_ids), list(request.versions), require_identity())
        return contact_pb2.CommitContactsResponse(contacts=self._told(contacts))

    async def ReleaseContacts(  # noqa: N802
        self, request: contact_pb2.ReleaseContactsRequest, context: Any
    ) -> contact_pb2.ReleaseContactsResponse:
        """Give contacts back, all or none."""
        contacts = await self._contacts.release(
            list(request.contact_ids), list(request.versions), request.reason, require_identity()
        )
        return contact_pb2.ReleaseContactsResponse(contacts=self._told(contacts))

    async def RejectContacts(  # noqa: N802
        self, request: contact_pb2.RejectContactsRequest, context: Any
    ) -> contact_pb2.RejectContactsResponse:
        """Refuse tentative contacts and withdraw committed ones, all or none."""
        contacts = await self._contacts.reject(
            list(request.contact_ids),
            list(request.versions),
            request.reason,
            [to_domain(each, ContactRequest) for each in request.alternates],
            require_identity(),
        )
        return contact_pb2.RejectContactsResponse(contacts=self._told(contacts))

    async def ReportContact(  # noqa: N802
        self, request: contact_pb2.ReportContactRequest, context: Any
    ) -> contact_pb2.ReportContactResponse:
        """Say how a contact went."""
        contact = await self._contacts.report(
            request.contact_id, request.reason, require_identity(), succeeded=request.succeeded
        )
        return contact_pb2.ReportContactResponse(contact=self._told([contact])[0])

    async def ListAlternates(  # noqa: N802
        self, request: contact_pb2.ListAlternatesRequest, context: Any
    ) -> contact_pb2.ListAlternatesResponse:
        """Find when and where else a contact could be."""
        if not request.request.unchecked:
            await self._access.require("window set", request.request.window_set_id)
        limit = min(request.limit or _USUAL_ALTERNATES, _MOST_ALTERNATES)
        owned_by = self._owners.owned_by(require_identity().agency_id)
        found = await self._alternates.find_for(to_domain(request.request, ContactRequest), limit, owned_by)
        return contact_pb2.ListAlternatesResponse(
            alternates=[to_message(each, contact_pb2.ContactRequest) for each in found]
        )

    async def ListContacts(  # noqa: N802
        self, request: contact_pb2.ListContactsRequest, context: Any
    ) -> contact_pb2.ListContactsResponse:
        """List contacts in order of their start; of those of others only what everybody may know."""
        identity, now = require_identity(), self._clock()
        size = page_size_of(request.page.page_size)
        wanted = _contact_filter_of(request)
        found = await self._contacts.page(wanted, identity, only_holding=request.only_holding, limit=size + 1)
        last = found[size - 1] if len(found) > size else None
        return contact_pb2.ListContactsResponse(
            contacts=[
                contact_message(contact, now, self._owners)
                if self._contacts.is_party(contact, identity)
                else busy_message(contact, now)
                for contact in found[:size]
            ],
            next_page_token=_token_after(last) if last else "",
        )

    async def GetContact(  # noqa: N802
        self, request: contact_pb2.GetContactRequest, context: Any
    ) -> contact_pb2.GetContactResponse:
        """Return a contact with its history."""
        identity = require_identity()
        contact, history = await self._contacts.get(request.contact_id, identity)
        (told,) = self._told([contact])
        told.history.extend(change_message(change, identity.agency_id) for change in history)
        return contact_pb2.GetContactResponse(contact=told)

    def _told(self, contacts: Iterable[Contact]) -> list[contact_pb2.Contact]:
        now = self._clock()
        return [contact_message(contact, now, self._owners) for contact in contacts]


def _token_after(contact: Contact) -> str:
    return encode_cursor(format_time(contact.occupied_start_time), place_in_listing(contact.contact_id))


def _contact_filter_of(request: contact_pb2.ListContactsRequest) -> ContactFilter:
    start, end = interval_of(request.span) if request.HasField("span") else (None, None)
    after = None
    if request.page.page_token:
        time, place = decode_cursor(request.page.page_token, length=2)
        after = (parse_time(time), place)
    states = wanted_values(ContactState, request.states, contact_pb2.ContactState.DESCRIPTOR, "states")
    causes = wanted_values(ContactCause, request.causes, contact_pb2.ContactCause.DESCRIPTOR, "causes")
    return ContactFilter(
        request.station_id,
        request.mission_id,
        start,
        end,
        after=after,
        states=states,
        causes=causes,
        plan_ids=frozenset(request.plan_ids),
        station_agency_id=request.station_agency_id,
    )
