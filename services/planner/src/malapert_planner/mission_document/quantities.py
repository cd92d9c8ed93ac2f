"""The kinds of figures that a mission document knows, each with its unit and range."""

import math
from typing import ClassVar, Self

from malapert_core.vocabulary.units import UnknownUnitError, convert
from pydantic import PrivateAttr, model_validator

from malapert_planner.mission_document.figures import FIGURE, Figure


class Power(Figure):
    """A power, W."""

    unit: ClassVar[str] = "W"
    example: ClassVar[str] = "400 W"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e9


class PowerPerAngle(Figure):
    """A power for each degree, W/deg."""

    unit: ClassVar[str] = "W/deg"
    example: ClassVar[str] = "6 W/deg"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e6


class Energy(Figure):
    """An energy, Wh."""

    unit: ClassVar[str] = "Wh"
    example: ClassVar[str] = "6 kWh"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e12


class Mass(Figure):
    """A mass, kg."""

    unit: ClassVar[str] = "kg"
    example: ClassVar[str] = "350 kg"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e9


class Length(Figure):
    """A length, m."""

    unit: ClassVar[str] = "m"
    example: ClassVar[str] = "250 m"
    lower: ClassVar[float] = -1e8
    upper: ClassVar[float] = 1e8


class Distance(Length):
    """A length that is not negative, m."""

    lower: ClassVar[float] = 0.0


class Speed(Figure):
    """A speed, m/s."""

    unit: ClassVar[str] = "m/s"
    example: ClassVar[str] = "0.05 m/s"
    lower: ClassVar[float] = 1e-4
    upper: ClassVar[float] = 1e4


class Angle(Figure):
    """An angle, degrees."""

    unit: ClassVar[str] = "deg"
    example: ClassVar[str] = "25 deg"
    lower: ClassVar[float] = -360.0
    upper: ClassVar[float] = 360.0


class Slope(Angle):
    """A slope, degrees."""

    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 90.0


class Latitude(Angle):
    """A selenographic latitude, degrees."""

    example: ClassVar[str] = "-89.45 deg"
    lower: ClassVar[float] = -90.0
    upper: ClassVar[float] = 90.0


class Longitude(Angle):
    """A longitude, east positive, degrees; 180 to 360 is the west, counted on."""

    example: ClassVar[str] = "-137.2 deg"
    lower: ClassVar[float] = -180.0
    upper: ClassVar[float] = 360.0


class Duration(Figure):
    """A time span, s."""

    unit: ClassVar[str] = "s"
    example: ClassVar[str] = "2 h"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 3.2e9


class Data(Figure):
    """An amount of data, bit."""

    unit: ClassVar[str] = "bit"
    example: ClassVar[str] = "250 MB"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e18


class DataRate(Figure):
    """A data rate, bit/s."""

    unit: ClassVar[str] = "bit/s"
    example: ClassVar[str] = "256 kbit/s"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e12


class Frequency(Figure):
    """A frequency, Hz."""

    unit: ClassVar[str] = "Hz"
    example: ClassVar[str] = "8.45 GHz"
    lower: ClassVar[float] = 1.0
    upper: ClassVar[float] = 1e15


class Share(Figure):
    """A share of a whole, from 0 to 1 or in per cent."""

    example: ClassVar[str] = "60 %"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1.0


class Weight(Figure):
    """A weight without unit."""

    example: ClassVar[str] = "2"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e6


class Factor(Figure):
    """A factor on a planned amount, without unit."""

    example: ClassVar[str] = "1.05"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 10.0


class Deviations(Figure):
    """A number of standard deviations."""

    example: ClassVar[str] = "1"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 6.0


class Conductance(Figure):
    """A thermal conductance, W/K."""

    unit: ClassVar[str] = "W/K"
    example: ClassVar[str] = "0.3 W/K"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e6


class Temperature(Figure):
    """A temperature, K."""

    unit: ClassVar[str] = "K"
    example: ClassVar[str] = "250 K"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e5


class Flux(Figure):
    """A flux of heat, W/m2."""

    unit: ClassVar[str] = "W/m^2"
    example: ClassVar[str] = "0.018 W/m^2"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e6


class MassPerArea(Figure):
    """A mass for each area, kg/m2."""

    unit: ClassVar[str] = "kg/m^2"
    example: ClassVar[str] = "100 kg/m^2"
    lower: ClassVar[float] = 0.0
    upper: ClassVar[float] = 1e9


class Amount(Figure):
    """An amount in a unit of its own; which dimension is right, the part that it belongs to says."""

    example: ClassVar[str] = "10"
    lower: ClassVar[float] = -1e18
    upper: ClassVar[float] = 1e18
    _unit_name: str = PrivateAttr(default="1")

    @property
    def unit_name(self) -> str:
        """The unit as it was written, 1 for a plain number."""
        return self._unit_name

    @model_validator(mode="after")
    def _read_unit(self) -> Self:
        match = FIGURE.fullmatch(self.value)
        self._unit_name = (match[2] if match else "") or "1"
        return self

    @classmethod
    def _converted(cls, number: float, unit_text: str, text: str) -> float:
        try:
            return convert(number, unit_text, unit_text)
        except UnknownUnitError:
            raise cls._refusal("UNKNOWN_UNIT", text, f"has no unit that is known: {unit_text!r}") from None


class Decibel(Figure):
    """A ratio in decibels; pint's logarithmic units do not convert, so the unit is read as it stands."""

    unit: ClassVar[str] = "dB"
    example: ClassVar[str] = "3 dB"
    lower: ClassVar[float] = -1e4
    upper: ClassVar[float] = 1e4

    @classmethod
    def _converted(cls, number: float, unit_text: str, text: str) -> float:
        if unit_text != cls.unit:
            code = "WRONG_UNIT" if unit_text in ("", "dB", "dBW", "dBm") else "UNKNOWN_UNIT"
            raise cls._refusal(code, text, f"is not in {cls.unit}")
        return number


class DecibelPerKelvin(Decibel):
    """A gain over noise temperature, dB/K."""

    unit: ClassVar[str] = "dB/K"
    example: ClassVar[str] = "-12 dB/K"


class DecibelWatt(Decibel):
    """A power level, dBW; one in watts is converted."""

    unit: ClassVar[str] = "dBW"
    example: ClassVar[str] = "35 dBW"

    @classmethod
    def _converted(cls, number: float, unit_text: str, text: str) -> float:
        if unit_text == "dBm":
            return number - 30.0
        if unit_text == "W" and number > 0.0:
            return 10.0 * math.log10(number)
        return super()._converted(number, unit_text, text)
