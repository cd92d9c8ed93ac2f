"""Each format gives the same known heights on the same pixels; what a file may make the reader open; labels' faults."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import lola_files as lola
import numpy as np
import pytest
from malapert_core.errors import InvalidInputError
from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.terrain.dem.reading import read_grid

CF_MAPPING = {
    "grid_mapping_name": "polar_stereographic",
    "latitude_of_projection_origin": -90.0,
    "straight_vertical_longitude_from_pole": 0.0,
    "scale_factor_at_projection_origin": 1.0,
    "earth_radius": 1_737_400.0,
}


def assert_known(grid: ElevationGrid) -> None:
    expected_m = lola.heights_m()
    expected_m[5, 7] = np.nan
    g = grid.geometry
    assert (g.pole, g.x_min_m, g.y_max_m, g.pixel_size_m) == (-1, lola.X_MIN_M, lola.Y_MAX_M, lola.PIXEL_M)
    assert (g.width_px, g.height_px) == (lola.SAMPLES, lola.LINES)
    assert grid.elevation_m.dtype == np.float32
    np.testing.assert_allclose(grid.elevation_m, expected_m, atol=1e-3)


def refused(path: Path, name: str = "dem", **limits: int) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, name, **limits)
    assert name in refusal.value.message
    assert refusal.value.metadata["file_name"] == name
    return refusal.value


def lola_zip(tmp_path: Path, text: str, image: bytes, name: str = "LDEM_TEST.IMG") -> Path:
    return lola.zipped(tmp_path / "ldem.zip", {"ldem_test.lbl": text.encode(), name: image})


def test_a_lola_image_with_a_detached_label_is_read(tmp_path: Path) -> None:
    # Servers give names in small letters, labels name them in capitals.
    assert_known(read_grid(lola_zip(tmp_path, lola.label(), lola.counts().tobytes(), "ldem_test.img"), "ldem.zip"))


def test_real_numbers_in_kilometres_are_turned_into_metres(tmp_path: Path) -> None:
    radii_km = (lola.heights_m() / 1000.0).astype("<f4")
    radii_km[5, 7] = -32768.0
    text = lola.label(
        sample_type="PC_REAL", sample_bits=32, unit="KILOMETER", scale=1, offset=1737.4, map_scale="0.02 <KM/PIXEL>"
    )
    assert_known(read_grid(lola_zip(tmp_path, text, radii_km.tobytes()), "ldem.zip"))


@pytest.mark.parametrize("pointer", ["^IMAGE = 3", "^IMAGE = 321 <BYTES>"])
def test_a_lola_image_with_an_attached_label_is_read(tmp_path: Path, pointer: str) -> None:
    record_bytes = 2048 if pointer.endswith("3") else 160
    start = 2 * record_bytes if pointer.endswith("3") else 4000
    text = lola.label(pointer=pointer if start == 4096 else "^IMAGE = 4001 <BYTES>", record_bytes=record_bytes)
    path = tmp_path / "attached.img"
    path.write_bytes(text.encode().ljust(start) + lola.counts().astype(">i2").byteswap().tobytes())
    assert_known(read_grid(path, "attached.img"))


def test_big_endian_numbers_are_read(tmp_path: Path) -> None:
    image = lola.counts().astype(">i2").tobytes()
    assert_known(read_grid(lola_zip(tmp_path, lola.label(sample_type="MSB_INTEGER"), image), "ldem.zip"))


def test_a_jpeg_2000_image_is_read_by_its_label(tmp_path: Path) -> None:
    """The label's place and scale count: the image's own georeference is of another body here."""
    image = lola.jpeg_2000(tmp_path / "source.jp2", lola.counts())
    compressed = 'OBJECT = COMPRESSED_FILE\n FILE_NAME = "LDEM_TEST.JP2"\nEND_OBJECT = COMPRESSED_FILE\n'
    text = lola.label(pointer=compressed + '^IMAGE = "LDEM_TEST.IMG"')
    assert_known(read_grid(lola_zip(tmp_path, text, image, "LDEM_TEST.JP2"), "ldem.zip"))
    smaller = lola.jpeg_2000(tmp_path / "smaller.jp2", lola.counts()[:50])
    error = refused(lola_zip(tmp_path, text, smaller, "LDEM_TEST.JP2"))
    assert (error.reason, "80 × 50" in error.message) == ("TERRAIN_LABEL_MISMATCH", True)
    assert refused(tmp_path / "source.jp2").reason == "TERRAIN_WITHOUT_LABEL"


@pytest.mark.parametrize("unit", ["km", "m"])
def test_a_classic_netcdf_grid_is_read(tmp_path: Path, unit: str) -> None:
    assert_known(read_grid(lola.grd(tmp_path / "dem.grd", unit), "dem.grd"))


def test_a_netcdf_grid_is_read_by_its_grid_mapping(tmp_path: Path) -> None:
    assert_known(read_grid(lola.grd(tmp_path / "dem.grd", crs=None, mapping=CF_MAPPING), "dem.grd"))
    mars = refused(lola.grd(tmp_path / "mars.grd", crs=None, mapping={**CF_MAPPING, "earth_radius": 3_396_190.0}))
    assert mars.reason == "TERRAIN_WRONG_BODY"


@pytest.mark.parametrize(
    ("options", "code", "path", "said"),
    [
        ({"crs": None}, "TERRAIN_WITHOUT_CRS", "crs", "IAU_2015:30135"),
        ({"crs": "+init=/etc/passwd:1"}, "TERRAIN_WITHOUT_CRS", "crs", "IAU_2015:30135"),
        ({"unit": "degrees_east"}, "INVALID_TERRAIN", "variables.x.units", "degrees_east"),
        ({"unit": None}, "INVALID_TERRAIN", "variables.x.units", "no stated unit"),
        ({"height_unit": "km"}, "TERRAIN_WRONG_UNIT", "units", "'km'"),
        ({"uneven": True}, "TERRAIN_NOT_NORTH_UP", "variables.x", "evenly"),
    ],
)
def test_a_netcdf_grid_that_does_not_state_its_place_is_refused(
    tmp_path: Path, options: dict, code: str, path: str, said: str
) -> None:
    error = refused(lola.grd(tmp_path / "dem.grd", **options), "dem.grd")
    assert (error.reason, error.faults[0].path) == (code, path)
    assert said in error.message


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"lines": 61}, "TERRAIN_TRUNCATED", "label.LINES"),
        ({"samples": 40}, "TERRAIN_LABEL_MISMATCH", "label.LINES"),
        ({"pointer": '^IMAGE = "LDEM_OTHER.IMG"'}, "TERRAIN_LABEL_MISMATCH", "label.^IMAGE"),
        ({"pointer": '^IMAGE = "../../LDEM_TEST.IMG"'}, "TERRAIN_LABEL_MISMATCH", "label.^IMAGE"),
        ({"pointer": ""}, "TERRAIN_LABEL_MISMATCH", "label.^IMAGE"),
        ({"lines": "many"}, "TERRAIN_LABEL_INCOMPLETE", "label.LINES"),
        ({"sample_type": "VAX_REAL"}, "TERRAIN_LABEL_INCOMPLETE", "label.SAMPLE_TYPE"),
        ({"unit": '"N/A"'}, "TERRAIN_WRONG_UNIT", "label.UNIT"),
        ({"map_scale": "0.00066 <DEG/PIXEL>"}, "TERRAIN_WRONG_UNIT", "label.MAP_SCALE"),
        ({"projection": "SIMPLE CYLINDRICAL"}, "TERRAIN_WRONG_PROJECTION", "label.MAP_PROJECTION_TYPE"),
        ({"rotation": 30}, "TERRAIN_NOT_NORTH_UP", "label.MAP_PROJECTION_ROTATION"),
        ({"radius_km": 3396.19}, "TERRAIN_WRONG_BODY", "crs.ellipsoid"),
        ({"longitude_deg": 90}, "TERRAIN_WRONG_PROJECTION", "crs.projection"),
        ({"latitude_deg": -45}, "TERRAIN_WRONG_PROJECTION", "crs.projection"),
        ({"latitude_deg": -120}, "TERRAIN_LABEL_INCOMPLETE", "label.CENTER_LATITUDE"),
    ],
)
def test_a_faulty_label_is_refused(tmp_path: Path, changes: dict, code: str, path: str) -> None:
    error = refused(lola_zip(tmp_path, lola.label(**changes), lola.counts().tobytes()), "ldem.zip")
    assert [(fault.code, fault.path) for fault in error.faults] == [(code, path)]


def test_all_faults_of_a_label_are_told_at_once(tmp_path: Path) -> None:
    text = lola.label(unit="DEGREE", sample_bits=12, rotation=5, map_scale='"none"')
    error = refused(lola_zip(tmp_path, text, lola.counts().tobytes()))
    assert {fault.path for fault in error.faults} == {
        "label.UNIT", "label.SAMPLE_TYPE", "label.MAP_PROJECTION_ROTATION", "label.MAP_SCALE",
    }  # fmt: skip


def test_an_image_or_a_label_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.img").write_bytes(lola.counts().tobytes())
    error = refused(tmp_path / "a.img", "a.img")
    assert (error.reason, "label" in error.message) == ("TERRAIN_UNREADABLE", True)
    (tmp_path / "a.lbl").write_text(lola.label())
    error = refused(tmp_path / "a.lbl", "a.lbl")
    assert (error.reason, "LDEM_TEST.IMG" in error.message) == ("TERRAIN_WITHOUT_IMAGE", True)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "TERRAIN_ARCHIVE_FILES"),
        ({"a": b"1", "b": b"2", "c": b"3"}, "TERRAIN_ARCHIVE_FILES"),
        ({"a.img": b"1", "b.img": b"2"}, "TERRAIN_ARCHIVE_FILES"),
        ({"../a.tif": b"II*\0"}, "TERRAIN_ARCHIVE_PATH"),
        ({"/etc/a.tif": b"II*\0"}, "TERRAIN_ARCHIVE_PATH"),
        ({"folder\\a.tif": b"II*\0"}, "TERRAIN_ARCHIVE_PATH"),
        ({"bomb.tif": bytes(3 << 20)}, "TERRAIN_ARCHIVE_RATIO"),
        ({"nested.zip": b"PK\x03\x04"}, "TERRAIN_UNREADABLE"),
    ],
)
def test_an_unsafe_archive_is_refused(tmp_path: Path, files: dict[str, bytes], code: str) -> None:
    assert refused(lola.zipped(tmp_path / "a.zip", files), "a.zip").reason == code
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_larger_than_allowed_or_broken_is_refused(tmp_path: Path) -> None:
    path = lola_zip(tmp_path, lola.label(), lola.counts().tobytes())
    assert refused(path, max_unpacked_bytes=9000).reason == "TERRAIN_ARCHIVE_TOO_LARGE"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert refused(path).reason == "TERRAIN_UNREADABLE"
    # A flipped byte in the packed image is found by its checksum.
    damaged = bytearray(content)
    damaged[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(damaged))
    assert refused(path).reason == "TERRAIN_UNREADABLE"


def test_an_archive_of_one_geotiff_is_read(tmp_path: Path, write_geotiff: Callable[..., Path]) -> None:
    plain = write_geotiff(np.full((64, 64), 7.0, np.float32))
    path = tmp_path / "dem.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(plain, "dem.tif")
    assert read_grid(path, "dem.zip").content_hash() == read_grid(plain, "dem.tif").content_hash()


VRT = """<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="Float32" band="1"><SimpleSource>
<SourceFilename relativeToVRT="0">{name}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>
</VRTDataset>"""


@pytest.mark.parametrize("name", ["{secret}", "/vsicurl/http://127.0.0.1:9/a.tif", "/vsizip/{secret}"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_cannot_have_another_opened(
    tmp_path: Path, write_geotiff: Callable[..., Path], name: str, packed: bool
) -> None:
    secret = write_geotiff(name="secret.tif")
    content = VRT.format(name=name.format(secret=secret)).encode()
    path = tmp_path / "dem.tif"
    if packed:
        lola.zipped(path, {"dem.vrt": content})
    else:
        path.write_bytes(content)
    assert refused(path).reason == "TERRAIN_UNREADABLE"


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_neighbours_of_a_file_are_not_looked_at(tmp_path: Path, write_geotiff: Callable[..., Path]) -> None:
    """A world file and an .aux.xml beside a file without a georeference do not give it one."""
    path = write_geotiff(crs=None, transform=None)
    (tmp_path / "dem.tfw").write_text("20\n0\n0\n-20\n0\n0\n")
    (tmp_path / "dem.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:3031</SRS></PAMDataset>")
    error = refused(path)
    assert {fault.code for fault in error.faults} == {"TERRAIN_WITHOUT_CRS", "TERRAIN_NOT_NORTH_UP"}


def test_netcdf_4_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "dem.nc"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
    error = refused(path, "dem.nc")
    assert (error.reason, "nccopy -k classic" in error.message) == ("TERRAIN_FORMAT_REFUSED", True)


def test_pds4_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "ldem.xml"
    path.write_text('<?xml version="1.0"?>\n<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1">\n')
    error = refused(path, "ldem.xml")
    assert (error.reason, "PDS3" in error.message) == ("TERRAIN_FORMAT_REFUSED", True)


def test_a_truncated_netcdf_grid_is_refused(tmp_path: Path) -> None:
    path = lola.grd(tmp_path / "dem.grd")
    content = path.read_bytes()
    for size in (10, 200, len(content) // 2, len(content) - 4):
        path.write_bytes(content[:size])
        assert refused(path, "dem.grd").reason == "TERRAIN_UNREADABLE"


def test_a_large_netcdf_grid_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = lola.grd(tmp_path / "dem.grd")
    assert refused(path, "dem.grd", max_pixels=4799).reason == "TERRAIN_TOO_LARGE"
    assert_known(read_grid(path, "dem.grd", max_pixels=4800))
