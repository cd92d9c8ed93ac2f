"""PDS3 images with a detached or an attached label, as LOLA's gridded data records are.

The label is read here and not by GDAL, which would open whatever file the label names. The place of a pixel is that of
LOLA's own map projection note (DSMAP_POLAR.CAT of LRO-L-LOLA-4-GDR-V1.0): the projection offsets count pixels from the
centre of the first one, so LDEM_875S_5M (30336 pixels of 5 m, offset 15167.5) is centred on the pole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
from malapert_core.errors import Fault
from rasterio.transform import Affine

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.reading_header import HeightSource, RasterHeader
from malapert_landing_site.terrain.reading_pds3_label import Pds3Label

_METRES_OF = {
    "meter": 1.0,
    "meters": 1.0,
    "metre": 1.0,
    "m": 1.0,
    "kilometer": 1000.0,
    "kilometers": 1000.0,
    "km": 1000.0,
}
_SAMPLE_TYPES = {
    "LSB_INTEGER": "<i", "MSB_INTEGER": ">i", "INTEGER": ">i", "LSB_UNSIGNED_INTEGER": "<u",
    "MSB_UNSIGNED_INTEGER": ">u", "PC_REAL": "<f", "IEEE_REAL": ">f",
}  # fmt: skip
_SAMPLE_BITS = (16, 32, 64)
_ALLOWED = {
    "LINES": (1.0, 1e7),
    "LINE_SAMPLES": (1.0, 1e7),
    "MAP_SCALE": (1e-6, 1e6),
    "CENTER_LATITUDE": (-90.0, 90.0),
    "CENTER_LONGITUDE": (-360.0, 360.0),
    "A_AXIS_RADIUS": (1e-3, 1e6),
}


@dataclass(frozen=True)
class Pds3Image:
    """What a label states of its image.

    Attributes
    ----------
    scale_m, offset_m : float
        Radius or height in metres is `scale_m` times the number of a pixel, plus `offset_m`.
    missing : tuple of float
        Numbers that stand for no-data.
    """

    header: RasterHeader
    sample: np.dtype[np.generic]
    scale_m: float
    offset_m: float
    missing: tuple[float, ...]

    def metres(self, count: FloatArray) -> FloatArray:
        """Turn the numbers of pixels into metres."""
        hole = np.isin(count, self.missing)
        count *= self.scale_m
        count += self.offset_m
        count[hole] = np.nan
        return count


class Pds3Source:
    """An image of plain numbers after `start_byte` of a file."""

    def __init__(self, path: Path, image: Pds3Image, start_byte: int) -> None:
        self.header = image.header
        self._image = image
        shape = (image.header.height_px, image.header.width_px)
        self._counts = np.memmap(path, dtype=image.sample, mode="r", offset=start_byte, shape=shape)

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Radii or heights of rows, metres; NaN for no-data."""
        return self._image.metres(self._counts[top:bottom].astype(np.float64))


class Pds3Encoded:
    """An image kept in another format, such as JPEG 2000; its label gives its place and what its numbers mean."""

    def __init__(self, pixels: HeightSource, image: Pds3Image) -> None:
        self.header = image.header
        self._pixels = pixels
        self._image = image

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Radii or heights of rows, metres; NaN for no-data."""
        return self._image.metres(self._pixels.rows(top, bottom))


def image_of(label: Pds3Label, file_name: str) -> tuple[Pds3Image | None, list[Fault]]:
    """What a label states of its image, or all faults of the label."""
    faults: list[Fault] = []
    numbers = {name: _number(label, name, file_name, faults) for name in _NEEDED}
    sample = _sample(label, file_name, faults)
    unit_m = _unit_m(label, file_name, faults)
    projection = (label.text("IMAGE_MAP_PROJECTION.MAP_PROJECTION_TYPE") or "none").upper().replace("_", " ")
    if projection != "POLAR STEREOGRAPHIC":
        message = f"{file_name}: its label states the projection {projection!r}; POLAR STEREOGRAPHIC is needed"
        faults.append(Fault("label.MAP_PROJECTION_TYPE", "TERRAIN_WRONG_PROJECTION", message))
    rotation = label.number("IMAGE_MAP_PROJECTION.MAP_PROJECTION_ROTATION")
    if rotation is not None and rotation[0] != 0.0:
        message = f"{file_name}: its label states a rotation of {rotation[0]:g}°; 0 is needed"
        faults.append(Fault("label.MAP_PROJECTION_ROTATION", "TERRAIN_NOT_NORTH_UP", message))
    if faults:
        return None, faults
    return _image(label, numbers, sample, unit_m), []


_NEEDED = (
    "IMAGE.LINES",
    "IMAGE.LINE_SAMPLES",
    "IMAGE_MAP_PROJECTION.MAP_SCALE",
    "IMAGE_MAP_PROJECTION.CENTER_LATITUDE",
    "IMAGE_MAP_PROJECTION.CENTER_LONGITUDE",
    "IMAGE_MAP_PROJECTION.LINE_PROJECTION_OFFSET",
    "IMAGE_MAP_PROJECTION.SAMPLE_PROJECTION_OFFSET",
    "IMAGE_MAP_PROJECTION.A_AXIS_RADIUS",
)


def _image(label: Pds3Label, numbers: dict[str, float], sample: np.dtype[np.generic], unit_m: float) -> Pds3Image:
    value = {name.rpartition(".")[2]: number for name, number in numbers.items()}
    scale = label.number("IMAGE.SCALING_FACTOR") or (1.0, "")
    offset = label.number("IMAGE.OFFSET") or (0.0, "")
    missing = (label.number(f"IMAGE.{name}") for name in ("MISSING_CONSTANT", "INVALID_CONSTANT", "NULL"))
    pixel_m = value["MAP_SCALE"]
    x_min_m = -(value["SAMPLE_PROJECTION_OFFSET"] + 0.5) * pixel_m
    y_max_m = (value["LINE_PROJECTION_OFFSET"] + 0.5) * pixel_m
    crs = pyproj.CRS.from_proj4(
        f"+proj=stere +lat_0={value['CENTER_LATITUDE']:g} +lon_0={value['CENTER_LONGITUDE']:g} "
        f"+R={1000.0 * value['A_AXIS_RADIUS']:.3f} +units=m"
    )
    bands = label.number("IMAGE.BANDS") or (1.0, "")
    header = RasterHeader(
        int(value["LINE_SAMPLES"]), int(value["LINES"]), int(bands[0]),
        Affine(pixel_m, 0.0, x_min_m, 0.0, -pixel_m, y_max_m), crs, "m",
    )  # fmt: skip
    return Pds3Image(header, sample, unit_m * scale[0], unit_m * offset[0], tuple(n[0] for n in missing if n))


def _number(label: Pds3Label, name: str, file_name: str, faults: list[Fault]) -> float:
    stated, keyword = label.number(name), name.rpartition(".")[2]
    lowest, highest = _ALLOWED.get(keyword, (-math.inf, math.inf))
    if stated is None or not lowest <= stated[0] <= highest:
        message = f"{file_name}: its label states no sound {name} ({label.text(name)!r}); a number is needed"
        faults.append(Fault(f"label.{keyword}", "TERRAIN_LABEL_INCOMPLETE", message))
        return 0.0
    value, unit = stated
    if keyword == "MAP_SCALE":
        length = unit.partition("/")[0]
        if length not in _METRES_OF:
            message = f"{file_name}: its label's MAP_SCALE is in {unit!r}; METERS/PIXEL or KM/PIXEL is needed"
            faults.append(Fault("label.MAP_SCALE", "TERRAIN_WRONG_UNIT", message))
        return value * _METRES_OF.get(length, 1.0)
    return value


def _sample(label: Pds3Label, file_name: str, faults: list[Fault]) -> np.dtype[np.generic]:
    kind = _SAMPLE_TYPES.get((label.text("IMAGE.SAMPLE_TYPE") or "").upper())
    bits = label.number("IMAGE.SAMPLE_BITS")
    if kind is None or bits is None or bits[0] not in _SAMPLE_BITS or (kind[1] == "f" and bits[0] == 16):
        message = (
            f"{file_name}: its label states samples of {label.text('IMAGE.SAMPLE_BITS')} bits of type "
            f"{label.text('IMAGE.SAMPLE_TYPE')}; 16, 32 or 64 bits of {', '.join(_SAMPLE_TYPES)} are read"
        )
        faults.append(Fault("label.SAMPLE_TYPE", "TERRAIN_LABEL_INCOMPLETE", message))
        return np.dtype("<i2")
    return np.dtype(f"{kind}{int(bits[0]) // 8}")


def _unit_m(label: Pds3Label, file_name: str, faults: list[Fault]) -> float:
    unit = (label.text("IMAGE.UNIT") or "").lower()
    if unit not in _METRES_OF:
        message = f"{file_name}: its label's UNIT is {unit!r}; heights in METER or KILOMETER are needed"
        faults.append(Fault("label.UNIT", "TERRAIN_WRONG_UNIT", message))
    return _METRES_OF.get(unit, 1.0)
