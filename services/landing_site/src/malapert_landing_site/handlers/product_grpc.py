"""The gRPC service of product sets: messages in and out, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from malapert.landing_site.v1 import product_pb2, product_pb2_grpc
from malapert_core.audit.trail import AuditTrail
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.operations.operations import OperationContext, OperationRunner
from malapert_core.policy.identity import require_identity
from malapert_core.rpc.paging import cursor_key, next_cursor, page_size_of
from malapert_core.timestamps import from_timestamp

from malapert_landing_site.domain.tiles import TileAddress
from malapert_landing_site.handlers.messages import place_of
from malapert_landing_site.handlers.product_messages import (
    layer_of,
    light_series_message,
    product_request_of,
    product_set_message,
)
from malapert_landing_site.services.access import Access
from malapert_landing_site.services.light_series import LightSeriesAtPlaces
from malapert_landing_site.services.products import ProductSets
from malapert_landing_site.services.stored_bytes import StoredBytes
from malapert_landing_site.storage.products import ProductSetStore

PRODUCTS_KIND = "compute_products"
_CHUNK_BYTES = 1_000_000


class ProductHandlers(product_pb2_grpc.ProductServiceServicer):
    """Product sets, their files and tiles, and light over time."""

    def __init__(
        self,
        access: Access,
        products: ProductSets,
        series: LightSeriesAtPlaces,
        operations: OperationRunner,
        stored: StoredBytes,
    ) -> None:
        self._access = access
        self._stored = stored
        self._products = products
        self._series = series
        self._operations = operations

    async def ComputeProducts(  # noqa: N802
        self, request: product_pb2.ComputeProductsRequest, context: Any
    ) -> product_pb2.ComputeProductsResponse:
        """Start making a set."""
        await self._access.require_share("terrain stack", [request.terrain_stack_id], request.mission_id)
        wanted = product_request_of(request)
        await self._products.check(wanted)
        (await self._stored.admission(require_identity().agency_id))(len(wanted.wanted) * wanted.pixels)
        content = request.SerializeToString(deterministic=True)
        operation_id = await self._operations.submit(
            None, PRODUCTS_KIND, content, require_identity(), request.mission_id
        )
        return product_pb2.ComputeProductsResponse(operation_id=operation_id)

    async def GetProductSet(  # noqa: N802
        self, request: product_pb2.GetProductSetRequest, context: Any
    ) -> product_pb2.GetProductSetResponse:
        """Return a set."""
        made = await self._products.get(request.product_set_id)
        return product_pb2.GetProductSetResponse(product_set=product_set_message(made))

    async def ListProductSets(  # noqa: N802
        self, request: product_pb2.ListProductSetsRequest, context: Any
    ) -> product_pb2.ListProductSetsResponse:
        """Return a page of sets."""
        size = page_size_of(request.page.page_size)
        before_id = cursor_key(request.page.page_token)
        records = await self._products.page(size + 1, before_id, await self._access.condition("product set"))
        return product_pb2.ListProductSetsResponse(
            product_sets=[product_set_message(made) for _, made in records[:size]],
            next_page_token=next_cursor(records, size, lambda row: row[0]),
        )

    async def DownloadProduct(  # noqa: N802
        self, request: product_pb2.DownloadProductRequest, context: Any
    ) -> AsyncIterator[product_pb2.DownloadProductResponse]:
        """Return a layer's file in pieces."""
        path = await self._products.file(request.product_set_id, layer_of(request.layer))
        with path.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield product_pb2.DownloadProductResponse(chunk=chunk)

    async def GetProductTile(  # noqa: N802
        self, request: product_pb2.GetProductTileRequest, context: Any
    ) -> product_pb2.GetProductTileResponse:
        """Return a tile of a layer."""
        address = TileAddress(request.level, request.column, request.row)
        png = await self._products.tile(request.product_set_id, layer_of(request.layer), address)
        return product_pb2.GetProductTileResponse(png=png)

    async def GetLightSeries(  # noqa: N802
        self, request: product_pb2.GetLightSeriesRequest, context: Any
    ) -> product_pb2.GetLightSeriesResponse:
        """Return light over time at points."""
        if not request.HasField("span"):
            fault = Fault("span", "NO_SPAN", "a series of light needs a span")
            raise InvalidInputError("NO_SPAN", fault.message, faults=[fault])
        span = (from_timestamp(request.span.start_time), from_timestamp(request.span.end_time))
        places = [place_of(point) for point in request.points]
        found = await self._series.series(
            request.terrain_stack_id, places, span, request.step_s, request.height_m, request.with_directions
        )
        return light_series_message(found, request.span)


class ProductOperation:
    """Makes a set, or finds that it was made: its files are there before its record is."""

    def __init__(self, products: ProductSets, audit: AuditTrail) -> None:
        self._products = products
        self._audit = audit

    async def __call__(self, context: OperationContext) -> str | None:
        """Handle one operation and return the identifier of a set that was made before."""
        request = product_request_of(product_pb2.ComputeProductsRequest.FromString(context.request))
        product_set_id = self._products.identifier(request, context.identity.agency_id)
        found = await self._products.find(product_set_id)
        if found is not None and await self._products.complete(found):
            context.stage("files", "Files")
            context.progress(1.0, "the same products were made before")
            return product_set_id
        made = await self._products.compute(request, context, context.identity.agency_id)
        async with context.finish(product_set_id) as session:
            if await ProductSetStore(session).add(made):
                self._audit.record(
                    session,
                    "product_set.made",
                    entity_kind="product_set",
                    entity_id=product_set_id,
                    mission_id=request.mission_id,
                )
        return None
