"""Reading DEM files: what is applied, and what is refused with the file's name; refinement and roughness."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from malapert_core.errors import InvalidInputError
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.nesting import nesting_faults
from malapert_landing_site.domain.roughness import highland_detail
from malapert_landing_site.domain.terrain import Place, Region, SyntheticDetail, Terrain, detail_faults
from malapert_landing_site.terrain.dem import heights as reading_heights
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.refinement import refine

Writer = Callable[..., Path]


def test_the_builtin_grid_is_in_metres_above_the_sphere(shared_file: Callable[[str], Path]) -> None:
    """Block means of the LOLA 200 m grid agree with the 1600 m pixels within a metre in the mean."""
    fine = read_grid(shared_file("terrain/shackleton_ridge_200m_radial.tif"), "200 m")
    coarse = read_grid(builtin_path(-1), "1600 m")
    columns, rows = np.arange(363, 393), np.arange(374, 402)
    for_block = (np.arange(8) - 3.5) * 200.0
    x_m = coarse.geometry.x_of(columns)[None, :, None, None] + for_block[None, None, None, :]
    y_m = coarse.geometry.y_of(rows)[:, None, None, None] + for_block[None, None, :, None]
    block_m = fine.sample(*np.broadcast_arrays(x_m, y_m)).mean(axis=(2, 3))
    step_m = coarse.elevation_m[np.ix_(rows, columns)] - block_m
    known = np.isfinite(step_m)
    assert known.mean() > 0.8
    assert abs(step_m[known].mean()) < 1.0
    assert step_m[known].std() < 6.0


def test_scale_offset_and_no_data_are_applied(write_geotiff: Writer) -> None:
    counts = np.full((64, 64), 100, np.int16)
    counts[5, 6], counts[0, 0] = -32768, 300
    grid = read_grid(write_geotiff(counts, nodata=-32768, scale=0.5, offset=10.0, unit="m"), "dem.tif")
    assert np.isnan(grid.elevation_m[5, 6])
    assert (grid.elevation_m[0, 0], grid.elevation_m[1, 1]) == (160.0, 60.0)
    radii = np.full((64, 64), 100, np.int16)
    grid = read_grid(write_geotiff(radii, scale=0.5, offset=1_737_400.0), "dem.tif")
    assert grid.elevation_m == pytest.approx(50.0)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ({"crs": None}, "TERRAIN_WITHOUT_CRS", "dem.tif has no coordinate reference system"),
        ({"crs": "EPSG:3031"}, "TERRAIN_WRONG_BODY", "6378137"),
        ({"crs": "+proj=stere +lat_0=-90 +lon_0=0 +R=3396190 +units=m"}, "TERRAIN_WRONG_BODY", "3396190"),
        ({"crs": "+proj=longlat +R=1737400"}, "TERRAIN_WRONG_PROJECTION", "not projected"),
        ({"crs": "+proj=stere +lat_0=-90 +lon_0=90 +R=1737400 +units=m"}, "TERRAIN_WRONG_PROJECTION", "longitude 0"),
        ({"crs": "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=km"}, "TERRAIN_WRONG_UNIT", "metres are needed"),
        ({"unit": "km"}, "TERRAIN_WRONG_UNIT", "heights are in 'km'"),
        ({"transform": Affine(20.0, 0.0, 0.0, 0.0, -30.0, 0.0)}, "TERRAIN_NOT_NORTH_UP", "20 × -30"),
        ({"values": np.full((64, 64), np.nan, np.float32)}, "TERRAIN_EMPTY", "only no-data"),
        ({"values": np.full((64, 64), -32768.0, np.float32)}, "TERRAIN_IMPLAUSIBLE_ELEVATION", "no-data"),
    ],
)
def test_a_faulty_file_is_refused_by_name(write_geotiff: Writer, options: dict, code: str, said: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(write_geotiff(**options), "dem.tif")
    assert refusal.value.reason == code
    assert said in refusal.value.message
    assert refusal.value.metadata["file_name"] == "dem.tif"


def test_all_faults_of_a_file_are_told_at_once(write_geotiff: Writer) -> None:
    path = write_geotiff(crs="EPSG:3031", transform=Affine(20.0, 0.0, 0.0, 0.0, -30.0, 0.0), unit="ft")
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, "dem.tif")
    codes = {fault.code for fault in refusal.value.faults}
    assert codes == {"TERRAIN_WRONG_BODY", "TERRAIN_NOT_NORTH_UP", "TERRAIN_WRONG_UNIT"}


def test_what_is_no_dem_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.tif"
    path.write_text("no raster at all")
    with pytest.raises(InvalidInputError, match="TERRAIN_UNREADABLE"):
        read_grid(path, "notes.tif")


def base_plane(holed: bool = False) -> ElevationGrid:
    geometry = GridGeometry(-1, -40_000.0, 40_000.0, 1600.0, 50, 50)
    x_m, y_m = np.meshgrid(geometry.x_of(np.arange(50)), geometry.y_of(np.arange(50)))
    plane = (0.02 * x_m - 0.01 * y_m).astype(np.float32)
    if holed:
        plane[25, 25] = np.nan
    return ElevationGrid(geometry, plane)


def test_refinement_keeps_the_large_shape_and_is_the_same_every_time() -> None:
    region, detail = Region(Place(30.0, -89.9), 4000.0), SyntheticDetail(11, 20.0)
    first, second = refine(base_plane(), region, detail), refine(base_plane(), region, detail)
    assert first.content_hash() == second.content_hash()
    assert first.content_hash() != refine(base_plane(), region, SyntheticDetail(12, 20.0)).content_hash()
    g = first.geometry
    x_m, y_m = np.meshgrid(g.x_of(np.arange(g.width_px)), g.y_of(np.arange(g.height_px)))
    added = first.elevation_m - (0.02 * x_m - 0.01 * y_m)
    rim = np.concatenate([added[0], added[-1], added[:, 0], added[:, -1]])
    assert np.abs(rim).max() < 0.01
    coarse = added[: 80 * (added.shape[0] // 80), : 80 * (added.shape[1] // 80)]
    block = coarse.reshape(coarse.shape[0] // 80, 80, -1, 80).mean(axis=(1, 3))
    assert block.std() < 0.5 * added.std()
    assert np.isnan(refine(base_plane(holed=True), Region(Place(0.0, -90.0), 4000.0), detail).elevation_m).any()


def test_synthetic_ground_has_the_published_slope() -> None:
    """Median slope of highland ground 7.5° at 17 m (Rosenburg et al. 2011), here over 20 m and away from the rim."""
    pixel_m = 20.0
    detail = highland_detail(600, 600, pixel_m, 1600.0, 3)[100:-100, 100:-100]
    rise_x, rise_y = np.diff(detail, axis=1)[:-1] / pixel_m, np.diff(detail, axis=0)[:, :-1] / pixel_m
    median_deg = np.median(np.degrees(np.arctan(np.hypot(rise_x, rise_y))))
    assert 5.5 < median_deg < 8.5


def test_detail_too_large_says_what_is_allowed() -> None:
    faults = detail_faults(SyntheticDetail(1, 2.0), Region(Place(0.0, -89.0), 20_000.0))
    assert [fault.code for fault in faults] == ["SYNTHETIC_DETAIL_TOO_LARGE"]
    assert "take at least" in faults[0].message


def refused(path: Path, **limits: int) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, "dem.tif", **limits)
    assert "dem.tif" in refusal.value.message
    return refusal.value


def test_holes_stay_holes(write_geotiff: Writer) -> None:
    values = np.full((64, 64), 3.0, np.float32)
    values[1, 2], values[3, 4] = np.nan, -9999.0
    grid = read_grid(write_geotiff(values, nodata=-9999.0), "dem.tif")
    assert np.argwhere(np.isnan(grid.elevation_m)).tolist() == [[1, 2], [3, 4]]


def test_infinite_heights_are_refused_with_their_place(write_geotiff: Writer) -> None:
    values = np.full((64, 64), 3.0, np.float32)
    values[60, 2], values[61, 5] = np.inf, -np.inf
    error = refused(write_geotiff(values))
    assert (error.reason, error.faults[0].path) == ("TERRAIN_INFINITE_ELEVATION", "elevations")
    assert "2 heights are infinite, the first in row 60, column 2" in error.message


@pytest.mark.parametrize("value", [-9999.0, -32768.0, 32767.0, 1e20, -3.4028235e38])
def test_an_undeclared_value_for_no_data_is_named(write_geotiff: Writer, value: float) -> None:
    values = np.full((64, 64), 3.0, np.float32)
    values[5:7, 5] = value
    error = refused(write_geotiff(values))
    assert error.reason == "TERRAIN_IMPLAUSIBLE_ELEVATION"
    assert f"2 of 4096 heights are exactly {np.float32(value):g}" in error.message


def test_radii_among_heights_are_refused(write_geotiff: Writer) -> None:
    values = np.full((64, 64), 3.0)
    values[:10] += 1_737_400.0
    error = refused(write_geotiff(values))
    assert error.reason == "TERRAIN_MIXED_HEIGHTS"
    assert "640 of 4096" in error.message


def test_radii_keep_their_centimetres(write_geotiff: Writer) -> None:
    """A radius in float32 would be rounded to 12.5 cm."""
    heights_m = np.linspace(-4000.0, 4000.0, 4096).reshape(64, 64)
    grid = read_grid(write_geotiff(heights_m + 1_737_400.0), "dem.tif")
    np.testing.assert_allclose(grid.elevation_m, heights_m, atol=0.001)


def test_rotated_pixels_and_three_bands_are_refused(write_geotiff: Writer, tmp_path: Path) -> None:
    rotated = write_geotiff(transform=Affine(20.0, 3.0, 0.0, 3.0, -20.0, 0.0))
    assert refused(rotated).reason == "TERRAIN_NOT_NORTH_UP"
    path = tmp_path / "rgb.tif"
    with rasterio.open(rotated) as source:
        profile = {**source.profile, "count": 3, "transform": Affine(20.0, 0.0, 0.0, 0.0, -20.0, 0.0)}
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.zeros((3, 64, 64), np.float32))
    error = refused(path)
    assert (error.reason, "3 bands" in error.message) == ("TERRAIN_WITH_BANDS", True)


def test_an_empty_and_a_truncated_file_are_refused(write_geotiff: Writer, tmp_path: Path) -> None:
    empty = tmp_path / "empty.tif"
    empty.write_bytes(b"")
    assert refused(empty).reason == "TERRAIN_EMPTY_FILE"
    heights = np.random.default_rng(1).normal(0.0, 5.0, (600, 600)).astype(np.float32)
    path = write_geotiff(heights)
    path.write_bytes(path.read_bytes()[:900_000])
    error = refused(path)
    assert (error.reason, "600 × 600" in error.message) == ("TERRAIN_TRUNCATED", True)


def test_a_large_file_is_refused_by_its_header_with_the_cost(write_geotiff: Writer) -> None:
    """200 million pixels in a file of a few bytes: reading any of them would take a second, the refusal does not."""
    path = write_geotiff(np.zeros((1, 1), np.float32))
    with rasterio.open(path) as source:
        profile = {**source.profile, "width": 20_000, "height": 10_000, "sparse_ok": True, "tiled": True}
    with rasterio.open(path, "w", **{**profile, "blockxsize": 512, "blockysize": 512}):
        pass
    error = refused(path)
    assert (error.reason, error.faults[0].path) == ("TERRAIN_TOO_LARGE", "size")
    assert "20000 × 10000 = 200 million pixels; 150 million are allowed" in error.message
    assert "1.6 GB of memory, 0.8 GB of disk and 5 s to read" in error.message
    small = write_geotiff(np.zeros((64, 64), np.float32))
    assert refused(small, max_pixels=4095).reason == "TERRAIN_TOO_LARGE"
    assert read_grid(small, "dem.tif", max_pixels=4096).geometry.width_px == 64


def test_windows_of_rows_meet_without_a_seam(write_geotiff: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    heights = np.random.default_rng(2).normal(0.0, 5.0, (97, 64)).astype(np.float32)
    path = write_geotiff(heights)
    monkeypatch.setattr(reading_heights, "WINDOW_PX", 640)
    np.testing.assert_array_equal(read_grid(path, "dem.tif").elevation_m, heights)


def test_the_content_hash_is_of_the_whole_grid_in_one_pass() -> None:
    """Hashing by blocks of rows gives what hashing all bytes at once gives."""
    geometry = GridGeometry(-1, -100.0, 100.0, 1.0, 300, 5000)
    heights = np.random.default_rng(3).normal(0.0, 5.0, (5000, 300)).astype(np.float32)
    text = f"{geometry.crs}|{-100.0:.3f}|{100.0:.3f}|{1.0:.6f}|300|5000|".encode()
    expected = hashlib.sha256(text + heights.astype("<f4").tobytes()).hexdigest()
    assert ElevationGrid(geometry, heights).content_hash() == f"sha256:{expected}"


def test_terrain_of_the_other_pole_or_elsewhere_is_refused(write_geotiff: Writer) -> None:
    north = read_grid(write_geotiff(crs="+proj=stere +lat_0=90 +lon_0=0 +R=1737400 +units=m"), "north.tif")
    assert north.geometry.pole == 1
    south = read_grid(write_geotiff(), "south.tif")
    terrains = [terrain_of(north), terrain_of(south)]
    faults = nesting_faults(terrains, Region(Place(0.0, -90.0), 500.0), (0.0, 0.0))
    assert [(fault.path, fault.code) for fault in faults] == [
        ("terrain_ids[0]", "TERRAIN_OTHER_POLE"),
        ("terrain_ids[1]", "TERRAIN_OUTSIDE_REGION"),
    ]
    assert "x 50000 to 51280 m" in faults[1].message


def terrain_of(grid: ElevationGrid) -> Terrain:
    return Terrain(
        "t", "Mine", "sha256:0", grid.geometry, 0.0, 0.0, 0.0, "", False, "", datetime(2026, 1, 1, tzinfo=UTC)
    )
