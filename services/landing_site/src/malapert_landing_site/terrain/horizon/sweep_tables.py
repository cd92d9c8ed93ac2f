"""Geometry tables of the lines of one azimuth over a block and its surroundings, shared by all lines of the sweep.

A frame has its axis u along the rows or columns, whichever is nearer to the direction of view, growing towards it, and
its axis v across. All lines of an azimuth have the same shape v = line + o(u): the great circle through the block's
centre in that direction, in the stereographic grid an arc of a circle whose curvature is that of the conformal factor
λ = 1 / (1 + ρ²/4R²), κ = (n · ∇ ln λ). Distances along it are angles at the Moon's centre, from chords:
|p - q| √(λ(p) λ(q)). Lines beside the centre's differ in scale by their own distance from the pole alone, which is a
factor for each line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import MOON_RADIUS_M, FloatArray, GridGeometry
from malapert_landing_site.terrain.horizon.sweep_levels import SweepLevel

# Lines of the sweep are two pixels apart; near the eye each pixel has its own ray instead.
LINE_PX = 2

# Columns at which the surface is looked at inside cells: the nearer a cell, the more its bulge is seen.
_CELL_COLUMNS = (0.2, 0.4, 0.6, 0.8, 1.3, 1.7, 2.3, 2.7, 3.5, 4.5)
# An eye lower than this share of a pixel may have its skyline at its feet.
_LOW_EYE_PX, _LOW_EYE_COLUMNS = 0.02, (0.0125, 0.03, 0.08, 0.15)


@dataclass(frozen=True)
class SweepFrame:
    """Axes of the sweep for one azimuth.

    Attributes
    ----------
    transposed : bool
        Whether u runs along the columns of the grid (view to the east or west).
    u_sign : int
        +1 where u grows with the array's index.
    slope : float
        dv/du of the view at the block's centre.
    u_px, v_px : int
        Size of the block along the axes.
    u_axis, v_axis : float64 (2,)
        The axes as grid east and north.
    """

    transposed: bool
    u_sign: int
    slope: float
    u_px: int
    v_px: int
    u_axis: FloatArray
    v_axis: FloatArray

    @classmethod
    def of(cls, geometry: GridGeometry, grid_azimuth_deg: float) -> SweepFrame:
        """The frame for a direction clockwise from grid north."""
        azimuth = math.radians(grid_azimuth_deg)
        view = np.array([math.sin(azimuth), math.cos(azimuth)])
        transposed = bool(abs(view[0]) > abs(view[1]))
        v_axis = np.array([0.0, -1.0]) if transposed else np.array([1.0, 0.0])
        along = view[0] if transposed else -view[1]
        u_sign = 1 if along > 0 else -1
        u_axis = u_sign * (np.array([1.0, 0.0]) if transposed else np.array([0.0, -1.0]))
        size = (geometry.width_px, geometry.height_px)
        u_px, v_px = size if transposed else size[::-1]
        return cls(transposed, u_sign, float(view @ v_axis) / float(view @ u_axis), u_px, v_px, u_axis, v_axis)


@dataclass(frozen=True)
class NearTable:
    """Samples of a pixel's own ray, nearest first: on every edge of the grid that it crosses.

    Attributes
    ----------
    first, second : int64 (samples,)
        The two nodes of each edge, as offsets in the flat array.
    first_per_m, second_per_m : float32 (samples,)
        Their shares over the distance.
    drop, per_m : float32 (samples,)
        Tangent by which the sphere falls off, and the reciprocal of the distance along it.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    first_per_m: NDArray[np.float32]
    second_per_m: NDArray[np.float32]
    drop: NDArray[np.float32]
    per_m: NDArray[np.float32]


@dataclass(frozen=True)
class CellTable:
    """Samples inside the first cells of a pixel's own ray, where the surface bulges between the edges.

    Attributes
    ----------
    node : int64 (samples,)
        Offset of the cell's first node in the flat array.
    per_m : float32 (samples, 5)
        Shares of the cell's four nodes over the distance, and the reciprocal of the distance along the sphere.
    drop : float32 (samples,)
        Tangent by which the sphere falls off.
    """

    node: NDArray[np.int64]
    per_m: NDArray[np.float32]
    drop: NDArray[np.float32]


@dataclass(frozen=True)
class LineTable:
    """Samples of the lines on one level, column by column away from the block.

    Attributes
    ----------
    offset : int64 (columns,)
        Flat offset of the column's first node of a line numbered 0; a line adds its number times `line_step`.
    share : float32 (columns,)
        Share of the node beyond.
    arc_m, sin, cos : float64 (columns,)
        Length along the sphere from the block's centre, and the angle's sine and cosine.
    u_px : int64 (columns,)
        The column's place, pixels of the block.
    line_step : int
        Nodes between two lines.
    """

    offset: NDArray[np.int64]
    share: NDArray[np.float32]
    arc_m: FloatArray
    sin: FloatArray
    cos: FloatArray
    u_px: NDArray[np.int64]
    line_step: int


class Arc:
    """The great circle through a block's centre in the direction of a frame, in pixels of the block."""

    def __init__(self, geometry: GridGeometry, frame: SweepFrame) -> None:
        self._pixel_m = geometry.pixel_size_m
        self._center_px = np.array([(frame.u_px - 1) / 2.0, (frame.v_px - 1) / 2.0])
        middle = np.array([geometry.x_of((geometry.width_px - 1) / 2.0), geometry.y_of((geometry.height_px - 1) / 2.0)])
        self._center_m = np.array([middle @ frame.u_axis, middle @ frame.v_axis])
        self._normal = np.array([-frame.slope, 1.0]) / math.hypot(frame.slope, 1.0)
        self._scale = float(_conformal(self._center_m))
        self.pole_offset_m = float(self._center_m @ self._normal)
        self._bend_per_px = -self.pole_offset_m * self._scale / (2.0 * MOON_RADIUS_M**2) * self._pixel_m

    def across_px(self, u_px: FloatArray) -> FloatArray:
        """o(u): how far lines have run across at a column, pixels; zero in the middle of the block."""
        w, k, (nu, nv) = u_px - self._center_px[0], self._bend_per_px, self._normal
        return np.asarray((k * w * w - 2.0 * w * nu) / (nv + np.sqrt(nv * nv - k * k * w * w + 2.0 * k * w * nu)))

    def arc_m(self, u_px: FloatArray) -> FloatArray:
        """Length along the sphere from the block's centre, metres, negative before it."""
        w = u_px - self._center_px[0]
        offset_m = np.stack([w, self.across_px(u_px)], axis=-1) * self._pixel_m
        chord_m = np.hypot(offset_m[..., 0], offset_m[..., 1])
        chord_m = chord_m * np.sqrt(self._scale * _conformal(self._center_m + offset_m))
        return np.asarray(np.sign(w) * 2.0 * MOON_RADIUS_M * np.arcsin(chord_m / (2.0 * MOON_RADIUS_M)))

    def relative_scale(self, u_px: FloatArray) -> FloatArray:
        """Conformal factor along the arc over that at the block's centre."""
        offset_m = np.stack([u_px - self._center_px[0], self.across_px(u_px)], axis=-1) * self._pixel_m
        return _conformal(self._center_m + offset_m) / self._scale

    def line_scale(self, across_px: FloatArray) -> FloatArray:
        """Scale of lines that stand at v = `across_px` in the middle of the block, over the arc's own."""
        beside_m = self.pole_offset_m + (across_px - self._center_px[1]) * self._normal[1] * self._pixel_m
        return np.asarray(1.0 - (beside_m**2 - self.pole_offset_m**2) * self._scale / (4.0 * MOON_RADIUS_M**2))

    @property
    def metres_per_px(self) -> float:
        """Length on the sphere of one pixel of u along the view, at the block's centre."""
        return self._pixel_m * self._scale / float(self._normal[1])


def _conformal(position_m: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + (position_m**2).sum(axis=-1) / (4.0 * MOON_RADIUS_M**2)))


def cell_table(frame: SweepFrame, arc: Arc, row_step: int, height_m: float) -> CellTable:
    """Samples inside the first cells, bilinear: on edges alone the surface differs by half a degree on rough ground."""
    low = height_m < _LOW_EYE_PX * arc.metres_per_px
    u = np.array(_LOW_EYE_COLUMNS + _CELL_COLUMNS if low else _CELL_COLUMNS)
    v = frame.slope * u
    low_u, low_v = np.floor(u), np.floor(v)
    along, across = u - low_u, v - low_v
    distance_m = u * arc.metres_per_px
    shares = [(1 - along) * (1 - across), (1 - along) * across, along * (1 - across), along * across, np.ones_like(u)]
    return CellTable(
        (low_u * row_step + low_v).astype(np.int64),
        (np.stack(shares, axis=1) / distance_m[:, None]).astype(np.float32),
        (distance_m / (2.0 * MOON_RADIUS_M)).astype(np.float32),
    )


def near_table(frame: SweepFrame, arc: Arc, row_step: int, near_px: int) -> NearTable:
    """Samples of the own ray on every edge that it crosses out to `near_px` columns."""
    columns = np.arange(1.0, near_px + 1.0)
    across = frame.slope * columns
    low = np.floor(across)
    on_columns = (columns, columns * row_step + low, columns * row_step + low + 1, across - low)
    count = math.floor(near_px * abs(frame.slope))
    rows = np.arange(1.0, count + 1.0)
    u = rows / abs(frame.slope) if count else rows
    before = np.floor(u)
    row = rows * np.sign(frame.slope)
    on_rows = (u, before * row_step + row, (before + 1) * row_step + row, u - before)
    u, first, second, share = (np.concatenate(pair) for pair in zip(on_columns, on_rows, strict=True))
    order = np.argsort(u, kind="stable")
    # The kernel takes samples by fours.
    order = np.concatenate([order, np.repeat(order[-1:], -len(order) % 4)])
    distance_m = u[order] * arc.metres_per_px
    return NearTable(
        first[order].astype(np.int64),
        second[order].astype(np.int64),
        ((1.0 - share[order]) / distance_m).astype(np.float32),
        (share[order] / distance_m).astype(np.float32),
        (distance_m / (2.0 * MOON_RADIUS_M)).astype(np.float32),
        (1.0 / distance_m).astype(np.float32),
    )


def line_table(
    frame: SweepFrame, arc: Arc, level: SweepLevel, column_px: int, first_px: int, last_px: int
) -> LineTable:
    """Samples of a level's lines at columns from `first_px` to `last_px`, `column_px` apart, a multiple of its spacing.

    Line n of the first level stands at v = 2 n + o(u). A line of a wider level runs amid the lines that share it.
    """
    spacing = level.spacing_px
    # Columns must be nodes of the level; seen from the far end of the block they begin elsewhere.
    begin = (frame.u_px - 1) % spacing if frame.u_sign < 0 else 0
    count = np.arange(-((begin - first_px) // column_px), (last_px - begin) // column_px + 1, dtype=np.int64)
    u_px = begin + column_px * count
    node = (u_px if frame.u_sign > 0 else frame.u_px - 1 - u_px) // spacing
    amid_px = 0.0 if spacing == 1 else (spacing - LINE_PX) / 2.0
    across = (arc.across_px(u_px.astype(np.float64)) + amid_px) / spacing
    low = np.floor(across)
    heights = level.transposed_m if frame.transposed else level.elevation_m
    first_node = (level.first_column, level.first_row) if frame.transposed else (level.first_row, level.first_column)
    arc_m = arc.arc_m(u_px.astype(np.float64))
    angle = arc_m / MOON_RADIUS_M
    return LineTable(
        ((node - first_node[0]) * heights.shape[1] + low - first_node[1]).astype(np.int64),
        (across - low).astype(np.float32),
        arc_m,
        np.sin(angle),
        np.cos(angle),
        u_px,
        LINE_PX if spacing == 1 else 1,
    )
