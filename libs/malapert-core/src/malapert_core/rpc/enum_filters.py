"""Filters of listings by the values of an enumeration."""

from collections.abc import Iterable
from enum import Enum
from typing import TypeVar

from google.protobuf.descriptor import EnumDescriptor

from malapert_core.errors import Fault, InvalidInputError

E = TypeVar("E", bound=Enum)

_UNSPECIFIED = "UNSPECIFIED"


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
    prefix = enum.values[0].name.removesuffix(_UNSPECIFIED)
    names = {value.number: value.name.removeprefix(prefix) for value in enum.values[1:]}
    numbers = tuple(numbers)
    members = {number: kind[name] for number, name in names.items() if name in kind.__members__}
    allowed = ", ".join(member.name for member in members.values())
    faults = [
        Fault(f"{path}[{index}]", "UNKNOWN_VALUE", f"one of {allowed} is allowed")
        for index, number in enumerate(numbers)
        if number not in members
    ]
    if faults:
        raise InvalidInputError("INVALID_FILTER", f"the filter {path} names what is not listed", faults=faults)
    return frozenset(members[number] for number in numbers)
