"""The gRPC services: each method translates, calls one use case, and translates back."""

from typing import Any

from malapert.payload.v1 import catalogue_pb2, catalogue_pb2_grpc, request_pb2, request_pb2_grpc
from malapert_core.identity import require_identity
from malapert_core.paging import decode_cursor, encode_cursor, page_size_of

from malapert_payload.domain.request import RequestFilter, RequestState
from malapert_payload.domain.visibility import Viewer
from malapert_payload.handlers.catalogue_messages import activity_type_message, catalogue_of, instrument_message
from malapert_payload.handlers.request_messages import expansion_message, request_message, request_of
from malapert_payload.handlers.shared_messages import known
from malapert_payload.services.catalogues import CatalogueService
from malapert_payload.services.requests import RequestService


class CatalogueServicer(catalogue_pb2_grpc.CatalogueServiceServicer):
    """Serves malapert.payload.v1.CatalogueService."""

    def __init__(self, catalogues: CatalogueService) -> None:
        self._catalogues = catalogues

    async def ImportCatalogue(  # noqa: N802
        self, request: catalogue_pb2.ImportCatalogueRequest, context: Any
    ) -> catalogue_pb2.ImportCatalogueResponse:
        """Take a mission version whole, or none of it and every fault."""
        catalogue = catalogue_of(request)
        document = [request_of(message, request.mission_id) for message in request.requests]
        if request.validate_only:
            content_hash = await self._catalogues.check(catalogue, document)
        else:
            content_hash = await self._catalogues.take(catalogue, document, require_identity().agency_id)
        return catalogue_pb2.ImportCatalogueResponse(
            content_hash=content_hash,
            instrument_count=len(catalogue.instruments),
            activity_type_count=len(catalogue.activity_types),
            request_count=len(document),
        )

    async def ListInstruments(  # noqa: N802
        self, request: catalogue_pb2.ListInstrumentsRequest, context: Any
    ) -> catalogue_pb2.ListInstrumentsResponse:
        """List a mission's instruments."""
        catalogue = await self._catalogues.get(request.mission_id, request.mission_version)
        return catalogue_pb2.ListInstrumentsResponse(instruments=map(instrument_message, catalogue.instruments))

    async def GetInstrument(  # noqa: N802
        self, request: catalogue_pb2.GetInstrumentRequest, context: Any
    ) -> catalogue_pb2.GetInstrumentResponse:
        """Return one instrument."""
        instrument = await self._catalogues.get_instrument(
            request.mission_id, request.mission_version, request.instrument_id
        )
        return catalogue_pb2.GetInstrumentResponse(instrument=instrument_message(instrument))

    async def ListActivityTypes(  # noqa: N802
        self, request: catalogue_pb2.ListActivityTypesRequest, context: Any
    ) -> catalogue_pb2.ListActivityTypesResponse:
        """List a mission's activity types."""
        catalogue = await self._catalogues.get(request.mission_id, request.mission_version)
        return catalogue_pb2.ListActivityTypesResponse(
            activity_types=map(activity_type_message, catalogue.activity_types)
        )


class RequestServicer(request_pb2_grpc.RequestServiceServicer):
    """Serves malapert.payload.v1.RequestService."""

    def __init__(self, requests: RequestService) -> None:
        self._requests = requests

    async def SubmitRequests(  # noqa: N802
        self, request: request_pb2.SubmitRequestsRequest, context: Any
    ) -> request_pb2.SubmitRequestsResponse:
        """Take requests, all or none."""
        asked = [request_of(message, request.mission_id) for message in request.requests]
        submit = self._requests.check if request.validate_only else self._requests.submit
        accepted = await submit(request.mission_id, asked, _viewer())
        return request_pb2.SubmitRequestsResponse(requests=map(request_message, accepted))

    async def GetRequest(  # noqa: N802
        self, request: request_pb2.GetRequestRequest, context: Any
    ) -> request_pb2.GetRequestResponse:
        """Return one request."""
        found = await self._requests.get(request.mission_id, request.request_id, _viewer())
        return request_pb2.GetRequestResponse(request=request_message(found))

    async def ListRequests(  # noqa: N802
        self, request: request_pb2.ListRequestsRequest, context: Any
    ) -> request_pb2.ListRequestsResponse:
        """List the requests that the caller sees."""
        token = request.page.page_token
        wanted = RequestFilter(
            states=frozenset(known(RequestState, state) for state in request.states),
            agency_id=request.agency_id,
            after_request_id=decode_cursor(token)[0] if token else "",
        )
        limit = page_size_of(request.page.page_size)
        found, has_more = await self._requests.page(request.mission_id, wanted, limit, _viewer())
        return request_pb2.ListRequestsResponse(
            requests=map(request_message, found),
            next_page_token=encode_cursor(found[-1].request_id) if has_more else "",
        )

    async def CancelRequest(  # noqa: N802
        self, request: request_pb2.CancelRequestRequest, context: Any
    ) -> request_pb2.CancelRequestResponse:
        """Withdraw a request."""
        cancelled = await self._requests.cancel(
            request.mission_id, request.request_id, request.version, request.reason, _viewer()
        )
        return request_pb2.CancelRequestResponse(request=request_message(cancelled))

    async def ExpandRequests(  # noqa: N802
        self, request: request_pb2.ExpandRequestsRequest, context: Any
    ) -> request_pb2.ExpandRequestsResponse:
        """Turn a mission's live requests into single activities."""
        expansion = await self._requests.expand(request.mission_id, request.mission_version, _viewer())
        return expansion_message(expansion)


def _viewer() -> Viewer:
    identity = require_identity()
    return Viewer(identity.agency_id, identity.role.value)
