"""Reading DEM files: what is applied, and what is refused with the file's name; refinement and roughness."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from malapert_core.errors import InvalidInputError
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.roughness import highland_detail
from malapert_landing_site.domain.terrain import Place, Region, SyntheticDetail, detail_faults
from malapert_landing_site.terrain.builtin import builtin_path
from malapert_landing_site.terrain.reading import read_grid
from malapert_landing_site.terrain.refinement import refine

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
