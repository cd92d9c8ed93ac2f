"""Enumerations of domain and contract: by number, or by name."""

from enum import Enum
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import EnumDescriptor

E = TypeVar("E", bound=Enum)
_UNSPECIFIED = "UNSPECIFIED"


def known(kind: type[E], number: int) -> E:
    """Return an enumeration's value, its unspecified one where the number is of a later contract."""
    return kind(number) if number in _numbers(kind) else kind(0)


def named(kind: type[E], enum: EnumDescriptor, number: int) -> E | None:
    """Return the member of an enumeration of text that a number of the contract names, None where it names none.

    A member or alias ``UNSPECIFIED`` is what the numbers of a later contract name.
    """
    found = members(kind, enum)
    return found.get(number, found.get(0))


def number_of(value: Enum, enum: EnumDescriptor) -> int:
    """Return the contract's number of a member of an enumeration of text."""
    return int(enum.values_by_name[prefix_of(enum) + value.name].number)


def prefix_of(enum: EnumDescriptor) -> str:
    """Return the prefix that every name of an enumeration carries in the contract, such as ``CONTACT_STATE_``."""
    return str(enum.values[0].name).removesuffix(_UNSPECIFIED)


@cache
def _numbers(kind: type[Enum]) -> frozenset[int]:
    return frozenset(member.value for member in kind)


@cache
def members(kind: type[Enum], enum: EnumDescriptor) -> dict[int, Any]:
    """Return the members of an enumeration of text by the numbers of the contract that name them."""
    prefix = prefix_of(enum)
    by_name = kind.__members__
    return {v.number: by_name[n] for v in enum.values if (n := v.name.removeprefix(prefix)) in by_name}
