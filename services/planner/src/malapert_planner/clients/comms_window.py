"""The comms-window service."""

from collections.abc import Callable, Sequence
from datetime import datetime

import grpc
from malapert.comms_window.v1 import (
    agreement_pb2,
    agreement_pb2_grpc,
    contact_pb2,
    contact_pb2_grpc,
    orbiter_pb2,
    orbiter_pb2_grpc,
    outage_pb2,
    outage_pb2_grpc,
    window_pb2,
    window_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.timestamps import to_timestamp

from malapert_planner.clients.operations import follow_operation

SERVICES = (
    "malapert.comms_window.v1.StationService",
    "malapert.comms_window.v1.WindowService",
    "malapert.comms_window.v1.ContactService",
    "malapert.comms_window.v1.OutageService",
    "malapert.comms_window.v1.AgreementService",
    "malapert.comms_window.v1.OrbiterService",
    "malapert.operation.v1.OperationService",
)
# A reservation and a superseding carry a key: asked again they give the same contacts.
IDEMPOTENT_METHODS = ("ComputeWindows", "ReserveContacts", "SupersedeContacts", "CancelOperation")
_PAGE_SIZE = 200


class CommsWindowClient:
    """Asks the comms-window service through a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stations = window_pb2_grpc.StationServiceStub(channel)
        self._windows = window_pb2_grpc.WindowServiceStub(channel)
        self._contacts = contact_pb2_grpc.ContactServiceStub(channel)
        self._agreements = agreement_pb2_grpc.AgreementServiceStub(channel)
        self._outages = outage_pb2_grpc.OutageServiceStub(channel)
        self._orbiters = orbiter_pb2_grpc.OrbiterServiceStub(channel)
        self._operations = operation_pb2_grpc.OperationServiceStub(channel)

    async def check_orbiter(self, request: orbiter_pb2.RegisterOrbiterRequest) -> None:
        """Raise ``INVALID_ORBITER`` or ``INVALID_ORBIT`` with every fault where an orbit cannot be followed."""
        await self._orbiters.RegisterOrbiter(request)

    async def register_orbiter(self, request: orbiter_pb2.RegisterOrbiterRequest) -> None:
        """Register an orbiter; the same motion again changes nothing. Raises as ``check_orbiter``."""
        await self._orbiters.RegisterOrbiter(request)

    async def list_stations(self) -> Sequence[window_pb2.Station]:
        """Return every station."""
        found: list[window_pb2.Station] = []
        page = _first_page()
        while True:
            answer = await self._stations.ListStations(window_pb2.ListStationsRequest(page=page))
            found.extend(answer.stations)
            if not answer.next_page_token:
                return found
            page.page_token = answer.next_page_token

    async def compute_windows(
        self, request: window_pb2.ComputeWindowsRequest, progress: Callable[[float, str], None]
    ) -> window_pb2.WindowSet:
        """Return what a computed set of windows holds."""
        begun = await self._windows.ComputeWindows(request)
        window_set_id = await follow_operation("comms-window", self._operations, begun.operation_id, progress)
        found = await self._windows.GetWindowSet(window_pb2.GetWindowSetRequest(window_set_id=window_set_id))
        return found.window_set

    async def list_windows(self, window_set_id: str) -> Sequence[window_pb2.Window]:
        """Return every window of a set with its profiles."""
        found: list[window_pb2.Window] = []
        page = _first_page()
        while True:
            request = window_pb2.ListWindowsRequest(window_set_id=window_set_id, page=page)
            answer = await self._windows.ListWindows(request)
            found.extend(answer.windows)
            if not answer.next_page_token:
                return found
            page.page_token = answer.next_page_token

    async def list_bookings(self, span: tuple[datetime, datetime]) -> Sequence[contact_pb2.Contact]:
        """Return the contacts that hold an antenna within a span."""
        interval = type_pb2.Interval(start_time=to_timestamp(span[0]), end_time=to_timestamp(span[1]))
        return await self._contacts_of(contact_pb2.ListContactsRequest(span=interval, only_holding=True))

    async def list_outages(self, span: tuple[datetime, datetime]) -> Sequence[outage_pb2.Outage]:
        """Return the outages of antennas within a span."""
        found: list[outage_pb2.Outage] = []
        interval = type_pb2.Interval(start_time=to_timestamp(span[0]), end_time=to_timestamp(span[1]))
        page = _first_page()
        while True:
            answer = await self._outages.ListOutages(outage_pb2.ListOutagesRequest(span=interval, page=page))
            found.extend(answer.outages)
            if not answer.next_page_token:
                return found
            page.page_token = answer.next_page_token

    async def list_antenna_quotas(
        self, agency_id: str, mission_id: str, span: tuple[datetime, datetime], plan_id: str
    ) -> Sequence[agreement_pb2.AntennaQuota]:
        """Return what an agency could still book of the antennas of others within a span, in place of a plan's."""
        request = agreement_pb2.ListAntennaQuotasRequest(
            agency_id=agency_id,
            mission_id=mission_id,
            interval=type_pb2.Interval(start_time=to_timestamp(span[0]), end_time=to_timestamp(span[1])),
            plan_id=plan_id,
        )
        return (await self._agreements.ListAntennaQuotas(request)).quotas

    async def list_plan_contacts(
        self, mission_id: str, plan_ids: Sequence[str], *, only_holding: bool = True
    ) -> Sequence[contact_pb2.Contact]:
        """Return the contacts of plans of a mission, only those that hold an antenna unless all are asked for."""
        request = contact_pb2.ListContactsRequest(mission_id=mission_id, plan_ids=plan_ids, only_holding=only_holding)
        return await self._contacts_of(request)

    async def _contacts_of(self, request: contact_pb2.ListContactsRequest) -> list[contact_pb2.Contact]:
        found: list[contact_pb2.Contact] = []
        page = _first_page()
        while True:
            request.page.CopyFrom(page)
            answer = await self._contacts.ListContacts(request)
            found.extend(answer.contacts)
            if not answer.next_page_token:
                return found
            page.page_token = answer.next_page_token

    async def reserve_contacts(self, request: contact_pb2.ReserveContactsRequest) -> Sequence[contact_pb2.Contact]:
        """Return the booked contacts in the order asked, or raise ``CONTACT_CONFLICT`` and book none."""
        return tuple((await self._contacts.ReserveContacts(request)).contacts)

    async def supersede_contacts(
        self, request: contact_pb2.SupersedeContactsRequest
    ) -> contact_pb2.SupersedeContactsResponse:
        """Return a plan's contacts in the place of another's, or raise as `reserve_contacts` and change nothing."""
        return await self._contacts.SupersedeContacts(request)

    async def release_contacts(self, contact_ids: Sequence[str], reason: str) -> None:
        """Give contacts back."""
        await self._contacts.ReleaseContacts(contact_pb2.ReleaseContactsRequest(contact_ids=contact_ids, reason=reason))


def _first_page() -> type_pb2.PageRequest:
    return type_pb2.PageRequest(page_size=_PAGE_SIZE)
