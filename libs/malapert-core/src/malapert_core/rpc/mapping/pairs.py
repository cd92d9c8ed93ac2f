"""Which field of a message stands for which of a domain value."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from types import NoneType, UnionType
from typing import Any, Union, cast, get_args, get_origin

from google.protobuf.descriptor import Descriptor, FieldDescriptor


def laid_flat(
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


def is_spread(hint: Any, known_fields: Mapping[str, Any]) -> bool:
    """Tell whether a dataclass lies flat in a message: all of its fields are there."""
    return is_dataclass(hint) and all(entry.name in known_fields for entry in fields(hint))


def value_field(descriptor: FieldDescriptor) -> FieldDescriptor:
    """Return the field of the values of a map."""
    return cast("FieldDescriptor", cast("Any", descriptor.message_type).fields_by_name["value"])


def is_array(kind: Any) -> bool:
    """Tell whether a type is an array of numpy, which only a service whose domain holds arrays has."""
    return getattr(kind, "__module__", "") == "numpy" and kind.__name__ == "ndarray"


def is_numbered(kind: Any) -> bool:
    """Tell whether a type is an enumeration by number."""
    return isinstance(kind, type) and issubclass(kind, IntEnum)


def without_none(hint: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it allowed None."""
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        return parts[0], len(parts) < len(get_args(hint))
    return hint, False
