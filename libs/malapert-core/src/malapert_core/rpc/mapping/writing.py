"""Messages from domain values."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from malapert_core.rpc.mapping.enumerations import number_of
from malapert_core.rpc.mapping.pairs import is_array, is_spread, laid_flat, value_field
from malapert_core.timestamps import to_timestamp

M = TypeVar("M", bound=Message)
_Write = Callable[[Any, Any], None]


def to_message(value: Any, kind: type[M], /, **given: Any) -> M:
    """Return the message of a domain value; `given` are fields that the domain's value does not hold."""
    message = kind(**given)
    for name, write in _writers(cast("Any", type(value)), cast("Any", kind)):
        if name not in given:
            write(message, value)
    return message


@cache
def _writers(kind: Any, message: Any) -> tuple[tuple[str, _Write], ...]:
    """Return how each field of a message is written from a domain value."""
    known_fields, hints = message.DESCRIPTOR.fields_by_name, get_type_hints(kind)
    names = [entry.name for entry in fields(kind)]
    found = {
        name: _part_writer(name, known_fields[name]) for name in (*names, *_properties(kind)) if name in known_fields
    }
    for outer, flat in laid_flat(frozenset(names), message.DESCRIPTOR):
        found[outer.name] = _flat_writer(outer.name, flat)
    for name in names:
        if name not in known_fields and is_spread(hints[name], known_fields):
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
        if is_array(type(value)):
            getattr(message, name).extend(value.tolist())
        elif isinstance(value, tuple | list | frozenset):
            getattr(message, name).extend(_written(descriptor, item) for item in value)
        elif isinstance(value, Mapping):
            _write_map(getattr(message, name), value_field(descriptor), value)
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
