"""Samples of a PDS3 image: their type (PDS Standards Reference 3.8, chapter 3 and appendix C), and what they mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import MOON_RADIUS_M, FloatArray
from malapert_landing_site.terrain.dem.odl import OdlValue
from malapert_landing_site.terrain.dem.pds3_keywords import METRES_OF, SPECIAL_CONSTANTS
from malapert_landing_site.terrain.dem.pds3_label import Pds3Label

_TYPES = {
    "LSB_INTEGER": "<i", "PC_INTEGER": "<i", "VAX_INTEGER": "<i",
    "MSB_INTEGER": ">i", "INTEGER": ">i", "MAC_INTEGER": ">i", "SUN_INTEGER": ">i",
    "LSB_UNSIGNED_INTEGER": "<u", "PC_UNSIGNED_INTEGER": "<u", "VAX_UNSIGNED_INTEGER": "<u",
    "MSB_UNSIGNED_INTEGER": ">u", "UNSIGNED_INTEGER": ">u", "MAC_UNSIGNED_INTEGER": ">u", "SUN_UNSIGNED_INTEGER": ">u",
    "PC_REAL": "<f",
    "IEEE_REAL": ">f", "REAL": ">f", "FLOAT": ">f", "MAC_REAL": ">f", "SUN_REAL": ">f",
}  # fmt: skip
_BITS = {"i": (8, 16, 32), "u": (8, 16, 32), "f": (32, 64)}


@dataclass(frozen=True)
class Samples:
    """Conversion of an image's samples to metres.

    Attributes
    ----------
    scale_m, offset_m : float
        Radius or height in metres is `scale_m` times the number of a pixel, plus `offset_m`.
    missing : tuple of float
        Numbers that stand for no-data; those outside `lowest` to `highest` do too.
    """

    dtype: np.dtype[np.generic]
    scale_m: float = 1.0
    offset_m: float = 0.0
    missing: tuple[float, ...] = ()
    lowest: float = -math.inf
    highest: float = math.inf

    def metres(self, number: FloatArray) -> FloatArray:
        """Turn the numbers of pixels into metres; NaN for no-data."""
        hole = np.isin(number, self.missing) | (number < self.lowest) | (number > self.highest)
        number *= self.scale_m
        number += self.offset_m
        number[hole] = np.nan
        return number


def samples_of(label: Pds3Label, file_name: str) -> tuple[Samples, list[Fault]]:
    """Conversion of an image's samples to metres, and all faults of its statement."""
    reader = _SampleReader(label, file_name)
    return reader.samples(), reader.faults


class _SampleReader:
    def __init__(self, label: Pds3Label, file_name: str) -> None:
        self._label = label
        self._file_name = file_name
        self.faults: list[Fault] = []

    def samples(self) -> Samples:
        """The samples; sound where no fault was found."""
        dtype = self._dtype()
        unit_m = self._unit_m()
        scale, offset = self._factor("SCALING_FACTOR", 1.0), self._factor("OFFSET", 0.0)
        if scale == 0.0:
            self._fault("SCALING_FACTOR", "is 0; another number is needed", "TERRAIN_LABEL_INCOMPLETE")
        if abs(unit_m * offset - 1e-3 * MOON_RADIUS_M) < 1.0:
            message = "is the Moon's radius in kilometres, but UNIT says metres; both must say the same"
            self._fault("OFFSET", message, "TERRAIN_WRONG_UNIT")
        missing = tuple(number for name in SPECIAL_CONSTANTS for number in self._constants(name, dtype))
        lowest = max(
            [-math.inf, *self._constants("VALID_MINIMUM", dtype), *self._constants("CORE_VALID_MINIMUM", dtype)]
        )
        highest = min([math.inf, *self._constants("VALID_MAXIMUM", dtype)])
        if lowest > highest:
            message = f"is above VALID_MAXIMUM: nothing from {lowest:g} to {highest:g} is valid"
            self._fault("VALID_MINIMUM", message, "TERRAIN_LABEL_MISMATCH")
        return Samples(dtype, unit_m * scale, unit_m * offset, missing, lowest, highest)

    def _dtype(self) -> np.dtype[np.generic]:
        stated, bits = self._label.value("IMAGE.SAMPLE_TYPE"), self._label.value("IMAGE.SAMPLE_BITS")
        kind = _TYPES.get((stated.text if stated else "").upper())
        if kind is None or bits is None or bits.number not in _BITS[kind[1]]:
            message = (
                f"is {stated.text[:60] if stated else 'missing'} of {bits.text[:60] if bits else 'unstated'} bits; "
                f"integers of 8, 16 or 32 bits and reals of 32 or 64 bits of {', '.join(_TYPES)} are read"
            )
            self._fault("SAMPLE_TYPE", message, "TERRAIN_LABEL_INCOMPLETE")
            return np.dtype("<i2")
        return np.dtype(f"{kind}{int(bits.number or 0) // 8}")

    def _unit_m(self) -> float:
        unit = (self._label.text("IMAGE.UNIT") or "").lower()
        if unit not in METRES_OF:
            self._fault("UNIT", f"is {unit[:60]!r}; heights in METER or KILOMETER are needed", "TERRAIN_WRONG_UNIT")
        return METRES_OF.get(unit, 1.0)

    def _factor(self, keyword: str, default: float) -> float:
        """A factor or an offset, in the unit of the samples."""
        value = self._label.value(f"IMAGE.{keyword}")
        if value is None:
            return default
        if value.number is None:
            message = f"is {value.text[:60]!r}; a number is needed"
            self._fault(keyword, message, "TERRAIN_LABEL_INCOMPLETE")
            return 1.0
        unit = (self._label.text("IMAGE.UNIT") or "").lower()
        if value.unit and METRES_OF.get(value.unit) != METRES_OF.get(unit, -1.0):
            message = f"is in <{value.unit[:60]}>, but UNIT is {unit[:60]!r}; both must say the same"
            self._fault(keyword, message, "TERRAIN_WRONG_UNIT")
        return value.number

    def _constants(self, keyword: str, dtype: np.dtype[np.generic]) -> list[float]:
        """Numbers of samples that a keyword names, as numbers of their own type."""
        value = self._label.value(f"IMAGE.{keyword}")
        if value is None:
            return []
        found = [_as_sample(item, dtype) for item in value.items]
        if not found or any(number is None for number in found):
            message = (
                f"is {value.text[:60]!r}; numbers of the sample's type are needed, or integers with a base from 2 to "
                f"16 whose digits fill its {8 * dtype.itemsize} bits"
            )
            self._fault(keyword, message, "TERRAIN_LABEL_INCOMPLETE")
            return []
        return [number for number in found if number is not None]

    def _fault(self, keyword: str, message: str, code: str) -> None:
        value = self._label.value(f"IMAGE.{keyword}")
        where = f" in line {value.line}" if value else ""
        text = f"{self._file_name}: the label's IMAGE.{keyword}{where} {message}"
        self.faults.append(Fault(f"label.{keyword}", code, text))


def _as_sample(value: OdlValue, dtype: np.dtype[np.generic]) -> float | None:
    """A constant as a number of the samples' type, None where it is none.

    Digits in another base are a pattern of bits for reals, and for integers where they fill all bits of a sample.
    """
    based, bits = value.based, 8 * dtype.itemsize
    if based is not None and based.bits and (dtype.kind == "f" or based.value >> (bits - 1) == 1):
        full = bits <= based.bits < bits + 4 and based.value < 1 << bits
        raw = based.value.to_bytes(dtype.itemsize, "little") if full else b""
        return float(np.frombuffer(raw, dtype.newbyteorder("<"))[0]) if full else None
    if dtype.kind == "f" and value.text.upper() == "NAN":
        return math.nan
    if value.number is None:
        return None
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            own = float(np.float32(value.number)) if dtype.itemsize == 4 else value.number
        return own if math.isfinite(own) else None
    limits = np.iinfo(dtype)  # type: ignore[type-var]
    return value.number if value.number == int(value.number) and limits.min <= value.number <= limits.max else None
