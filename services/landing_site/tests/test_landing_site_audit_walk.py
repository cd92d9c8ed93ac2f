"""Every call that changes something of landing-site's leaves its entry in the audit, once, with who did it."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from malapert.landing_site.v1 import product_pb2, product_pb2_grpc, site_pb2_grpc, terrain_pb2_grpc
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_testing.audit_walk import AuditWalk
from malapert_testing.services import ServiceLauncher, identity_of
from test_landing_site_products import request_for
from test_landing_site_service import search_request
from test_landing_site_sight import calling, mission, result_of, stack, upload

__all__ = ["mission"]
JAXA = identity_of("JAXA").principal_id


async def finished(channel: grpc.aio.Channel, call: Any, request: Any) -> str:
    """Begin long work and return its result."""
    return await result_of(channel, (await call(request)).operation_id)


@pytest.mark.asyncio
async def test_each_changing_call_of_landing_site_leaves_its_entry(
    sqlite_service_runtime: ServiceLauncher,
    lunar_geotiff: Path,
    mission: str,
) -> None:
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        calling(service, "JAXA") as owner,
        calling(service, "NASA") as outsider,
    ):
        walk = AuditWalk(service, mission)
        registering = "TerrainService/RegisterTerrain"
        terrains, others = terrain_pb2_grpc.TerrainServiceStub(owner), terrain_pb2_grpc.TerrainServiceStub(outsider)
        await walk.leaves_none(others.RegisterTerrain(upload(lunar_geotiff, mission)))
        uploaded = terrains.RegisterTerrain(upload(lunar_geotiff, mission))
        await walk.leaves(registering, uploaded, "terrain.registered", by=JAXA)
        await walk.leaves_none(terrains.RegisterTerrain(upload(lunar_geotiff, mission)))
        uploaded = terrains.RegisterTerrain(upload(lunar_geotiff))
        await walk.leaves(registering, uploaded, "terrain.registered", by=JAXA, mission_id="")
        asked = stack(mission)
        await walk.leaves_none(others.CreateTerrainStack(asked))
        nested = terrains.CreateTerrainStack(asked)
        answer = await walk.leaves("TerrainService/CreateTerrainStack", nested, "terrain_stack.created", by=JAXA)
        await walk.leaves_none(terrains.CreateTerrainStack(asked))
        stack_id = answer.terrain_stack.terrain_stack_id
        search = search_request(stack_id)
        search.mission_id = mission
        layers = request_for(
            stack_id,
            mission_id=mission,
            size_m=800.0,
            azimuth_count=36,
            layers=[product_pb2.PRODUCT_LAYER_ELEVATION],
        )
        for stub, verb, request, action in (
            (site_pb2_grpc.SiteServiceStub, "SearchSites", search, "sites.ranked"),
            (product_pb2_grpc.ProductServiceStub, "ComputeProducts", layers, "product_set.made"),
        ):
            await walk.leaves_none(getattr(stub(outsider), verb)(request))
            done = finished(owner, getattr(stub(owner), verb), request)
            await walk.leaves(f"{stub.__name__.removesuffix('Stub')}/{verb}", done, action, by=JAXA)
            await walk.leaves_none(finished(owner, getattr(stub(owner), verb), request))
        walk.require_all("landing_site")
