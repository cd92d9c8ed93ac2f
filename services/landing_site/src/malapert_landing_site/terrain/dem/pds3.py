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
from malapert_landing_site.terrain.dem.header import HeightSource, RasterHeader
from malapert_landing_site.terrain.dem.odl import OdlValue
from malapert_landing_site.terrain.dem.pds3_keywords import DEGREES, METRES_OF, PIXELS, keyword_faults, passed_over
from malapert_landing_site.terrain.dem.pds3_label import Pds3Label
from malapert_landing_site.terrain.dem.pds3_samples import Samples, samples_of

_MAP = "IMAGE_MAP_PROJECTION"
_DEGREE_OF_ARC = math.pi / 180.0
# Labels round their resolution to four digits and more.
_RESOLUTION_TOLERANCE = 5e-3


@dataclass(frozen=True)
class Pds3Image:
    """Description of an image by its label.

    Attributes
    ----------
    prefix_bytes, suffix_bytes : int
        Bytes of each line that are no samples.
    """

    header: RasterHeader
    samples: Samples
    prefix_bytes: int = 0
    suffix_bytes: int = 0

    @property
    def line_bytes(self) -> int:
        """Bytes of a line with all that is in it."""
        return self.prefix_bytes + self.header.width_px * self.samples.dtype.itemsize + self.suffix_bytes


class Pds3Source:
    """An image of plain numbers after `start_byte` of a file."""

    def __init__(self, path: Path, image: Pds3Image, start_byte: int) -> None:
        self.header = image.header
        self._samples = image.samples
        width, itemsize = image.header.width_px, image.samples.dtype.itemsize
        size = image.line_bytes * image.header.height_px
        content = np.memmap(path, np.uint8, "r", start_byte, (size,))
        self._numbers = np.ndarray(
            (image.header.height_px, width), image.samples.dtype, content,
            image.prefix_bytes, (image.line_bytes, itemsize),
        )  # fmt: skip

    def expansion_faults(self) -> list[Fault]:
        """None: every number is in the file."""
        return []

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Radii or heights of rows, metres; NaN for no-data."""
        return self._samples.metres(self._numbers[top:bottom].astype(np.float64))


class Pds3Encoded:
    """An image kept in another format, such as JPEG 2000; its label gives its place and what its numbers mean."""

    def __init__(self, pixels: HeightSource, image: Pds3Image) -> None:
        self.header = image.header
        self._pixels = pixels
        self._samples = image.samples

    def expansion_faults(self) -> list[Fault]:
        """Faults of the image."""
        return self._pixels.expansion_faults()

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Radii or heights of rows, metres; NaN for no-data."""
        return self._samples.metres(self._pixels.rows(top, bottom))


def image_of(label: Pds3Label, file_name: str) -> tuple[Pds3Image | None, list[Fault]]:
    """Description of a label's image, or all faults of the label."""
    faults = keyword_faults(label, file_name)
    samples, sample_faults = samples_of(label, file_name)
    reader = _LabelReader(label, file_name)
    image = reader.image(samples)
    faults += sample_faults + reader.faults
    return (None, faults) if faults else (image, [])


class _LabelReader:
    """Reads the place of an image from its label, and gathers the faults."""

    def __init__(self, label: Pds3Label, file_name: str) -> None:
        self._label = label
        self._file_name = file_name
        self.faults: list[Fault] = []

    def image(self, samples: Samples) -> Pds3Image:
        """The image; sound where no fault was found."""
        lines, line_samples = self._whole("IMAGE.LINES"), self._whole("IMAGE.LINE_SAMPLES")
        bands = self._whole("IMAGE.BANDS", 1)
        place, crs = self._place()
        self._check_ends(lines, line_samples)
        prefix, suffix = (self._whole(f"IMAGE.LINE_{end}_BYTES", 0, least=0) for end in ("PREFIX", "SUFFIX"))
        notes = tuple(passed_over(self._label))
        if prefix or suffix:
            notes = (f"{prefix + suffix} bytes of each line are no samples and passed over", *notes)
        return Pds3Image(RasterHeader(line_samples, lines, bands, place, crs, "m", notes), samples, prefix, suffix)

    def _place(self) -> tuple[Affine, pyproj.CRS | None]:
        projection = (self._label.text(f"{_MAP}.MAP_PROJECTION_TYPE") or "none").upper().replace("_", " ")
        if projection != "POLAR STEREOGRAPHIC":
            value = self._label.value(f"{_MAP}.MAP_PROJECTION_TYPE")
            message = f"states the projection {projection[:100]!r}; POLAR STEREOGRAPHIC is needed"
            self._fault(f"{_MAP}.MAP_PROJECTION_TYPE", message, "TERRAIN_WRONG_PROJECTION", value)
        rotation = self._label.value(f"{_MAP}.MAP_PROJECTION_ROTATION")
        if rotation is not None and (rotation.number != 0.0 or rotation.unit not in DEGREES):
            message = f"states a rotation of {rotation.text[:60]} {rotation.unit}; 0 degrees is needed"
            self._fault(f"{_MAP}.MAP_PROJECTION_ROTATION", message, "TERRAIN_NOT_NORTH_UP", rotation)
        latitude_deg = self._number(f"{_MAP}.CENTER_LATITUDE", (-90.0, 90.0), DEGREES)
        longitude_deg = self._number(f"{_MAP}.CENTER_LONGITUDE", (-360.0, 360.0), DEGREES)
        radius_m = self._length(f"{_MAP}.A_AXIS_RADIUS", "km")
        pixel_m = self._length(f"{_MAP}.MAP_SCALE", "")
        self._check_resolution(pixel_m, radius_m)
        sample, line = (self._number(f"{_MAP}.{n}_PROJECTION_OFFSET", (-1e7, 1e7), PIXELS) for n in ("SAMPLE", "LINE"))
        place = Affine(pixel_m, 0.0, -(sample + 0.5) * pixel_m, 0.0, -pixel_m, (line + 0.5) * pixel_m)
        if self.faults:
            return place, None
        return place, pyproj.CRS.from_proj4(
            f"+proj=stere +lat_0={latitude_deg:.9g} +lon_0={longitude_deg:.9g} +R={radius_m:.3f} +units=m"
        )

    def _check_resolution(self, pixel_m: float, radius_m: float) -> None:
        """MAP_RESOLUTION says in pixels a degree what MAP_SCALE says in metres a pixel."""
        name = f"{_MAP}.MAP_RESOLUTION"
        stated = self._label.value(name)
        if stated is None:
            return
        per_deg = self._number(
            name, (1e-6, 1e9), ("", "pix/deg", "pixel/deg", "pixels/deg", "pixel/degree", "pixels/degree")
        )
        found = _DEGREE_OF_ARC * radius_m / pixel_m if pixel_m else 0.0
        if per_deg and found and abs(per_deg / found - 1.0) > _RESOLUTION_TOLERANCE:
            message = f"is {per_deg:g} pixels a degree, but MAP_SCALE makes {found:.6g} of them; both must say the same"
            self._fault(name, message, "TERRAIN_LABEL_MISMATCH", stated)

    def _check_ends(self, lines: int, line_samples: int) -> None:
        for name, count in (("LINE_LAST_PIXEL", lines), ("SAMPLE_LAST_PIXEL", line_samples)):
            stated = self._label.value(f"{_MAP}.{name}")
            if stated is not None and stated.number != count:
                message = f"is {stated.text[:60]}, but the image has {count}; both must say the same"
                self._fault(f"{_MAP}.{name}", message, "TERRAIN_LABEL_MISMATCH", stated)

    def _whole(self, name: str, default: int | None = None, least: int = 1) -> int:
        stated = self._label.value(name)
        if stated is None and default is not None:
            return default
        number = self._number(name, (float(least), 1e7), ("", "bytes", *PIXELS))
        if number != int(number):
            self._fault(name, f"is {number:g}; a whole number is needed", "TERRAIN_LABEL_INCOMPLETE", stated)
        return int(number)

    def _length(self, name: str, unstated: str) -> float:
        """A length in metres; one a pixel for a scale."""
        value = self._label.value(name)
        number = self._number(name, (1e-6, 1e8), None)
        unit = (value.unit if value else "").partition("/")[0] or unstated
        if unit not in METRES_OF and value is not None:
            message = f"is in {value.unit!r}; {'METERS/PIXEL or KM/PIXEL' if not unstated else 'KM or M'} is needed"
            self._fault(name, message, "TERRAIN_WRONG_UNIT", value)
        return number * METRES_OF.get(unit, 1.0)

    def _number(self, name: str, within: tuple[float, float], units: tuple[str, ...] | None) -> float:
        value = self._label.value(name)
        number = value.number if value is not None else None
        if value is None or number is None or not within[0] <= number <= within[1]:
            said = f"is {value.text[:100]!r}" if value else "is missing"
            message = f"{said}; a number from {within[0]:g} to {within[1]:g} is needed"
            self._fault(name, message, "TERRAIN_LABEL_INCOMPLETE", value)
            return 0.0
        if units is not None and value.unit not in units:
            allowed = " or ".join(f"<{unit.upper()}>" for unit in units if unit)
            self._fault(name, f"is in <{value.unit[:60]}>; {allowed} is needed", "TERRAIN_WRONG_UNIT", value)
        return number

    def _fault(self, name: str, message: str, code: str, value: OdlValue | None) -> None:
        where = f" in line {value.line}" if value else ""
        keyword = name.rpartition(".")[2]
        self.faults.append(Fault(f"label.{keyword}", code, f"{self._file_name}: the label's {name}{where} {message}"))
