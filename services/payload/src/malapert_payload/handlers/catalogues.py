"""The catalogue service: each method translates, calls one use case, and translates back."""

from typing import Any

from malapert.payload.v1 import catalogue_pb2, catalogue_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.policy.identity import require_identity
from malapert_core.reading_processes import QUICK_BYTES, ReadingProcesses
from malapert_core.rpc.enum_filters import wanted_values
from malapert_core.rpc.mapping import to_domain, to_message
from malapert_core.vocabulary.figure import Confidence

from malapert_payload.domain.catalogue.activity_type import ActivityType
from malapert_payload.domain.catalogue.catalogue import Catalogue
from malapert_payload.domain.catalogue.instrument import Instrument
from malapert_payload.domain.requests.request import ActivityRequest
from malapert_payload.handlers.request_messages import request_of
from malapert_payload.services.catalogues import CatalogueService
from malapert_payload.services.items import ItemService
from malapert_payload.services.submissions import Asked


class CatalogueServicer(catalogue_pb2_grpc.CatalogueServiceServicer):
    """Serves malapert.payload.v1.CatalogueService."""

    def __init__(self, catalogues: CatalogueService, items: ItemService, reading: ReadingProcesses) -> None:
        self._catalogues = catalogues
        self._items = items
        self._reading = reading

    async def ImportCatalogue(  # noqa: N802
        self, request: catalogue_pb2.ImportCatalogueRequest, context: Any
    ) -> catalogue_pb2.ImportCatalogueResponse:
        """Take a mission version whole, or none of it and every fault."""
        size_bytes, identity = request.ByteSize(), require_identity()
        catalogue, document = (
            _read(request)
            if size_bytes <= QUICK_BYTES
            else await self._reading.run(identity.agency_id, _read_apart, request.SerializeToString())
        )
        listed = Asked(document, size_bytes)
        if request.validate_only:
            content_hash = await self._catalogues.check(catalogue, listed, identity)
        else:
            content_hash = await self._catalogues.take(catalogue, listed, identity)
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
        catalogue = await self._catalogues.get(request.mission_id, request.mission_version, require_identity())
        wanted = _wanted_confidences(request)
        instruments = (
            to_message(item, catalogue_pb2.Instrument)
            for item in catalogue.instruments
            if not wanted or item.confidence in wanted
        )
        return catalogue_pb2.ListInstrumentsResponse(instruments=instruments)

    async def GetInstrument(  # noqa: N802
        self, request: catalogue_pb2.GetInstrumentRequest, context: Any
    ) -> catalogue_pb2.GetInstrumentResponse:
        """Return one instrument."""
        instrument = await self._catalogues.get_instrument(
            request.mission_id, request.mission_version, request.instrument_id, require_identity()
        )
        return catalogue_pb2.GetInstrumentResponse(instrument=to_message(instrument, catalogue_pb2.Instrument))

    async def ListActivityTypes(  # noqa: N802
        self, request: catalogue_pb2.ListActivityTypesRequest, context: Any
    ) -> catalogue_pb2.ListActivityTypesResponse:
        """List a mission's activity types."""
        catalogue = await self._catalogues.get(request.mission_id, request.mission_version, require_identity())
        wanted = _wanted_confidences(request)
        kinds = (
            to_message(kind, catalogue_pb2.ActivityType)
            for kind in catalogue.activity_types
            if not wanted or kind.confidence in wanted
        )
        return catalogue_pb2.ListActivityTypesResponse(activity_types=kinds)

    async def PublishInstrument(  # noqa: N802
        self, request: catalogue_pb2.PublishInstrumentRequest, context: Any
    ) -> catalogue_pb2.PublishInstrumentResponse:
        """Take the next version of an instrument."""
        published = await self._items.publish(
            request.mission_id,
            to_domain(request.instrument, Instrument),
            request.seen_version,
            request.reason,
            require_identity(),
            validate_only=request.validate_only,
        )
        return catalogue_pb2.PublishInstrumentResponse(instrument=to_message(published, catalogue_pb2.Instrument))

    async def ListInstrumentVersions(  # noqa: N802
        self, request: catalogue_pb2.ListInstrumentVersionsRequest, context: Any
    ) -> catalogue_pb2.ListInstrumentVersionsResponse:
        """List every version of an instrument."""
        versions = await self._items.versions(
            request.mission_id, ("instrument", request.instrument_id), require_identity()
        )
        return catalogue_pb2.ListInstrumentVersionsResponse(
            versions=(
                catalogue_pb2.InstrumentVersion(
                    record=to_message(version.record, catalogue_pb2.VersionRecord),
                    instrument=to_message(version.item, catalogue_pb2.Instrument),
                )
                for version in versions
            )
        )

    async def PublishActivityType(  # noqa: N802
        self, request: catalogue_pb2.PublishActivityTypeRequest, context: Any
    ) -> catalogue_pb2.PublishActivityTypeResponse:
        """Take the next version of an activity type."""
        published = await self._items.publish(
            request.mission_id,
            to_domain(request.activity_type, ActivityType),
            request.seen_version,
            request.reason,
            require_identity(),
            validate_only=request.validate_only,
        )
        message = to_message(published, catalogue_pb2.ActivityType)
        return catalogue_pb2.PublishActivityTypeResponse(activity_type=message)

    async def ListActivityTypeVersions(  # noqa: N802
        self, request: catalogue_pb2.ListActivityTypeVersionsRequest, context: Any
    ) -> catalogue_pb2.ListActivityTypeVersionsResponse:
        """List every version of an activity type."""
        versions = await self._items.versions(
            request.mission_id, ("activity_type", request.activity_type_id), require_identity()
        )
        return catalogue_pb2.ListActivityTypeVersionsResponse(
            versions=(
                catalogue_pb2.ActivityTypeVersion(
                    record=to_message(version.record, catalogue_pb2.VersionRecord),
                    activity_type=to_message(version.item, catalogue_pb2.ActivityType),
                )
                for version in versions
            )
        )


def _wanted_confidences(
    request: catalogue_pb2.ListInstrumentsRequest | catalogue_pb2.ListActivityTypesRequest,
) -> frozenset[Confidence]:
    return wanted_values(Confidence, request.confidences, type_pb2.Confidence.DESCRIPTOR, "confidences")


def _read_apart(content: bytes) -> tuple[Catalogue, tuple[ActivityRequest, ...]]:
    return _read(catalogue_pb2.ImportCatalogueRequest.FromString(content))


def _read(request: catalogue_pb2.ImportCatalogueRequest) -> tuple[Catalogue, tuple[ActivityRequest, ...]]:
    document = tuple(request_of(message, request.mission_id) for message in request.requests)
    return to_domain(request, Catalogue), document
