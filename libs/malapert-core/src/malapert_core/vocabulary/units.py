"""Units of measurement: which text names one, and what an amount is in another unit of the same dimension."""

import re
from functools import cache, lru_cache
from typing import Any

import pint

_LONGEST = 64
_NAME = r"[A-Za-zµΩ°%]{1,32}(?:\^-?[1-9])?"
_UNIT = re.compile(rf"{_NAME}(?: ?[*/·] ?{_NAME}){{0,3}}")
_DIGITS = 12
"""Significant digits that are kept: 8.45 GHz is 8450000000 Hz, not 8449999999.999999."""


class UnknownUnitError(ValueError):
    """A text names no unit that is known."""


class WrongUnitError(ValueError):
    """A unit is of another dimension than the one that is wanted."""


def convert(amount: float, unit: str, to_unit: str) -> float:
    """Return an amount in another unit; an empty unit and ``1`` stand for a plain number.

    Raises
    ------
    UnknownUnitError
        Where a text names no unit.
    WrongUnitError
        Where the units are of different dimensions; a bit is no radian, and neither is a plain number.
    """
    if unit == to_unit and unit:
        _unit_of(unit)
        return amount
    scale, offset = _conversion(unit, to_unit)
    return float(f"{amount * scale + offset:.{_DIGITS}g}")


def load_units() -> None:
    """Read the definitions of units, which the first question after a unit would wait for, 0.2 s."""
    _registry()


@cache
def _registry() -> pint.UnitRegistry[Any]:
    return pint.UnitRegistry(cache_folder=None, autoconvert_offset_to_baseunit=True)


@lru_cache(maxsize=4096)
def _unit_of(text: str) -> Any:
    if text in ("", "1"):
        return _registry().parse_units("dimensionless")
    if len(text) > _LONGEST or _UNIT.fullmatch(text) is None:
        raise UnknownUnitError(text[:_LONGEST])
    try:
        return _registry().parse_units(text)
    except (pint.PintError, ValueError, TypeError, AttributeError) as error:
        raise UnknownUnitError(text) from error


@lru_cache(maxsize=4096)
def _conversion(unit: str, to_unit: str) -> tuple[float, float]:
    given, wanted = _unit_of(unit), _unit_of(to_unit)
    if _dimension(given) != _dimension(wanted):
        raise WrongUnitError(unit)
    quantity = _registry().Quantity
    offset = float(quantity(0.0, given).to(wanted).magnitude)
    return float(quantity(1.0, given).to(wanted).magnitude) - offset, offset


def _dimension(unit: Any) -> tuple[Any, int, int]:
    # pint holds angles and bits for dimensionless; a bit is no radian, so their powers count too.
    powers: dict[str, int] = {"bit": 0, "radian": 0}
    for name, power in _registry().Quantity(1.0, unit).to_root_units().unit_items():
        if name in powers:
            powers[name] += round(float(power))  # type: ignore[arg-type]
    return unit.dimensionality, powers["bit"], powers["radian"]
