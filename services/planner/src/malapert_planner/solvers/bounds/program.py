"""A linear program under construction, and its matrix: maximise worth · x, rows and columns between limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
ENTRY_GUARD, LIMIT_GUARD = 1e-12, 1e-9
"""Parts of a row's largest sum, and of its limits, by which these are widened: for the rounding of its coefficients."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """A program's rows: those of row i are the entries from ``first[i]`` to ``first[i + 1]``, by column."""

    first: Indices
    columns: Indices
    values: Floats

    @property
    def rows(self) -> Indices:
        """The row of each entry."""
        return np.repeat(np.arange(self.first.size - 1), np.diff(self.first))


@dataclass(frozen=True, slots=True)
class LinearProgram:
    """Maximise ``worth`` · x where ``least`` ≤ x ≤ ``most``, all finite, and ``row_least`` ≤ A x ≤ ``row_most``."""

    worth: Floats
    least: Floats
    most: Floats
    row_least: Floats
    row_most: Floats
    matrix: Matrix


class ProgramBuilder:
    """Collects the columns, rows and entries of a linear program, many at a time."""

    def __init__(self) -> None:
        self.column_count = self.row_count = 0
        self._columns: list[tuple[Floats, Floats, Floats]] = []
        self._rows: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Indices, Indices, Floats]] = []

    def columns(self, count: int, *, least: ArrayLike = 0.0, most: ArrayLike, worth: ArrayLike = 0.0) -> Indices:
        """Add columns between limits and return their indices."""
        self._columns.append((_spread(least, count), _spread(most, count), _spread(worth, count)))
        self.column_count += count
        return np.arange(self.column_count - count, self.column_count)

    def rows(self, count: int, *, least: ArrayLike = -np.inf, most: ArrayLike = np.inf) -> Indices:
        """Add rows between limits and return their indices."""
        self._rows.append((_spread(least, count), _spread(most, count)))
        self.row_count += count
        return np.arange(self.row_count - count, self.row_count)

    def put(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add entries; those of the same row and column add up."""
        row, column, value = np.broadcast_arrays(
            np.asarray(rows, dtype=np.int64), np.asarray(columns, dtype=np.int64), np.asarray(values, dtype=np.float64)
        )
        self._entries.append((row.ravel(), column.ravel(), value.ravel()))

    def build(self) -> LinearProgram:
        """Return the program."""
        least, most, worth = (np.concatenate(parts) for parts in zip(*self._columns, strict=True))
        row_least, row_most = (np.concatenate(parts) for parts in zip(*self._rows, strict=True))
        rows, columns, values = (np.concatenate(parts) for parts in zip(*self._entries, strict=True))
        order = np.lexsort((columns, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        fresh = np.flatnonzero(np.concatenate(([True], (np.diff(rows) != 0) | (np.diff(columns) != 0))))
        rows, columns, values = rows[fresh], columns[fresh], np.add.reduceat(values, fresh)
        first = np.searchsorted(rows, np.arange(self.row_count + 1))
        farthest = np.maximum(np.abs(least), np.abs(most))
        size = np.bincount(rows, weights=np.abs(values) * farthest[columns], minlength=self.row_count)
        row_least = row_least - ENTRY_GUARD * size - LIMIT_GUARD * np.abs(row_least)
        row_most = row_most + ENTRY_GUARD * size + LIMIT_GUARD * np.abs(row_most)
        return LinearProgram(worth, least, most, row_least, row_most, Matrix(first, columns, values))


def _spread(values: ArrayLike, count: int) -> Floats:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), (count,))
