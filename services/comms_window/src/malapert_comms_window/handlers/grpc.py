"""The gRPC face of windows and the contact book: translation only."""

from typing import Any

from malapert.comms_window.v1 import contact_pb2, contact_pb2_grpc, window_pb2, window_pb2_grpc
from malapert_core.errors import InvalidInputError
from malapert_core.operations.operations import OperationContext, OperationRunner
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.rpc.paging import decode_cursor, encode_cursor, page_size_of
from malapert_core.timestamps import format_time, parse_time

from malapert_comms_window.domain.contacts import ContactRequest, ContactState
from malapert_comms_window.handlers.messages.contacts import (
    contact_message,
    foreign_contact_message,
    reservation_of,
    superseded_message,
    superseding_of,
)
from malapert_comms_window.handlers.messages.shared import interval_of
from malapert_comms_window.handlers.messages.windows import window_filter_of, window_request_of
from malapert_comms_window.services.book.alternates import AlternateFinder
from malapert_comms_window.services.book.contacts import ContactService
from malapert_comms_window.services.book.reservations import ReservationService
from malapert_comms_window.services.book.superseding import SupersedingService
from malapert_comms_window.services.ports import Clock
from malapert_comms_window.services.windows.windows import WindowService
from malapert_comms_window.storage.contacts import ContactFilter

COMPUTE_WINDOWS = "compute_windows"
_USUAL_ALTERNATES, _MOST_ALTERNATES = 10, 100


class WindowHandlers(window_pb2_grpc.WindowServiceServicer):
    """Serves windows, and does the operations that compute them."""

    def __init__(self, windows: WindowService, operations: OperationRunner) -> None:
        self._windows = windows
        self._operations = operations
        operations.register(COMPUTE_WINDOWS, self.compute)

    async def compute(self, context: OperationContext) -> str:
        """Do one operation."""
        message = window_pb2.ComputeWindowsRequest.FromString(context.request)
        return await self._windows.compute(context, window_request_of(message))

    async def ComputeWindows(  # noqa: N802
        self, request: window_pb2.ComputeWindowsRequest, context: Any
    ) -> window_pb2.ComputeWindowsResponse:
        """Start a computation."""
        await self._windows.check(window_request_of(request))
        operation_id = await self._operations.submit(
            None, COMPUTE_WINDOWS, request.SerializeToString(deterministic=True), require_identity()
        )
        return window_pb2.ComputeWindowsResponse(operation_id=operation_id)

    async def GetWindowSet(  # noqa: N802
        self, request: window_pb2.GetWindowSetRequest, context: Any
    ) -> window_pb2.GetWindowSetResponse:
        """Return what a set holds, without its windows."""
        window_set = await self._windows.get(request.window_set_id)
        return window_pb2.GetWindowSetResponse(window_set=to_message(window_set, window_pb2.WindowSet))

    async def ListWindows(  # noqa: N802
        self, request: window_pb2.ListWindowsRequest, context: Any
    ) -> window_pb2.ListWindowsResponse:
        """List the windows of a set in order of their start."""
        size = page_size_of(request.page.page_size)
        after = _sequence_of(request.page.page_token) if request.page.page_token else -1
        wanted = window_filter_of(request)
        found = await self._windows.page(request.window_set_id, wanted, after, size + 1)
        return window_pb2.ListWindowsResponse(
            windows=[to_message(window, window_pb2.Window) for _, window in found[:size]],
            next_page_token=encode_cursor(str(found[size - 1][0])) if len(found) > size else "",
        )


class ContactHandlers(contact_pb2_grpc.ContactServiceServicer):
    """Serves the contact book."""

    def __init__(
        self,
        reservations: ReservationService,
        contacts: ContactService,
        superseding: SupersedingService,
        alternates: AlternateFinder,
        clock: Clock,
    ) -> None:
        self._reservations = reservations
        self._contacts = contacts
        self._superseding = superseding
        self._alternates = alternates
        self._clock = clock

    async def ReserveContacts(  # noqa: N802
        self, request: contact_pb2.ReserveContactsRequest, context: Any
    ) -> contact_pb2.ReserveContactsResponse:
        """Reserve every asked contact or none."""
        contacts = await self._reservations.reserve(reservation_of(request), require_identity())
        now = self._clock()
        return contact_pb2.ReserveContactsResponse(contacts=[contact_message(contact, now) for contact in contacts])

    async def SupersedeContacts(  # noqa: N802
        self, request: contact_pb2.SupersedeContactsRequest, context: Any
    ) -> contact_pb2.SupersedeContactsResponse:
        """Give a plan the contacts of the plan that it supersedes."""
        outcome = await self._superseding.supersede(superseding_of(request), require_identity())
        return superseded_message(outcome, self._clock())

    async def CommitContacts(  # noqa: N802
        self, request: contact_pb2.CommitContactsRequest, context: Any
    ) -> contact_pb2.CommitContactsResponse:
        """Commit tentative contacts, all or none."""
        contacts = await self._contacts.commit(list(request.contact_ids), list(request.versions), require_identity())
        now = self._clock()
        return contact_pb2.CommitContactsResponse(contacts=[contact_message(contact, now) for contact in contacts])

    async def ReleaseContacts(  # noqa: N802
        self, request: contact_pb2.ReleaseContactsRequest, context: Any
    ) -> contact_pb2.ReleaseContactsResponse:
        """Give contacts back, all or none."""
        contacts = await self._contacts.release(
            list(request.contact_ids), list(request.versions), request.reason, require_identity()
        )
        now = self._clock()
        return contact_pb2.ReleaseContactsResponse(contacts=[contact_message(contact, now) for contact in contacts])

    async def RejectContacts(  # noqa: N802
        self, request: contact_pb2.RejectContactsRequest, context: Any
    ) -> contact_pb2.RejectContactsResponse:
        """Refuse tentative contacts, all or none."""
        contacts = await self._contacts.reject(
            list(request.contact_ids), list(request.versions), request.reason, require_identity()
        )
        now = self._clock()
        return contact_pb2.RejectContactsResponse(
            contacts=[foreign_contact_message(contact, now, with_id=True) for contact in contacts]
        )

    async def ReportContact(  # noqa: N802
        self, request: contact_pb2.ReportContactRequest, context: Any
    ) -> contact_pb2.ReportContactResponse:
        """Say how a contact went."""
        contact = await self._contacts.report(
            request.contact_id, request.reason, require_identity(), succeeded=request.succeeded
        )
        return contact_pb2.ReportContactResponse(contact=contact_message(contact, self._clock()))

    async def ListAlternates(  # noqa: N802
        self, request: contact_pb2.ListAlternatesRequest, context: Any
    ) -> contact_pb2.ListAlternatesResponse:
        """Find when and where else a contact could be."""
        limit = min(request.limit or _USUAL_ALTERNATES, _MOST_ALTERNATES)
        found = await self._alternates.find(to_domain(request.request, ContactRequest), limit)
        return contact_pb2.ListAlternatesResponse(
            alternates=[to_message(each, contact_pb2.ContactRequest) for each in found]
        )

    async def ListContacts(  # noqa: N802
        self, request: contact_pb2.ListContactsRequest, context: Any
    ) -> contact_pb2.ListContactsResponse:
        """List contacts in order of their start; of another agency's only what everybody may know."""
        identity, now = require_identity(), self._clock()
        size = page_size_of(request.page.page_size)
        wanted = _contact_filter_of(request)
        found = await self._contacts.page(wanted, only_holding=request.only_holding, limit=size + 1)
        last = found[size - 1] if len(found) > size else None
        return contact_pb2.ListContactsResponse(
            contacts=[
                contact_message(contact, now)
                if identity.is_service or contact.agency_id == identity.agency_id
                else foreign_contact_message(contact, now)
                for contact in found[:size]
            ],
            next_page_token=encode_cursor(format_time(last.occupied_start_time), last.contact_id) if last else "",
        )


def _sequence_of(page_token: str) -> int:
    (sequence,) = decode_cursor(page_token)
    if not sequence.isdecimal():
        raise InvalidInputError("INVALID_PAGE_TOKEN", "the page token is not one of this listing")
    return int(sequence)


def _contact_filter_of(request: contact_pb2.ListContactsRequest) -> ContactFilter:
    start, end = interval_of(request.span) if request.HasField("span") else (None, None)
    after = None
    if request.page.page_token:
        time, contact_id = decode_cursor(request.page.page_token, length=2)
        after = (parse_time(time), contact_id)
    states = wanted_values(ContactState, request.states, contact_pb2.ContactState.DESCRIPTOR, "states")
    return ContactFilter(
        request.station_id,
        request.mission_id,
        start,
        end,
        after=after,
        states=states,
        plan_ids=frozenset(request.plan_ids),
    )
