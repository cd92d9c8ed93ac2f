"""The payload service."""

from collections.abc import Sequence

import grpc
from malapert.payload.v1 import catalogue_pb2, catalogue_pb2_grpc, request_pb2, request_pb2_grpc, science_pb2

SERVICES = ("malapert.payload.v1.CatalogueService", "malapert.payload.v1.RequestService")
# The same content again changes nothing.
IDEMPOTENT_METHODS = ("ImportCatalogue", "ExpandRequests")


class PayloadClient:
    """Asks the payload service through a channel."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._catalogues = catalogue_pb2_grpc.CatalogueServiceStub(channel)
        self._requests = request_pb2_grpc.RequestServiceStub(channel)

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
