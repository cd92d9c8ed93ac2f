"""PDS3 labels: what ODL allows is read, keywords that are not honoured are refused by name and line."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import lola_files as lola
import numpy as np
import pytest
import rasterio
from malapert_core.errors import InvalidInputError
from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.terrain.dem.reading import read_grid, read_terrain

# LDEM_875S_5M.LBL of LRO-L-LOLA-4-GDR-V1.0 states these beside what the test's own label has.
AS_LOLA_STATES_IT = {
    "IMAGE_MAP_PROJECTION": (
        '^DATA_SET_MAP_PROJECTION = "DSMAP_POLAR.CAT"', 'KEYWORD_LATITUDE_TYPE = "PLANETOCENTRIC"',
        "MAP_RESOLUTION = 1516.17 <pix/deg>", "B_AXIS_RADIUS = 1737.4 <km>", "C_AXIS_RADIUS = 1737.4 <km>",
        'POSITIVE_LONGITUDE_DIRECTION = "EAST"', "REFERENCE_LATITUDE = 'N/A'", "REFERENCE_LONGITUDE = 'N/A'",
        "LINE_FIRST_PIXEL = 1", "LINE_LAST_PIXEL = 60", "SAMPLE_FIRST_PIXEL = 1", "SAMPLE_LAST_PIXEL = 80",
        "MAXIMUM_LATITUDE = -87.5 <deg>", "MINIMUM_LATITUDE = -90 <deg>", "WESTERNMOST_LONGITUDE = 'N/A'",
        "EASTERNMOST_LONGITUDE = 'N/A'", 'COORDINATE_SYSTEM_TYPE = "BODY-FIXED ROTATING"',
        'COORDINATE_SYSTEM_NAME = "MEAN EARTH/POLAR AXIS OF DE421"',
    ),
    "IMAGE": ("DERIVED_MINIMUM = -8760", "DERIVED_MAXIMUM = 4744"),
}  # fmt: skip


def with_lines(text: str, name: str, *lines: str) -> str:
    """A label with lines added to one of its objects."""
    return re.sub(rf"(OBJECT\s*= {name}\n)", lambda match: match[1] + "\n".join(lines) + "\n", text, count=1)


def without(text: str, keyword: str) -> str:
    return re.sub(rf"^ *{re.escape(keyword)} *=.*\n", "", text, flags=re.MULTILINE)


def archived(tmp_path: Path, text: str, image: bytes | None = None) -> Path:
    content = lola.counts().tobytes() if image is None else image
    return lola.zipped(tmp_path / "ldem.zip", {"ldem_test.lbl": text.encode("latin-1"), "LDEM_TEST.IMG": content})


def refused(path: Path) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, "ldem.zip")
    assert "ldem.zip" in refusal.value.message
    return refusal.value


def assert_known(grid: ElevationGrid) -> None:
    expected_m = lola.heights_m()
    expected_m[5, 7] = np.nan
    np.testing.assert_allclose(grid.elevation_m, expected_m, atol=1e-3)


def test_a_missing_value_in_another_base_is_no_height(shared_file: Callable[[str], Path]) -> None:
    """16#FF7FFFFB# is the pattern of bits of ISIS's NULL: every value there is a hole, the others are heights."""
    grid = read_grid(shared_file("cases/pds3-hex-missing.zip"), "hill.zip")
    image = np.frombuffer(_member(shared_file("cases/pds3-hex-missing.zip"), "HILL.IMG"), "<f4").reshape(64, 64)
    hole = image.view("<u4") == 0xFF7FFFFB
    np.testing.assert_array_equal(np.isnan(grid.elevation_m), hole)
    np.testing.assert_array_equal(grid.elevation_m[~hole], image[~hole])
    assert hole.any()


def _member(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


@pytest.mark.parametrize(
    "constant",
    ["-32768", "16#8000#", "2#1000000000000000#", "8#100000#", "16#-8000#", "-16#8000#", "10#-32768#", "3#-1122221122#",
     "(-32768, -32767)", "{-32768}", "-3.2768E4"],
)  # fmt: skip
@pytest.mark.parametrize("keyword", ["MISSING_CONSTANT", "INVALID_CONSTANT", "NULL", "CORE_NULL"])
def test_integers_of_every_base_name_the_missing_value(tmp_path: Path, constant: str, keyword: str) -> None:
    text = lola.label().replace("MISSING_CONSTANT        = -32768", f"{keyword} = {constant}")
    assert keyword in text
    assert_known(read_grid(archived(tmp_path, text), "ldem.zip"))


@pytest.mark.parametrize(
    ("constant", "value"),
    [("16#FF7FFFFB#", 0xFF7FFFFB), ("-3.40282265508890445E+38", 0xFF7FFFFB), ("16#C61C3FCD#", 0xC61C3FCD),
     ("-9999.95", 0xC61C3FCD), ("NaN", 0x7FC00000)],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["PC_REAL", "IEEE_REAL", "FLOAT", "SUN_REAL"])
def test_constants_of_reals_are_of_their_own_precision(tmp_path: Path, constant: str, value: int, kind: str) -> None:
    order = "<" if kind == "PC_REAL" else ">"
    heights = lola.heights_m().astype("<f4")
    heights.view("<u4")[5, 7] = value
    text = lola.label(sample_type=kind, sample_bits=32, scale=1, offset="0.").replace("-32768", constant)
    assert_known(read_grid(archived(tmp_path, text, heights.astype(f"{order}f4").tobytes()), "ldem.zip"))


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("LSB_INTEGER", "<i2"), ("PC_INTEGER", "<i2"), ("VAX_INTEGER", "<i2"), ("MSB_INTEGER", ">i2"), ("INTEGER", ">i2"),
     ("MAC_INTEGER", ">i2"), ("SUN_INTEGER", ">i2"), ("LSB_INTEGER", "<i4"), ("SUN_INTEGER", ">i4"),
     ("REAL", ">f4"), ("MAC_REAL", ">f8"), ("PC_REAL", "<f8")],
)  # fmt: skip
def test_aliases_of_sample_types_are_read(tmp_path: Path, kind: str, dtype: str) -> None:
    """Table 3.2 and appendix C of the PDS Standards Reference."""
    text = lola.label(sample_type=kind, sample_bits=8 * np.dtype(dtype).itemsize)
    assert_known(read_grid(archived(tmp_path, text, lola.counts().astype(dtype).tobytes()), "ldem.zip"))


def test_unsigned_samples_and_bytes_are_read(tmp_path: Path) -> None:
    counts = (lola.counts(hole=False).astype("i4") + 4000).astype(">u2")
    counts[5, 7] = 0xFFFF
    text = lola.label(sample_type="MSB_UNSIGNED_INTEGER", offset="-2000.").replace("-32768", "16#FFFF#")
    assert_known(read_grid(archived(tmp_path, text, counts.tobytes()), "ldem.zip"))
    flat = np.full((lola.LINES, lola.SAMPLES), 200, "u1")
    text = without(lola.label(sample_type="UNSIGNED_INTEGER", sample_bits=8), "MISSING_CONSTANT")
    assert (read_grid(archived(tmp_path, text, flat.tobytes()), "ldem.zip").elevation_m == 100.0).all()


def test_what_lola_states_is_read_as_gdal_reads_it(tmp_path: Path) -> None:
    text = lola.label()
    for name, lines in AS_LOLA_STATES_IT.items():
        text = with_lines(text, name, *lines)
    assert_known(read_grid(archived(tmp_path, text), "ldem.zip"))
    # GDAL looks for the image at the top of the label.
    plain = re.sub(r" *(END_)?OBJECT *= UNCOMPRESSED_FILE\n|^END_OBJECT\n", "", text, flags=re.MULTILINE)
    (tmp_path / "LDEM_TEST.LBL").write_text(plain)
    (tmp_path / "LDEM_TEST.IMG").write_bytes(lola.counts().tobytes())
    with rasterio.open(tmp_path / "LDEM_TEST.LBL") as file:
        radius_m = file.read(1) * file.scales[0] + file.offsets[0]
    found_m = read_grid(archived(tmp_path, text), "ldem.zip").elevation_m
    known = ~np.isnan(found_m)
    np.testing.assert_allclose(found_m[known], radius_m[known] - 1_737_400.0, atol=1e-3)


def test_bytes_beside_the_samples_of_a_line_are_skipped(tmp_path: Path) -> None:
    lines = np.zeros((lola.LINES, 6 + 2 * lola.SAMPLES + 4), "u1")
    lines[:, 6:-4] = lola.counts().view("u1")
    lines[:, :6] = lines[:, -4:] = 77
    text = with_lines(lola.label(), "IMAGE", "LINE_PREFIX_BYTES = 6", "LINE_SUFFIX_BYTES = 4")
    found = read_terrain(archived(tmp_path, text, lines.tobytes()), "ldem.zip")
    assert_known(found.grid)
    assert found.notes == ("10 bytes of each line are no samples and passed over",)
    assert refused(archived(tmp_path, text)).reason == "TERRAIN_TRUNCATED"


def test_samples_outside_the_valid_range_are_no_heights(tmp_path: Path) -> None:
    text = with_lines(lola.label(), "IMAGE", "VALID_MINIMUM = -2999", "VALID_MAXIMUM = -2900")
    found_m = read_grid(archived(tmp_path, text), "ldem.zip").elevation_m
    counts = lola.counts()
    np.testing.assert_array_equal(np.isnan(found_m), (counts < -2999) | (counts > -2900))


def test_what_odl_allows_is_read(tmp_path: Path) -> None:
    """Values on the next line, comments within and in text, small letters, quotes of both kinds, units with blanks."""
    text = lola.label().replace("LINES                   = 60", "lines =\n   /* lines = 61 */ 60")
    text = text.replace("NAME                    = HEIGHT", "NOTE = \"not /* a comment\n LINES = 5\"\nNAME = 'HEIGHT'")
    text = text.replace("1737.4 <KM>", "1737400.0 < M >").replace("20 <METERS/PIXEL>", "0.02 <km/pix>")
    assert_known(read_grid(archived(tmp_path, text.replace("\n", "\r\n")), "ldem.zip"))


@pytest.mark.parametrize("pointer", ['("LDEM_TEST.IMG", 3)', '("LDEM_TEST.IMG", 321 <BYTES>)'])
def test_a_detached_image_begins_where_the_pointer_says(tmp_path: Path, pointer: str) -> None:
    text = lola.label(pointer=f"^IMAGE = {pointer}")
    assert_known(read_grid(archived(tmp_path, text, bytes(320) + lola.counts().tobytes()), "ldem.zip"))


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ('^IMAGE = ("LDEM_TEST.IMG", 0)', "label.^IMAGE"),
        ('^IMAGE = ("LDEM_TEST.IMG", 1.5)', "label.^IMAGE"),
        ('^IMAGE = ("LDEM_TEST.IMG", 2, 3)', "label.^IMAGE"),
        ('^IMAGE = ("LDEM_TEST.IMG", 2 <LINES>)', "label.^IMAGE"),
        ('^IMAGE = "LDEM_TEST.IMG"\n^IMAGE = "LDEM_TEST.IMG"', "label.^IMAGE"),
    ],
)
def test_a_pointer_that_is_not_understood_is_refused(tmp_path: Path, pointer: str, path: str) -> None:
    assert [fault.path for fault in refused(archived(tmp_path, lola.label(pointer=pointer))).faults] == [path]


def test_a_pointer_by_records_of_unstated_length_or_into_the_label_is_refused(tmp_path: Path) -> None:
    text = without(lola.label(pointer='^IMAGE = ("LDEM_TEST.IMG", 3)'), "RECORD_BYTES")
    assert refused(archived(tmp_path, text)).faults[0].path == "label.^IMAGE"
    text = lola.label(pointer="^IMAGE = 101 <BYTES>")
    (tmp_path / "a.img").write_bytes(text.encode() + lola.counts().tobytes())
    error = refused_file(tmp_path / "a.img")
    assert (error.reason, "the label itself takes" in error.message) == ("TERRAIN_LABEL_MISMATCH", True)


def refused_file(path: Path) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as refusal:
        read_grid(path, path.name)
    return refusal.value


@pytest.mark.parametrize(
    ("name", "line", "code"),
    [
        ("IMAGE", "BAND_STORAGE_TYPE = TILED", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "ENCODING_TYPE = HUFFMAN_FIRST_DIFFERENCE", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "SAMPLE_BIT_MASK = 2#1111000011111111#", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "LINE_DISPLAY_DIRECTION = UP", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "SAMPLE_DISPLAY_DIRECTION = LEFT", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "FIRST_LINE = 2", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "SAMPLING_FACTOR = 2", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "STRETCHED_FLAG = TRUE", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "DIGITAL_FILTER = 3", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "BANDS = 2", "TERRAIN_WITH_BANDS"),
        ("IMAGE", "LINE_PREFIX_BYTES = -1", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", "VALID_MINIMUM = 16#FF7FFFFA#", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", "NULL = 40000", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", "NULL = 0.5", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", "NULL = 17#12#", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", f"NULL = 16#{'F' * 300}#", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", f"VALID_MINIMUM = -{'9' * 400}", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE", f"SAMPLING_FACTOR = 16#{'F' * 300}#", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "NULL = 8#9#", "TERRAIN_LABEL_INCOMPLETE"),
        ("IMAGE_MAP_PROJECTION", "B_AXIS_RADIUS = 1736.0 <KM>", "TERRAIN_WRONG_BODY"),
        ("IMAGE_MAP_PROJECTION", "C_AXIS_RADIUS = 1735.97 <KM>", "TERRAIN_WRONG_BODY"),
        ("IMAGE_MAP_PROJECTION", "MAP_RESOLUTION = 303.23 <PIXEL/DEG>", "TERRAIN_LABEL_MISMATCH"),
        ("IMAGE_MAP_PROJECTION", "MAP_RESOLUTION = 1516.17 <KM/DEG>", "TERRAIN_WRONG_UNIT"),
        ("IMAGE_MAP_PROJECTION", "POSITIVE_LONGITUDE_DIRECTION = WEST", "TERRAIN_WRONG_PROJECTION"),
        ("IMAGE_MAP_PROJECTION", 'COORDINATE_SYSTEM_NAME = "PRINCIPAL AXIS OF DE421"', "TERRAIN_WRONG_PROJECTION"),
        ("IMAGE_MAP_PROJECTION", "COORDINATE_SYSTEM_TYPE = INERTIAL", "TERRAIN_WRONG_PROJECTION"),
        ("IMAGE_MAP_PROJECTION", "FIRST_STANDARD_PARALLEL = -71", "TERRAIN_WRONG_PROJECTION"),
        ("IMAGE_MAP_PROJECTION", "REFERENCE_LONGITUDE = 90 <DEG>", "TERRAIN_WRONG_PROJECTION"),
        ("IMAGE_MAP_PROJECTION", "LINE_FIRST_PIXEL = 2", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE_MAP_PROJECTION", "SAMPLE_LAST_PIXEL = 79", "TERRAIN_LABEL_MISMATCH"),
        ("IMAGE_MAP_PROJECTION", "X_AXIS_PROJECTION_OFFSET = 3", "TERRAIN_LABEL_KEYWORD"),
        ("IMAGE", "LINES = 60", "TERRAIN_LABEL_DUPLICATE"),
        ("IMAGE_MAP_PROJECTION", "MAP_SCALE = 20 <METERS/PIXEL>", "TERRAIN_LABEL_DUPLICATE"),
    ],
)
def test_a_keyword_that_is_not_honoured_is_refused_by_name_and_line(
    tmp_path: Path, name: str, line: str, code: str
) -> None:
    text = with_lines(lola.label(), name, line)
    error = refused(archived(tmp_path, text))
    assert [fault.code for fault in error.faults] == [code]
    number = text.splitlines().index(line) + 1
    assert code == "TERRAIN_WITH_BANDS" or f"line {number}" in error.message
    if code == "TERRAIN_LABEL_DUPLICATE":
        assert len(set(re.findall(r"line (\d+)", error.message))) == 2


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"offset": "1737.4 <KM>"}, "label.OFFSET"),
        ({"offset": "many"}, "label.OFFSET"),
        ({"offset": "1737.4"}, "label.OFFSET"),
        ({"scale": 0}, "label.SCALING_FACTOR"),
        ({"scale": "16#GG#"}, "label.SCALING_FACTOR"),
        ({"latitude_deg": "-1.5707963 <RAD> /*"}, "file"),
        ({"radius_km": "1737.4 <FEET>\n NOTE = 0"}, "label.A_AXIS_RADIUS"),
        ({"sample_type": "VAXG_REAL", "sample_bits": 64}, "label.SAMPLE_TYPE"),
        ({"sample_type": "IBM_REAL"}, "label.SAMPLE_TYPE"),
        ({"sample_bits": 12}, "label.SAMPLE_TYPE"),
        ({"lines": 60.5}, "label.LINES"),
        ({"lines": -60}, "label.LINES"),
        ({"lines": "1e400"}, "label.LINES"),
    ],
)
def test_values_that_are_not_sound_are_refused(tmp_path: Path, changes: dict, path: str) -> None:
    assert path in [fault.path for fault in refused(archived(tmp_path, lola.label(**changes))).faults]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("END_OBJECT                = IMAGE_MAP_PROJECTION\nEND\n", "", "without END"),
        ("\nEND\n", "\n", "without END"),
        ("END_OBJECT               = IMAGE\n", "END_OBJECT = TABLE\n", "TABLE is ended"),
        ("END_OBJECT               = IMAGE\n", "", "is not ended"),
        ("LINES                   = 60", "LINES 60", "has no value"),
        ('"heights of', "heights of", "line 7"),
        ("PDS3", "PDS2", "PDS3 is read"),
        ("MOON", "MARS", "MOON is allowed"),
        ("FIXED_LENGTH", "VARIABLE_LENGTH", "FIXED_LENGTH"),
        ("OBJECT                    = IMAGE_MAP", "OBJECT = IMAGE\nEND_OBJECT\nOBJECT = IMAGE_MAP", "once is"),
    ],
)  # fmt: skip
def test_a_label_that_breaks_its_language_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = lola.label()
    assert old in text
    assert said in refused(archived(tmp_path, text.replace(old, new, 1))).message


def test_other_objects_of_a_label_are_told(tmp_path: Path) -> None:
    column = "OBJECT = COLUMN\n NAME = A\n NAME = B\nEND_OBJECT = COLUMN\n"
    table = f"OBJECT = HISTOGRAM\n{column}{column}END_OBJECT = HISTOGRAM\n"
    text = with_lines(lola.label().replace("\nEND\n", f"\n{table}END\n"), "IMAGE", "CHECKSUM = 16#0001#")
    assert read_terrain(archived(tmp_path, text), "ldem.zip").notes == (
        "CHECKSUM of the label is not compared with the image",
        "objects of the label passed over: HISTOGRAM, COLUMN",
    )


def test_a_jpeg_2000_image_must_be_of_the_stated_samples(tmp_path: Path) -> None:
    image = lola.jpeg_2000(tmp_path / "a.jp2", lola.counts())
    text = lola.label(pointer='^IMAGE = "LDEM_TEST.JP2"', sample_type="LSB_UNSIGNED_INTEGER").replace("-32768", "0")
    path = lola.zipped(tmp_path / "ldem.zip", {"a.lbl": text.encode(), "LDEM_TEST.JP2": image})
    assert refused(path).faults[0].path == "label.SAMPLE_TYPE"


def test_an_archive_of_an_attached_image_alone_is_read(tmp_path: Path) -> None:
    text = lola.label(pointer="^IMAGE = 4001 <BYTES>")
    path = lola.zipped(tmp_path / "ldem.zip", {"a.img": text.encode().ljust(4000) + lola.counts().tobytes()})
    assert_known(read_grid(path, "ldem.zip"))
