"""Readers of terrain: GeoTIFF, NetCDF, PDS3 with its label before or beside it; held against GDAL and netCDF."""

import io
import random
import re
import sys
import tempfile
import warnings
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from malapert_core.errors import InvalidInputError
from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.terrain.dem.reading import read_terrain

from reader_fuzz.forms import mutate_archive, mutate_binary
from reader_fuzz.netcdf_grids import MAPPING, by_library, grid_file
from reader_fuzz.running import Contradiction, Target
from reader_fuzz.text import mutate_text

sys.path.append(str(Path(__file__).parents[3] / "services" / "landing_site" / "tests"))
import lola_files as lola

SOUTH = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m"
RADIUS_M = 1_737_400.0
MOST_PIXELS, MOST_BYTES = 4_000_000, 64_000_000
_HEIGHT_M = 0.26
_REFUSALS = (InvalidInputError,)


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="fuzz-")


@cache
def _geotiffs() -> list[bytes]:
    found = []
    for options, dtype, scale in (
        ({}, "float32", 1.0),
        ({"compress": "deflate", "tiled": True, "blockxsize": 32, "blockysize": 32}, "int16", 0.5),
    ):
        with _folder() as folder:
            path = Path(folder) / "dem.tif"
            profile = {
                "crs": SOUTH,
                "transform": Affine(20.0, 0.0, lola.X_MIN_M, 0.0, -20.0, lola.Y_MAX_M),
                "nodata": -9999,
                **options,
            }
            heights = (lola.heights_m() / scale).astype(dtype)
            heights[5, 7] = -9999
            with rasterio.open(
                path, "w", driver="GTiff", height=lola.LINES, width=lola.SAMPLES, count=1, dtype=dtype, **profile
            ) as file:
                file.write(heights, 1)
                file.units = ("m",)
                if scale != 1.0:
                    file.scales = (scale,)
            found.append(path.read_bytes())
    return found


@cache
def _netcdf() -> list[bytes]:
    with _folder() as folder:
        paths = [lola.grd(Path(folder) / "a.grd"), lola.grd(Path(folder) / "b.grd", "m", None, mapping=MAPPING)]
        return [path.read_bytes() for path in paths]


@cache
def _archives() -> list[bytes]:
    label, image = lola.label().encode(), lola.counts().tobytes()
    with _folder() as folder:
        jpeg = lola.jpeg_2000(Path(folder) / "source.jp2", lola.counts())
        compressed = 'OBJECT = COMPRESSED_FILE\n FILE_NAME = "LDEM_TEST.JP2"\nEND_OBJECT = COMPRESSED_FILE\n'
        text = lola.label(pointer=compressed + '^IMAGE = "LDEM_TEST.IMG"').encode()
        hexadecimal = (
            lola.label().replace("MISSING_CONSTANT        = -32768", "MISSING_CONSTANT        = 16#8000#").encode()
        )
        contents = (
            (label, image, "LDEM_TEST.IMG"),
            (text, jpeg, "LDEM_TEST.JP2"),
            (hexadecimal, image, "LDEM_TEST.IMG"),
        )
        paths = [
            lola.zipped(Path(folder) / f"{number}.zip", {"ldem_test.lbl": text, name: data})
            for number, (text, data, name) in enumerate(contents)
        ]
        return [path.read_bytes() for path in paths]


def _attached() -> list[bytes]:
    text = lola.label(pointer="^IMAGE = 4001 <BYTES>", record_bytes=160)
    return [text.encode().ljust(4000) + lola.counts().tobytes()]


def _mutate_attached(rng: random.Random, content: bytes) -> bytes:
    if rng.random() < 0.2:
        return mutate_binary(rng, content)
    label = mutate_text(rng, content[:4000].rstrip())
    return label.ljust(4000) + content[4000:]


def _mutate_netcdf(rng: random.Random, content: bytes) -> bytes:
    """Make a grid of another packing, or change words of the header or its names, as conventions give them meaning."""
    if rng.random() < 0.6:
        content = grid_file(rng)
        if rng.random() < 0.7:
            return content
    if rng.random() < 0.5:
        return mutate_binary(rng, content)
    names = [
        match for match in re.finditer(rb"[A-Za-z_]{1,24}", content[:2048]) if len(match[0]) > 1 or match[0] in b"xyz"
    ]
    match = rng.choice(names)
    known = (
        b"units",
        b"scale_factor",
        b"add_offset",
        b"_FillValue",
        b"missing_value",
        b"valid_min",
        b"crs",
        b"km",
        b"m",
        b"actual_range",
        b"calendar",
    )
    new = rng.choice((*known, rng.choice(names)[0], match[0].upper()))[: len(match[0])].ljust(
        len(match[0]), rng.choice((b"_", b"\0"))
    )
    return content[: match.start()] + new + content[match.end() :]


def _read(content: bytes) -> ElevationGrid:
    with _folder() as folder:
        path = Path(folder) / "dem"
        path.write_bytes(content)
        grid = read_terrain(path, "dem", MOST_PIXELS, MOST_BYTES).grid
    known = grid.elevation_m[~np.isnan(grid.elevation_m)]
    if known.size == 0 or np.max(np.abs(known)) > 30_000.0:
        raise Contradiction("heights that no place of the Moon has, or none")
    return grid


def _compare(grid: ElevationGrid, other: np.ndarray, what: str) -> None:
    """Compare heights with those of another reader, NaN where there is none; radii are heights above the sphere."""
    if other.shape != grid.elevation_m.shape:
        raise Contradiction(f"the grid is {grid.elevation_m.shape}; {what} has {other.shape}")
    other = np.where(np.abs(other - RADIUS_M) < 30_000.0, other - RADIUS_M, other)
    own_hole, other_hole = np.isnan(grid.elevation_m), np.isnan(other)
    if (own_hole != other_hole).any():
        raise Contradiction(
            f"{np.count_nonzero(own_hole)} pixels have no height; {np.count_nonzero(other_hole)} by {what}"
        )
    if not np.allclose(grid.elevation_m[~own_hole], other[~own_hole], rtol=1e-6, atol=_HEIGHT_M):
        raise Contradiction(f"heights differ from those of {what}")


def _by_gdal(path: str, driver: str) -> tuple[np.ndarray, Affine] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with rasterio.open(path, driver=driver) as file:
                band = file.read(1, masked=True).astype(float).filled(np.nan)
                return band * file.scales[0] + file.offsets[0], file.transform
        except (rasterio.errors.RasterioError, ValueError, MemoryError):
            return None


def read_geotiff(content: bytes) -> None:
    """Read a GeoTIFF; what is taken has the heights and the place that GDAL finds."""
    grid = _read(content)
    with rasterio.MemoryFile(content, ext=".tif") as memory:
        found = _by_gdal(memory.name, "GTiff")
    if found is None:
        raise Contradiction("GDAL cannot read it")
    heights, transform = found
    _compare(grid, heights, "GDAL")
    place = (transform.c, transform.f, transform.a)
    if not np.allclose(
        place, (grid.geometry.x_min_m, grid.geometry.y_max_m, grid.geometry.pixel_size_m), rtol=1e-9, atol=1e-3
    ):
        raise Contradiction(f"the place is {grid.geometry}; GDAL has {place}")


def read_netcdf(content: bytes) -> None:
    """Read a classic NetCDF grid; what is taken has the heights and the place that the netCDF library finds."""
    grid = _read(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = by_library(content)
    if found is None:
        return
    heights, place = found
    _compare(grid, heights, "netCDF")
    own = (grid.geometry.x_min_m, grid.geometry.y_max_m, grid.geometry.pixel_size_m)
    if not np.allclose(own, place, rtol=1e-6, atol=1e-2):
        raise Contradiction(f"the place is {own}; netCDF has {place}")


def read_pds3_archive(content: bytes) -> None:
    """Read an image with a label beside it; what is taken has the heights that GDAL finds by the label."""
    grid = _read(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {Path(name).name: archive.read(name) for name in archive.namelist()}
    label = next((data for data in members.values() if data.lstrip().startswith(b"PDS_VERSION_ID")), None)
    if label is None or any(name.upper().endswith(".JP2") for name in members):
        return
    _compare_by_label(grid, {name: data for name, data in members.items() if data is not label}, label)


def read_pds3_attached(content: bytes) -> None:
    """Read an image after its label; what is taken has heights of the Moon."""
    _compare_by_label(_read(content), {}, content)


def _compare_by_label(grid: ElevationGrid, images: dict[str, bytes], label: bytes) -> None:
    with _folder() as folder:
        for name, data in images.items():
            (Path(folder) / name).write_bytes(data)
            (Path(folder) / name.upper()).write_bytes(data)
        path = Path(folder) / "label.lbl"
        path.write_bytes(label)
        found = _by_gdal(str(path), "PDS")
    # GDAL passes over labels that it does not know; then it has no scale of its own either.
    if found is not None and found[0].shape == grid.elevation_m.shape:
        _compare(grid, found[0], "GDAL")


TARGETS = {
    target.name: target
    for target in (
        Target("geotiff", _geotiffs, mutate_binary, read_geotiff, _REFUSALS),
        Target("netcdf", _netcdf, _mutate_netcdf, read_netcdf, _REFUSALS),
        Target("pds3-archive", _archives, mutate_archive, read_pds3_archive, _REFUSALS),
        Target("pds3-attached", _attached, _mutate_attached, read_pds3_attached, _REFUSALS),
    )
}
