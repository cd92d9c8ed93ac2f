"""The header of a classic NetCDF file, CDF-1, CDF-2 or CDF-5 (NetCDF classic format specification of Unidata).

Read here because a file decides nothing but its own content then: scipy's reader lets attributes of a file overwrite
its own state, keeps the last of two variables of one name, and trusts sizes that are stated beside their counts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The header of a grid has some kB.
MAX_HEADER_BYTES = 1 << 20
MAX_RANK = 8
_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12
_STREAMING = (1 << 32) - 1, (1 << 64) - 1
_CHAR = 2
_TYPES = {
    1: "i1",
    _CHAR: "S1",
    3: ">i2",
    4: ">i4",
    5: ">f4",
    6: ">f8",
    7: "u1",
    8: ">u2",
    9: ">u4",
    10: ">i8",
    11: ">u8",
}
_CLASSIC_TYPES = range(1, 7)
_SMALL_TYPES = ("i1", "S1", ">i2")

Attributes = dict[str, "str | NDArray[Any]"]


class NetcdfFormatError(ValueError):
    """A header that breaks the format; its text says where and how."""


@dataclass(frozen=True)
class NetcdfVariable:
    """A variable: what it states of itself, and its numbers, mapped from the file."""

    name: str
    dimensions: tuple[str, ...]
    attributes: Attributes
    shape: tuple[int, ...]
    data: NDArray[Any]


@dataclass(frozen=True)
class NetcdfFile:
    """Attributes and variables of a file."""

    attributes: Attributes
    variables: dict[str, NetcdfVariable]


@dataclass(frozen=True)
class _Stated:
    """A variable of the header: where its numbers begin, and whether it has one part a record."""

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    attributes: Attributes
    type_name: str
    begin: int
    by_record: bool

    @property
    def part_bytes(self) -> int:
        """Bytes of the whole, or of one record."""
        size = np.dtype(self.type_name).itemsize
        for length in self.shape[1:] if self.by_record else self.shape:
            size *= length
        return size


class _Cursor:
    """Reads the parts of a header one after the other."""

    def __init__(self, content: bytes, version: int) -> None:
        self._content = content
        self._at = 4
        self.version = version

    def take(self, size: int) -> bytes:
        """The next bytes and the padding after them."""
        end = self._at + size
        if size < 0 or end > len(self._content):
            raise NetcdfFormatError(f"its header ends at byte {len(self._content)}, within a list or a name")
        part, self._at = self._content[self._at : end], end + (-size % 4)
        return part

    def count(self) -> int:
        """A count, which is longer in CDF-5."""
        return self.number(8 if self.version == 5 else 4)

    def number(self, size: int) -> int:
        """An unsigned number of 4 or 8 bytes."""
        return int(struct.unpack(">Q" if size == 8 else ">I", self.take(size))[0])

    def elements(self, tag: int, what: str) -> int:
        """Number of elements of a list."""
        found, count = self.number(4), self.count()
        if found not in (0, tag) or (found == 0 and count):
            raise NetcdfFormatError(f"byte {self._at - 8} begins no list of {what}")
        return count

    def name(self) -> str:
        """A name in UTF-8."""
        try:
            name = self.take(self.count()).decode()
        except UnicodeDecodeError as error:
            raise NetcdfFormatError(f"a name before byte {self._at} is no UTF-8") from error
        if not name.isprintable():
            raise NetcdfFormatError(f"the name {name[:100]!r} has control characters")
        return name

    def type_number(self) -> int:
        """The number of a type that this version of the format has."""
        number = self.number(4)
        if number not in _TYPES or (self.version != 5 and number not in _CLASSIC_TYPES):
            raise NetcdfFormatError(f"byte {self._at - 4} names the type {number}, which CDF-{self.version} has not")
        return number

    def attributes(self, owner: str) -> Attributes:
        """A list of attributes."""
        values: Attributes = {}
        for _ in range(self.elements(_ATTRIBUTE, "attributes")):
            name, kind = self.name(), self.type_number()
            _once(name, values, f"attribute of {owner}")
            count, dtype = self.count(), np.dtype(_TYPES[kind])
            raw = self.take(count * dtype.itemsize)
            if kind == _CHAR:
                values[name] = raw.decode("utf-8", "replace").strip("\0 ")
            else:
                values[name] = np.frombuffer(raw, dtype)
        return values


def read_netcdf(path: Path) -> NetcdfFile:
    """Read the header of a classic NetCDF file and map its variables.

    Raises
    ------
    NetcdfFormatError
        Where the header breaks the format, names anything twice, or states more than the file holds.
    """
    with path.open("rb") as file:
        content = file.read(MAX_HEADER_BYTES)
    cursor = _Cursor(content, content[3])
    records = cursor.count()
    if records in _STREAMING:
        raise NetcdfFormatError("it does not state how many records it has")
    lengths: dict[str, int] = {}
    for _ in range(cursor.elements(_DIMENSION, "dimensions")):
        name = cursor.name()
        _once(name, lengths, "dimension")
        lengths[name] = cursor.count()
    if sum(length == 0 for length in lengths.values()) > 1:
        raise NetcdfFormatError("it has more than one dimension of records")
    attributes = cursor.attributes("the file")
    stated: dict[str, _Stated] = {}
    for _ in range(cursor.elements(_VARIABLE, "variables")):
        variable = _stated(cursor, lengths, records)
        _once(variable.name, stated, "variable")
        stated[variable.name] = variable
    return NetcdfFile(attributes, _mapped(path, stated, records))


def _once(name: str, present: dict[str, Any], what: str) -> None:
    if name in present:
        raise NetcdfFormatError(f"the {what} {name[:100]!r} is there twice")


def _stated(cursor: _Cursor, lengths: dict[str, int], records: int) -> _Stated:
    name, names = cursor.name(), list(lengths)
    rank = cursor.count()
    if rank > MAX_RANK:
        raise NetcdfFormatError(f"the variable {name[:100]!r} has {rank} dimensions; {MAX_RANK} are read")
    numbers = [cursor.count() for _ in range(rank)]
    if any(number >= len(names) for number in numbers):
        raise NetcdfFormatError(f"the variable {name[:100]!r} has a dimension that there is not")
    dimensions = tuple(names[number] for number in numbers)
    attributes = cursor.attributes(name[:100])
    kind = cursor.type_number()
    cursor.count()
    begin = cursor.number(4 if cursor.version == 1 else 8)
    if any(lengths[dimension] == 0 for dimension in dimensions[1:]):
        raise NetcdfFormatError(f"the variable {name[:100]!r} has records in another dimension than its first")
    by_record = bool(dimensions) and lengths[dimensions[0]] == 0
    shape = tuple(lengths[dimension] or records for dimension in dimensions)
    return _Stated(name, dimensions, shape, attributes, _TYPES[kind], begin, by_record)


def _mapped(path: Path, stated: dict[str, _Stated], records: int) -> dict[str, NetcdfVariable]:
    by_record = [variable for variable in stated.values() if variable.by_record]
    step = sum(variable.part_bytes + -variable.part_bytes % 4 for variable in by_record)
    if len(by_record) == 1 and by_record[0].type_name in _SMALL_TYPES:
        # The only record variable is not padded.
        step = by_record[0].part_bytes
    content = np.memmap(path, np.uint8, "r")
    return {name: _variable(content, variable, step) for name, variable in stated.items()}


def _variable(content: NDArray[Any], stated: _Stated, step: int) -> NetcdfVariable:
    dtype, shape = np.dtype(stated.type_name), stated.shape
    if 0 in shape:
        return NetcdfVariable(stated.name, stated.dimensions, stated.attributes, shape, np.empty(0, dtype))
    end = stated.begin + stated.part_bytes + ((shape[0] - 1) * step if stated.by_record else 0)
    if end > content.size:
        raise NetcdfFormatError(
            f"the variable {stated.name[:100]!r} needs the bytes {stated.begin} to {end}, "
            f"but the file has {content.size}: it is cut short"
        )
    data = np.ndarray(shape, dtype, content, stated.begin, _strides(stated, dtype.itemsize, step))
    return NetcdfVariable(stated.name, stated.dimensions, stated.attributes, shape, data)


def _strides(stated: _Stated, item_bytes: int, step: int) -> tuple[int, ...]:
    strides = [item_bytes]
    for length in reversed(stated.shape[1:]):
        strides.insert(0, strides[0] * length)
    if stated.by_record:
        strides[0] = step
    return tuple(strides[: len(stated.shape)])
