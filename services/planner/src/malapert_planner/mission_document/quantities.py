"""The kinds of figures that a mission document knows, each with its unit and range."""

import math
from typing import ClassVar

from malapert_planner.mission_document.figures import Figure


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
