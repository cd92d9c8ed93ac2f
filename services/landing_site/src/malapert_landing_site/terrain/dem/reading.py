"""Reading of digital elevation models: every fault of a file is reported with the file's name.

GeoTIFF and COG, PDS3 images with a label, JPEG 2000 with a label, and classic NetCDF are known by their first bytes. A
label and its image come as one zip archive. No file can have another one opened.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from malapert_core.errors import InvalidInputError

from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.terrain.dem.archive import is_label, unpack
from malapert_landing_site.terrain.dem.gdal import opened_by_gdal
from malapert_landing_site.terrain.dem.georeference import geometry_of, header_faults, size_faults
from malapert_landing_site.terrain.dem.header import HeightSource, refusal, unreadable
from malapert_landing_site.terrain.dem.heights import height_faults, read_heights
from malapert_landing_site.terrain.dem.labelled import JPEG_2000, opened_attached, opened_labelled
from malapert_landing_site.terrain.dem.netcdf import opened_netcdf

MAX_PIXELS = 150_000_000
MAX_UNPACKED_BYTES = 8_000_000_000
FORMATS = (
    "GeoTIFF, PDS3 image with its label in front, classic NetCDF, or a zip archive of a JPEG 2000 or PDS3 image "
    "and its PDS3 label"
)

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_NETCDF_CLASSIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05")
_HDF5 = b"\x89HDF\r\n\x1a\n"
_PDS4 = b"<Product_Observational"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class TerrainFile:
    """Content of a terrain file: its heights, and notes of what was ignored or assumed."""

    grid: ElevationGrid
    notes: tuple[str, ...]


def read_terrain(
    path: Path,
    file_name: str,
    max_pixels: int = MAX_PIXELS,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
    admit: Callable[[int], None] | None = None,
) -> TerrainFile:
    """Read a polar stereographic DEM of the Moon; scale and offset are applied, no-data becomes NaN.

    Heights given as radii (LOLA's PDS products add 1,737,400 m as their offset) are turned into heights above the
    sphere. The size is judged by the header, before any pixel is read, also by `admit`, which takes the number of
    pixels and raises where they are too many.

    Raises
    ------
    InvalidInputError
        INVALID_TERRAIN, or the code of the only fault, with all faults of the file.
    """
    with _opened(path, file_name, max_unpacked_bytes) as source:
        faults = header_faults(source.header, file_name) + size_faults(source.header, file_name, max_pixels)
        faults = faults or source.expansion_faults()
        if faults:
            raise refusal(file_name, faults)
        if admit is not None:
            admit(source.header.width_px * source.header.height_px)
        elevation_m, counts = read_heights(source)
        geometry = geometry_of(source.header)
        notes = source.header.notes
    faults = height_faults(counts, file_name, source.header.unit)
    if faults:
        raise refusal(file_name, faults)
    if not source.header.unit:
        notes = (*notes, "the file states no unit of its heights; they are taken for metres")
    return TerrainFile(ElevationGrid(geometry, elevation_m), notes)


def read_grid(
    path: Path, file_name: str, max_pixels: int = MAX_PIXELS, max_unpacked_bytes: int = MAX_UNPACKED_BYTES
) -> ElevationGrid:
    """Read the heights of a DEM alone, see `read_terrain`."""
    return read_terrain(path, file_name, max_pixels, max_unpacked_bytes).grid


@contextmanager
def _opened(path: Path, file_name: str, max_unpacked_bytes: int) -> Iterator[HeightSource]:
    if _head(path).startswith(_ZIP):
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            files = unpack(path, file_name, Path(folder), max_unpacked_bytes)
            # An image that is alone may begin with its label.
            labels = [file for file in files if len(files) > 1 and is_label(file)]
            images = [file for file in files if file not in labels]
            if len(images) != 1:
                message = f"holds {len(labels)} labels and {len(images)} images; one image and its label are needed"
                raise unreadable(file_name, message, "TERRAIN_ARCHIVE_FILES", "archive")
            image = images[0]
            with (
                opened_labelled(labels[0], image, file_name)
                if labels
                else _opened_alone(image.path, file_name) as source
            ):
                yield source
    else:
        with _opened_alone(path, file_name) as source:
            yield source


def _opened_alone(path: Path, file_name: str) -> AbstractContextManager[HeightSource]:
    head = _head(path)
    if not head:
        raise unreadable(file_name, "is empty: it has 0 bytes", "TERRAIN_EMPTY_FILE")
    if head.startswith(_TIFF):
        return opened_by_gdal(path, file_name, "GTiff")
    if head.startswith(_NETCDF_CLASSIC):
        return opened_netcdf(path, file_name)
    if b"PDS_VERSION_ID" in head:
        return opened_attached(path, file_name)
    raise _unknown(head, file_name)


def _unknown(head: bytes, file_name: str) -> InvalidInputError:
    if head.startswith(JPEG_2000):
        message = (
            "is a JPEG 2000 image, which does not say how its numbers become heights; "
            "a zip archive of it and its PDS3 label is needed"
        )
        return unreadable(file_name, message, "TERRAIN_WITHOUT_LABEL")
    if head.startswith(_HDF5):
        message = (
            "is NetCDF-4 (HDF5), which may refer to other files and is not read; "
            "`nccopy -k classic` or `gdal_translate -of GTiff` turns it into what is"
        )
        return unreadable(file_name, message, "TERRAIN_FORMAT_REFUSED")
    if _PDS4 in head:
        message = "is a PDS4 label, which is not read; the PDS3 label of the same product, or a GeoTIFF, is"
        return unreadable(file_name, message, "TERRAIN_FORMAT_REFUSED")
    return unreadable(file_name, f"cannot be read as any of {FORMATS}; an image without its label is none")


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
