"""Small classic NetCDF grids about the south pole, written by scipy, with what a test wants changed."""

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from scipy.io import netcdf_file

ROWS, COLUMNS, PIXEL_M = 12, 16, 20.0
X_M = (np.arange(COLUMNS) - 0.5 * (COLUMNS - 1)) * PIXEL_M
Y_M = (0.5 * (ROWS - 1) - np.arange(ROWS)) * PIXEL_M
MAPPING = {
    "grid_mapping_name": "polar_stereographic",
    "latitude_of_projection_origin": -90.0,
    "straight_vertical_longitude_from_pole": 0.0,
    "scale_factor_at_projection_origin": 1.0,
    "false_easting": 0.0,
    "false_northing": 0.0,
    "earth_radius": 1_737_400.0,
}


def heights_m() -> np.ndarray:
    """Heights in steps of half a metre from north to south, none alike along a row or a column."""
    row, column = np.indices((ROWS, COLUMNS))
    return -100.0 + 0.5 * (COLUMNS * row + column)


def write(
    path: Path,
    *,
    z: dict[str, Any] | None = None,
    x: dict[str, Any] | None = None,
    y: dict[str, Any] | None = None,
    numbers: np.ndarray | None = None,
    mapping: dict[str, Any] | None = None,
    attributes: dict[str, Any] | None = None,
    dimensions: tuple[str, ...] = ("y", "x"),
    others: dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]] | None = None,
) -> Path:
    """Write a grid; `z`, `x` and `y` are attributes beside the unit, or `numbers` for their values."""
    with netcdf_file(path, "w") as file:
        for name, length in (("time", 1), ("y", ROWS), ("x", COLUMNS), ("edge", 2), ("layer", 3)):
            file.createDimension(name, length)
        for name, values, stated in (("x", X_M, x), ("y", Y_M, y)):
            changed = dict(stated or {})
            _variable(file, name, (name,), changed.pop("numbers", values), {"units": "m", **changed})
        values = heights_m().astype(np.float32) if numbers is None else numbers
        _variable(file, "z", dimensions, values, {"units": "m", "grid_mapping": "polar", **(z or {})})
        _variable(file, "polar", (), np.int32(0), MAPPING if mapping is None else mapping)
        for name, (dims, content, stated) in (others or {}).items():
            _variable(file, name, dims, content, stated)
        for name, value in (attributes or {}).items():
            setattr(file, name, value)
    return path


def _variable(file: Any, name: str, dims: tuple[str, ...], values: Any, attributes: dict[str, Any]) -> None:
    values = np.asarray(values)
    variable = file.createVariable(name, values.dtype.newbyteorder(">") if values.dtype.kind != "S" else "c", dims)
    if dims:
        variable[:] = values
    for key, value in attributes.items():
        if value is not None:
            setattr(variable, key, value)


def write_by_library(path: Path, numbers: np.ndarray, stated: dict[str, Any]) -> None:
    """Write a grid of numbers of any type of CDF-5, by the netCDF library."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_DATA") as file:
        for name, count in zip(("y", "x"), numbers.shape, strict=True):
            file.createDimension(name, count)
            centres = file.createVariable(name, "f8", (name,))
            centres.units = "m"
            centres[:] = np.arange(count) * PIXEL_M
        heights = file.createVariable("z", numbers.dtype, ("y", "x"), fill_value=stated.get("_FillValue"))
        heights.set_auto_maskandscale(False)
        heights.setncatts({"units": "m", "grid_mapping": "polar", **stated})
        heights[:] = numbers[::-1]
        file.createVariable("polar", "i4", ()).setncatts(MAPPING)
