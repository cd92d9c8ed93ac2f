"""Small files in the formats of LOLA's archive, made with known heights."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from scipy.io import netcdf_file

# 60 lines of 80 samples of 20 m about the pole: the offsets count from the centre of the first pixel.
LINES, SAMPLES, PIXEL_M = 60, 80, 20.0
X_MIN_M, Y_MAX_M = -0.5 * SAMPLES * PIXEL_M, 0.5 * LINES * PIXEL_M

LABEL = """PDS_VERSION_ID            = "PDS3"
/* A label as LOLA's: comments, units, an object within another */
RECORD_TYPE               = FIXED_LENGTH
RECORD_BYTES              = {record_bytes}
{pointer}
TARGET_NAME               = MOON
DESCRIPTION               = "heights of
   the ground
   END of the text"
OBJECT                    = UNCOMPRESSED_FILE
 OBJECT                   = IMAGE
  NAME                    = HEIGHT
  LINES                   = {lines}
  LINE_SAMPLES            = {samples}
  SAMPLE_TYPE             = {sample_type}
  SAMPLE_BITS             = {sample_bits}
  UNIT                    = {unit}
  SCALING_FACTOR          = {scale}
  OFFSET                  = {offset}
  MISSING_CONSTANT        = -32768
 END_OBJECT               = IMAGE
END_OBJECT
OBJECT                    = IMAGE_MAP_PROJECTION
 MAP_PROJECTION_TYPE      = "{projection}"
 A_AXIS_RADIUS            = {radius_km} <KM>
 CENTER_LATITUDE          = {latitude_deg} <DEG>
 CENTER_LONGITUDE         = {longitude_deg} <DEG>
 LINE_PROJECTION_OFFSET   = {line_offset} <PIXEL>
 SAMPLE_PROJECTION_OFFSET = {sample_offset} <PIXEL>
 MAP_SCALE                = {map_scale}
 MAP_PROJECTION_ROTATION  = {rotation}
END_OBJECT                = IMAGE_MAP_PROJECTION
END
"""


def heights_m() -> np.ndarray:
    """Heights in steps of half a metre, none alike along a row or a column."""
    row, column = np.indices((LINES, SAMPLES))
    return -1500.0 + 0.5 * (3.0 * row + column)


def counts(hole: bool = True) -> np.ndarray:
    """Heights as LOLA's 16-bit numbers, with one hole."""
    dn = np.round(heights_m() / 0.5).astype("<i2")
    if hole:
        dn[5, 7] = -32768
    return dn


def label(**changes: Any) -> str:
    """Write a label like LOLA's, with some of its values changed."""
    values = {
        "record_bytes": 2 * SAMPLES, "pointer": '^IMAGE = "LDEM_TEST.IMG"', "lines": LINES, "samples": SAMPLES,
        "sample_type": "LSB_INTEGER", "sample_bits": 16, "unit": "METER", "scale": 0.5, "offset": "1737400.",
        "projection": "POLAR STEREOGRAPHIC", "radius_km": 1737.4, "latitude_deg": -90, "longitude_deg": 0,
        "line_offset": 0.5 * LINES - 0.5, "sample_offset": 0.5 * SAMPLES - 0.5, "map_scale": "20 <METERS/PIXEL>",
        "rotation": 0,
    }  # fmt: skip
    return LABEL.format(**{**values, **changes})


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write an archive of files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def jpeg_2000(path: Path, dn: np.ndarray) -> bytes:
    """Write numbers as a lossless JPEG 2000 image without a georeference and return its bytes."""
    with rasterio.open(
        path, "w", driver="JP2OpenJPEG", width=dn.shape[1], height=dn.shape[0], count=1, dtype="int16", QUALITY="100",
        REVERSIBLE="YES", crs="EPSG:3031", transform=rasterio.Affine(20.0, 0.0, 0.0, 0.0, -20.0, 0.0),
    ) as file:  # fmt: skip
        file.write(dn.astype(np.int16), 1)
    return path.read_bytes()


def grd(path: Path, unit: str | None = "km", crs: str | None = "IAU_2015:30135", **changes: Any) -> Path:
    """Write heights as a classic NetCDF grid as GMT does: y upwards, coordinates of pixel centres."""
    per_m = 1e-3 if unit == "km" else 1.0
    with netcdf_file(path, "w") as file:
        file.createDimension("x", SAMPLES)
        file.createDimension("y", LINES)
        x, y = file.createVariable("x", "d", ("x",)), file.createVariable("y", "d", ("y",))
        x[:] = (X_MIN_M + (np.arange(SAMPLES) + 0.5) * PIXEL_M) * per_m
        y[:] = (Y_MAX_M - LINES * PIXEL_M + (np.arange(LINES) + 0.5) * PIXEL_M) * per_m
        if changes.get("uneven"):
            x[3] += 0.4 * PIXEL_M * per_m
        if unit is not None:
            x.units = y.units = unit
        z = file.createVariable("z", "f", ("y", "x"))
        z[:] = heights_m()[::-1]
        z[LINES - 1 - 5, 7] = -9999.0
        z._FillValue = np.float32(-9999.0)
        z.units = changes.get("height_unit", "m")
        if crs is not None:
            file.crs = crs
        if changes.get("mapping"):
            mapping = file.createVariable("polar", "i", ())
            for name, value in changes["mapping"].items():
                setattr(mapping, name, value)
            z.grid_mapping = "polar"
    return path
