"""Validation of every gRPC request: clean and bounded text, identifiers without blanks around, bounded numbers of
parts, times and durations that can be computed with.

What a message's type can hold is looked up once; the walk visits only fields that are set.
"""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from malapert_core.documents.nodes import MAX_FAULTS
from malapert_core.documents.text import blanks_around, names_object, path_to, text_fault
from malapert_core.errors import ExhaustedError, Fault, InvalidInputError
from malapert_core.timestamps import EARLIEST_TIME, LATEST_TIME

_TIMESTAMP = "google.protobuf.Timestamp"
_EARLIEST_S, _LATEST_S = int(EARLIEST_TIME.timestamp()), int(LATEST_TIME.timestamp())
_MOST_NANOS = 999_999_999
_SHOWN = ("name", "title")
_KEY = "key"

MOST_PARTS = 200_000
"""Number of messages and texts that the lists of one request may hold in all."""
LONGEST_IDENTIFIER = 200
LONGEST_UNIT = 64
LONGEST_TEXT = 4000
"""Lengths of text, characters: of identifiers and tags, of units, of any other text; a domain may take less."""
LONGEST_DURATION_S = 1e12
"""Largest number of seconds that a field of seconds may hold, some 30,000 years: more cannot be computed with."""
_LONGEST_BY_FIELD = {
    "unit": LONGEST_UNIT,
    "idempotency_key": 300,
    "page_token": 2000,
}


def check_message(message: Message) -> None:
    """Refuse a message that holds what no service can keep or compute with.

    Raises
    ------
    InvalidInputError
        ``INVALID_REQUEST`` with the first faults: control characters in text, text that is too long, blanks around
        identifiers, times beyond the years that are taken, durations beyond them all.
    ExhaustedError
        ``TOO_MANY_PARTS`` where its lists hold more than is taken at once.
    """
    faults = list(islice(_Check().faults(message, ""), MAX_FAULTS))
    if faults:
        count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}" + (
            " or more" if len(faults) == MAX_FAULTS else ""
        )
        raise InvalidInputError("INVALID_REQUEST", f"the request has {count}", faults=faults)


class _Check:
    """One walk over a message."""

    def __init__(self) -> None:
        self._parts = 0

    def faults(self, message: Any, path: str) -> Iterator[Fault]:
        """Yield the faults of a message and of all that is in it."""
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
                self._count(len(value), where)
                yield from self._map_faults(value, where)
            elif field.is_repeated:
                self._count(len(value), where)
                for index, item in enumerate(value):
                    yield from self._value_faults(item, f"{where}[{index}]", field.name)
            else:
                yield from self._value_faults(value, where, field.name)

    def _count(self, number: int, path: str) -> None:
        self._parts += number
        if self._parts > MOST_PARTS:
            raise ExhaustedError(
                "TOO_MANY_PARTS",
                f"the lists of the request hold more than {MOST_PARTS} parts, {path} among them; send it in pieces",
                metadata={"limit": str(MOST_PARTS)},
            )

    def _value_faults(self, value: Any, path: str, field: str) -> Iterator[Fault]:
        if isinstance(value, str):
            yield from _text_faults(value, path, field)
        elif isinstance(value, float):
            if abs(value) > LONGEST_DURATION_S:
                allowed = f"at most {LONGEST_DURATION_S:g} s are taken"
                yield Fault(path, "TOO_LONG_DURATION", f"{value:g} s are longer than anything here; {allowed}")
        else:
            yield from self.faults(value, path)

    def _map_faults(self, values: Any, path: str) -> Iterator[Fault]:
        for key, value in values.items():
            if isinstance(key, str):
                yield from _text_faults(key, path, _KEY)
            if isinstance(value, str | Message):
                yield from self._value_faults(value, path_to(path, str(key)), "")


def _text_faults(text: str, path: str, field: str) -> Iterator[Fault]:
    most = longest_text(field)
    if len(text) > most:
        message = f"the text has {len(text)} characters; at most {most} are taken, and this begins {text[:40]!r}"
        yield Fault(path, "TOO_LONG", message)
        return
    fault = text_fault(text, path)
    if fault is not None:
        yield fault
    elif names_object(field) and blanks_around(text):
        yield Fault(path, "BLANKS", f"an identifier has no blanks around it, not {text[:80]!r}")
    elif field in _SHOWN and text and not text.strip():
        yield Fault(path, "BLANKS", f"a {field} is more than blanks; where there is none, leave it out")


@cache
def longest_text(field: str) -> int:
    """Return how many characters the text of a field of a name may have."""
    if names_object(field) or field in (_KEY, "tags"):
        return LONGEST_IDENTIFIER
    if field in _LONGEST_BY_FIELD:
        return _LONGEST_BY_FIELD[field]
    return LONGEST_TEXT


@cache
def _checked_fields(descriptor: Descriptor) -> frozenset[str]:
    """Return the fields of a type in which there may be text, a time or a duration, at any depth."""
    return frozenset(field.name for field in descriptor.fields if _is_checked(field, frozenset()))


def _is_checked(field: FieldDescriptor, above: frozenset[str]) -> bool:
    inner = field.message_type
    if inner is None:
        is_duration = field.type == FieldDescriptor.TYPE_DOUBLE and field.name.endswith("_s") and not field.is_repeated
        return is_duration or bool(field.type == FieldDescriptor.TYPE_STRING)
    if inner.full_name == _TIMESTAMP:
        return True
    return inner.full_name not in above and any(_is_checked(each, above | {inner.full_name}) for each in inner.fields)
