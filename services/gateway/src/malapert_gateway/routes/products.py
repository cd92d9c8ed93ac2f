"""Product sets: layers of terrain, light and shadow as files and map tiles, and light over time at points."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from malapert.landing_site.v1 import product_pb2
from malapert_http_models.contracts.landing_site import (
    ComputeProductsRequest,
    GetLightSeriesRequest,
    LightSeriesOfPoints,
    ProductLayer,
    ProductSet,
    ProductSetPage,
)
from malapert_http_models.contracts.operation import Operation

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_number
from malapert_gateway.exports.stac import COG_MEDIA_TYPE, stac_item
from malapert_gateway.exports.tile_matrix_set import tile_matrix_set
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.operations import started
from malapert_gateway.routes.parameters import LOCATION, GatewayParts, Page, ProductSetId
from malapert_gateway.services.clients import ServiceName
from malapert_gateway.services.gateway import Gateway

router = APIRouter(tags=["products"], route_class=GuardedRoute)

Layer = Annotated[ProductLayer, Path(description="The layer.")]

_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_COG: dict[int | str, Any] = {200: {"description": "The file.", "content": {COG_MEDIA_TYPE: _BINARY}}}
_PNG: dict[int | str, Any] = {200: {"description": "The tile.", "content": {"image/png": _BINARY}}}
_GEOJSON: dict[int | str, Any] = {
    200: {"description": "The item.", "content": {"application/geo+json": {"schema": {"type": "object"}}}}
}


@router.post("/product-sets", status_code=202, responses={202: LOCATION})
async def compute_products(body: ComputeProductsRequest, response: Response, gateway: GatewayParts) -> Operation:
    """Start making layers over a square; the operation's `result_id` is the product set.

    The same request gives the same set, and horizons that were stored for other layers are used again. Large requests
    are refused with their cost unless `allow_large` is set.
    """
    message = message_of(body, product_pb2.ComputeProductsRequest)
    answer = await gateway.call(gateway.services.products.ComputeProducts, message)
    return await started(gateway, ServiceName.LANDING_SITE, answer.operation_id, response)


@router.get("/product-sets")
async def list_product_sets(gateway: GatewayParts, page: Page) -> ProductSetPage:
    """List product sets, newest first."""
    message = product_pb2.ListProductSetsRequest(page=page)
    return await gateway.answer(await gateway.call(gateway.services.products.ListProductSets, message), ProductSetPage)


@router.get("/product-sets/{product_set_id}")
async def get_product_set(product_set_id: ProductSetId, gateway: GatewayParts) -> ProductSet:
    """Return a product set: its layers with their units, limits and legends."""
    return await _product_set(gateway, product_set_id)


@router.get("/product-sets/{product_set_id}/stac", response_class=Response, responses=_GEOJSON)
async def get_product_set_stac(product_set_id: ProductSetId, request: Request, gateway: GatewayParts) -> Response:
    """Return a product set as a STAC item with the projection and solar-system extensions."""
    address = str(request.url_for("get_product_set", product_set_id=product_set_id))
    item = stac_item(await _product_set(gateway, product_set_id), address)
    return JSONResponse(item, media_type="application/geo+json")


@router.get("/product-sets/{product_set_id}/files/{layer}", response_class=StreamingResponse, responses=_COG)
async def download_product(product_set_id: ProductSetId, layer: Layer, gateway: GatewayParts) -> StreamingResponse:
    """Download a layer as a cloud-optimised GeoTIFF with its reference system and provenance."""
    number = enum_number(product_pb2.ProductLayer.DESCRIPTOR, layer)
    message = product_pb2.DownloadProductRequest(product_set_id=product_set_id, layer=number)
    call = gateway.services.products.DownloadProduct(message, timeout=gateway.settings.upload_deadline_s)
    pieces = aiter(call)
    first = await anext(pieces)  # a refusal comes before the answer begins

    async def chunks() -> AsyncIterator[bytes]:
        yield first.chunk
        async for piece in pieces:
            yield piece.chunk

    headers = {"Content-Disposition": f'attachment; filename="{layer.lower()}.tif"'}
    return StreamingResponse(chunks(), media_type=COG_MEDIA_TYPE, headers=headers)


@router.get("/product-sets/{product_set_id}/tile-matrix-set")
async def get_tile_matrix_set(product_set_id: ProductSetId, gateway: GatewayParts) -> dict[str, Any]:
    """Return the grid of the tiles as an OGC tile matrix set; it is the same for all sets of a pole."""
    return tile_matrix_set((await _product_set(gateway, product_set_id)).crs)


@router.get(
    "/product-sets/{product_set_id}/tiles/{layer}/{level}/{column}/{row}", response_class=Response, responses=_PNG
)
async def get_product_tile(
    product_set_id: ProductSetId,
    layer: Layer,
    level: Annotated[int, Path(ge=0, le=14, description="Level: a pixel is 5120 / 2^level metres.", examples=[7])],
    column: Annotated[int, Path(ge=0, lt=2**14, description="Column from the west.", examples=[63])],
    row: Annotated[int, Path(ge=0, lt=2**14, description="Row from the north.", examples=[64])],
    gateway: GatewayParts,
) -> Response:
    """Return one tile of a layer in the polar grid as a PNG, transparent where the layer has no value."""
    message = product_pb2.GetProductTileRequest(
        product_set_id=product_set_id,
        layer=enum_number(product_pb2.ProductLayer.DESCRIPTOR, layer),
        level=level,
        column=column,
        row=row,
    )
    answer = await gateway.call(gateway.services.products.GetProductTile, message)
    return Response(answer.png, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})


@router.post("/light-series:compute")
async def get_light_series(body: GetLightSeriesRequest, gateway: GatewayParts) -> LightSeriesOfPoints:
    """Return the visible fraction of the solar disc and Earth visibility over time at points, by exact ray cast."""
    message = message_of(body, product_pb2.GetLightSeriesRequest)
    return await gateway.answer(
        await gateway.call(gateway.services.products.GetLightSeries, message), LightSeriesOfPoints
    )


async def _product_set(gateway: Gateway, product_set_id: str) -> ProductSet:
    message = product_pb2.GetProductSetRequest(product_set_id=product_set_id)
    answer = await gateway.call(gateway.services.products.GetProductSet, message)
    return await gateway.answer(answer.product_set, ProductSet)
