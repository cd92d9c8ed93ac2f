"""Instants of a mission document: RFC 3339 text with an offset."""

from datetime import UTC, datetime
from typing import Annotated, Any

from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import format_time, parse_time
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError


def _read(value: Any) -> datetime:
    if not isinstance(value, str):
        raise PydanticCustomError("INVALID_TIME", "a time is text such as 2029-01-15T06:00:00Z", {})
    try:
        return parse_time(value).astimezone(UTC)
    except InvalidInputError as error:
        raise PydanticCustomError(error.reason, "{message}", {"message": error.message}) from None


UtcTime = Annotated[
    datetime,
    BeforeValidator(_read),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2029-01-15T06:00:00Z"]}),
]
"""An aware instant; one without an offset is refused with NAIVE_TIME."""
