"""Base types of the HTTP models: strictness, UTC times, numbers within the range of the contract."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    Strict,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError

from malapert_http_models.bounded_faults import is_bound as is_bound
from malapert_http_models.bounded_faults import with_bounded_faults

_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


class WireModel(BaseModel):
    """A strict model of one contract message: same field names, no unknown fields, no silent conversion.

    A bytes field ``<name>_json`` of the message is the JSON object ``<name>`` here; every other name is the same.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, serialize_by_alias=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of a model that stops to look for faults once there are as many as are told."""
        return with_bounded_faults(cls, handler(source))


class ChoiceModel(WireModel):
    """A model of a message with fields of which at most one is stated."""

    one_of: ClassVar[tuple[tuple[str, ...], ...]]
    """The groups of such fields."""

    @model_validator(mode="after")
    def _states_one(self) -> Self:
        for names in self.one_of:
            stated = [name for name in names if getattr(self, name) is not None]
            if len(stated) > 1:
                message = "one of {allowed} is allowed, not {stated}"
                context = {"allowed": ", ".join(names), "stated": " and ".join(stated)}
                raise PydanticCustomError("one_of", message, context)
        return self


def _only_text_or_datetime(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC3339.fullmatch(value)):
        return value
    raise ValueError("a time is RFC 3339 text with its offset from UTC, such as 2029-01-10T00:00:00Z")


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time lies between the years 1 and 9999 in UTC") from error


def rfc3339(value: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC, with a fraction only where there is one.

    Parameters
    ----------
    value
        Aware time.
    """
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _base64_text(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("base64 text is allowed here") from error
    return value


UtcTime = Annotated[
    datetime,
    Strict(False),
    BeforeValidator(_only_text_or_datetime),
    AfterValidator(_to_utc),
    PlainSerializer(
        rfc3339, return_type=Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})], when_used="json"
    ),
]
"""An instant: RFC 3339 text with an offset on the wire, an aware UTC datetime inside."""

UInt32 = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""A whole number that fits the contract's uint32."""

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""A whole number that fits the contract's int32."""

Int64 = Annotated[int, Strict(False), Field(ge=-(2**63), le=2**63 - 1)]
"""A whole number that fits the contract's int64, which its JSON writes as text."""

Base64 = Annotated[str, AfterValidator(_base64_text), Field(json_schema_extra={"format": "byte"})]
"""Bytes as base64 text."""
