"""The horizon sweep of one azimuth over one block.

Parallel lines run over the block and its surroundings to the reach, two pixels apart, each along a great circle. A line
is walked from far to near. The convex hull of its samples, in the true vertical plane, is a stack; the skyline over a
place on the line is a vertex of it, and from one place to the next the vertex moves but little. Each pixel takes the
vertices of the two lines beside it with its own height, and shares them by its distance from each. The first 56 pixels
are taken on the pixel's own ray instead: there the lines beside it would see other ground. Farther out pixels widen
(see `sweep_levels`), and lines share the farther part of their hulls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.terrain.horizon import sweep_kernel
from malapert_landing_site.terrain.horizon.sweep_levels import SweepLevel
from malapert_landing_site.terrain.horizon.sweep_tables import (
    LINE_PX,
    Arc,
    SweepFrame,
    cell_table,
    line_table,
    near_table,
)

# Columns next to the eye that are taken on its own ray; how far apart samples of the lines are.
NEAR_PX = 56
COLUMN_PX = 2

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class _Hulls:
    """Hulls of adjacent lines from number `first` on, as `sweep_kernel.extend_hulls` has them."""

    first: int
    vertices: NDArray[np.float32]
    tops: Integers


class Sweep:
    """One azimuth over one block.

    Parameters
    ----------
    levels : tuple of SweepLevel
        Heights about the block, from `sweep_levels` with `NEAR_PX`.
    geometry : GridGeometry
        The block.
    height_m : float
        Height of the eye above ground, metres.
    azimuth_deg : float
        Direction of view, clockwise from grid north.
    reach_m : float
        How far ground is looked for, metres.
    """

    def __init__(
        self,
        levels: tuple[SweepLevel, ...],
        geometry: GridGeometry,
        height_m: float,
        azimuth_deg: float,
        reach_m: float,
    ) -> None:
        self._levels = levels
        self._eye_m = np.float32(height_m)
        self._frame = SweepFrame.of(geometry, azimuth_deg)
        self._arc = Arc(geometry, self._frame)
        self._u_px = np.arange(self._frame.u_px, dtype=np.float64)
        self._across = self._arc.across_px(self._u_px)
        # The reach is a distance, the levels' reach a count of columns.
        self._reach_u_px = int(reach_m / self._arc.metres_per_px)
        self._line0 = int(np.floor(-self._across.max() / LINE_PX)) - 1
        self._lines = int(np.floor((self._frame.v_px - 1 - self._across.min()) / LINE_PX)) + 2 - self._line0
        self._first, self._last = self._columns_of_lines()

    def into(self, steps: NDArray[np.int16]) -> None:
        """Fill the elevations (rows, columns), in steps."""
        frame, arc = self._frame, self._arc
        columns = -(-frame.u_px // COLUMN_PX)
        vertex_h = np.empty((columns, self._lines), np.float32)
        vertex_arc = np.empty((columns, self._lines), np.float32)
        grid, pad = self._oriented(self._levels[0]), -self._levels[0].first_row
        self._walk(grid.ravel(), vertex_h, vertex_arc)
        u_step = frame.u_sign * grid.shape[1]
        origin = (pad if frame.u_sign > 0 else pad + frame.u_px - 1) * grid.shape[1] + pad
        tangents = np.empty((frame.u_px, frame.v_px), np.float32)
        cell = cell_table(frame, arc, u_step, float(self._eye_m))
        sweep_kernel.cell_tangents(
            grid.ravel(), origin, u_step, frame.v_px, cell.node, cell.per_m, cell.drop, self._eye_m, tangents
        )
        near = near_table(frame, arc, u_step, NEAR_PX)
        sweep_kernel.near_tangents(
            grid.ravel(), origin, u_step, frame.v_px, near.first, near.second, near.first_per_m, near.second_per_m,
            near.drop, near.per_m, self._eye_m, tangents,
        )  # fmt: skip
        line_scale = 1.0 / arc.line_scale(LINE_PX * (self._line0 + np.arange(self._lines, dtype=np.float64)))
        swept = np.empty((frame.u_px, frame.v_px), np.int16)
        sweep_kernel.combine(
            grid.ravel(), origin, u_step, COLUMN_PX, self._across, arc.arc_m(self._u_px).astype(np.float32),
            (1.0 / arc.relative_scale(self._u_px)).astype(np.float32), line_scale.astype(np.float32), self._line0,
            vertex_h, vertex_arc, tangents, self._eye_m, swept,
        )  # fmt: skip
        if frame.u_sign < 0:
            swept = swept[::-1]
        steps[...] = swept.T if frame.transposed else swept

    def _columns_of_lines(self) -> tuple[Integers, Integers]:
        """First and last column, `COLUMN_PX` apart, between which each line stands beside pixels of the block.

        Over a block the arc is straight to less than a pixel, which the slack covers.
        """
        slack_px, last_column = LINE_PX + COLUMN_PX, (self._frame.u_px - 1) // COLUMN_PX
        line_px = LINE_PX * (self._line0 + np.arange(self._lines, dtype=np.float64))
        bounds = np.stack([-slack_px - line_px, self._frame.v_px - 1 + slack_px - line_px])
        # Where lines run straight along u, each stands beside all columns or none.
        slope = np.copysign(max(abs(self._frame.slope), 1e-9), self._frame.slope)
        u_px = np.sort((self._frame.u_px - 1) / 2.0 + bounds / slope, axis=0)
        columns = np.clip(u_px / COLUMN_PX, 0, last_column)
        return np.floor(columns[0]).astype(np.int64), np.ceil(columns[1]).astype(np.int64)

    def _walk(
        self, heights: NDArray[np.float32], vertex_h: NDArray[np.float32], vertex_arc: NDArray[np.float32]
    ) -> None:
        """Note the skyline's vertex over each place of each line, `COLUMN_PX` apart."""
        level, served_px = self._levels[0], self._served_px(0)
        table = line_table(self._frame, self._arc, level, COLUMN_PX, 0, self._frame.u_px - 1 + served_px)
        far, taken = self._far_hulls(COLUMN_PX * self._last)
        begin = np.minimum((taken + served_px) // COLUMN_PX, len(table.offset) - 1)
        sweep_kernel.sweep_block(
            heights, 0, table.line_step, self._line0, table.offset, table.share, table.sin, table.cos,
            table.arc_m.astype(np.float32), begin, NEAR_PX // COLUMN_PX, self._first, self._last, self._eye_m,
            far.vertices, far.tops, far.first, self._ratio(0), vertex_h, vertex_arc,
        )  # fmt: skip

    def _served_px(self, level: int) -> int:
        """Distance from the last column over which a level is used, columns of a pixel."""
        return max(min(self._levels[level].reach_px, self._reach_u_px), NEAR_PX)

    def _ratio(self, level: int) -> int:
        """Number of lines of a level that share one of the next wider."""
        if level + 1 == len(self._levels):
            return 1
        mine = LINE_PX if level == 0 else self._levels[level].spacing_px
        return self._levels[level + 1].spacing_px // mine

    def _far_hulls(self, last_px: Integers) -> tuple[_Hulls, Integers]:
        """Hulls of what lies beyond the first level, and the column from which each of its lines takes over.

        Lines that share a wider line take over from it behind the column where the last of them leaves the block.
        """
        first, ends, taken = [self._line0], [last_px], []
        for level in range(len(self._levels) - 1):
            ratio = self._ratio(level)
            first.append(first[level] // ratio)
            wider = (first[level] + np.arange(len(ends[level]))) // ratio - first[-1]
            ends.append(np.zeros(wider[-1] + 1, dtype=np.int64))
            np.maximum.at(ends[-1], wider, ends[level])
            taken.append(ends[-1][wider])
        taken.append(ends[-1])
        lines = len(ends[-1])
        hulls = _Hulls(first[-1], np.empty((lines, 4, 0), np.float32), np.full(lines, -1, dtype=np.int64))
        for level in range(len(self._levels) - 1, 0, -1):
            hulls = self._extended(level, hulls, first[level], taken[level], ends[level])
        return hulls, taken[0]

    def _extended(self, level: int, wider: _Hulls, first_line: int, taken: Integers, end: Integers) -> _Hulls:
        """Hulls of a level's lines: that of the wider line, then samples from where it was left to the next level."""
        spacing, served_px = self._levels[level].spacing_px, self._served_px(level)
        inner_px = self._served_px(level - 1)
        table = line_table(
            self._frame, self._arc, self._levels[level], spacing, int(end.min()) + inner_px + 1,
            int(taken.max()) + served_px,
        )  # fmt: skip
        vertices = np.empty((len(end), 4, wider.vertices.shape[2] + len(table.offset)), np.float32)
        tops = np.empty(len(end), dtype=np.int64)
        sweep_kernel.extend_hulls(
            self._oriented(self._levels[level]).ravel(), 0, table.line_step, first_line, table.offset, table.share,
            table.sin, table.cos, table.arc_m.astype(np.float32),
            np.searchsorted(table.u_px, taken + served_px, side="right") - 1,
            np.searchsorted(table.u_px, end + inner_px, side="right"),
            wider.vertices, wider.tops, wider.first, self._ratio(level), vertices, tops,
        )  # fmt: skip
        return _Hulls(first_line, vertices, tops)

    def _oriented(self, level: SweepLevel) -> NDArray[np.float32]:
        """A level's heights with the frame's u along the rows."""
        return level.transposed_m if self._frame.transposed else level.elevation_m
