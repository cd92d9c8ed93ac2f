"""Product sets at the gateway: files in pieces, tiles, the STAC item and the tiles' grid."""

from itertools import pairwise
from typing import Any

import pytest
from gateway_platform import GatewayPlatform, sample
from malapert.landing_site.v1 import product_pb2
from malapert.type.v1 import type_pb2
from malapert_core.errors import NotFoundError

ADDRESS = "/api/v1/product-sets/products-1"


def product_set(corners: list[tuple[float, float]], x_min_m: float, y_max_m: float) -> product_pb2.ProductSet:
    made: Any = sample(product_pb2.ProductSet())
    made.product_set_id, made.crs = "products-1", "IAU_2015:30135"
    made.width_px, made.height_px, made.pixel_size_m = 200, 100, 40.0
    made.x_min_m, made.y_max_m = x_min_m, y_max_m
    del made.corners[:]
    made.corners.extend(type_pb2.SurfacePoint(longitude_deg=x, latitude_deg=y) for x, y in corners)
    made.span.start_time.FromJsonString("2029-01-01T00:00:00Z")
    made.files[0].layer = product_pb2.PRODUCT_LAYER_SLOPE
    return made  # type: ignore[no-any-return]


async def stac_of(platform: GatewayPlatform, made: product_pb2.ProductSet) -> Any:
    platform.services.answers["GetProductSet"] = lambda _: product_pb2.GetProductSetResponse(product_set=made)
    answer = await platform.http.get(f"{ADDRESS}/stac", headers=platform.bearer("JAXA", "VIEWER"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


@pytest.mark.asyncio
async def test_stac_item_says_where_on_the_moon_and_in_which_pixels(sqlite_platform: GatewayPlatform) -> None:
    corners = [(179.0, -89.3), (-178.0, -89.3), (-178.5, -89.4), (179.5, -89.4)]
    item = await stac_of(sqlite_platform, product_set(corners, -1000.0, -17_000.0))
    assert item["properties"]["ssys:targets"] == ["Moon"]
    assert item["properties"]["proj:shape"] == [100, 200]
    assert item["properties"]["proj:transform"] == [40.0, 0.0, -1000.0, 0.0, -40.0, -17_000.0]
    assert item["properties"]["proj:bbox"] == [-1000.0, -21_000.0, 7000.0, -17_000.0]
    ring = item["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert max(x for x, _ in ring) - min(x for x, _ in ring) < 10.0  # not around the Moon
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) > 0.0
    asset = item["assets"]["slope"]
    assert asset["href"].endswith(f"{ADDRESS}/files/SLOPE")
    assert asset["type"].endswith("profile=cloud-optimized")
    assert item["properties"]["datetime"] is None
    assert item["properties"]["start_datetime"] == "2029-01-01T00:00:00Z"


@pytest.mark.asyncio
async def test_a_square_about_the_pole_is_a_cap(sqlite_platform: GatewayPlatform) -> None:
    corners = [(-45.0, -89.8), (45.0, -89.8), (135.0, -89.7), (-135.0, -89.75)]
    item = await stac_of(sqlite_platform, product_set(corners, -4000.0, 2000.0))
    assert item["bbox"] == [-180.0, -90.0, 180.0, -89.7]


@pytest.mark.asyncio
async def test_a_file_comes_in_pieces_and_a_refusal_before_its_first(sqlite_platform: GatewayPlatform) -> None:
    async def pieces() -> Any:
        for text in (b"II*\0", b"rest"):
            yield product_pb2.DownloadProductResponse(chunk=text)

    sqlite_platform.services.answers["DownloadProduct"] = lambda _: pieces()
    answer = await sqlite_platform.http.get(f"{ADDRESS}/files/SLOPE", headers=sqlite_platform.bearer())
    assert (answer.status_code, answer.content) == (200, b"II*\0rest")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="slope.tif"'
    asked = sqlite_platform.services.asked("DownloadProduct")[-1]
    assert (asked.product_set_id, asked.layer) == ("products-1", product_pb2.PRODUCT_LAYER_SLOPE)

    def refuse(_: Any) -> Any:
        raise NotFoundError("product set", "products-1")

    sqlite_platform.services.answers["DownloadProduct"] = refuse
    answer = await sqlite_platform.http.get(f"{ADDRESS}/files/SLOPE", headers=sqlite_platform.bearer())
    assert answer.status_code == 404
    assert answer.json()["reason"] == "UNKNOWN_PRODUCT_SET"


@pytest.mark.asyncio
async def test_tiles_and_their_grid(sqlite_platform: GatewayPlatform) -> None:
    png = product_pb2.GetProductTileResponse(png=b"\x89PNG")
    sqlite_platform.services.answers["GetProductTile"] = lambda _: png
    answer = await sqlite_platform.http.get(f"{ADDRESS}/tiles/SLOPE/7/63/64", headers=sqlite_platform.bearer())
    assert (answer.headers["content-type"], answer.content) == ("image/png", b"\x89PNG")
    asked = sqlite_platform.services.asked("GetProductTile")[-1]
    assert (asked.level, asked.column, asked.row) == (7, 63, 64)
    wrong = await sqlite_platform.http.get(f"{ADDRESS}/tiles/SLOPE/15/0/0", headers=sqlite_platform.bearer())
    assert wrong.status_code == 422
    made = product_set([(0.0, -89.0)] * 4, 0.0, 0.0)
    sqlite_platform.services.answers["GetProductSet"] = lambda _: product_pb2.GetProductSetResponse(product_set=made)
    grid = (await sqlite_platform.http.get(f"{ADDRESS}/tile-matrix-set", headers=sqlite_platform.bearer())).json()
    assert (grid["id"], grid["crs"]) == ("LunarPolarSouth", "urn:ogc:def:crs:IAU_2015::30135")
    for matrix in grid["tileMatrices"]:
        assert matrix["cellSize"] * matrix["tileWidth"] * matrix["matrixWidth"] == pytest.approx(1_310_720.0)
        assert matrix["pointOfOrigin"] == [-655_360.0, 655_360.0]
