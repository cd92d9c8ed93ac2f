"""Filters of listings by the values of an enumeration."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar

from google.protobuf.descriptor import EnumDescriptor

from malapert_core.errors import Fault, InvalidInputError
from malapert_core.rpc.mapping.enumerations import members, prefix_of

E = TypeVar("E", bound=Enum)


def wanted_values(kind: type[E], numbers: Iterable[int], enum: EnumDescriptor, path: str) -> frozenset[E]:
    """The domain's members that a filter of a request names, by the names that they have on both sides.

    Parameters
    ----------
    kind : type of E
        The domain's enumeration.
    numbers : iterable of int
        What the filter holds; empty means all, and gives an empty set.
    enum : EnumDescriptor
        The contract's enumeration.
    path : str
        Name of the filter in the request.

    Raises
    ------
    InvalidInputError
        ``INVALID_FILTER`` with a fault for each number that is unspecified or of a later contract.
    """
    numbers = tuple(numbers)
    known = {number: member for number, member in members(kind, enum).items() if number}
    _require_listed(numbers, {number: member.name for number, member in known.items()}, path)
    return frozenset(known[number] for number in numbers)


def wanted_numbers(numbers: Iterable[int], enum: EnumDescriptor, path: str) -> frozenset[int]:
    """The same for what the domain has no enumeration for: the numbers that a filter of a request names."""
    numbers = tuple(numbers)
    prefix = prefix_of(enum)
    _require_listed(numbers, {each.number: each.name.removeprefix(prefix) for each in enum.values if each.number}, path)
    return frozenset(numbers)


def _require_listed(numbers: tuple[int, ...], known: Mapping[int, str], path: str) -> None:
    allowed = ", ".join(known.values())
    faults = [
        Fault(f"{path}[{index}]", "UNKNOWN_VALUE", f"one of {allowed} is allowed")
        for index, number in enumerate(numbers)
        if number not in known
    ]
    if faults:
        raise InvalidInputError("INVALID_FILTER", f"the filter {path} names what is not listed", faults=faults)
