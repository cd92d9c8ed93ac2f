"""NetCDF grids, GMT's .grd among them, in the classic formats (CDF-1 and CDF-2), which can hold no reference to others.

NetCDF-4 is HDF5 underneath, whose datasets may lie in other files of this machine; it is refused with the way out.

The grid's place is that of CF: coordinates are pixel centres, in metres or kilometres as their `units` say. Its
reference system is the CF grid mapping, a text of WKT in `crs_wkt` or `spatial_ref` of the mapping or of the file, or
the file's attribute `crs` with IAU_2015:30135 or IAU_2015:30130.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from malapert_core.errors import Fault
from rasterio.transform import Affine
from scipy.io import netcdf_file  # type: ignore[import-untyped]

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.reading_header import HeightSource, RasterHeader, refusal, unreadable

_UNIT_M = {
    "m": 1.0,
    "meter": 1.0,
    "meters": 1.0,
    "metre": 1.0,
    "metres": 1.0,
    "km": 1e3,
    "kilometer": 1e3,
    "kilometers": 1e3,
}
_NAMED = ("IAU_2015:30135", "IAU_2015:30130")
_EVENNESS = 1e-3


class NetcdfSource:
    """The one variable of two dimensions of a classic NetCDF file."""

    def __init__(self, variable: Any, header: RasterHeader, south_up: bool) -> None:
        self.header = header
        self._variable = variable
        self._south_up = south_up
        self._scale = float(getattr(variable, "scale_factor", 1.0))
        self._offset = float(getattr(variable, "add_offset", 0.0))
        stated = (getattr(variable, name, None) for name in ("_FillValue", "missing_value"))
        self._missing = [float(np.ravel(value)[0]) for value in stated if value is not None]

    def release(self) -> None:
        """Let go of the mapped file."""
        self._variable = None

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Heights of rows from north to south, scale and offset applied; NaN for no-data."""
        height = self.header.height_px
        part = self._variable[height - bottom : height - top][::-1] if self._south_up else self._variable[top:bottom]
        value = np.array(part, dtype=np.float64)
        hole = np.isin(value, self._missing)
        value *= self._scale
        value += self._offset
        value[hole] = np.nan
        return value


@contextmanager
def opened_netcdf(path: Path, file_name: str) -> Iterator[HeightSource]:
    """Open a classic NetCDF grid.

    Raises
    ------
    InvalidInputError
        TERRAIN_UNREADABLE, or the faults of its coordinates.
    """
    with path.open("rb") as opened:
        try:
            # Mapped, so that a grid that is too large is refused before any of its pixels is read.
            file = netcdf_file(opened, "r", mmap=True)
        except (ValueError, TypeError, IndexError, KeyError, OSError, MemoryError) as error:
            raise unreadable(file_name, "cannot be read as NetCDF: it is damaged or cut short") from error
        source: NetcdfSource | None = None
        try:
            source = _source(file, file_name)
            yield source
        finally:
            if source is not None:
                source.release()
            with warnings.catch_warnings():
                # The frames of a refusal still refer to the mapping, which then ends with them.
                warnings.simplefilter("ignore", RuntimeWarning)
                file.close()


def _source(file: Any, file_name: str) -> NetcdfSource:
    flat = [name for name, variable in file.variables.items() if len(variable.dimensions) == 2]
    if len(flat) != 1:
        message = f"{file_name} has {len(flat)} variables of two dimensions ({', '.join(flat)}); one grid is needed"
        raise refusal(file_name, [Fault("variables", "TERRAIN_WITH_BANDS", message)])
    variable = file.variables[flat[0]]
    faults: list[Fault] = []
    y_name, x_name = variable.dimensions
    x_m, y_m = (_coordinate(file, name, file_name, faults) for name in (x_name, y_name))
    if faults:
        raise refusal(file_name, faults)
    south_up = bool(y_m[1] > y_m[0])
    pixel_x_m, pixel_y_m = x_m[1] - x_m[0], abs(y_m[1] - y_m[0])
    place = Affine(pixel_x_m, 0.0, x_m[0] - 0.5 * pixel_x_m, 0.0, -pixel_y_m, y_m.max() + 0.5 * pixel_y_m)
    unit = _text(getattr(variable, "units", "")).lower()
    header = RasterHeader(len(x_m), len(y_m), 1, place, _crs(file, variable, file_name), unit)
    return NetcdfSource(variable, header, south_up)


def _coordinate(file: Any, name: str, file_name: str, faults: list[Fault]) -> FloatArray:
    """Pixel centres along a dimension, metres."""
    none = np.array([0.0, 1.0])
    if name not in file.variables:
        message = f"{file_name} has no variable {name!r} with the coordinates of that dimension"
        faults.append(Fault(f"variables.{name}", "TERRAIN_WITHOUT_COORDINATES", message))
        return none
    variable = file.variables[name]
    unit = _text(getattr(variable, "units", "")).lower()
    if unit not in _UNIT_M:
        message = f"{file_name}: the coordinates {name!r} are in {unit or 'no stated unit'}; metres or km are needed"
        faults.append(Fault(f"variables.{name}.units", "TERRAIN_WRONG_UNIT", message))
        return none
    value_m = np.array(variable[:], dtype=np.float64) * _UNIT_M[unit]
    step_m = np.diff(value_m)
    if step_m.size == 0 or step_m[0] == 0.0 or np.abs(step_m / step_m[0] - 1.0).max() > _EVENNESS:
        message = f"{file_name}: the coordinates {name!r} are not evenly spaced; square pixels are needed"
        faults.append(Fault(f"variables.{name}", "TERRAIN_NOT_NORTH_UP", message))
        return none
    return np.linspace(value_m[0], value_m[-1], len(value_m))


def _crs(file: Any, variable: Any, file_name: str) -> pyproj.CRS | None:
    mapping = file.variables.get(_text(getattr(variable, "grid_mapping", "")))
    stated = _attributes(mapping) if mapping is not None else {}
    wkt = next((a[key] for a in (stated, _attributes(file)) for key in ("crs_wkt", "spatial_ref") if key in a), None)
    try:
        if wkt is not None:
            return pyproj.CRS.from_wkt(str(wkt))
        if "grid_mapping_name" in stated:
            return pyproj.CRS.from_cf(stated)
    except (pyproj.exceptions.CRSError, KeyError, ValueError, TypeError) as error:
        message = f"{file_name}: its grid mapping cannot be understood: {error}"
        raise refusal(file_name, [Fault("crs", "TERRAIN_WRONG_PROJECTION", message)]) from error
    name = _text(getattr(file, "crs", ""))
    return pyproj.CRS.from_authority(*name.split(":")) if name in _NAMED else None


def _attributes(item: Any) -> dict[str, Any]:
    """Attributes of a file or variable: texts, and numbers as Python's."""
    values = vars(item)["_attributes"].items()
    return {name: _text(v) if isinstance(v, bytes) else np.ravel(v)[0].item() for name, v in values}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace").strip("\0 ") if isinstance(value, bytes) else str(value).strip()
