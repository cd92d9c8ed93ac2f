"""One entry for each reader of terrain files: bytes in, a terrain or a typed fault out; and files to begin with."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lola_files as lola
import netcdf_files as netcdf
import numpy as np
from dem_files import write_dem
from malapert_core.errors import InvalidInputError
from malapert_landing_site.terrain.dem.reading import TerrainFile, read_terrain
from scipy.io import netcdf_file

MAX_PIXELS = 4_000_000


def read_bytes(content: bytes) -> TerrainFile | InvalidInputError:
    """Read a file of any format; every other exception is a fault of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case"
        path.write_bytes(content)
        try:
            return read_terrain(path, "case", max_pixels=MAX_PIXELS)
        except InvalidInputError as error:
            return error


def labelled(label: bytes, image: bytes, image_name: str = "LDEM_TEST.IMG") -> bytes:
    """An archive of a label and its image."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("ldem_test.lbl", label)
        archive.writestr(image_name, image)
    return content.getvalue()


def _netcdf_with_records(folder: Path) -> bytes:
    path = folder / "records.nc"
    with netcdf_file(path, "w", version=2) as file:
        for name, length in (("time", None), ("y", 12), ("x", 16)):
            file.createDimension(name, length)
        for name, place_m in (("y", netcdf.Y_M), ("x", netcdf.X_M)):
            coordinate = file.createVariable(name, "d", (name,))
            coordinate[:], coordinate.units = place_m, "m"
        heights = file.createVariable("z", "h", ("time", "y", "x"))
        heights[0], heights.units, heights.scale_factor = np.arange(192).reshape(12, 16), "m", 0.5
        heights.valid_range, heights.missing_value = np.array([0, 190], "i2"), np.array([5, 6], "i2")
        file.crs = "IAU_2015:30135"
    return path.read_bytes()


def _pds3(folder: Path) -> list[bytes]:
    real = lola.label(sample_type="PC_REAL", sample_bits=32, scale=1).encode()
    attached = lola.label(pointer="^IMAGE = 4097 <BYTES>").encode()
    return [
        labelled(lola.label().encode(), lola.counts().tobytes()),
        labelled(real, lola.heights_m().astype("<f4").tobytes()),
        attached.ljust(4096) + lola.counts().tobytes(),
    ]


def _jpeg_2000(folder: Path) -> list[bytes]:
    label = lola.label(pointer='^IMAGE = "LDEM_TEST.JP2"').encode()
    return [labelled(label, lola.jpeg_2000(folder / "a.jp2", lola.counts()), "LDEM_TEST.JP2")]


def _netcdf(folder: Path) -> list[bytes]:
    packed = {"scale_factor": 0.5, "_FillValue": np.int16(7)}
    plain = netcdf.write(folder / "a.nc").read_bytes()
    numbers = np.arange(192, dtype="i2").reshape(12, 16)
    return [plain, netcdf.write(folder / "b.nc", z=packed, numbers=numbers).read_bytes(), _netcdf_with_records(folder)]


def _geotiff(folder: Path) -> list[bytes]:
    profiles: tuple[dict[str, Any], ...] = (
        {},
        {"compress": "deflate", "tiled": True, "blockxsize": 16, "blockysize": 16},
        {"BIGTIFF": "YES"},
    )
    values = lola.counts(hole=False).astype("i2")
    return [write_dem(folder / "a.tif", values, nodata=-32768, **options).read_bytes() for options in profiles]


SEEDS: dict[str, Callable[[Path], list[bytes]]] = {
    "GeoTIFF": _geotiff,
    "NetCDF": _netcdf,
    "PDS3": _pds3,
    "JPEG 2000": _jpeg_2000,
}
"""Sound files of each format."""
