"""GeoTIFF, COG and JPEG 2000 through GDAL, which is kept to the one file that it is given."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio
from malapert_core.errors import Fault
from rasterio._err import CPLE_BaseError
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.dem.header import RasterHeader, refusal, unreadable
from malapert_landing_site.terrain.dem.raster import RasterJudge

# No neighbour of the file is looked at (world files, .aux.xml, .ovr), and no address is.
ALONE = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_GEOREF_SOURCES": "INTERNAL",
    "GDAL_PAM_ENABLED": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
    "GDAL_CACHEMAX": 256,
}
# rasterio lets GDAL's own errors through where it reads metadata.
_DAMAGED = (RasterioError, CPLE_BaseError, ValueError, OverflowError)


class GdalSource:
    """One band of a raster that GDAL has opened."""

    def __init__(self, dataset: Any, header: RasterHeader, judge: RasterJudge) -> None:
        self.header = header
        self.dtype_name = str(dataset.dtypes[0])
        self._dataset = dataset
        self._judge = judge
        # GDAL lets an internal mask stand for the value for no-data; both are holes here.
        self._no_data = dataset.nodata if MaskFlags.per_dataset in dataset.mask_flag_enums[0] else None

    def expansion_faults(self) -> list[Fault]:
        """Faults of what reading would make out of little."""
        return self._judge.expansion_faults()

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Heights of rows, scale and offset applied; NaN for no-data."""
        band = self._dataset.read(1, window=Window(0, top, self.header.width_px, bottom - top), masked=True)
        value: FloatArray = band.astype(np.float64).filled(np.nan)
        if self._no_data is not None:
            value[value == self._no_data] = np.nan
        value *= self._dataset.scales[0]
        value += self._dataset.offsets[0]
        return value


@contextmanager
def opened_by_gdal(path: Path, file_name: str, driver: str) -> Iterator[GdalSource]:
    """Open a file as `driver` alone, whatever its content names.

    Raises
    ------
    InvalidInputError
        TERRAIN_UNREADABLE, TERRAIN_TRUNCATED or TERRAIN_WRONG_PROJECTION.
    """
    with rasterio.Env(**ALONE):
        try:
            dataset = _open(path, driver)
        except _DAMAGED as error:
            raise unreadable(file_name, f"cannot be read as {driver}: it is damaged or cut short") from error
        with dataset:
            try:
                judge = RasterJudge(dataset, path, file_name)
                header = _header(dataset, judge, file_name)
            except _DAMAGED as error:
                message = f"has a header that cannot be read: {str(error)[:300]}"
                raise unreadable(file_name, message) from error
            try:
                yield GdalSource(dataset, header, judge)
            except _DAMAGED as error:
                size = f"{header.width_px} × {header.height_px}"
                message = f"breaks off or is damaged: not all of its {size} pixels can be read"
                raise unreadable(file_name, message, "TERRAIN_TRUNCATED") from error


def _open(path: Path, driver: str) -> Any:
    with warnings.catch_warnings():
        # A file without a georeference is refused by its header, with its name.
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path, driver=driver)


def _header(dataset: Any, judge: RasterJudge, file_name: str) -> RasterHeader:
    unit = (dataset.units[0] or "").strip().lower()
    return RasterHeader(
        dataset.width, dataset.height, dataset.count, dataset.transform, _crs(dataset, file_name), unit,
        tuple(judge.notes()), tuple(judge.faults()),
    )  # fmt: skip


def _crs(dataset: Any, file_name: str) -> pyproj.CRS | None:
    if dataset.crs is None or not dataset.crs.to_wkt():
        return None
    try:
        return pyproj.CRS.from_wkt(dataset.crs.to_wkt())
    except pyproj.exceptions.CRSError as error:
        message = f"{file_name}: its coordinate reference system cannot be understood: {error}"
        raise refusal(file_name, [Fault("crs", "TERRAIN_WRONG_PROJECTION", message)]) from error
