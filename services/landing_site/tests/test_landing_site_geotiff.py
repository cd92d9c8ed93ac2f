"""GeoTIFF: what changes the numbers or the place and is not honoured is refused by name; nothing is made of nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from dem_files import SOUTH
from malapert_core.errors import InvalidInputError
from malapert_landing_site.terrain.dem.reading import read_grid, read_terrain
from rasterio.control import GroundControlPoint
from rasterio.windows import Window

Writer = Callable[..., Path]
PLACE = Affine(20.0, 0.0, 50_000.0, 0.0, -20.0, 50_000.0)
SHORT = np.arange(64 * 64, dtype=np.int16).reshape(64, 64)


def refused(path: Path, **limits: int) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, "dem.tif", **limits)
    assert "dem.tif" in refusal.value.message
    return refusal.value


def profiled(path: Path, values: np.ndarray, **options: Any) -> Path:
    """Write bands with any profile."""
    bands = values if values.ndim == 3 else values[None]
    profile = {"crs": SOUTH, "transform": PLACE, "dtype": values.dtype, "count": len(bands), **options}
    with rasterio.open(
        path, "w", driver="GTiff", height=bands.shape[1], width=bands.shape[2],
        **{key: value for key, value in profile.items() if value is not None},
    ) as file:  # fmt: skip
        file.write(bands)
    return path


def test_a_pixel_that_is_a_point_lies_where_gdal_puts_it(write_geotiff: Writer) -> None:
    """GeoTIFF 1.1, 7.1.2.2: with PixelIsPoint the tie point is the centre of the first pixel."""
    path = write_geotiff(SHORT)
    area = read_grid(path, "dem.tif").geometry
    content = path.read_bytes()
    # GTRasterTypeGeoKey (1025), one short in the tag itself: 1 is an area, 2 a point.
    key = b"\x01\x04\x00\x00\x01\x00\x01\x00"
    assert content.count(key) == 1
    path.write_bytes(content.replace(key, b"\x01\x04\x00\x00\x01\x00\x02\x00"))
    point = read_grid(path, "dem.tif").geometry
    assert (point.x_min_m, point.y_max_m) == (area.x_min_m - 10.0, area.y_max_m + 10.0)


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"transform": Affine(20.0, 1.0, 0.0, 1.0, -20.0, 0.0)}, "transform", "TERRAIN_NOT_NORTH_UP"),
        ({"transform": Affine(20.0, 0.0, 0.0, 0.0, 20.0, 0.0)}, "transform", "TERRAIN_NOT_NORTH_UP"),
        ({"transform": Affine(20.0, 0.0, 0.0, 0.0, -25.0, 0.0)}, "transform", "TERRAIN_NOT_NORTH_UP"),
        ({"transform": Affine(np.nan, 0.0, 0.0, 0.0, -20.0, 0.0)}, "transform", "TERRAIN_NOT_NORTH_UP"),
        ({"transform": Affine(20.0, 0.0, np.inf, 0.0, -20.0, 0.0)}, "transform", "TERRAIN_NOT_NORTH_UP"),
        ({"transform": Affine(0.005, 0.0, 0.0, 0.0, -0.005, 0.0)}, "transform", "TERRAIN_WRONG_UNIT"),
        ({"transform": Affine(20.0, 0.0, 5e6, 0.0, -20.0, 0.0)}, "transform", "TERRAIN_OUTSIDE"),
        ({"crs": "EPSG:32633+5773"}, "crs.ellipsoid", "TERRAIN_WRONG_BODY"),
        ({"scale": 0.0}, "bands[0].scale", "TERRAIN_PACKING"),
        ({"scale": np.nan}, "bands[0].scale", "TERRAIN_PACKING"),
        ({"offset": np.inf}, "bands[0].offset", "TERRAIN_PACKING"),
        ({"unit": "US survey foot"}, "units", "TERRAIN_WRONG_UNIT"),
        ({"unit": "km"}, "units", "TERRAIN_WRONG_UNIT"),
        ({"photometric": "MINISWHITE"}, "bands[0].colour", "TERRAIN_PACKING"),
        ({"values": SHORT.astype(np.complex64)}, "bands[0].type", "TERRAIN_PACKING"),
        ({"values": SHORT[:1, :1]}, "size", "TERRAIN_TOO_SMALL"),
    ],
)
def test_what_changes_place_or_numbers_is_refused(write_geotiff: Writer, changes: dict, path: str, code: str) -> None:
    error = refused(write_geotiff(**{"values": SHORT, **changes}))
    assert (path, code) in {(fault.path, fault.code) for fault in error.faults}


def test_a_vertical_reference_system_is_refused(tmp_path: Path) -> None:
    """Heights above a geoid are no heights above the sphere: they differ by hundreds of metres."""
    moon = rasterio.crs.CRS.from_string(SOUTH).to_wkt()
    heights = 'VERT_CS["geoid",VERT_DATUM["geoid",2005],UNIT["foot",0.3048],AXIS["Up",UP]]'
    error = refused(profiled(tmp_path / "a.tif", SHORT, crs=f'COMPD_CS["both",{moon},{heights}]'))
    assert "crs.vertical" in {fault.path for fault in error.faults}


@pytest.mark.parametrize("meridian", ["+pm=10", "+pm=-0.001", "+pm=paris"])
def test_longitudes_from_another_meridian_are_refused(tmp_path: Path, meridian: str) -> None:
    """Of a grid whose own meridian is 0: the ground would be turned about the pole by the difference."""
    error = refused(profiled(tmp_path / "a.tif", SHORT, crs=f"{SOUTH} {meridian}"))
    assert [(fault.path, fault.code) for fault in error.faults] == [("crs.prime_meridian", "TERRAIN_WRONG_PROJECTION")]


@pytest.mark.parametrize(
    ("items", "path", "code"),
    [
        ({"units": "km"}, "bands[0].units", "TERRAIN_WRONG_UNIT"),
        ({"UNIT": "feet"}, "bands[0].unit", "TERRAIN_WRONG_UNIT"),
        ({"scale_factor": "0.5"}, "bands[0].scale_factor", "TERRAIN_PACKING"),
        ({"add_offset": "1737400"}, "bands[0].add_offset", "TERRAIN_PACKING"),
        ({"_FillValue": "-32768"}, "bands[0]._fillvalue", "TERRAIN_PACKING"),
        ({"missing_value": "none"}, "bands[0].missing_value", "TERRAIN_PACKING"),
        ({"positive": "down"}, "bands[0].positive", "TERRAIN_WRONG_UNIT"),
        ({"standard_name": "sea_floor_depth_below_geoid"}, "bands[0].positive", "TERRAIN_WRONG_UNIT"),
        ({"standard_name": "surface_slope"}, "bands[0].standard_name", "TERRAIN_WRONG_UNIT"),
        ({"valid_range": "{-900,900}"}, "bands[0].valid_range", "TERRAIN_PACKING"),
        ({"valid_min": "0"}, "bands[0].valid_min", "TERRAIN_PACKING"),
        ({"_Unsigned": "true"}, "bands[0]._unsigned", "TERRAIN_PACKING"),
    ],
)
def test_items_of_other_tools_that_the_band_contradicts_are_refused(
    tmp_path: Path, items: dict[str, str], path: str, code: str
) -> None:
    written = profiled(tmp_path / "a.tif", SHORT)
    with rasterio.open(written, "r+") as file:
        file.update_tags(1, **items)
    assert [(fault.path, fault.code) for fault in refused(written).faults] == [(path, code)]


def test_items_that_say_what_the_band_states_are_read(tmp_path: Path) -> None:
    """As GDAL writes them when it makes a GeoTIFF of a NetCDF grid."""
    written = profiled(tmp_path / "a.tif", SHORT, nodata=5)
    with rasterio.open(written, "r+") as file:
        file.scales, file.offsets, file.units = (0.5,), (10.0,), ("m",)
        file.update_tags(1, units="m", scale_factor="0.5", add_offset="10", _FillValue="5", NETCDF_VARNAME="z")
        file.update_tags(1, positive="up", standard_name="height_above_reference_ellipsoid")
    assert read_grid(written, "dem.tif").elevation_m[0, 7] == 13.5


def test_several_bands_images_and_colours_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    assert refused(profiled(path, np.stack([SHORT, SHORT]))).reason == "TERRAIN_WITH_BANDS"
    assert refused(profiled(path, np.stack([SHORT, SHORT]), ALPHA="YES")).reason == "TERRAIN_WITH_BANDS"
    profiled(path, SHORT)
    with rasterio.open(
        path, "w", driver="GTiff", height=64, width=64, count=1, dtype="int16", crs=SOUTH, transform=PLACE,
        APPEND_SUBDATASET="YES",
    ) as file:  # fmt: skip
        file.write(SHORT, 1)
    error = refused(path)
    assert (error.faults[0].path, "holds 2 images" in error.message) == ("images", True)
    path.unlink()
    with rasterio.open(
        path, "w", driver="GTiff", height=64, width=64, count=1, dtype="uint8", crs=SOUTH, transform=PLACE
    ) as file:
        file.write(np.ones((64, 64), np.uint8), 1)
        file.write_colormap(1, {1: (255, 0, 0, 255)})
    error = refused(path)
    assert (error.faults[0].path, "colour table" in error.message) == ("bands[0].colour", True)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_ground_control_points_alone_are_no_place(tmp_path: Path) -> None:
    points = [GroundControlPoint(*place) for place in ((0, 0, 0.0, 0.0), (0, 64, 1280.0, 0.0), (64, 0, 0.0, -1280.0))]
    error = refused(profiled(tmp_path / "a.tif", SHORT, transform=None, gcps=points))
    assert "3 ground control points" in error.message


@pytest.mark.parametrize(("dtype", "no_data"), [("uint8", b"-99"), ("int16", b"99999"), ("int16", b"nan")])
def test_a_value_for_no_data_that_no_pixel_can_hold_is_refused(tmp_path: Path, dtype: str, no_data: bytes) -> None:
    """GDAL leaves it out without a word."""
    own = {3: 200, 5: -9999}[len(no_data)]
    path = profiled(tmp_path / "a.tif", np.ones((64, 64), dtype), nodata=own)
    content = path.read_bytes()
    assert content.count(str(own).encode()) == 1
    path.write_bytes(content.replace(str(own).encode(), no_data))
    error = refused(path)
    assert (error.faults[0].path, no_data.decode() in error.message) == ("bands[0].no_data", True)


@pytest.mark.parametrize("no_data", [float("nan"), -3.4028234663852886e38, -9999.95])
def test_a_value_for_no_data_of_any_kind_is_a_hole(tmp_path: Path, no_data: float) -> None:
    values = np.full((64, 64), 5.0, np.float32)
    values[3, 4] = no_data
    grid = read_grid(profiled(tmp_path / "a.tif", values, nodata=no_data), "dem.tif")
    assert np.argwhere(np.isnan(grid.elevation_m)).tolist() == [[3, 4]]


def test_an_internal_mask_and_a_value_for_no_data_both_make_holes(tmp_path: Path) -> None:
    values, mask = np.full((64, 64), 5, np.int16), np.full((64, 64), 255, np.uint8)
    values[3, 4], mask[8, 9] = -1, 0
    path = tmp_path / "a.tif"
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=64,
            width=64,
            count=1,
            dtype="int16",
            crs=SOUTH,
            transform=PLACE,
            nodata=-1,
        ) as file,
    ):
        file.write(values, 1)
        file.write_mask(mask)
    found = read_terrain(path, "dem.tif")
    assert np.argwhere(np.isnan(found.grid.elevation_m)).tolist() == [[3, 4], [8, 9]]
    assert "pixels that the file's internal mask hides are no-data" in found.notes


def sparse(path: Path, side_px: int, **options: Any) -> Path:
    """Write the first tile of a sparse file alone."""
    with rasterio.open(
        path, "w", driver="GTiff", height=side_px, width=side_px, count=1, dtype="float32", crs=SOUTH, transform=PLACE,
        tiled=True, blockxsize=256, blockysize=256, SPARSE_OK="TRUE", **options,
    ) as file:  # fmt: skip
        file.write(np.full((256, 256), 5.0, np.float32), 1, window=Window(0, 0, 256, 256))
    return path


def test_tiles_that_are_not_stored_are_refused_or_no_data(tmp_path: Path) -> None:
    """GDAL reads them as 0 where the file declares no value for no-data."""
    error = refused(sparse(tmp_path / "a.tif", 512))
    assert (error.reason, "3 of its 4 tiles" in error.message) == ("TERRAIN_SPARSE", True)
    elevation_m = read_grid(sparse(tmp_path / "b.tif", 512, nodata=-9999.0), "dem.tif").elevation_m
    assert np.isnan(elevation_m).sum() == 3 * 256 * 256


@pytest.mark.parametrize("options", [{}, {"nodata": -9999.0}])
def test_a_small_file_that_grows_is_refused_before_it_does(tmp_path: Path, options: dict) -> None:
    path = sparse(tmp_path / "a.tif", 12_000, compress="deflate", **options)
    assert path.stat().st_size < 30_000
    error = refused(path)
    assert (error.reason, "576000000 bytes" in error.message) == ("TERRAIN_ARCHIVE_RATIO", True)


def test_a_tile_larger_than_any_image_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    profiled(path, SHORT, tiled=True, blockxsize=64, blockysize=64)
    content = path.read_bytes()
    for tag in (322, 323):
        entry = tag.to_bytes(2, "little") + b"\x03\x00\x01\x00\x00\x00"
        at = content.index(entry) + len(entry)
        content = content[:at] + (65_520).to_bytes(2, "little") + content[at + 2 :]
    path.write_bytes(content)
    assert refused(path).faults[0].path in ("tiles", "file")


def test_a_tag_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = profiled(tmp_path / "a.tif", SHORT, nodata=-9999)
    content = bytearray(path.read_bytes())
    # GDAL_METADATA is absent: the tag of rows per strip is turned into a second one for no-data.
    at, other = (content.index(tag.to_bytes(2, "little") + kind) for tag, kind in ((42113, b"\2\0"), (339, b"\3\0")))
    content[other : other + 12] = content[at : at + 12]
    path.write_bytes(bytes(content))
    error = refused(path)
    assert {fault.code for fault in error.faults} & {"TERRAIN_LABEL_DUPLICATE", "TERRAIN_UNREADABLE"}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("options", [{}, {"compress": "deflate"}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_a_cut_file_is_refused(tmp_path: Path, share: float, options: dict) -> None:
    values = np.random.default_rng(1).normal(0.0, 5.0, (64, 64)).astype(np.float32)
    content = profiled(tmp_path / "a.tif", values, **options).read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: int(share * len(content))])
    assert refused(tmp_path / "a.tif").reason in ("TERRAIN_TRUNCATED", "TERRAIN_UNREADABLE", "INVALID_TERRAIN")
