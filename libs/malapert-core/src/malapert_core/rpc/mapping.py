"""The one mapping between messages and domain values, by the names of their fields, which are the same on both sides.

=====================  ==================================================================================
domain's field         message's field
=====================  ==================================================================================
``X | None``           a message or optional field that need not be set
``tuple[X, ...]``      a repeated field
``NDArray``            a repeated number
``dict[str, X]``       a map
a dataclass            a message
``datetime``           ``google.protobuf.Timestamp``
``IntEnum``            an enumeration by number; a number of a later contract is the unspecified value
``Enum`` of text       an enumeration by name: ``CONTACT_STATE_HELD`` is the member ``HELD``
=====================  ==================================================================================

A field that only one side has is left as that side's default, or is given by the caller.
"""

from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
M = TypeVar("M", bound=Message)
_Read = Callable[[Any], Any]
_UNSPECIFIED = "UNSPECIFIED"


def to_domain(message: Message, kind: type[T], **given: Any) -> T:
    """Return the domain's value of a message; `given` are fields that the message does not say.

    Raises
    ------
    InvalidInputError
        INVALID_TIME where a timestamp is no time, UNKNOWN_VALUE where an enumeration's number has no name.
    """
    readers = _readers(cast("Any", kind), cast("Any", type(message)))
    values = {name: read(message) for name, read in readers if name not in given}
    return kind(**values, **given)


def to_message(value: Any, kind: type[M], **given: Any) -> M:
    """Return the message of a domain value; `given` are fields that the domain's value does not hold."""
    message = kind(**given)
    for name, write in _writers(cast("Any", type(value)), cast("Any", kind)):
        if name not in given:
            write(message, getattr(value, name))
    return message


def known(kind: type[E], number: int) -> E:
    """Return an enumeration's value, its unspecified one where the number is of a later contract."""
    return kind(number) if number in _numbers(kind) else kind(0)


def named(kind: type[E], enum: EnumDescriptor, number: int) -> E | None:
    """Return the member of an enumeration of text that a number of the contract names, None where it names none."""
    return _members(kind, enum).get(number)


def number_of(value: Enum, enum: EnumDescriptor) -> int:
    """Return the contract's number of a member of an enumeration of text."""
    return int(enum.values_by_name[prefix_of(enum) + value.name].number)


def prefix_of(enum: EnumDescriptor) -> str:
    """Return the prefix that every name of an enumeration carries in the contract, such as ``CONTACT_STATE_``."""
    return str(enum.values[0].name).removesuffix(_UNSPECIFIED)


def time_of(timestamp: Timestamp) -> datetime:
    """Return the instant of a timestamp; an unset one is 1970.

    Raises
    ------
    InvalidInputError
        INVALID_TIME where it is out of range.
    """
    try:
        return from_timestamp(timestamp)
    except (ValueError, OverflowError) as error:
        message = f"timestamp of {timestamp.seconds} s is no time; allowed: years 1 to 9999"
        raise InvalidInputError("INVALID_TIME", message) from error


@cache
def _readers(kind: Any, message: Any) -> tuple[tuple[str, _Read], ...]:
    known_fields = message.DESCRIPTOR.fields_by_name
    shared = [entry for entry in fields(kind) if entry.name in known_fields and entry.init]
    hints = get_type_hints(kind)
    return tuple((entry.name, _reader(entry, hints[entry.name], known_fields[entry.name])) for entry in shared)


def _reader(entry: "Field[Any]", hint: Any, descriptor: FieldDescriptor) -> _Read:
    name, origin = entry.name, get_origin(hint)
    if origin is np.ndarray:
        return lambda message: np.asarray(getattr(message, name), dtype=np.float64)
    if origin in (dict, abc.Mapping):
        convert = _converter(get_args(hint)[1], _value_field(descriptor))
        return lambda message: {key: convert(value) for key, value in getattr(message, name).items()}
    if origin in (tuple, frozenset):
        convert = _converter(get_args(hint)[0], descriptor)
        return lambda message: origin(map(convert, getattr(message, name)))
    inner, is_optional = _without_none(hint)
    convert = _converter(inner, descriptor)
    if is_optional and descriptor.has_presence:
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    if descriptor.enum_type is not None and not _is_numbered(inner):
        return _named_reader(entry, convert, is_optional=is_optional)
    return lambda message: convert(getattr(message, name))


def _named_reader(entry: "Field[Any]", convert: _Read, *, is_optional: bool) -> _Read:
    """Read an enumeration of text: the unspecified number is None, or the field's default, or refused."""
    name = entry.name

    def read(message: Any) -> Any:
        number = getattr(message, name)
        if number == 0 and is_optional:
            return None
        if number == 0 and entry.default is not MISSING:
            return entry.default
        return convert(number)

    return read


def _converter(kind: Any, descriptor: FieldDescriptor) -> _Read:
    if is_dataclass(kind):
        return lambda message: to_domain(message, cast("type[Any]", kind))
    if kind is datetime:
        return time_of
    if _is_numbered(kind):
        return lambda number: known(kind, number)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _naming(kind, descriptor)
    return lambda value: value


def _naming(kind: type[Enum], descriptor: FieldDescriptor) -> _Read:
    enum = cast("EnumDescriptor", descriptor.enum_type)

    def read(number: int) -> Enum:
        member = named(kind, enum, number)
        if member is None:
            allowed = ", ".join(member.name for member in kind)
            message = f"{descriptor.name} {number} has no meaning here; allowed: {allowed}"
            raise InvalidInputError("UNKNOWN_VALUE", message)
        return member

    return read


@cache
def _writers(kind: Any, message: Any) -> tuple[tuple[str, Callable[[Any, Any], None]], ...]:
    known_fields = message.DESCRIPTOR.fields_by_name
    shared = [entry.name for entry in fields(kind) if entry.name in known_fields]
    return tuple((name, _writer(known_fields[name])) for name in shared)


def _writer(descriptor: FieldDescriptor) -> Callable[[Any, Any], None]:
    name = descriptor.name

    def write(message: Any, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, tuple | list | frozenset | np.ndarray):
            items = value.tolist() if isinstance(value, np.ndarray) else value
            getattr(message, name).extend(_written(descriptor, item) for item in items)
        elif isinstance(value, Mapping):
            _write_map(getattr(message, name), _value_field(descriptor), value)
        elif descriptor.message_type is not None:
            getattr(message, name).CopyFrom(_written(descriptor, value))
        else:
            setattr(message, name, _written(descriptor, value))

    return write


def _write_map(target: Any, descriptor: FieldDescriptor, value: Mapping[str, Any]) -> None:
    for key, item in value.items():
        if descriptor.message_type is not None:
            target[key].CopyFrom(_written(descriptor, item))
        else:
            target[key] = _written(descriptor, item)


def _written(descriptor: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, datetime):
        return to_timestamp(value)
    if is_dataclass(value):
        return to_message(value, GetMessageClass(cast("Any", descriptor.message_type)))
    if isinstance(value, Enum) and not isinstance(value, IntEnum):
        return number_of(value, cast("EnumDescriptor", descriptor.enum_type))
    return value


def _value_field(descriptor: FieldDescriptor) -> FieldDescriptor:
    return cast("FieldDescriptor", cast("Any", descriptor.message_type).fields_by_name["value"])


def _is_numbered(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, IntEnum)


@cache
def _numbers(kind: type[Enum]) -> frozenset[int]:
    return frozenset(member.value for member in kind)


@cache
def _members(kind: type[Enum], enum: EnumDescriptor) -> dict[int, Any]:
    prefix = prefix_of(enum)
    by_name = kind.__members__
    return {v.number: by_name[n] for v in enum.values if (n := v.name.removeprefix(prefix)) in by_name}


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        return parts[0], len(parts) < len(get_args(hint))
    return hint, False
