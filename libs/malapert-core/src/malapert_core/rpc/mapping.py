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
``Enum`` of text       an enumeration by name: ``CONTACT_STATE_HELD`` is the member ``HELD``; a number without a
                       name is the member or alias ``UNSPECIFIED``, and is refused where there is none
a property             a field that is only written
=====================  ==================================================================================

What one side holds in one field and the other lays flat is found where every name of it is there: the message's
``interval`` is ``start_time`` and ``end_time``, its ``occupied`` is ``occupied_start_time`` and ``occupied_end_time``
of a domain value without such fields; a dataclass for which the message has no field is all of its fields there.

Any other field that only one side has is left as that side's default, or is given by the caller.
"""

from collections import abc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from functools import cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from malapert_core.errors import InvalidInputError
from malapert_core.timestamps import from_timestamp, to_timestamp

T = TypeVar("T")
E = TypeVar("E", bound=Enum)
M = TypeVar("M", bound=Message)
_Read = Callable[[Any], Any]
_Write = Callable[[Any, Any], None]
_UNSPECIFIED = "UNSPECIFIED"


def to_domain(message: Message, kind: type[T], /, **given: Any) -> T:
    """Return the domain's value of a message; `given` are fields that the message does not say.

    Raises
    ------
    InvalidInputError
        INVALID_TIME where a timestamp is no time, UNKNOWN_VALUE where an enumeration's number has no name.
    """
    readers = _readers(cast("Any", kind), cast("Any", type(message)))
    values = {name: read(message) for name, read in readers if name not in given}
    return kind(**values, **given)


def to_message(value: Any, kind: type[M], /, **given: Any) -> M:
    """Return the message of a domain value; `given` are fields that the domain's value does not hold."""
    message = kind(**given)
    for name, write in _writers(cast("Any", type(value)), cast("Any", kind)):
        if name not in given:
            write(message, value)
    return message


def known(kind: type[E], number: int) -> E:
    """Return an enumeration's value, its unspecified one where the number is of a later contract."""
    return kind(number) if number in _numbers(kind) else kind(0)


def named(kind: type[E], enum: EnumDescriptor, number: int) -> E | None:
    """Return the member of an enumeration of text that a number of the contract names, None where it names none.

    A member or alias ``UNSPECIFIED`` is what the numbers of a later contract name.
    """
    members = _members(kind, enum)
    return members.get(number, members.get(0))


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
    known_fields, hints = message.DESCRIPTOR.fields_by_name, get_type_hints(kind)
    entries = {entry.name: entry for entry in fields(kind) if entry.init}
    found = {name: _reader(entries[name], hints[name], known_fields[name]) for name in entries if name in known_fields}
    for outer, names in _laid_flat(frozenset(entries), message.DESCRIPTOR):
        for name, inner in names.items():
            found[name] = _inside(outer.name, _reader(entries[name], hints[name], inner))
    for name in entries:
        if name not in known_fields and _is_spread(hints[name], known_fields):
            found[name] = _spread_reader(hints[name])
    return tuple(found.items())


def _inside(outer: str, read: _Read) -> _Read:
    return lambda message: read(getattr(message, outer))


def _spread_reader(kind: Any) -> _Read:
    return lambda message: to_domain(message, kind)


def _laid_flat(
    names: frozenset[str], descriptor: Descriptor
) -> Iterator[tuple[FieldDescriptor, dict[str, FieldDescriptor]]]:
    """Yield the messages in a message that are fields of the domain's value themselves, with or without a prefix."""
    free = names.difference(descriptor.fields_by_name)
    whole = [field for field in descriptor.fields if _is_one_message(field) and field.name not in names]
    for prefix in (True, False):
        for outer in tuple(whole):
            inner = cast("Descriptor", outer.message_type).fields
            flat = {f"{outer.name}_{field.name}" if prefix else field.name: field for field in inner}
            if flat and flat.keys() <= free:
                free -= flat.keys()
                whole.remove(outer)
                yield outer, flat


def _is_one_message(descriptor: FieldDescriptor) -> bool:
    return descriptor.message_type is not None and not descriptor.is_repeated


def _is_spread(hint: Any, known_fields: Mapping[str, Any]) -> bool:
    return is_dataclass(hint) and all(entry.name in known_fields for entry in fields(hint))


def _reader(entry: "Field[Any]", hint: Any, descriptor: FieldDescriptor) -> _Read:
    name, origin = descriptor.name, get_origin(hint)
    if _is_array(origin):
        # Only a service whose domain holds arrays has numpy.
        numpy = import_module(origin.__module__)
        return lambda message: numpy.asarray(getattr(message, name), dtype=numpy.float64)
    if origin in (dict, abc.Mapping):
        return _map_reader(get_args(hint)[1], descriptor)
    if origin in (tuple, frozenset):
        convert = _converter(get_args(hint)[0], descriptor)
        return lambda message: origin(map(convert, getattr(message, name)))
    inner, is_optional = _without_none(hint)
    convert = _converter(inner, descriptor)
    if is_optional and descriptor.has_presence:
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    if descriptor.enum_type is not None and not _is_numbered(inner):
        return _named_reader(entry, convert, name, is_optional=is_optional)
    return lambda message: convert(getattr(message, name))


def _map_reader(kind: Any, descriptor: FieldDescriptor) -> _Read:
    def read(message: Any) -> Any:
        # Only here: where the message has no map, the caller gives the field.
        convert = _converter(kind, _value_field(descriptor))
        return {key: convert(value) for key, value in sorted(getattr(message, descriptor.name).items())}

    return read


def _named_reader(entry: "Field[Any]", convert: _Read, name: str, *, is_optional: bool) -> _Read:
    """Read an enumeration of text: the unspecified number is None, or the field's default, or refused."""

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
def _writers(kind: Any, message: Any) -> tuple[tuple[str, _Write], ...]:
    """Return how each field of a message is written from a domain value."""
    known_fields, hints = message.DESCRIPTOR.fields_by_name, get_type_hints(kind)
    names = [entry.name for entry in fields(kind)]
    found = {
        name: _part_writer(name, known_fields[name]) for name in (*names, *_properties(kind)) if name in known_fields
    }
    for outer, flat in _laid_flat(frozenset(names), message.DESCRIPTOR):
        found[outer.name] = _flat_writer(outer.name, flat)
    for name in names:
        if name not in known_fields and _is_spread(hints[name], known_fields):
            found |= {part: _spread_writer(name, write) for part, write in _writers(hints[name], message)}
    return tuple(found.items())


def _part_writer(name: str, descriptor: FieldDescriptor) -> _Write:
    write = _writer(descriptor)
    return lambda message, value: write(message, getattr(value, name))


def _spread_writer(name: str, write: _Write) -> _Write:
    return lambda message, value: write(message, getattr(value, name))


def _flat_writer(outer: str, flat: Mapping[str, FieldDescriptor]) -> _Write:
    writers = [_part_writer(name, inner) for name, inner in flat.items()]

    def write(message: Any, value: Any) -> None:
        if any(getattr(value, name) is not None for name in flat):
            part = getattr(message, outer)
            part.SetInParent()
            for each in writers:
                each(part, value)

    return write


def _properties(kind: Any) -> list[str]:
    return [name for base in kind.__mro__ for name, part in vars(base).items() if isinstance(part, property)]


def _writer(descriptor: FieldDescriptor) -> _Write:
    name = descriptor.name

    def write(message: Any, value: Any) -> None:
        if value is None:
            return
        if _is_array(type(value)):
            getattr(message, name).extend(value.tolist())
        elif isinstance(value, tuple | list | frozenset):
            getattr(message, name).extend(_written(descriptor, item) for item in value)
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


def _is_array(kind: Any) -> bool:
    return getattr(kind, "__module__", "") == "numpy" and kind.__name__ == "ndarray"


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
