"""Domain values from messages."""

from collections import abc
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from importlib import import_module
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from malapert_core.errors import InvalidInputError
from malapert_core.rpc.mapping.enumerations import known, named
from malapert_core.rpc.mapping.pairs import (
    is_array,
    is_numbered,
    is_spread,
    laid_flat,
    value_field,
    without_none,
)
from malapert_core.timestamps import from_timestamp

T = TypeVar("T")
_Read = Callable[[Any], Any]


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


@cache
def _readers(kind: Any, message: Any) -> tuple[tuple[str, _Read], ...]:
    known_fields, hints = message.DESCRIPTOR.fields_by_name, get_type_hints(kind)
    entries = {entry.name: entry for entry in fields(kind) if entry.init}
    found = {name: _reader(entries[name], hints[name], known_fields[name]) for name in entries if name in known_fields}
    for outer, names in laid_flat(frozenset(entries), message.DESCRIPTOR):
        for name, inner in names.items():
            found[name] = _inside(outer.name, _reader(entries[name], hints[name], inner))
    for name in entries:
        if name not in known_fields and is_spread(hints[name], known_fields):
            found[name] = _spread_reader(hints[name])
    return tuple(found.items())


def _inside(outer: str, read: _Read) -> _Read:
    return lambda message: read(getattr(message, outer))


def _spread_reader(kind: Any) -> _Read:
    return lambda message: to_domain(message, kind)


def _reader(entry: "Field[Any]", hint: Any, descriptor: FieldDescriptor) -> _Read:
    name, origin = descriptor.name, get_origin(hint)
    if is_array(origin):
        # Only a service whose domain holds arrays has numpy.
        numpy = import_module(origin.__module__)
        return lambda message: numpy.asarray(getattr(message, name), dtype=numpy.float64)
    if origin in (dict, abc.Mapping):
        return _map_reader(get_args(hint)[1], descriptor)
    if origin in (tuple, frozenset):
        convert = _converter(get_args(hint)[0], descriptor)
        return lambda message: origin(map(convert, getattr(message, name)))
    inner, is_optional = without_none(hint)
    convert = _converter(inner, descriptor)
    if is_optional and descriptor.has_presence:
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    if descriptor.enum_type is not None and not is_numbered(inner):
        return _named_reader(entry, convert, name, is_optional=is_optional)
    return lambda message: convert(getattr(message, name))


def _map_reader(kind: Any, descriptor: FieldDescriptor) -> _Read:
    def read(message: Any) -> Any:
        # Only here: where the message has no map, the caller gives the field.
        convert = _converter(kind, value_field(descriptor))
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
        return from_timestamp
    if is_numbered(kind):
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
