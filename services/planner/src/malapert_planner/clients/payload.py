"""The payload service."""

from collections.abc import Sequence

import grpc
from malapert.payload.v1 import (
    catalogue_pb2,
    catalogue_pb2_grpc,
    execution_pb2,
    execution_pb2_grpc,
    request_pb2,
    request_pb2_grpc,
    science_pb2,
)
from malapert.type.v1 import type_pb2

SERVICES = (
    "malapert.payload.v1.CatalogueService",
    "malapert.payload.v1.RequestService",
    "malapert.payload.v1.ExecutionService",
)
# The same content again changes nothing.
IDEMPOTENT_METHODS = ("ImportCatalogue", "ExpandRequests", "ListExecutions")
PAGE_SIZE = 200


class PayloadClient:
    """Asks the payload service through a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._catalogues = catalogue_pb2_grpc.CatalogueServiceStub(channel)
        self._requests = request_pb2_grpc.RequestServiceStub(channel)
        self._executions = execution_pb2_grpc.ExecutionServiceStub(channel)

    async def import_catalogue(self, request: catalogue_pb2.ImportCatalogueRequest) -> str:
        """Take, or only check, a mission version's catalogue and return its content hash."""
        return (await self._catalogues.ImportCatalogue(request)).content_hash

    async def expand_requests(
        self, mission_id: str, mission_version: int, places: Sequence[science_pb2.PlaceLight]
    ) -> request_pb2.ExpandRequestsResponse:
        """Return a mission's live requests as single activities, worth what they are at places in such light."""
        request = request_pb2.ExpandRequestsRequest(
            mission_id=mission_id, mission_version=mission_version, places=places
        )
        return await self._requests.ExpandRequests(request)

    async def list_requests(
        self, mission_id: str, states: "Sequence[request_pb2.RequestState.ValueType]"
    ) -> list[request_pb2.ActivityRequest]:
        """Return the requests of a mission in some states."""
        found: list[request_pb2.ActivityRequest] = []
        page = type_pb2.PageRequest(page_size=PAGE_SIZE)
        while True:
            request = request_pb2.ListRequestsRequest(mission_id=mission_id, states=states, page=page)
            response = await self._requests.ListRequests(request)
            found.extend(response.requests)
            if not response.next_page_token:
                return found
            page.page_token = response.next_page_token

    async def list_executions(self, mission_id: str) -> list[execution_pb2.Execution]:
        """Return the reports on what was run of a mission's requests, by request and oldest first."""
        found: list[execution_pb2.Execution] = []
        page = type_pb2.PageRequest(page_size=PAGE_SIZE)
        while True:
            request = execution_pb2.ListExecutionsRequest(mission_id=mission_id, page=page)
            response = await self._executions.ListExecutions(request)
            found.extend(response.executions)
            if not response.next_page_token:
                return found
            page.page_token = response.next_page_token
