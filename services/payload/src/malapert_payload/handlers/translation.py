"""Messages as domain values and back, by the names of their fields, which are the same on both sides.

A message that is not set is None, an enumeration's number of a later protocol is its unspecified value, and a field
that only one side has is left as that side's default.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp
from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)
M = TypeVar("M", bound=Message)


def known(kind: type[E], number: int) -> E:
    """Return an enumeration's value, its unspecified one where the number is of a later protocol."""
    return kind(number) if number in _numbers(kind) else kind(0)


def to_domain(message: Message, kind: type[T], **given: Any) -> T:
    """Return the domain's value of a message; `given` are fields that the message does not say.

    Raises
    ------
    InvalidInputError
        INVALID_TIME where a timestamp is no time.
    """
    readers = _readers(cast("Any", kind), cast("Any", type(message)))
    values = {name: read(message) for name, read in readers if name not in given}
    return kind(**values, **given)


def to_message(value: Any, kind: type[M]) -> M:
    """Return the message of a domain value."""
    message = kind()
    for name, write in _writers(cast("Any", type(value)), cast("Any", kind)):
        write(message, getattr(value, name))
    return message


@cache
def _numbers(kind: type[IntEnum]) -> frozenset[int]:
    return frozenset(kind)


@cache
def _readers(kind: Any, message: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    known_fields = message.DESCRIPTOR.fields_by_name
    shared = [entry.name for entry in fields(kind) if entry.name in known_fields]
    return tuple((name, _reader(name, _hints(kind)[name])) for name in shared)


def _reader(name: str, hint: Any) -> Callable[[Any], Any]:
    item = _item_of(hint)
    if item is not None:
        convert = _converter(item)
        return lambda message: tuple(map(convert, getattr(message, name)))
    inner, optional = _without_none(hint)
    convert = _converter(inner)
    if optional:
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    return lambda message: convert(getattr(message, name))


def _converter(kind: Any) -> Callable[[Any], Any]:
    if is_dataclass(kind):
        return lambda message: to_domain(message, kind)  # type: ignore[arg-type]
    if kind is datetime:
        return _time_of
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return lambda number: known(kind, number)
    return lambda value: value


@cache
def _writers(kind: Any, message: Any) -> tuple[tuple[str, Callable[[Any, Any], None]], ...]:
    known_fields = message.DESCRIPTOR.fields_by_name
    shared = [entry.name for entry in fields(kind) if entry.name in known_fields]
    return tuple((name, _writer(name)) for name in shared)


def _writer(name: str) -> Callable[[Any, Any], None]:
    def write(message: Any, value: Any) -> None:
        if isinstance(value, tuple):
            getattr(message, name).extend(_written(message, name, item) for item in value)
        elif isinstance(value, datetime):
            getattr(message, name).CopyFrom(to_timestamp(value))
        elif is_dataclass(value):
            getattr(message, name).CopyFrom(_written(message, name, value))
        elif value is not None:
            setattr(message, name, value)

    return write


def _written(message: Message, name: str, value: Any) -> Any:
    if not is_dataclass(value):
        return value
    descriptor = message.DESCRIPTOR.fields_by_name[name].message_type
    return to_message(value, GetMessageClass(cast("Any", descriptor)))


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _item_of(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is tuple else None


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        return parts[0], len(parts) < len(get_args(hint))
    return hint, False


def _time_of(timestamp: Timestamp) -> datetime:
    try:
        return from_timestamp(timestamp)
    except (ValueError, OverflowError) as error:
        message = f"timestamp of {timestamp.seconds} s is no time; allowed: years 1 to 9999"
        raise InvalidInputError("INVALID_TIME", message) from error
