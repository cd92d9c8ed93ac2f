"""Terrain stacks and maps of them, and the listings of terrains."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from malapert.landing_site.v1 import terrain_pb2
from malapert.type.v1 import type_pb2
from malapert_http_models.contracts.landing_site import (
    CreateTerrainStackRequest,
    MapLayer,
    MapLayerData,
    Terrain,
    TerrainPage,
    TerrainStack,
)

from malapert_gateway.bodies import message_of
from malapert_gateway.conversion import enum_number
from malapert_gateway.routes.guarded import GuardedRoute
from malapert_gateway.routes.parameters import GatewayParts, Page, TerrainId, TerrainStackId, span

router = APIRouter(tags=["terrain"], route_class=GuardedRoute)


@router.get("/terrains")
async def list_terrains(gateway: GatewayParts, page: Page) -> TerrainPage:
    """List terrains, the built-in ones first."""
    answer = await gateway.call(gateway.services.terrains.ListTerrains, terrain_pb2.ListTerrainsRequest(page=page))
    return await gateway.answer(answer, TerrainPage)


@router.get("/terrains/{terrain_id}")
async def get_terrain(terrain_id: TerrainId, gateway: GatewayParts) -> Terrain:
    """Return one terrain."""
    message = terrain_pb2.GetTerrainRequest(terrain_id=terrain_id)
    return await gateway.answer((await gateway.call(gateway.services.terrains.GetTerrain, message)).terrain, Terrain)


@router.post("/terrain-stacks", status_code=201)
async def create_terrain_stack(body: CreateTerrainStackRequest, gateway: GatewayParts) -> TerrainStack:
    """Nest terrains from coarse to fine over a region; the same inputs give the same stack."""
    message = message_of(body, terrain_pb2.CreateTerrainStackRequest)
    answer = await gateway.call(gateway.services.terrains.CreateTerrainStack, message)
    return await gateway.answer(answer.terrain_stack, TerrainStack, 201)


@router.get("/terrain-stacks/{terrain_stack_id}")
async def get_terrain_stack(terrain_stack_id: TerrainStackId, gateway: GatewayParts) -> TerrainStack:
    """Return one terrain stack."""
    message = terrain_pb2.GetTerrainStackRequest(terrain_stack_id=terrain_stack_id)
    answer = await gateway.call(gateway.services.terrains.GetTerrainStack, message)
    return await gateway.answer(answer.terrain_stack, TerrainStack)


@router.get("/terrain-stacks/{terrain_stack_id}/layers/{layer}")
async def get_map_layer(
    terrain_stack_id: TerrainStackId,
    layer: Annotated[MapLayer, Path(description="What to draw.")],
    gateway: GatewayParts,
    longitude_deg: Annotated[float, Query(ge=-180, le=360, description="Centre of the square.", examples=[-137.2])],
    latitude_deg: Annotated[float, Query(ge=-90, le=90, description="Centre of the square.", examples=[-89.45])],
    averaged: Annotated[
        type_pb2.Interval | None, span("Start of the span that is averaged.", "End of the span that is averaged.")
    ],
    size_m: Annotated[float, Query(gt=0, le=1e6, description="Side of the square, metres.", examples=[8000.0])],
    pixel_count: Annotated[int, Query(ge=2, le=512, description="Pixels along a side.", examples=[256])] = 256,
    height_m: Annotated[
        float, Query(ge=0, le=1e3, description="Height of the eye above ground, metres.", examples=[2.0])
    ] = 0.0,
) -> MapLayerData:
    """Draw one layer of a square of a stack.

    `data` is base64 of little-endian float32 numbers, rows from north to south, NaN where there is no data. The layers
    ILLUMINATION and EARTH_VISIBILITY need a span.
    """
    message = terrain_pb2.GetMapLayerRequest(
        terrain_stack_id=terrain_stack_id,
        layer=enum_number(terrain_pb2.MapLayer.DESCRIPTOR, layer),
        center=type_pb2.SurfacePoint(longitude_deg=longitude_deg, latitude_deg=latitude_deg),
        size_m=size_m,
        pixel_count=pixel_count,
        height_m=height_m,
        span=averaged,
    )
    return await gateway.answer(await gateway.call(gateway.services.terrains.GetMapLayer, message), MapLayerData)
