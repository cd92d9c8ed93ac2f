"""NetCDF grids, GMT's .grd among them, in the classic formats, which can hold no reference to other files.

NetCDF-4 is HDF5 underneath, whose datasets may lie in other files of this machine; it is refused with the way out.

The grid is the one variable of rows and columns that is no part of another's description (CF conventions 1.11): its
values are unpacked, its place is that of its coordinates, which are pixel centres in metres or kilometres.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from malapert_core.errors import Fault
from numpy.typing import NDArray
from rasterio.transform import Affine

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.dem.header import HeightSource, RasterHeader, other_meaning, refusal, unreadable
from malapert_landing_site.terrain.dem.netcdf_coordinate import Coordinate, axis_of, read_coordinate
from malapert_landing_site.terrain.dem.netcdf_header import (
    NetcdfFile,
    NetcdfFormatError,
    NetcdfVariable,
    read_netcdf,
)
from malapert_landing_site.terrain.dem.netcdf_mapping import MappingReader
from malapert_landing_site.terrain.dem.netcdf_packing import HONOURED, Packer, Packing

_POINTING = ("bounds", "grid_mapping", "coordinates", "ancillary_variables", "cell_measures", "formula_terms")
_DESCRIBING = {
    *HONOURED, *_POINTING, "units", "long_name", "standard_name", "comment", "history", "source", "references", "title",
    "institution", "actual_range", "cell_methods", "axis", "positive", "description",
}  # fmt: skip


class NetcdfSource:
    """The heights of a file: rows from north to south, columns from west to east."""

    def __init__(
        self, numbers: NDArray[Any], packing: Packing, header: RasterHeader, x: Coordinate, y: Coordinate
    ) -> None:
        self.header = header
        self._packing = packing
        numbers = numbers[::-1] if y.step_m > 0.0 else numbers
        self._numbers = numbers if x.step_m > 0.0 else numbers[:, ::-1]

    def expansion_faults(self) -> list[Fault]:
        """None: every number is in the file."""
        return []

    def rows(self, top: int, bottom: int) -> FloatArray:
        """Heights of rows, unpacked; NaN for no-data."""
        return self._packing.values(self._numbers[top:bottom])


@contextmanager
def opened_netcdf(path: Path, file_name: str) -> Iterator[HeightSource]:
    """Open a classic NetCDF grid.

    Raises
    ------
    InvalidInputError
        TERRAIN_UNREADABLE, or the faults of its variables.
    """
    try:
        file = read_netcdf(path)
    except NetcdfFormatError as error:
        raise unreadable(file_name, f"cannot be read as NetCDF: {error}") from error
    yield _source(file, file_name)


def _source(file: NetcdfFile, file_name: str) -> NetcdfSource:
    variable = _grid(file, file_name)
    faults: list[Fault] = []
    y_name, x_name = variable.dimensions[-2:]
    packing = Packer(variable, file_name, faults).packing()
    faults += _description_faults(variable, file_name)
    if (axis_of(file, y_name), axis_of(file, x_name)) in (("x", "y"), ("x", None), (None, "y")):
        message = f"{file_name}: {variable.name!r} has the rows along {x_name!r}; dimensions (y, x) are needed"
        faults.append(Fault(f"variables.{variable.name}", "TERRAIN_NOT_NORTH_UP", message))
    x, y = (read_coordinate(file, name, axis, file_name, faults) for name, axis in ((x_name, "x"), (y_name, "y")))
    mapping = MappingReader(file, variable, file_name)
    crs = mapping.crs()
    faults += mapping.faults
    if x is not None and y is not None:
        place = _place(x, y)
        faults += _geotransform_faults(mapping.mapping(), place, file_name)
    if faults or x is None or y is None:
        raise refusal(file_name, faults)
    notes = (*mapping.notes, *_passed_over(file, variable))
    height_px, width_px = variable.shape[-2:]
    header = RasterHeader(width_px, height_px, 1, place, crs, _unit(variable), notes)
    return NetcdfSource(variable.data.reshape(height_px, width_px), packing, header, x, y)


def _grid(file: NetcdfFile, file_name: str) -> NetcdfVariable:
    """The one variable of rows and columns."""
    named = {name for variable in file.variables.values() for name in _pointed_at(variable)}
    grids = [
        variable
        for variable in file.variables.values()
        if len(variable.shape) >= 2 and variable.name not in named and not _is_geographic(variable)
    ]
    if len(grids) != 1:
        names = ", ".join(variable.name for variable in grids)
        message = (
            f"{file_name} has {len(grids)} variables of two or more dimensions ({names[:500]}); one grid is needed"
        )
        raise refusal(file_name, [Fault("variables", "TERRAIN_WITH_BANDS", message)])
    variable = grids[0]
    layers = [f"{name} ({n})" for name, n in zip(variable.dimensions[:-2], variable.shape[:-2], strict=True) if n != 1]
    if layers or 0 in variable.shape:
        what = f"layers along {', '.join(layers)}" if layers else "a dimension without any element"
        message = f"{file_name}: {variable.name!r} has {what}; one layer of heights is needed"
        raise refusal(file_name, [Fault(f"variables.{variable.name}", "TERRAIN_WITH_BANDS", message)])
    return variable


def _pointed_at(variable: NetcdfVariable) -> list[str]:
    texts = [variable.attributes.get(key) for key in _POINTING]
    return [name for text in texts if isinstance(text, str) for name in text.replace(":", " ").split()]


def _is_geographic(variable: NetcdfVariable) -> bool:
    """Whether a variable holds latitudes or longitudes of the cells, which the projection gives already."""
    return str(variable.attributes.get("units", "")).lower().startswith(("degrees_", "degree_"))


def _description_faults(variable: NetcdfVariable, file_name: str) -> list[Fault]:
    faults = []
    stated = (str(variable.attributes.get(name, "")) for name in ("positive", "standard_name"))
    attribute, why = other_meaning(*stated)
    if attribute:
        message = f"{file_name}: {variable.name!r} {why}"
        faults.append(Fault(f"variables.{variable.name}.{attribute}", "TERRAIN_WRONG_UNIT", message))
    if not isinstance(variable.attributes.get("units", ""), str):
        message = f"{file_name}: the attribute units of {variable.name!r} is no text; m is needed"
        faults.append(Fault(f"variables.{variable.name}.units", "TERRAIN_WRONG_UNIT", message))
    return faults


def _unit(variable: NetcdfVariable) -> str:
    return str(variable.attributes.get("units", "")).lower()


def _place(x: Coordinate, y: Coordinate) -> Affine:
    pixel_x_m, pixel_y_m = abs(x.step_m), abs(y.step_m)
    west_m, north_m = min(x.first_m, x.last_m) - 0.5 * pixel_x_m, max(y.first_m, y.last_m) + 0.5 * pixel_y_m
    return Affine(pixel_x_m, 0.0, west_m, 0.0, -pixel_y_m, north_m)


def _geotransform_faults(mapping: NetcdfVariable | None, place: Affine, file_name: str) -> list[Fault]:
    """Faults of GDAL's own statement of the place, which it prefers to the coordinates."""
    text = mapping.attributes.get("GeoTransform") if mapping is not None else None
    if mapping is None or text is None:
        return []
    try:
        stated = np.array([float(word) for word in str(text).split()])
    except ValueError:
        stated = np.empty(0)
    found = np.array(place.to_gdal())
    # GDAL writes rows from either end.
    same = stated.size == 6 and np.allclose(np.abs(stated[[1, 2, 4, 5]]), np.abs(found[[1, 2, 4, 5]]), rtol=1e-3)
    if same and abs(stated[0] - found[0]) <= 1e-3 * place.a:
        return []
    message = (
        f"{file_name}: the attribute GeoTransform of {mapping.name!r} is {str(text)[:200]!r}, but the coordinates say "
        f"{' '.join(f'{number:.12g}' for number in found)}; both must say the same"
    )
    return [Fault(f"variables.{mapping.name}.GeoTransform", "TERRAIN_LABEL_MISMATCH", message)]


def _passed_over(file: NetcdfFile, grid: NetcdfVariable) -> list[str]:
    """Unused contents of a file, for its sender."""
    notes = []
    mapping = str(grid.attributes.get("grid_mapping", "")).partition(":")[0]
    used = {grid.name, mapping, *grid.dimensions[-2:]}
    used |= {name for key in grid.dimensions[-2:] for name in _pointed_at(file.variables[key])}
    others = sorted(set(file.variables) - used)
    if others:
        notes.append(f"variables passed over: {', '.join(others)[:500]}")
    unknown = sorted(key for key in grid.attributes if key not in _DESCRIBING and not key.startswith("_"))
    if unknown:
        notes.append(f"attributes of {grid.name!r} passed over: {', '.join(unknown)[:500]}")
    return notes
