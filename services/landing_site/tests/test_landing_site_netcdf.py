"""NetCDF grids by the CF conventions: what is honoured gives its values, all else is refused by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import netcdf_files as netcdf
import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.shutil
from malapert_core.errors import InvalidInputError
from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.terrain.dem.reading import read_grid, read_terrain

SHORT = np.round((netcdf.heights_m() + 100.0) / 0.5).astype("i2")
SMALL = {"scale_factor": 2.0**-53}
PACKED = {"scale_factor": np.float32(0.5), "add_offset": np.float32(-100.0)}
MERIDIAN = "straight_vertical_longitude_from_pole"
OTHER_MERIDIAN = pyproj.CRS.from_proj4("+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +pm=10 +units=m").to_wkt()
WKT_OF_THE_EARTH = rasterio.crs.CRS.from_epsg(3031).to_wkt()


def read(path: Path) -> ElevationGrid:
    return read_grid(path, "dem.nc")


def refused(path: Path) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, "dem.nc")
    assert "dem.nc" in refusal.value.message
    return refusal.value


def assert_heights(grid: ElevationGrid, holes: tuple[tuple[int, int], ...] = ()) -> None:
    expected_m = netcdf.heights_m()
    for place in holes:
        expected_m[place] = np.nan
    geometry = grid.geometry
    found = (geometry.pole, geometry.x_min_m, geometry.y_max_m, geometry.pixel_size_m)
    assert found == pytest.approx((-1, netcdf.X_M[0] - 10.0, netcdf.Y_M[0] + 10.0, 20.0), abs=1e-3)
    np.testing.assert_allclose(grid.elevation_m, expected_m, atol=1e-3)


def test_packed_coordinates_are_unpacked(shared_file: Callable[[str], Path]) -> None:
    """CF 8.1, and the netCDF library's values: 20 m pixels, the first at -630 m."""
    grid = read(shared_file("cases/netcdf-packed-coordinates.nc"))
    assert (grid.geometry.pixel_size_m, float(grid.geometry.x_of(0)), float(grid.geometry.y_of(0))) == (
        20.0,
        -630.0,
        630.0,
    )


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("unit", ["m", "km"])
def test_coordinates_and_heights_of_every_type_are_unpacked(tmp_path: Path, kind: str, unit: str) -> None:
    per_m = 1.0 if unit == "m" else 1e-3
    coordinates = [
        {
            "numbers": np.arange(len(place_m)).astype(kind),
            "units": unit,
            "scale_factor": (place_m[1] - place_m[0]) * per_m,
            "add_offset": place_m[0] * per_m,
        }
        for place_m in (netcdf.X_M, netcdf.Y_M)
    ]
    packing = {"scale_factor": 0.5, "add_offset": -100.0 if kind != "i1" else -36.0}
    numbers = (SHORT - 128 if kind == "i1" else SHORT).astype(kind)
    assert_heights(
        read(netcdf.write(tmp_path / "a.nc", x=coordinates[0], y=coordinates[1], z=packing, numbers=numbers))
    )


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_the_unpacked_heights_are_those_that_gdal_reads(tmp_path: Path) -> None:
    missing = np.array([-1, 7], "i2")
    path = netcdf.write(tmp_path / "a.nc", z={**PACKED, "_FillValue": np.int16(7)}, numbers=SHORT)
    with rasterio.Env(GDAL_NETCDF_BOTTOMUP="NO"), rasterio.open(f"netcdf:{path}:z") as file:
        expected_m = file.read(1, masked=True).astype(float).filled(np.nan) * file.scales[0] + file.offsets[0]
    np.testing.assert_allclose(read(path).elevation_m, expected_m, atol=1e-3)
    assert_heights(
        read(netcdf.write(tmp_path / "b.nc", z={**PACKED, "missing_value": missing}, numbers=SHORT)), ((0, 7),)
    )


@pytest.mark.parametrize(
    ("stated", "hole"),
    [
        ({"_FillValue": np.int16(3)}, (3,)),
        ({"missing_value": np.int16(3)}, (3,)),
        ({"missing_value": np.array([3, 4, 900], "i2")}, (3, 4)),
        ({"missing_value": np.array([3.0, 4.0])}, (3, 4)),
        ({"_FillValue": np.int16(3), "missing_value": np.int16(5)}, (3, 5)),
        ({"valid_min": np.int16(2)}, (0, 1)),
        ({"valid_max": np.int16(189)}, (190, 191)),
        ({"valid_range": np.array([1, 190], "i2")}, (0, 191)),
        ({"valid_min": np.int16(1), "valid_max": np.int16(190)}, (0, 191)),
    ],
)
def test_what_stands_for_no_data_is_no_height(tmp_path: Path, stated: dict, hole: tuple[int, ...]) -> None:
    """Missing values and ranges are of the packed numbers (CF 2.5.1)."""
    grid = read(netcdf.write(tmp_path / "a.nc", z={**PACKED, **stated}, numbers=SHORT))
    assert np.flatnonzero(np.isnan(grid.elevation_m)).tolist() == list(hole)


def test_what_the_library_writes_where_nothing_was_written_is_no_height(tmp_path: Path) -> None:
    """NC_FILL_SHORT and NC_FILL_FLOAT of netcdf.h."""
    numbers = SHORT.copy()
    numbers[2, 3] = -32767
    assert_heights(read(netcdf.write(tmp_path / "a.nc", z=PACKED, numbers=numbers)), ((2, 3),))
    real = netcdf.heights_m().astype("f4")
    real[2, 3] = 9.969209968386869e36
    assert_heights(read(netcdf.write(tmp_path / "b.nc", numbers=real)), ((2, 3),))


@pytest.mark.parametrize(
    ("kind", "numbers", "stated"),
    [
        ("u8", [2**64 - 1, 2**64 - 2, 2**64 - 3, 7], {"scale_factor": 2.0**-64}),
        ("i8", [2**53 + 1, 2**53, 5, -9223372036854775806], {"missing_value": np.int64(2**53 + 1), **SMALL}),
        ("i8", [2**53 + 1, 2**53, 5, 6], {"valid_max": np.int64(2**53), **SMALL}),
        ("u2", [65535, 65534, 3, 4], {"_Unsigned": "true", "scale_factor": 0.125}),
        ("i2", [-32767, -32766, 3, 4], {"_Unsigned": "true", "scale_factor": 0.125}),
        ("i2", [-32767, -1, 3, 4], {"_Unsigned": "true", "scale_factor": 0.125, "valid_max": np.int16(-2)}),
        ("u1", [255, 254, 3, 4], {"_FillValue": np.uint8(254)}),
    ],
)
def test_numbers_of_every_size_are_those_of_the_library(
    tmp_path: Path, kind: str, numbers: list[int], stated: dict[str, Any]
) -> None:
    path = tmp_path / "a.nc"
    netcdf.write_by_library(path, np.array(4 * numbers, kind).reshape(4, 4), stated)
    with netCDF4.Dataset(path) as file:
        expected_m = np.ma.filled(file["z"][:].astype(np.float64), np.nan)
    assert np.isfinite(expected_m).any()
    np.testing.assert_array_equal(read(path).elevation_m, expected_m)


def test_unsigned_numbers_that_are_said_to_be_signed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    netcdf.write_by_library(path, np.full((4, 4), 3, "u2"), {"_Unsigned": "false"})
    assert [fault.path for fault in refused(path).faults] == ["variables.z._Unsigned"]


def test_unsigned_numbers_are_read_as_such(tmp_path: Path) -> None:
    numbers = (SHORT + 100).astype("u1").view("i1")
    stated = {"_Unsigned": "true", "scale_factor": 0.5, "add_offset": -150.0, "_FillValue": np.int8(-1)}
    grid = read(netcdf.write(tmp_path / "a.nc", z=stated, numbers=numbers))
    expected_m = (SHORT + 100).astype("u1") * 0.5 - 150.0
    expected_m[(SHORT + 100) == 255] = np.nan
    np.testing.assert_allclose(grid.elevation_m, expected_m)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"z": {"scale_factor": 0.0}}, "variables.z.scale_factor"),
        ({"z": {"scale_factor": np.nan}}, "variables.z.scale_factor"),
        ({"z": {"scale_factor": "0.5"}}, "variables.z.scale_factor"),
        ({"z": {"scale_factor": np.array([0.5, 2.0])}}, "variables.z.scale_factor"),
        ({"z": {"add_offset": np.inf}}, "variables.z.add_offset"),
        ({"x": {"add_offset": "5"}}, "variables.x.add_offset"),
        ({"z": {"Scale_Factor": 0.5}}, "variables.z.Scale_Factor"),
        ({"z": {"fill_value": -9999.0}}, "variables.z.fill_value"),
        ({"z": {"flag_values": np.array([1, 2], "i2")}}, "variables.z.flag_values"),
        ({"z": {"_FillValue": 0.5}, "numbers": SHORT}, "variables.z._FillValue"),
        ({"z": {"_FillValue": np.array([40_000], "i4")}, "numbers": SHORT}, "variables.z._FillValue"),
        ({"z": {"_FillValue": "nan"}}, "variables.z._FillValue"),
        ({"z": {"missing_value": np.nan}, "numbers": SHORT}, "variables.z.missing_value"),
        ({"z": {"valid_range": np.array([1], "i2")}, "numbers": SHORT}, "variables.z.valid_range"),
        ({"z": {"valid_range": np.array([9, 1], "i2")}, "numbers": SHORT}, "variables.z.valid_range"),
        ({"z": {**PACKED, "valid_range": np.array([0.0, 9.0])}, "numbers": SHORT}, "variables.z.valid_range"),
        ({"z": {"_Unsigned": "yes"}, "numbers": SHORT}, "variables.z._Unsigned"),
        ({"z": {"_Unsigned": "true"}}, "variables.z._Unsigned"),
        ({"numbers": np.full((netcdf.ROWS, netcdf.COLUMNS), b"a", "S1")}, "variables.z"),
        ({"z": {"positive": "down"}}, "variables.z.positive"),
        ({"z": {"standard_name": "depth"}}, "variables.z.positive"),
        ({"z": {"units": "km"}}, "units"),
        ({"z": {"units": "ft"}}, "units"),
        ({"z": {"units": 1.0}}, "variables.z.units"),
        ({"x": {"units": "degrees_east"}}, "variables.x.units"),
        ({"y": {"units": "10 m"}}, "variables.y.units"),
        ({"x": {"standard_name": "longitude"}}, "variables.x.standard_name"),
        ({"x": {"numbers": np.full(netcdf.COLUMNS, 5.0)}}, "variables.x"),
        ({"x": {"numbers": np.full(netcdf.COLUMNS, np.nan)}}, "variables.x"),
        ({"x": {"numbers": np.where(netcdf.X_M == 10.0, np.inf, netcdf.X_M)}}, "variables.x"),
        ({"x": {"numbers": np.cumsum(20.0 + 0.01 * np.arange(netcdf.COLUMNS))}}, "variables.x"),
        ({"x": {"_FillValue": 10.0}}, "variables.x"),
        ({"x": {"valid_max": 100.0}}, "variables.x"),
        ({"x": {"bounds": "none"}}, "variables.x.bounds"),
        ({"dimensions": ("x", "y"), "numbers": netcdf.heights_m().T}, "variables.z"),
        ({"y": {"axis": "X"}, "x": {"axis": "Y"}}, "variables.z"),
        ({"dimensions": ("layer", "y", "x"), "numbers": np.zeros((3, 12, 16))}, "variables.z"),
        ({"others": {"light": (("y", "x"), SHORT, {})}}, "variables"),
        ({"others": {"light": (("time", "y", "x"), SHORT[None], {})}}, "variables"),
        ({"z": {"standard_name": "surface_albedo"}}, "variables.z.standard_name"),
        ({"attributes": {"crs_wkt": OTHER_MERIDIAN}}, "crs_wkt"),
        ({"z": {"grid_mapping": "elsewhere"}}, "variables.z.grid_mapping"),
        ({"attributes": {"crs_wkt": WKT_OF_THE_EARTH}}, "crs_wkt"),
        ({"attributes": {"crs": "EPSG:3031"}}, "crs"),
        ({"attributes": {"crs": "IAU_2015:30130"}}, "crs"),
    ],
)  # fmt: skip
def test_what_is_not_honoured_is_refused_by_name(tmp_path: Path, changes: dict[str, Any], path: str) -> None:
    error = refused(netcdf.write(tmp_path / "a.nc", **changes))
    assert path in {fault.path for fault in error.faults}


@pytest.mark.parametrize(
    ("changes", "attribute", "code"),
    [
        ({"earth_radius": 3_396_190.0}, "earth_radius", "TERRAIN_WRONG_BODY"),
        ({"earth_radius": None, "semi_major_axis": 6_378_137.0}, "semi_major_axis", "TERRAIN_WRONG_BODY"),
        ({"semi_minor_axis": 1_736_000.0}, "semi_minor_axis", "TERRAIN_WRONG_BODY"),
        ({"earth_radius": None}, "earth_radius", "TERRAIN_WRONG_BODY"),
        ({"inverse_flattening": 298.257}, "inverse_flattening", "TERRAIN_WRONG_PROJECTION"),
        ({"reference_ellipsoid_name": "WGS 84"}, "reference_ellipsoid_name", "TERRAIN_WRONG_BODY"),
        ({"horizontal_datum_name": "World Geodetic System 1984"}, "horizontal_datum_name", "TERRAIN_WRONG_BODY"),
        ({"grid_mapping_name": "lambert_azimuthal_equal_area"}, "grid_mapping_name", "TERRAIN_WRONG_PROJECTION"),
        ({"grid_mapping_name": None}, "grid_mapping_name", "TERRAIN_WRONG_PROJECTION"),
        ({"latitude_of_projection_origin": -80.0}, "latitude_of_projection_origin", "TERRAIN_WRONG_PROJECTION"),
        ({MERIDIAN: 90.0}, MERIDIAN, "TERRAIN_WRONG_PROJECTION"),
        ({"scale_factor_at_projection_origin": 0.994}, "scale_factor_at_projection_origin", "TERRAIN_WRONG_PROJECTION"),
        ({"standard_parallel": -71.0}, "standard_parallel", "TERRAIN_WRONG_PROJECTION"),
        ({"false_easting": 2_000_000.0}, "false_easting", "TERRAIN_WRONG_PROJECTION"),
        ({"false_northing": "0"}, "false_northing", "TERRAIN_WRONG_PROJECTION"),
        ({"prime_meridian_name": "Paris"}, "prime_meridian_name", "TERRAIN_WRONG_PROJECTION"),
        ({"longitude_of_prime_meridian": 2.3}, "longitude_of_prime_meridian", "TERRAIN_WRONG_PROJECTION"),
        ({"towgs84": np.array([1.0, 2.0, 3.0])}, "towgs84", "TERRAIN_WRONG_PROJECTION"),
        ({"crs_wkt": WKT_OF_THE_EARTH}, "crs_wkt", "TERRAIN_WRONG_PROJECTION"),
        ({"GeoTransform": "0 20 0 0 0 -20"}, "GeoTransform", "TERRAIN_LABEL_MISMATCH"),
    ],
)  # fmt: skip
def test_each_parameter_of_a_grid_mapping_counts(tmp_path: Path, changes: dict, attribute: str, code: str) -> None:
    error = refused(netcdf.write(tmp_path / "a.nc", mapping={**netcdf.MAPPING, **changes}))
    assert (f"variables.polar.{attribute}", code) in {(fault.path, fault.code) for fault in error.faults}


@pytest.mark.parametrize(
    "changes",
    [
        {"straight_vertical_longitude_from_pole": 360.0},
        {"scale_factor_at_projection_origin": None, "standard_parallel": -90.0},
        {"earth_radius": None, "semi_major_axis": 1_737_400.0, "inverse_flattening": 0.0},
        {"reference_ellipsoid_name": "Moon_2000_IAU_IAG_Sphere", "long_name": "south polar grid"},
        {"GeoTransform": "-160 20 0 120 0 -20"},
        {"prime_meridian_name": "Reference_Meridian", "longitude_of_prime_meridian": 0.0},
        {"prime_meridian_name": "Greenwich"},
    ],
)
def test_grid_mappings_that_say_the_same_are_read(tmp_path: Path, changes: dict) -> None:
    assert_heights(read(netcdf.write(tmp_path / "a.nc", mapping={**netcdf.MAPPING, **changes})))


def test_axes_that_descend_and_edges_that_agree_are_read(tmp_path: Path) -> None:
    flipped = netcdf.heights_m()[::-1, ::-1].astype("f4")
    x, y = netcdf.X_M[::-1], netcdf.Y_M[::-1]
    edges: dict[str, Any] = {
        name: ((axis, "edge"), np.column_stack([place - 10.0, place + 10.0]), {})
        for name, axis, place in (("x_edges", "x", x), ("y_edges", "y", y))
    }
    path = netcdf.write(
        tmp_path / "a.nc", x={"numbers": x, "bounds": "x_edges"}, y={"numbers": y, "bounds": "y_edges"},
        numbers=flipped, others=edges,
    )  # fmt: skip
    assert_heights(read(path))
    edges["x_edges"] = (("x", "edge"), np.column_stack([x, x + 20.0]), {})
    path = netcdf.write(
        tmp_path / "b.nc",
        x={"numbers": x, "bounds": "x_edges"},
        y={"numbers": y, "bounds": "y_edges"},
        numbers=flipped,
        others=edges,
    )
    assert refused(path).faults[0].path == "variables.x.bounds"


def test_one_time_is_read_and_what_is_not_used_is_told(tmp_path: Path) -> None:
    path = netcdf.write(
        tmp_path / "a.nc", dimensions=("time", "y", "x"), numbers=netcdf.heights_m()[None],
        z={"coordinates": "lat", "ancillary_variables": "error", "quality": 3.0, "units": None},
        others={
            "time": (("time",), np.zeros(1), {"units": "days since 2020-01-01"}),
            "lat": (("y", "x"), np.full((12, 16), -89.9), {"units": "degrees_north"}),
            "error": (("y", "x"), np.ones((12, 16)), {"units": "m"}),
        },
    )  # fmt: skip
    found = read_terrain(path, "dem.nc")
    assert_heights(found.grid)
    assert found.notes == (
        "variables passed over: error, lat, time",
        "attributes of 'z' passed over: quality",
        "the file states no unit of its heights; they are taken for metres",
    )


def test_nothing_is_passed_over_in_a_plain_file(tmp_path: Path) -> None:
    assert read_terrain(netcdf.write(tmp_path / "a.nc"), "dem.nc").notes == ()


def test_radii_in_kilometres_without_a_unit_are_refused(tmp_path: Path) -> None:
    path = netcdf.write(tmp_path / "a.nc", z={"units": None}, numbers=1737.4 + 1e-3 * netcdf.heights_m())
    assert refused(path).reason == "TERRAIN_WRONG_UNIT"


@pytest.mark.parametrize(("what", "name"), [("variable", b"\0\0\0\x01z"), ("dimension", b"\0\0\0\x04edge")])
def test_what_is_there_twice_is_refused(tmp_path: Path, what: str, name: bytes) -> None:
    content = netcdf.write(tmp_path / "a.nc", others={"y2": (("y",), netcdf.Y_M, {})}).read_bytes()
    twice = {"variable": (b"\0\0\0\x02y2", b"\0\0\0\x01z\0"), "dimension": (b"\0\0\0\x04edge", b"\0\0\0\x04time")}[what]
    (tmp_path / "a.nc").write_bytes(content.replace(*twice))
    assert f"the {what}" in (message := refused(tmp_path / "a.nc").message)
    assert "twice" in message


@pytest.mark.parametrize("crs", ["IAU_2015:30135", "IAU_2015:30130"])
@pytest.mark.parametrize("kind", ["NC", "NC2"])
def test_a_grid_that_gdal_writes_is_read(
    write_geotiff: Callable[..., Path], tmp_path: Path, crs: str, kind: str
) -> None:
    """GDAL states the place four times over: coordinates, mapping, WKT and GeoTransform."""
    heights = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    heights[3, 4] = -9999.0
    plain = write_geotiff(heights, crs=crs, nodata=-9999.0, unit="m")
    rasterio.shutil.copy(plain, tmp_path / "dem.nc", driver="netCDF", FORMAT=kind)
    assert read(tmp_path / "dem.nc").content_hash() == read_grid(plain, "dem.tif").content_hash()


@pytest.mark.parametrize("crs", ["IAU_2015:30135", "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m"])
def test_a_mapping_that_pyproj_writes_is_read(tmp_path: Path, crs: str) -> None:
    assert_heights(read(netcdf.write(tmp_path / "a.nc", mapping=pyproj.CRS.from_user_input(crs).to_cf())))
