"""Test-only servicers that stand for landing-site, comms-window and payload on one real gRPC server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import neighbour_data as data
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
from malapert.landing_site.v1 import (
    route_pb2,
    route_pb2_grpc,
    site_pb2,
    site_pb2_grpc,
    terrain_pb2,
    terrain_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.payload.v1 import (
    catalogue_pb2,
    catalogue_pb2_grpc,
    execution_pb2,
    execution_pb2_grpc,
    request_pb2,
    request_pb2_grpc,
)
from malapert_core.errors import (
    ConflictError,
    Fault,
    InvalidInputError,
    MalapertError,
    UnauthenticatedError,
    UnavailableError,
)
from malapert_core.policy.identity import Identity, require_identity
from malapert_core.rpc.server import CallInterceptor, GrpcServer, Registration
from malapert_testing.identities import service_tokens


class Neighbours(
    terrain_pb2_grpc.TerrainServiceServicer,
    site_pb2_grpc.SiteServiceServicer,
    route_pb2_grpc.RouteServiceServicer,
    window_pb2_grpc.StationServiceServicer,
    window_pb2_grpc.WindowServiceServicer,
    contact_pb2_grpc.ContactServiceServicer,
    orbiter_pb2_grpc.OrbiterServiceServicer,
    outage_pb2_grpc.OutageServiceServicer,
    agreement_pb2_grpc.AgreementServiceServicer,
    catalogue_pb2_grpc.CatalogueServiceServicer,
    request_pb2_grpc.RequestServiceServicer,
    execution_pb2_grpc.ExecutionServiceServicer,
    operation_pb2_grpc.OperationServiceServicer,
):
    """Answers from `neighbour_data`, keeps a contact book, and can be told to fail."""

    def __init__(self) -> None:
        self.catalogues: dict[tuple[str, int], catalogue_pb2.ImportCatalogueRequest] = {}
        self.catalogue_faults: list[Fault] = []
        self.orbit_faults: list[Fault] = []
        self.refuse_imports = False
        self.contacts: dict[str, contact_pb2.Contact] = {}
        self.reservations: dict[str, list[str]] = {}
        self.reserve_calls: list[contact_pb2.ReserveContactsRequest] = []
        self.lose_reservation_answers = 0
        self.stop_before_reserving = 0
        self.reservation_refusal: MalapertError | None = None
        self.antenna_quotas: list[agreement_pb2.AntennaQuota] = []
        self.outages: list[outage_pb2.Outage] = []
        self.requests: list[request_pb2.ActivityRequest] = []
        self.executions: list[execution_pb2.Execution] = []
        self.identities: list[str] = []
        self.search_count = 0
        self.sites = [data.site(1), data.site(2)]

    async def RegisterOrbiter(self, request: Any, context: Any) -> orbiter_pb2.RegisterOrbiterResponse:  # noqa: N802
        assert request.validate_only
        if self.orbit_faults:
            raise InvalidInputError("INVALID_ORBIT", "the orbit has faults", faults=self.orbit_faults)
        return orbiter_pb2.RegisterOrbiterResponse()

    async def CreateTerrainStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        terrain = terrain_pb2.Terrain(terrain_id="lola", title="LOLA", content_hash="sha256:lola")
        stack = terrain_pb2.TerrainStack(terrain_stack_id="stack-1", terrains=[terrain], synthetic=True)
        return terrain_pb2.CreateTerrainStackResponse(terrain_stack=stack)

    async def GetTerrainStack(self, request: Any, context: Any) -> Any:  # noqa: N802
        return terrain_pb2.GetTerrainStackResponse(
            terrain_stack=(await self.CreateTerrainStack(request, context)).terrain_stack
        )

    async def SearchSites(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.identities.append(require_identity().agency_id)
        self.search_count += 1
        return site_pb2.SearchSitesResponse(operation_id=f"search-{self.search_count}")

    async def GetSiteSearch(self, request: Any, context: Any) -> Any:  # noqa: N802
        rejections = [] if self.sites else [site_pb2.RejectionCount(limit="max_slope_deg", count=7)]
        search = site_pb2.SiteSearch(
            site_search_id=request.site_search_id, sites=self.sites, candidate_count=7, rejections=rejections
        )
        return site_pb2.GetSiteSearchResponse(site_search=search)

    async def GetSite(self, request: Any, context: Any) -> Any:  # noqa: N802
        return site_pb2.GetSiteResponse(site=data.site(int(request.site_id.rpartition("-")[2])))

    async def ResolveWaypoints(self, request: Any, context: Any) -> Any:  # noqa: N802
        return route_pb2.ResolveWaypointsResponse(waypoints=[data.waypoint(item) for item in request.definitions])

    async def FindRoutes(self, request: Any, context: Any) -> Any:  # noqa: N802
        return route_pb2.FindRoutesResponse(routes=data.routes(item.waypoint_id for item in request.waypoints))

    async def ListStations(self, request: Any, context: Any) -> Any:  # noqa: N802
        return window_pb2.ListStationsResponse(stations=[data.station(name) for name in data.STATIONS])

    async def ComputeWindows(self, request: Any, context: Any) -> Any:  # noqa: N802
        return window_pb2.ComputeWindowsResponse(operation_id="windows-1")

    async def GetWindowSet(self, request: Any, context: Any) -> Any:  # noqa: N802
        return window_pb2.GetWindowSetResponse(window_set=window_pb2.WindowSet(window_set_id=request.window_set_id))

    async def ListWindows(self, request: Any, context: Any) -> Any:  # noqa: N802
        found = data.windows(data.PLACES)
        start = int(request.page.page_token or 0)
        end = start + 50
        token = str(end) if end < len(found) else ""
        return window_pb2.ListWindowsResponse(windows=found[start:end], next_page_token=token)

    async def ListContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        holding = [
            item
            for item in self.contacts.values()
            if item.state == contact_pb2.CONTACT_STATE_COMMITTED
            and (not request.plan_ids or item.plan_id in request.plan_ids)
        ]
        return contact_pb2.ListContactsResponse(contacts=holding)

    async def ListOutages(self, request: Any, context: Any) -> Any:  # noqa: N802
        return outage_pb2.ListOutagesResponse(outages=self.outages)

    async def ListAntennaQuotas(self, request: Any, context: Any) -> Any:  # noqa: N802
        return agreement_pb2.ListAntennaQuotasResponse(quotas=self.antenna_quotas)

    async def ReserveContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.reserve_calls.append(request)
        self.identities.append(require_identity().agency_id)
        if self.stop_before_reserving:
            self.stop_before_reserving -= 1
            raise UnavailableError("SERVICE_STOPPING", "the service stops")
        if self.reservation_refusal is not None:
            raise self.reservation_refusal
        if request.idempotency_key not in self.reservations:
            self.reservations[request.idempotency_key] = self._book(request)
        if self.lose_reservation_answers:
            self.lose_reservation_answers -= 1
            raise UnavailableError("SERVICE_STOPPING", "the contacts are booked, but the answer is lost")
        booked = [self.contacts[name] for name in self.reservations[request.idempotency_key]]
        return contact_pb2.ReserveContactsResponse(contacts=booked)

    def _book(self, request: contact_pb2.ReserveContactsRequest) -> list[str]:
        for asked in request.requests:
            for held in self.contacts.values():
                if held.state == contact_pb2.CONTACT_STATE_COMMITTED and self._overlap(asked, held):
                    message = f"{asked.station_id} is taken by {held.contact_id}"
                    raise ConflictError("CONTACT_CONFLICT", message, metadata={"contact_ids": held.contact_id})
        names = []
        for asked in request.requests:
            name = f"contact-{len(self.contacts)}"
            self.contacts[name] = contact_pb2.Contact(
                contact_id=name,
                station_id=asked.station_id,
                interval=asked.interval,
                occupied=asked.interval,
                plan_id=request.plan_id,
                state=contact_pb2.CONTACT_STATE_COMMITTED,
            )
            names.append(name)
        return names

    def _overlap(self, asked: contact_pb2.ContactRequest, held: contact_pb2.Contact) -> bool:
        if asked.station_id != held.station_id:
            return False
        return (
            asked.interval.start_time.ToNanoseconds() < held.occupied.end_time.ToNanoseconds()
            and held.occupied.start_time.ToNanoseconds() < asked.interval.end_time.ToNanoseconds()
        )

    async def ReleaseContacts(self, request: Any, context: Any) -> Any:  # noqa: N802
        for name in request.contact_ids:
            self.contacts[name].state = contact_pb2.CONTACT_STATE_CANCELLED
        return contact_pb2.ReleaseContactsResponse(contacts=[self.contacts[name] for name in request.contact_ids])

    async def ImportCatalogue(self, request: Any, context: Any) -> Any:  # noqa: N802
        if self.catalogue_faults:
            raise InvalidInputError("INVALID_CATALOGUE", "faults", faults=self.catalogue_faults)
        key = (request.mission_id, request.mission_version)
        if not request.validate_only:
            if self.refuse_imports:
                raise UnavailableError("SERVICE_STOPPING", "the service stops")
            known = self.catalogues.get(key)
            if known is not None and known.requests != request.requests:
                raise ConflictError("MISSION_VERSION_TAKEN", "give a new version")
            self.catalogues[key] = request
        return catalogue_pb2.ImportCatalogueResponse(content_hash="sha256:catalogue")

    async def ExpandRequests(self, request: Any, context: Any) -> request_pb2.ExpandRequestsResponse:  # noqa: N802
        return data.expanded(self.catalogues[request.mission_id, request.mission_version])

    async def ListRequests(self, request: Any, context: Any) -> request_pb2.ListRequestsResponse:  # noqa: N802
        found = [item for item in self.requests if not request.states or item.state in request.states]
        return request_pb2.ListRequestsResponse(requests=found)

    async def ListExecutions(self, request: Any, context: Any) -> execution_pb2.ListExecutionsResponse:  # noqa: N802
        """One report a page."""
        at = int(request.page.page_token or 0)
        more = str(at + 1) if at + 1 < len(self.executions) else ""
        return execution_pb2.ListExecutionsResponse(executions=self.executions[at : at + 1], next_page_token=more)

    async def WatchOperation(self, request: Any, context: Any) -> AsyncIterator[Any]:  # noqa: N802
        operation = operation_pb2.Operation(
            operation_id=request.operation_id, state=operation_pb2.OPERATION_STATE_RUNNING
        )
        operation.stages.add(name="work", title="At work", fraction=0.5)
        yield operation_pb2.WatchOperationResponse(operation=operation)
        operation.state = operation_pb2.OPERATION_STATE_SUCCEEDED
        operation.result_id = f"result-of-{request.operation_id}"
        yield operation_pb2.WatchOperationResponse(operation=operation)


_SERVED = (
    ("landing_site", terrain_pb2_grpc, "TerrainService"),
    ("landing_site", site_pb2_grpc, "SiteService"),
    ("landing_site", route_pb2_grpc, "RouteService"),
    ("comms_window", window_pb2_grpc, "StationService"),
    ("comms_window", window_pb2_grpc, "WindowService"),
    ("comms_window", contact_pb2_grpc, "ContactService"),
    ("comms_window", orbiter_pb2_grpc, "OrbiterService"),
    ("comms_window", outage_pb2_grpc, "OutageService"),
    ("comms_window", agreement_pb2_grpc, "AgreementService"),
    ("payload", catalogue_pb2_grpc, "CatalogueService"),
    ("payload", request_pb2_grpc, "RequestService"),
    ("payload", execution_pb2_grpc, "ExecutionService"),
    ("operation", operation_pb2_grpc, "OperationService"),
)


class AllThree:
    """Takes the tokens of all three services that are served here."""

    def verify(self, token: str) -> Identity:
        """Return the identity that a token states to one of them."""
        refused = UnauthenticatedError("INVALID_IDENTITY", "for none of the three")
        for name in ("landing_site", "comms_window", "payload"):
            with suppress(UnauthenticatedError):
                return service_tokens(name).verify(token)
        raise refused


@asynccontextmanager
async def running_neighbours(neighbours: Neighbours, port: int = 0) -> AsyncIterator[str]:
    """Serve all three services and yield their address."""
    registrations = [
        Registration(f"malapert.{area}.v1.{name}", getattr(module, f"add_{name}Servicer_to_server"), neighbours)
        for area, module, name in _SERVED
    ]
    server = GrpcServer(registrations, interceptors=[CallInterceptor(AllThree(), "neighbours")], port=port)
    await server.start()
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        await server.stop(0.2)
