"""Unpacking of the numbers of a NetCDF variable (CF conventions 2.5.1 and 8.1, NetCDF Users Guide, appendix B)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from malapert_core.errors import Fault
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import FloatArray
from malapert_landing_site.terrain.dem.netcdf_header import NetcdfVariable

# What the library writes where nothing was written and no _FillValue is stated; bytes have no such value.
_DEFAULT_FILLS: dict[str, float] = {
    "i2": -32767, "i4": -2147483647, "f4": 9.969209968386869e36, "f8": 9.969209968386869e36,
    "u2": 65535, "u4": 4294967295, "i8": -9223372036854775806, "u8": 18446744073709551614,
}  # fmt: skip
HONOURED = (
    "scale_factor", "add_offset", "_FillValue", "missing_value", "valid_min", "valid_max", "valid_range", "_Unsigned",
)  # fmt: skip
# They change what the numbers mean for who knows them; no convention that is read here has them.
_ALTERING = {
    "scale", "offset", "slope", "intercept", "multiplier", "divisor", "fillvalue", "fill_value", "nodata", "no_data",
    "nodata_value", "no_data_value", "nodatavalue", "missing", "compress", "flag_values", "flag_masks", "flag_meanings",
}  # fmt: skip


@dataclass(frozen=True)
class Packing:
    """Packing of a variable: missing values, the valid range of the others, then scale and offset."""

    scale: float = 1.0
    offset: float = 0.0
    missing: tuple[Any, ...] = ()
    lowest: Any = None
    highest: Any = None
    unsigned: bool = False

    def values(self, numbers: NDArray[Any]) -> FloatArray:
        """Return values; NaN where there is none."""
        if self.unsigned:
            numbers = _as_unsigned(numbers)
        numbers = numbers.astype(numbers.dtype.newbyteorder("="))
        # In the type of the numbers: as doubles two long integers may be one.
        hole = np.isin(numbers, np.array(self.missing, numbers.dtype))
        if self.lowest is not None:
            hole |= numbers < self.lowest
        if self.highest is not None:
            hole |= numbers > self.highest
        value = numbers.astype(np.float64)
        value *= self.scale
        value += self.offset
        value[hole] = np.nan
        return value


class Packer:
    """Gathers the packing of one variable and what is wrong with it."""

    def __init__(self, variable: NetcdfVariable, file_name: str, faults: list[Fault]) -> None:
        self._variable = variable
        self._file_name = file_name
        self._faults = faults
        self._dtype = variable.data.dtype
        self._packed = any(name in variable.attributes for name in ("scale_factor", "add_offset"))

    def packing(self) -> Packing:
        """The packing; faults are added to the list."""
        for name in self._variable.attributes:
            like = next((known for known in HONOURED if known.lower() == name.lower() != name), None)
            if name.lower() in _ALTERING or (like and name not in HONOURED):
                allowed = f"only {like} is" if like and like != name else f"only {', '.join(HONOURED)} are"
                self._fault(name, f"would change what the numbers mean, and is not understood; {allowed}")
        if self._dtype.kind == "S":
            self._fault("", "holds characters; numbers are needed")
            return Packing()
        unsigned = self._unsigned()
        lowest, highest = self._valid_range(unsigned)
        return Packing(
            self._real("scale_factor", 1.0), self._real("add_offset", 0.0), self._missing(unsigned), lowest, highest,
            unsigned,
        )  # fmt: skip

    def _real(self, name: str, default: float) -> float:
        stated = self._variable.attributes.get(name)
        if stated is None:
            return default
        number = float(stated[0]) if isinstance(stated, np.ndarray) and stated.size == 1 else np.nan
        if not np.isfinite(number) or (name == "scale_factor" and number == 0.0):
            self._fault(name, f"is {_shown(stated)}; one finite number{' other than 0' * (default != 0)} is allowed")
            return default
        return number

    def _unsigned(self) -> bool:
        stated = self._variable.attributes.get("_Unsigned")
        if stated is None:
            return False
        if not isinstance(stated, str) or stated.lower() not in ("true", "false"):
            self._fault("_Unsigned", f"is {_shown(stated)}; true or false is allowed")
            return False
        unsigned = stated.lower() == "true"
        if unsigned and self._dtype.kind == "f":
            self._fault("_Unsigned", "stands at real numbers; it is for integers")
        elif not unsigned and self._dtype.kind == "u":
            self._fault("_Unsigned", "is false at unsigned integers, which readers take either way; true is allowed")
        return unsigned and self._dtype.kind == "i"

    def _missing(self, unsigned: bool) -> tuple[Any, ...]:
        found = [*self._numbers("missing_value", unsigned, None), *self._numbers("_FillValue", unsigned, 1)]
        default = _DEFAULT_FILLS.get(self._dtype.str[1:])
        if "_FillValue" not in self._variable.attributes and default is not None and not unsigned:
            found.append(np.array(default, self._dtype)[()])
        return tuple(found)

    def _valid_range(self, unsigned: bool) -> tuple[Any, Any]:
        attributes = self._variable.attributes
        if "valid_range" in attributes and {"valid_min", "valid_max"} & set(attributes):
            self._fault("valid_range", "stands beside valid_min or valid_max; one of the two is allowed")
        both = [*self._numbers("valid_range", unsigned, 2)]
        lowest = [*both[:1], *self._numbers("valid_min", unsigned, 1)]
        highest = [*both[1:], *self._numbers("valid_max", unsigned, 1)]
        if lowest and highest and lowest[0] > highest[0]:
            self._fault("valid_range", f"admits nothing: it reaches from {lowest[0]:g} to {highest[0]:g}")
        return max(lowest, default=None), min(highest, default=None)

    def _numbers(self, name: str, unsigned: bool, count: int | None) -> list[Any]:
        """Numbers of an attribute as numbers of the variable's own type."""
        stated = self._variable.attributes.get(name)
        if stated is None:
            return []
        if not isinstance(stated, np.ndarray) or (count is not None and stated.size != count) or stated.size == 0:
            self._fault(name, f"is {_shown(stated)}; {f'{count} number(s)' if count else 'numbers'} are allowed")
            return []
        if name.startswith("valid") and self._packed and stated.dtype.kind == "f" and self._dtype.kind != "f":
            message = f"is of type {stated.dtype}, which may mean packed or unpacked values; {self._dtype} is allowed"
            self._fault(name, message)
            return []
        own = self._own(stated)
        if own is None:
            self._fault(name, f"is {_shown(stated)}, which is no number of the variable's type {self._dtype.name}")
            return []
        return [*(_as_unsigned(own) if unsigned else own)]

    def _own(self, stated: NDArray[Any]) -> NDArray[Any] | None:
        """Numbers in the type of the variable, None where they are none of it."""
        with np.errstate(all="ignore"):
            own = stated.astype(self._dtype)
            if self._dtype.kind == "f":
                same = np.isnan(stated) | (own == stated) | (np.abs(own - stated) <= 1e-6 * np.abs(stated))
            else:
                same = np.isfinite(stated.astype(np.float64)) & (own.astype(np.float64) == stated.astype(np.float64))
            if not same.all() and stated.dtype.kind == "u" and stated.dtype.itemsize == own.dtype.itemsize:
                same = np.ones(own.shape, bool)
        return own if same.all() else None

    def _fault(self, attribute: str, message: str) -> None:
        name = self._variable.name
        path = f"variables.{name}.{attribute}" if attribute else f"variables.{name}"
        what = f"the attribute {attribute} of {name!r}" if attribute else f"the variable {name!r}"
        self._faults.append(Fault(path, "TERRAIN_PACKING", f"{self._file_name}: {what} {message}"))


def _as_unsigned(numbers: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(numbers).view(np.dtype(numbers.dtype.str.replace("i", "u")))


def _shown(stated: str | NDArray[Any]) -> str:
    return repr(stated[:100]) if isinstance(stated, str) else str(stated[:5].tolist())
