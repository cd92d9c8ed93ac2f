"""Figures of a mission document: a value with its unit as text, its source, and how far it may be trusted.

A figure is written ``{value: "400 W", source: "...", confidence: A}``, or as ``"400 W"`` alone where an enclosing
object states source and confidence. Any unit of the right dimension is taken; `Figure.amount` is in the class's unit.
"""

import math
import re
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self

from malapert_core.documents.numbers import double_of
from malapert_core.vocabulary.units import UnknownUnitError, WrongUnitError, convert
from malapert_http_models.bounded_faults import with_bounded_faults
from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, PrivateAttr, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

FIGURE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)(?: ?([^\s\d](?:.*\S)?))?", re.ASCII)
LONGEST_FIGURE = 500
_LEAST_READ = 1e-200
"""Size below which a number that is not zero may vanish where its unit is turned into another."""


class Confidence(StrEnum):
    """Confidence in a figure: high, medium, low, derived, unverified, assumption."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"
    DERIVED = "D"
    UNVERIFIED = "U"
    ASSUMPTION = "A"


class StrictModel(BaseModel):
    """A part of a mission document, read from JSON: no unknown fields, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_default=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of a part that stops to look for faults once there are as many as are told."""
        return with_bounded_faults(cls, handler(source))


def _with_text(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("EMPTY_TEXT", "text is needed; without the field that of the part around it counts")
    return text


class Sourced(StrictModel):
    """A part whose figures take its source and confidence where they state none of their own."""

    source: Annotated[str, AfterValidator(_with_text)] | None = None
    confidence: Confidence | None = None


class Figure(Sourced):
    """A value with its unit as text.

    Subclasses state ``unit`` (in which `amount` is given), ``example`` and the allowed range, in that unit.
    """

    value: str

    unit: ClassVar[str] = ""
    example: ClassVar[str] = "1"
    lower: ClassVar[float] = -math.inf
    upper: ClassVar[float] = math.inf
    _amount: float = PrivateAttr(default=math.nan)

    @property
    def unit_name(self) -> str:
        """The unit in which `amount` is given."""
        return self.unit

    @property
    def amount(self) -> float:
        """The value in the class's unit."""
        return self._amount

    @classmethod
    def of(cls, value: str) -> Self:
        """Return a figure without source or confidence."""
        return cls(value=value)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"value": data}
        if isinstance(data, int | float) and not isinstance(data, bool):
            return {"value": repr(data)}
        if (
            isinstance(data, dict)
            and isinstance(data.get("value"), int | float)
            and not isinstance(data["value"], bool)
        ):
            return {**data, "value": repr(data["value"])}
        return data

    @model_validator(mode="after")
    def _read(self) -> Self:
        self._amount = self.read(self.value)
        return self.required(self.lower, self.upper)

    def required(self, lower: float, upper: float) -> Self:
        """Return the figure where it is in a range, in the class's unit.

        Raises
        ------
        PydanticCustomError
            ``OUT_OF_RANGE``, with the nearest figure that is allowed.
        """
        if lower <= self._amount <= upper:
            return self
        allowed = f"{lower:g} to {upper:g} {self.unit}".rstrip()
        nearest = f"{lower if self._amount < lower else upper!r} {self.unit}".rstrip()
        raise PydanticCustomError(
            "OUT_OF_RANGE",
            "{value} is outside of {allowed}",
            {"value": repr(self.value), "allowed": allowed, "nearest": nearest},
        )

    @classmethod
    def read(cls, text: str) -> float:
        """Return the amount that a text states, in the class's unit.

        Raises
        ------
        PydanticCustomError
            ``INVALID_FIGURE``, ``UNKNOWN_UNIT`` or ``WRONG_UNIT``.
        """
        match = FIGURE.fullmatch(text) if len(text) <= LONGEST_FIGURE else None
        if match is None:
            raise cls._refusal("INVALID_FIGURE", text[:LONGEST_FIGURE], "is no number with a unit")
        try:
            number, unit_text = double_of(match[1]), match[2] or ""
        except ValueError:
            raise cls._refusal("INVALID_FIGURE", text, "is no number that a double holds") from None
        amount = cls._converted(number, unit_text, text)
        if not math.isfinite(amount) or (abs(amount) < sys.float_info.min and abs(number) < _LEAST_READ and number):
            raise cls._refusal("INVALID_FIGURE", text, "is no number that a double holds in the unit used here")
        return amount

    @classmethod
    def _converted(cls, number: float, unit_text: str, text: str) -> float:
        try:
            return convert(number, unit_text, cls.unit)
        except UnknownUnitError:
            raise cls._refusal("UNKNOWN_UNIT", text, f"has no unit that is known: {unit_text!r}") from None
        except WrongUnitError:
            what = f"has the unit {unit_text}" if unit_text else "has no unit"
            raise cls._refusal("WRONG_UNIT", text, what) from None

    @classmethod
    def _refusal(cls, code: str, text: str, what: str) -> PydanticCustomError:
        wanted = f"a {cls.__name__.lower()}" + (f" in {cls.unit} or a unit of the same dimension" if cls.unit else "")
        return PydanticCustomError(
            code, "{text} {what}; write {wanted}, such as '{example}'",
            {"text": repr(text), "what": what, "wanted": wanted, "example": cls.example},
        )  # fmt: skip


def within(lower: float, upper: float) -> AfterValidator:
    """Return what narrows a figure's range, in its class's unit."""
    check: Callable[[Figure], Figure] = lambda figure: figure.required(lower, upper)  # noqa: E731
    return AfterValidator(check)
