"""Classic NetCDF grids of every packing, as the netCDF library writes and reads them."""

import random
import tempfile
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

LINES, SAMPLES, PIXEL_M = 6, 8, 20.0
MAPPING = {
    "grid_mapping_name": "polar_stereographic", "latitude_of_projection_origin": -90.0,
    "straight_vertical_longitude_from_pole": 0.0, "scale_factor_at_projection_origin": 1.0, "false_easting": 0.0,
    "false_northing": 0.0, "earth_radius": 1_737_400.0,
}  # fmt: skip
_UNIT_M = {"m": 1.0, "metre": 1.0, "meters": 1.0, "km": 1e3}
_FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")
_TYPES = ("i1", "i2", "i4", "f4", "f8")
_LARGE_TYPES = ("u1", "u2", "u4", "i8", "u8")


def grid_file(rng: random.Random) -> bytes:
    """Return a grid whose format, types, packing, missing values and axes are drawn."""
    form = rng.choice(_FORMATS)
    types = _TYPES if form != _FORMATS[2] else _TYPES + _LARGE_TYPES
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "grid.nc"
        with netCDF4.Dataset(path, "w", format=form) as file:
            file.createDimension("y", None if rng.random() < 0.2 else LINES)
            file.createDimension("x", SAMPLES)
            if rng.random() < 0.2:
                file.createVariable("noise", rng.choice(types), ("y",))[:] = np.arange(LINES)
            for name, count in (("x", SAMPLES), ("y", LINES)):
                _coordinate(rng, file, name, count, rng.choice(types))
            _heights(rng, file, rng.choice(types))
            file.createVariable("polar", "i4", ()).setncatts(MAPPING)
        return path.read_bytes()


def _coordinate(rng: random.Random, file: Any, name: str, count: int, kind: str) -> None:
    centre_m = (np.arange(count) - 0.5 * (count - 1)) * PIXEL_M * rng.choice((1.0, -1.0))
    unit = rng.choice([*_UNIT_M])
    value = centre_m / _UNIT_M[unit]
    variable = file.createVariable(name, kind, (name,))
    variable.set_auto_maskandscale(False)
    variable.setncattr("units", unit)
    if np.dtype(kind).kind == "f":
        scale, offset = 1.0, 0.0
    else:
        scale, offset = PIXEL_M / _UNIT_M[unit], -0.5 * PIXEL_M / _UNIT_M[unit]
        if np.dtype(kind).kind == "u":
            offset = float(value.min())
    if (scale, offset) != (1.0, 0.0) or rng.random() < 0.2:
        variable.setncatts({"scale_factor": scale, "add_offset": offset})
    variable[:] = np.rint((value - offset) / scale).astype(kind) if scale != 1.0 else (value - offset).astype(kind)


def _heights(rng: random.Random, file: Any, kind: str) -> None:
    dtype = np.dtype(kind)
    filled = rng.choice((None, None, dtype.type(rng.choice((0, 1, 99)))))
    variable = file.createVariable("z", kind, ("y", "x"), fill_value=filled)
    variable.set_auto_maskandscale(False)
    numbers = np.arange(LINES * SAMPLES).reshape(LINES, SAMPLES).astype(kind)
    for _ in range(rng.randrange(4)):
        numbers[rng.randrange(LINES), rng.randrange(SAMPLES)] = _odd_number(rng, dtype)
    variable.setncatts({"units": "m", "grid_mapping": "polar", **_packing(rng, dtype)})
    variable[:] = numbers


def _odd_number(rng: random.Random, dtype: np.dtype[Any]) -> Any:
    """Return a number that may stand for none: an end of its type, a default of the library, a stated one."""
    if dtype.kind == "f":
        return dtype.type(rng.choice((np.nan, 9.969209968386869e36, -9999.0, 99.0, 1.0)))
    ends = np.iinfo(dtype)
    default = netCDF4.default_fillvals[dtype.str[1:]]
    return dtype.type(rng.choice((ends.min, ends.max, default, 99, 1)))


def _packing(rng: random.Random, dtype: np.dtype[Any]) -> dict[str, Any]:
    """Return attributes of packing and of what is missing, most often of the type of the variable."""

    def number() -> Any:
        odd = _odd_number(rng, dtype) if rng.random() < 0.5 else dtype.type(rng.randrange(48))
        return odd if rng.random() < 0.85 else rng.choice((np.float64(odd), np.int32(7), np.float32(2.5)))

    drawn: dict[str, Any] = {
        "scale_factor": rng.choice(
            (np.float32(0.5), np.float64(0.25), np.float64(-1.0), np.int16(2), np.float64(1e-3))
        ),
        "add_offset": rng.choice((np.float32(-100.0), np.float64(1_737_400.0), np.float64(0.0), np.int32(5))),
        "missing_value": np.array([number(), number()]) if rng.random() < 0.3 else number(),
        "valid_min": number(),
        "valid_max": number(),
        "valid_range": np.sort(np.array([number(), number()])),
        "_Unsigned": rng.choice(("true", "false", "True")),
    }
    shares = {"valid_min": 0.1, "valid_max": 0.1, "valid_range": 0.1, "_Unsigned": 0.2 if dtype.kind != "f" else 0.02}
    return {name: value for name, value in drawn.items() if rng.random() < shares.get(name, 0.3)}


def by_library(content: bytes) -> tuple[np.ndarray, tuple[float, float, float]] | None:
    """Return the heights that the library reads from north to south and west to east, and the place of the grid.

    NaN stands for what it masks; the place is the west edge, the north edge and the width of a pixel, metres. None
    where the library cannot read the file, or has more than one grid in it.
    """
    with tempfile.NamedTemporaryFile(suffix=".nc") as file:
        file.write(content)
        file.flush()
        try:
            with netCDF4.Dataset(file.name) as dataset:
                grids = [each for each in dataset.variables.values() if each.ndim == 2]
                return _grid(dataset, grids[0]) if len(grids) == 1 else None
        except (OSError, RuntimeError, ValueError, TypeError, AttributeError, KeyError, OverflowError):
            return None


def _grid(dataset: Any, variable: Any) -> tuple[np.ndarray, tuple[float, float, float]]:
    if variable.dtype.itemsize == 1 and "_FillValue" not in variable.ncattrs():
        # Bytes have no usual fill value (NetCDF Users Guide, appendix B), which the library's Python side gives them.
        raise ValueError("the library masks bytes that are values")
    heights = np.ma.filled(np.ma.masked_invalid(np.ma.asarray(variable[:]).astype(np.float64)), np.nan)
    x_m, y_m = (_centres_m(dataset.variables[name]) for name in reversed(variable.dimensions))
    heights = heights if y_m[0] > y_m[-1] else heights[::-1]
    heights = heights if x_m[0] < x_m[-1] else heights[:, ::-1]
    step_m = abs(x_m[-1] - x_m[0]) / (x_m.size - 1)
    return heights, (min(x_m) - 0.5 * step_m, max(y_m) + 0.5 * step_m, step_m)


def _centres_m(variable: Any) -> np.ndarray:
    return np.ma.filled(np.ma.asarray(variable[:]).astype(np.float64), np.nan) * _UNIT_M.get(
        variable.units.lower(), 1.0
    )
