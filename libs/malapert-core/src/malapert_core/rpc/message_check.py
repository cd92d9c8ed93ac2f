"""Validation of every gRPC request: clean text, identifiers without blanks around, times that can be computed with.

What a message's type can hold is looked up once; the walk visits only fields that are set.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from malapert_core.documents.nodes import MAX_FAULTS
from malapert_core.documents.text import blanks_around, names_object, text_fault
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import EARLIEST_TIME, LATEST_TIME

_TIMESTAMP = "google.protobuf.Timestamp"
_EARLIEST_S, _LATEST_S = int(EARLIEST_TIME.timestamp()), int(LATEST_TIME.timestamp())
_MOST_NANOS = 999_999_999


def check_message(message: Message) -> None:
    """Refuse a message that holds what no service can keep or compute with.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` with the first faults: control characters in text, blanks around identifiers, times beyond
        the years that are taken.
    """
    faults = list(islice(_faults(message, ""), MAX_FAULTS))
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}" + (
            " or more" if len(faults) == MAX_FAULTS else ""
        )
        raise InvalidInputError("INVALID_REQUEST", f"the request has {count}", faults=faults)


def _faults(message: Any, path: str) -> Iterator[Fault]:
    if message.DESCRIPTOR.full_name == _TIMESTAMP:
        if not (_EARLIEST_S <= message.seconds < _LATEST_S and 0 <= message.nanos <= _MOST_NANOS):
            allowed = f"times from the year {EARLIEST_TIME.year} to {LATEST_TIME.year - 1} are taken"
            yield Fault(path, "INVALID_TIME", f"{message.seconds} s past 1970 is no time that is taken; {allowed}")
        return
    inside = _checked_fields(message.DESCRIPTOR)
    for field, value in message.ListFields() if inside else ():
        if field.name not in inside:
            continue
        where = f"{path}.{field.name}" if path else field.name
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield from _map_faults(value, where)
        elif field.is_repeated:
            for index, item in enumerate(value):
                yield from _value_faults(item, f"{where}[{index}]", names_object(field.name))
        else:
            yield from _value_faults(value, where, names_object(field.name))


def _value_faults(value: Any, path: str, is_identifier: bool = False) -> Iterator[Fault]:
    if isinstance(value, str):
        fault = text_fault(value, path)
        if fault is not None:
            yield fault
        elif is_identifier and blanks_around(value):
            yield Fault(path, "BLANKS", f"an identifier has no blanks around it, not {value[:80]!r}")
    else:
        yield from _faults(value, path)


def _map_faults(values: Any, path: str) -> Iterator[Fault]:
    for key, value in values.items():
        if isinstance(key, str):
            yield from _value_faults(key, path)
        if isinstance(value, str | Message):
            yield from _value_faults(value, f"{path}.{key}")


@cache
def _checked_fields(descriptor: Descriptor) -> frozenset[str]:
    """Return the fields of a type in which there may be text or a time, at any depth."""
    return frozenset(field.name for field in descriptor.fields if _is_checked(field, frozenset()))


def _is_checked(field: FieldDescriptor, above: frozenset[str]) -> bool:
    inner = field.message_type
    if inner is None:
        return bool(field.type == FieldDescriptor.TYPE_STRING)
    if inner.full_name == _TIMESTAMP:
        return True
    return inner.full_name not in above and any(_is_checked(each, above | {inner.full_name}) for each in inner.fields)
