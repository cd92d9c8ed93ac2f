"""Who sees whose terrain: an outsider is answered as if there were nothing, in every call that names a thing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from malapert.landing_site.v1 import (
    product_pb2,
    product_pb2_grpc,
    route_pb2,
    route_pb2_grpc,
    site_pb2,
    site_pb2_grpc,
    terrain_pb2,
    terrain_pb2_grpc,
)
from malapert.operation.v1 import operation_pb2, operation_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.db.tables import AuditEntryRow
from malapert_core.errors import InvalidInputError, MalapertError, NotFoundError, PermissionDeniedError
from malapert_core.policy.charter import Charter, Membership, Part
from malapert_core.service import RunningService
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.services.access import KINDS
from malapert_landing_site.storage.tables import TerrainRow
from malapert_testing.charters import CharterBook
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel
from sqlmodel import select
from test_landing_site_products import request_for
from test_landing_site_service import search_request

MODULES = (terrain_pb2, site_pb2, product_pb2, route_pb2)
RIDGE = type_pb2.SurfacePoint(longitude_deg=222.7, latitude_deg=-89.45)
LONG_AGO, NEVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
STUBS = {
    "TerrainService": terrain_pb2_grpc.TerrainServiceStub,
    "SiteService": site_pb2_grpc.SiteServiceStub,
    "HorizonService": site_pb2_grpc.HorizonServiceStub,
    "ProductService": product_pb2_grpc.ProductServiceStub,
    "RouteService": route_pb2_grpc.RouteServiceStub,
}


def member(agency_id: str, part: Part, since: datetime = LONG_AGO) -> Membership:
    return Membership(agency_id, frozenset({part}), since)


@pytest.fixture
def mission(charters: CharterBook) -> str:
    members = (member("JAXA", Part.OWNER), member("ISRO", Part.OBSERVER), member("DLR", Part.OBSERVER, NEVER))
    charters.charters["lupex"] = Charter("lupex", 1, (*members, member("ESA", Part.CONTRIBUTOR)))
    charters.charters["other"] = Charter("other", 1, (member("ISRO", Part.OWNER),))
    charters.only_these = True
    return "lupex"


@asynccontextmanager
async def calling(service: RunningService[Any], agency_id: str) -> AsyncIterator[grpc.aio.Channel]:
    services = [f"malapert.landing_site.v1.{name}" for name in STUBS]
    async with open_test_channel(service.target, identity_of(agency_id), services) as channel:
        yield channel


def upload(path: Path, mission_id: str = "") -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    content = path.read_bytes()

    async def pieces() -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
        header = terrain_pb2.TerrainHeader(title="Secret", file_name="dem.tif", mission_id=mission_id)
        yield terrain_pb2.RegisterTerrainRequest(header=header)
        yield terrain_pb2.RegisterTerrainRequest(chunk=content)

    return pieces()


def stack(mission_id: str = "", *terrain_ids: str) -> terrain_pb2.CreateTerrainStackRequest:
    region = terrain_pb2.Region(center=RIDGE, radius_m=800.0)
    return terrain_pb2.CreateTerrainStackRequest(region=region, mission_id=mission_id, terrain_ids=terrain_ids)


async def refusal(call: Any) -> MalapertError:
    with pytest.raises(MalapertError) as raised:
        await call
    return raised.value


def naming() -> list[tuple[str, str, Any, str]]:
    """Return every unary call whose request names a thing, and the field that does."""
    found = []
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                named = [field.name for field in method.input_type.fields if field.name in KINDS]
                request = getattr(module, method.input_type.name, None)
                found += [(service.name, method.name, request, field) for field in named]
    return found


def test_every_identifier_in_a_request_is_one_that_the_guard_knows() -> None:
    others = {"mission_id", "terrain_ids", "operation_id"}
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                names = {field.name for field in method.input_type.fields if field.name.endswith(("_id", "_ids"))}
                assert names <= {*KINDS, *others}, method.full_name


@pytest.mark.asyncio
async def test_an_outsider_is_answered_as_if_there_were_nothing(
    sqlite_service_runtime: ServiceLauncher, lunar_geotiff: Path, mission: str
) -> None:
    async with sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service:
        async with calling(service, "JAXA") as channel:
            terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
            own = (await terrains.RegisterTerrain(upload(lunar_geotiff))).terrain.terrain_id
            shared = (await terrains.RegisterTerrain(upload(lunar_geotiff, mission))).terrain.terrain_id
            own_stack = (await terrains.CreateTerrainStack(stack())).terrain_stack.terrain_stack_id
            made = (await terrains.CreateTerrainStack(stack(mission))).terrain_stack.terrain_stack_id
            assert len({own, shared}) == len({own_stack, made}) == 2
        seen = {"JAXA": {own, shared}, "ISRO": {shared}, "ESA": {shared}, "NASA": set(), "DLR": set()}
        for agency_id, expected in seen.items():
            async with calling(service, agency_id) as channel:
                terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
                listed = (await terrains.ListTerrains(terrain_pb2.ListTerrainsRequest())).terrains
                assert {each.terrain_id for each in listed if each.owner_agency_id} == expected, agency_id
                assert any(not each.owner_agency_id for each in listed)
                for terrain_id in (own, shared):
                    call = terrains.GetTerrain(terrain_pb2.GetTerrainRequest(terrain_id=terrain_id))
                    if terrain_id in expected:
                        await call
                    else:
                        assert isinstance(await refusal(call), NotFoundError)
        async with calling(service, "ISRO") as channel:
            for service_name, name, request, field in naming():
                if field != "terrain_stack_id":
                    continue
                method = getattr(STUBS[service_name](channel), name)
                told = {each: await refusal(method(request(**{field: each}))) for each in (own_stack, "stack-none")}
                assert [each.reason for each in told.values()] == ["UNKNOWN_TERRAIN_STACK"] * 2, name
                assert str(told[own_stack]).replace(own_stack, "stack-none") == str(told["stack-none"])
            terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
            await terrains.GetTerrainStack(terrain_pb2.GetTerrainStackRequest(terrain_stack_id=made))


@pytest.mark.asyncio
async def test_terrain_enters_a_mission_by_its_agency_alone(
    sqlite_service_runtime: ServiceLauncher, lunar_geotiff: Path, mission: str
) -> None:
    async with sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service:
        async with calling(service, "JAXA") as channel:
            terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
            own = (await terrains.RegisterTerrain(upload(lunar_geotiff))).terrain.terrain_id
            shared = (await terrains.RegisterTerrain(upload(lunar_geotiff, mission))).terrain.terrain_id
        async with calling(service, "NASA") as channel:
            terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
            for mission_id in (mission, "no-such-mission"):
                for call in (
                    terrains.RegisterTerrain(upload(lunar_geotiff, mission_id)),
                    terrains.CreateTerrainStack(stack(mission_id)),
                ):
                    assert (await refusal(call)).reason == "UNKNOWN_MISSION"
            told = [await refusal(terrains.CreateTerrainStack(stack("", each))) for each in (own, "terrain-none")]
            assert all(isinstance(each, InvalidInputError) for each in told)
            assert [fault.code for each in told for fault in each.faults] == ["UNKNOWN_TERRAIN"] * 2
            # The same heights are its own, under a name that tells nothing of the others.
            mine = (await terrains.RegisterTerrain(upload(lunar_geotiff))).terrain
            assert mine.owner_agency_id == "NASA"
            assert mine.terrain_id not in (own, shared)
        async with calling(service, "ISRO") as channel:
            terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
            assert isinstance(await refusal(terrains.CreateTerrainStack(stack(mission))), PermissionDeniedError)
            carried = await refusal(terrains.CreateTerrainStack(stack("other", shared)))
            assert isinstance(carried, PermissionDeniedError)


async def result_of(channel: grpc.aio.Channel, operation_id: str) -> str:
    watch = operation_pb2.WatchOperationRequest(operation_id=operation_id)
    last = operation_pb2.Operation()
    async for response in operation_pb2_grpc.OperationServiceStub(channel).WatchOperation(watch, timeout=120):
        last = response.operation
    assert last.state == operation_pb2.OPERATION_STATE_SUCCEEDED, last.error_message
    return str(last.result_id)


async def ranked_and_made(channel: grpc.aio.Channel, mission_id: str) -> dict[str, str]:
    """Search sites and make a product set; return the identifier of each kind by the field that names it."""
    terrains, sites = terrain_pb2_grpc.TerrainServiceStub(channel), site_pb2_grpc.SiteServiceStub(channel)
    asked = stack(mission_id)
    asked.synthetic_detail.CopyFrom(terrain_pb2.SyntheticDetail(seed=7, pixel_size_m=40.0))
    stack_id = (await terrains.CreateTerrainStack(asked)).terrain_stack.terrain_stack_id
    wanted = search_request(stack_id)
    wanted.mission_id = mission_id
    search_id = await result_of(channel, (await sites.SearchSites(wanted)).operation_id)
    found = (await sites.GetSiteSearch(site_pb2.GetSiteSearchRequest(site_search_id=search_id))).site_search
    layers = request_for(
        stack_id, mission_id=mission_id, size_m=800.0, azimuth_count=36, layers=[product_pb2.PRODUCT_LAYER_ELEVATION]
    )
    made = await product_pb2_grpc.ProductServiceStub(channel).ComputeProducts(layers)
    set_id = await result_of(channel, made.operation_id)
    return {"site_search_id": search_id, "site_id": found.sites[0].site_id, "product_set_id": set_id}


@pytest.mark.asyncio
async def test_what_was_ranked_and_made_is_not_there_for_an_outsider(
    sqlite_service_runtime: ServiceLauncher, mission: str
) -> None:
    async with sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service:
        async with calling(service, "JAXA") as channel:
            made = await ranked_and_made(channel, mission)
        listed = {}
        for agency_id in ("JAXA", "ISRO", "NASA"):
            async with calling(service, agency_id) as channel:
                sites, products = site_pb2_grpc.SiteServiceStub(channel), product_pb2_grpc.ProductServiceStub(channel)
                searches = (await sites.ListSiteSearches(site_pb2.ListSiteSearchesRequest())).site_searches
                sets = (await products.ListProductSets(product_pb2.ListProductSetsRequest())).product_sets
                listed[agency_id] = [*(s.site_search_id for s in searches), *(s.product_set_id for s in sets)]
        all_of_it = [made["site_search_id"], made["product_set_id"]]
        assert listed == {"JAXA": all_of_it, "ISRO": all_of_it, "NASA": []}
        calls = [each for each in naming() if each[3] in made]
        assert {field for *_, field in calls} == made.keys()
        async with calling(service, "NASA") as channel:
            for service_name, name, request, field in calls:
                method = getattr(STUBS[service_name](channel), name)
                told = {}
                for identifier in (made[field], "none"):
                    call = method(request(**{field: identifier}))
                    told[identifier] = await refusal(_first(call) if hasattr(call, "__aiter__") else call)
                assert [each.reason for each in told.values()] == [f"UNKNOWN_{field[:-3].upper()}"] * 2, name
                assert str(told[made[field]]).replace(made[field], "none") == str(told["none"])
        async with calling(service, "ISRO") as channel:
            site = site_pb2.GetSiteRequest(site_id=made["site_id"])
            assert (await site_pb2_grpc.SiteServiceStub(channel).GetSite(site)).site.site_id == made["site_id"]
            made_set = product_pb2.GetProductSetRequest(product_set_id=made["product_set_id"])
            await product_pb2_grpc.ProductServiceStub(channel).GetProductSet(made_set)


async def _first(stream: Any) -> object:
    return await anext(aiter(stream))


@pytest.mark.asyncio
async def test_what_is_registered_is_in_the_audit(
    sqlite_service_runtime: ServiceLauncher, lunar_geotiff: Path, mission: str
) -> None:
    async with sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service:
        async with calling(service, "JAXA") as channel:
            terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
            for _ in range(2):
                terrain = (await terrains.RegisterTerrain(upload(lunar_geotiff, mission))).terrain
                made = (await terrains.CreateTerrainStack(stack(mission))).terrain_stack
        async with service.runtime.database.reading() as session:
            entries = (await session.exec(select(AuditEntryRow))).all()
            rows = (await session.exec(select(TerrainRow))).all()
        assert [(entry.action, entry.entity_id, entry.agency_id, entry.mission_id) for entry in entries] == [
            ("terrain.registered", terrain.terrain_id, "JAXA", mission),
            ("terrain_stack.created", made.terrain_stack_id, "JAXA", mission),
        ]
        assert {row.owner_agency_id for row in rows} == {"", "JAXA"}
