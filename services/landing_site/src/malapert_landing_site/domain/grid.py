"""Elevation grids in polar stereographic metres on the sphere of 1,737,400 m."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOON_RADIUS_M = 1_737_400.0

# Pixels that are hashed at once: a grid mapped from its file is never copied whole.
HASHED_PX = 1_000_000

# Share of a cell that is nothing but rounding.
_ROUNDING = 1e-9

FloatArray = NDArray[np.float64]
ElevationArray = NDArray[np.float32]


@dataclass(frozen=True)
class GridGeometry:
    """Geometry of a north-up grid of square pixels; rows run from north to south.

    Attributes
    ----------
    pole : int
        -1 for the south polar grid (IAU_2015:30135), +1 for the north (IAU_2015:30130).
    x_min_m, y_max_m : float
        Outer edges of the north-western pixel, metres.
    """

    pole: int
    x_min_m: float
    y_max_m: float
    pixel_size_m: float
    width_px: int
    height_px: int

    @property
    def crs(self) -> str:
        """The grid's reference system as IAU names it."""
        return "IAU_2015:30135" if self.pole < 0 else "IAU_2015:30130"

    @property
    def x_max_m(self) -> float:
        """Eastern edge, metres."""
        return self.x_min_m + self.width_px * self.pixel_size_m

    @property
    def y_min_m(self) -> float:
        """Southern edge, metres."""
        return self.y_max_m - self.height_px * self.pixel_size_m

    def contains(self, x_m: float, y_m: float, margin_m: float = 0.0) -> bool:
        """Whether a point lies inside the pixel centres, `margin_m` from the rim."""
        rim_m = margin_m + 0.5 * self.pixel_size_m
        return (
            self.x_min_m + rim_m <= x_m <= self.x_max_m - rim_m and self.y_min_m + rim_m <= y_m <= self.y_max_m - rim_m
        )

    def overlaps_circle(self, x_m: float, y_m: float, radius_m: float) -> bool:
        """Whether any of the grid lies within `radius_m` of a point."""
        dx_m = x_m - min(max(x_m, self.x_min_m), self.x_max_m)
        dy_m = y_m - min(max(y_m, self.y_min_m), self.y_max_m)
        return bool(np.hypot(dx_m, dy_m) < radius_m)

    def part(self, top: int, bottom: int, left: int, right: int) -> GridGeometry:
        """Return the rows from `top` to before `bottom`, and the columns from `left` to before `right`."""
        return GridGeometry(
            self.pole,
            self.x_min_m + left * self.pixel_size_m,
            self.y_max_m - top * self.pixel_size_m,
            self.pixel_size_m,
            max(right - left, 0),
            max(bottom - top, 0),
        )

    def columns_of(self, x_m: ArrayLike) -> FloatArray:
        """Fractional column of eastings; 0 is the centre of the first pixel."""
        return (np.asarray(x_m, dtype=np.float64) - self.x_min_m) / self.pixel_size_m - 0.5

    def rows_of(self, y_m: ArrayLike) -> FloatArray:
        """Fractional row of northings; 0 is the centre of the first pixel."""
        return (self.y_max_m - np.asarray(y_m, dtype=np.float64)) / self.pixel_size_m - 0.5

    def x_of(self, column: ArrayLike) -> FloatArray:
        """Easting of columns, metres."""
        return self.x_min_m + (np.asarray(column, dtype=np.float64) + 0.5) * self.pixel_size_m

    def y_of(self, row: ArrayLike) -> FloatArray:
        """Northing of rows, metres."""
        return self.y_max_m - (np.asarray(row, dtype=np.float64) + 0.5) * self.pixel_size_m


@dataclass(frozen=True)
class ElevationGrid:
    """Heights above the sphere, metres, at pixel centres; NaN where there is no data."""

    geometry: GridGeometry
    elevation_m: ElevationArray

    def content_hash(self) -> str:
        """Return `sha256:…` of the elevations and their georeference."""
        g = self.geometry
        digest = hashlib.sha256(
            f"{g.crs}|{g.x_min_m:.3f}|{g.y_max_m:.3f}|{g.pixel_size_m:.6f}|{g.width_px}|{g.height_px}|".encode()
        )
        step = max(1, HASHED_PX // max(g.width_px, 1))
        for top in range(0, g.height_px, step):
            digest.update(np.ascontiguousarray(self.elevation_m[top : top + step], dtype="<f4").data)
        return f"sha256:{digest.hexdigest()}"

    def sample(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        """Bilinear height at points, metres; NaN outside the pixel centres and beside holes."""
        column, row = self.geometry.columns_of(x_m), self.geometry.rows_of(y_m)
        height, width = self.elevation_m.shape
        tolerance = 1e-9
        inside = (
            (row >= -tolerance)
            & (column >= -tolerance)
            & (row <= height - 1 + tolerance)
            & (column <= width - 1 + tolerance)
        )
        i = np.clip(np.floor(np.where(inside, row, 0)), 0, height - 2).astype(np.int64)
        j = np.clip(np.floor(np.where(inside, column, 0)), 0, width - 2).astype(np.int64)
        u, v = _on_node(row - i), _on_node(column - j)
        north, south = self._between(i, j, v), self._between(i + 1, j, v)
        value = _weighted(1 - u, north) + _weighted(u, south)
        return np.where(inside, value, np.nan)

    def _between(self, i: NDArray[np.int64], j: NDArray[np.int64], v: FloatArray) -> FloatArray:
        return _weighted(1 - v, self.elevation_m[i, j]) + _weighted(v, self.elevation_m[i, j + 1])

    def window(self, x_min_m: float, x_max_m: float, y_min_m: float, y_max_m: float) -> ElevationGrid:
        """Return the part whose pixels touch a rectangle."""
        g = self.geometry
        left = max(0, int(np.floor((x_min_m - g.x_min_m) / g.pixel_size_m)))
        right = min(g.width_px, int(np.ceil((x_max_m - g.x_min_m) / g.pixel_size_m)))
        top = max(0, int(np.floor((g.y_max_m - y_max_m) / g.pixel_size_m)))
        bottom = min(g.height_px, int(np.ceil((g.y_max_m - y_min_m) / g.pixel_size_m)))
        return ElevationGrid(g.part(top, bottom, left, right), self.elevation_m[top:bottom, left:right])


def _on_node(share: FloatArray) -> FloatArray:
    """Shares of a cell, those within rounding of a node set on it: a point on a node does not see the holes beside."""
    return np.where(share < _ROUNDING, 0.0, np.where(share > 1.0 - _ROUNDING, 1.0, share))


def _weighted(weight: FloatArray, value: NDArray[Any]) -> FloatArray:
    return np.where(weight > 0.0, weight * value, 0.0)
