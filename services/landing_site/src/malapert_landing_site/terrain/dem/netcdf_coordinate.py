"""Coordinates of a NetCDF grid: pixel centres along one dimension, evenly spaced (CF conventions 4 and 5.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.dem.netcdf_header import NetcdfFile, NetcdfVariable
from malapert_landing_site.terrain.dem.netcdf_packing import Packer

_UNIT_M = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "km": 1e3, "kilometer": 1e3, "kilometers": 1e3, "kilometre": 1e3, "kilometres": 1e3,
}  # fmt: skip
_STANDARD_NAMES = {"x": "projection_x_coordinate", "y": "projection_y_coordinate"}
_USUAL_NAMES = {"x": ("x", "easting", "eastings", "xc"), "y": ("y", "northing", "northings", "yc")}
# Share of a pixel by which a centre may lie off an even spacing, beside the rounding of its own type.
_EVENNESS = 1e-3
_LARGEST_ROUNDING = 0.05


@dataclass(frozen=True)
class Coordinate:
    """Centres of the first and last pixel along a dimension, and the step between centres, metres."""

    first_m: float
    last_m: float
    step_m: float


def axis_of(file: NetcdfFile, name: str) -> str | None:
    """x or y by what a coordinate states of itself, or by its usual names; None where neither says."""
    attributes = file.variables[name].attributes if name in file.variables else {}
    if str(attributes.get("axis", "")).lower() in _STANDARD_NAMES:
        return str(attributes["axis"]).lower()
    for axis, standard_name in _STANDARD_NAMES.items():
        if attributes.get("standard_name") == standard_name or name.lower() in _USUAL_NAMES[axis]:
            return axis
    return None


def read_coordinate(file: NetcdfFile, name: str, axis: str, file_name: str, faults: list[Fault]) -> Coordinate | None:
    """Read the coordinates of a dimension, None with their faults where they are no even spacing in metres."""
    variable = file.variables.get(name)
    if variable is None or variable.dimensions != (name,):
        message = f"{file_name} has no variable {name!r} with the coordinates of that dimension"
        faults.append(Fault(f"variables.{name}", "TERRAIN_WITHOUT_COORDINATES", message))
        return None
    before = len(faults)
    unit_m = _unit_m(variable, file_name, faults)
    stated = variable.attributes.get("standard_name", _STANDARD_NAMES[axis])
    if stated not in _STANDARD_NAMES.values():
        message = f"{file_name}: the coordinates {name!r} are {str(stated)[:100]!r}; {_STANDARD_NAMES[axis]} is needed"
        faults.append(Fault(f"variables.{name}.standard_name", "TERRAIN_WRONG_PROJECTION", message))
    packing = Packer(variable, file_name, faults).packing()
    if len(faults) > before:
        return None
    value_m = packing.values(variable.data) * unit_m
    rounding_m = _rounding(variable, value_m)
    coordinate = _even(value_m, rounding_m)
    if coordinate is None:
        message = (
            f"{file_name}: the coordinates {name!r} are {_described(value_m)}, not evenly spaced numbers; "
            "square pixels are needed"
        )
        faults.append(Fault(f"variables.{name}", "TERRAIN_NOT_NORTH_UP", message))
        return None
    faults += _bounds_faults(file, variable, value_m, coordinate, unit_m, file_name)
    return coordinate


def _unit_m(variable: NetcdfVariable, file_name: str, faults: list[Fault]) -> float:
    stated = variable.attributes.get("units")
    unit = stated.lower() if isinstance(stated, str) else ""
    if unit not in _UNIT_M:
        said = f"{stated!s:.100}" if unit else "no stated unit"
        message = f"{file_name}: the coordinates {variable.name!r} are in {said}; metres or km are needed"
        faults.append(Fault(f"variables.{variable.name}.units", "TERRAIN_WRONG_UNIT", message))
    return _UNIT_M.get(unit, 1.0)


def _rounding(variable: NetcdfVariable, value_m: FloatArray) -> float:
    """Largest rounding error of values, by the type that they, or their packing, are stored in."""
    types = [variable.data.dtype] + [
        stated.dtype
        for key in ("scale_factor", "add_offset")
        if isinstance(stated := variable.attributes.get(key), np.ndarray)
    ]
    steps = [float(np.finfo(dtype).eps) for dtype in types if dtype.kind == "f"]
    return 2.0 * max(steps, default=0.0) * float(np.nanmax(np.abs(value_m), initial=0.0))


def _even(value_m: FloatArray, rounding_m: float) -> Coordinate | None:
    if value_m.size < 2 or not np.isfinite(value_m).all():
        return None
    first_m, last_m = float(value_m[0]), float(value_m[-1])
    step_m = (last_m - first_m) / (value_m.size - 1)
    allowed_m = _EVENNESS * abs(step_m) + min(rounding_m, _LARGEST_ROUNDING * abs(step_m))
    if step_m == 0.0 or np.abs(value_m - np.linspace(first_m, last_m, value_m.size)).max() > allowed_m:
        return None
    return Coordinate(first_m, last_m, step_m)


def _described(value_m: FloatArray) -> str:
    missing = int(np.count_nonzero(~np.isfinite(value_m)))
    return f"{value_m.size} values" + (f", {missing} of them missing or infinite" if missing else "")


def _bounds_faults(
    file: NetcdfFile, variable: NetcdfVariable, value_m: FloatArray, found: Coordinate, unit_m: float, file_name: str
) -> list[Fault]:
    """Faults of the edges of pixels that are stated beside their centres: both must say the same."""
    name = variable.attributes.get("bounds")
    if name is None:
        return []
    bounds = file.variables.get(str(name))
    path = f"variables.{variable.name}.bounds"
    if bounds is None or bounds.shape != (value_m.size, 2):
        message = f"{file_name}: the bounds of {variable.name!r} are {str(name)[:100]!r}; a variable of n × 2 is needed"
        return [Fault(path, "TERRAIN_WITHOUT_COORDINATES", message)]
    faults: list[Fault] = []
    edge_m = np.sort(Packer(bounds, file_name, faults).packing().values(bounds.data) * unit_m, axis=1)
    allowed_m = 0.01 * abs(found.step_m)
    off_m = np.abs(edge_m - (value_m[:, None] + np.array([-0.5, 0.5]) * abs(found.step_m)))
    if not faults and not (off_m <= allowed_m).all():
        message = (
            f"{file_name}: {variable.name!r} lies up to {np.max(off_m):.6g} m from the middle of its bounds {name!r}: "
            "coordinates that are pixel centres, with pixels that touch each other, are needed"
        )
        faults.append(Fault(path, "TERRAIN_NOT_NORTH_UP", message))
    return faults
