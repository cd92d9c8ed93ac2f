"""Nested grids laid out flat for the compiled ray caster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from malapert_landing_site.domain.grid import ElevationGrid, FloatArray

BLOCK_PX = 16

# One standard deviation of a bilinear surface's height error as a share of its pixel: 50 m at 1600 m, measured
# between the LOLA 1600 m grid and the 200 m grid of Shackleton.
HEIGHT_ERROR_PER_PIXEL = 0.03


@dataclass(frozen=True)
class HorizonScene:
    """Grids from fine to coarse, concatenated, with the highest elevation of each block of cells.

    Attributes
    ----------
    grids : tuple of ElevationGrid
        The grids, fine to coarse, holes filled from the next coarser one for the rays alone.
    elevation_m : float32 (total,)
        Heights of all grids, row by row.
    shape : int64 (grids, 3)
        Offset into `elevation_m`, rows, columns.
    frame : float64 (grids, 4)
        Easting and northing of the north-western pixel centre, pixel size, height error; metres.
    block_max_m : float32 (blocks,)
        Highest elevation among the nodes of each block of 16 × 16 cells.
    block_shape : int64 (grids, 2)
        Offset into `block_max_m`, block columns.
    """

    pole: int
    grids: tuple[ElevationGrid, ...]
    elevation_m: NDArray[np.float32]
    shape: NDArray[np.int64]
    frame: FloatArray
    block_max_m: NDArray[np.float32]
    block_shape: NDArray[np.int64]

    @classmethod
    def of(cls, coarse_to_fine: Sequence[ElevationGrid]) -> HorizonScene:
        """Lay out grids given from coarse to fine."""
        grids = tuple(reversed(_without_holes(coarse_to_fine)))
        blocks = [_block_max(grid.elevation_m) for grid in grids]
        shape, frame, block_shape = [], [], []
        offset = block_offset = 0
        for grid, block in zip(grids, blocks, strict=True):
            g = grid.geometry
            shape.append((offset, g.height_px, g.width_px))
            frame.append(
                (float(g.x_of(np.float64(0))), float(g.y_of(np.float64(0))), g.pixel_size_m, _height_error_m(grid))
            )
            block_shape.append((block_offset, block.shape[1]))
            offset += g.height_px * g.width_px
            block_offset += block.size
        return cls(
            pole=grids[0].geometry.pole,
            grids=grids,
            elevation_m=np.concatenate([grid.elevation_m.ravel() for grid in grids]),
            shape=np.array(shape, dtype=np.int64),
            frame=np.array(frame, dtype=np.float64),
            block_max_m=np.concatenate([block.ravel() for block in blocks]),
            block_shape=np.array(block_shape, dtype=np.int64),
        )

    def surface_m(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        """Height of the finest grid with data at each point, metres; NaN where no grid has any."""
        height_m = np.full(np.shape(x_m), np.nan)
        for grid in self.grids:
            height_m = np.where(np.isnan(height_m), grid.sample(x_m, y_m), height_m)
        return height_m


def _height_error_m(grid: ElevationGrid) -> float:
    return HEIGHT_ERROR_PER_PIXEL * grid.geometry.pixel_size_m


def _without_holes(coarse_to_fine: Sequence[ElevationGrid]) -> list[ElevationGrid]:
    filled: list[ElevationGrid] = []
    for grid in coarse_to_fine:
        elevation_m = grid.elevation_m
        hole = np.isnan(elevation_m)
        if filled and hole.any():
            row, column = np.nonzero(hole)
            x_m, y_m = grid.geometry.x_of(column), grid.geometry.y_of(row)
            value = np.full(len(row), np.nan)
            for coarser in reversed(filled):
                value = np.where(np.isnan(value), coarser.sample(x_m, y_m), value)
            elevation_m = np.array(elevation_m, dtype=np.float32)
            elevation_m[hole] = value
        filled.append(ElevationGrid(grid.geometry, np.ascontiguousarray(elevation_m, dtype=np.float32)))
    return filled


def _block_max(elevation_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Highest node of each block of cells: nodes 16 b to 16 b + 16, both included."""
    rows, columns = ((size - 2) // BLOCK_PX + 1 for size in elevation_m.shape)
    known = np.where(np.isnan(elevation_m), np.float32(-np.inf), elevation_m)
    padded = np.full((rows * BLOCK_PX + 1, columns * BLOCK_PX + 1), -np.inf, dtype=np.float32)
    padded[: elevation_m.shape[0], : elevation_m.shape[1]] = known
    highest = np.full((rows, columns), -np.inf, dtype=np.float32)
    for row_shift, column_shift in ((0, 0), (0, 1), (1, 0), (1, 1)):
        part = padded[row_shift : row_shift + rows * BLOCK_PX, column_shift : column_shift + columns * BLOCK_PX]
        highest = np.maximum(highest, part.reshape(rows, BLOCK_PX, columns, BLOCK_PX).max(axis=(1, 3)))
    return highest
