"""Horizons of whole maps: a sweep of time linear in pixels and azimuths, block by block.

`sweep` does one azimuth of one block. The surface is bilinear between pixel centres; beyond the first cells it is
looked at on the edges between pixels, then on every second pixel, and from 512 pixels on at pixels that widen with
distance.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from malapert_landing_site.domain.grid import GridGeometry
from malapert_landing_site.domain.horizon_block import HorizonBlock
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.skyline import REACH_M, Progress, run_parts
from malapert_landing_site.terrain.horizon.sweep import NEAR_PX, Sweep
from malapert_landing_site.terrain.horizon.sweep_levels import sweep_levels

DEFAULT_AZIMUTH_COUNT = 360
BLOCK_PX = 512


def block_geometries(geometry: GridGeometry, block_px: int = BLOCK_PX) -> list[GridGeometry]:
    """Cut a map into blocks of nearly equal size, at most `block_px` a side, row by row from the north-west."""

    def cuts(size: int) -> list[tuple[int, int]]:
        edges = np.linspace(0, size, -(-size // block_px) + 1).round().astype(int)
        return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))

    return [
        geometry.part(top, bottom, left, right)
        for top, bottom in cuts(geometry.height_px)
        for left, right in cuts(geometry.width_px)
    ]


def horizon_blocks(
    scene: HorizonScene,
    geometry: GridGeometry,
    height_m: float,
    azimuth_count: int = DEFAULT_AZIMUTH_COUNT,
    reach_m: float = REACH_M,
    block_px: int = BLOCK_PX,
    progress: Progress | None = None,
) -> Iterator[HorizonBlock]:
    """Yield the horizons of a map block by block; only one block is held at a time.

    Parameters
    ----------
    scene : HorizonScene
        The nested grids. Pixels stand on the finest grid with data; their surroundings are sampled at the map's pixel.
    geometry : GridGeometry
        The map.
    height_m : float
        Height of the eye above ground, metres.
    azimuth_count : int
        Azimuths, evenly spaced from grid north clockwise.
    reach_m : float
        How far ground is looked for at least, metres; up to a block farther.
    progress : callable
        Called with the share done; what it raises ends the work.
    """
    done_px, all_px = 0, geometry.width_px * geometry.height_px
    for block in block_geometries(geometry, block_px):
        size_px = block.width_px * block.height_px

        def advance(share: float, before_px: int = done_px, size_px: int = size_px) -> None:
            if progress is not None:
                progress((before_px + share * size_px) / all_px)

        yield horizon_block(scene, block, height_m, azimuth_count, reach_m, advance)
        done_px += size_px


def horizon_block(
    scene: HorizonScene,
    geometry: GridGeometry,
    height_m: float,
    azimuth_count: int = DEFAULT_AZIMUTH_COUNT,
    reach_m: float = REACH_M,
    progress: Progress | None = None,
) -> HorizonBlock:
    """Return the horizons of one block, its azimuths spread over the cores; parameters as of `horizon_blocks`."""
    levels = sweep_levels(scene, geometry, reach_m, NEAR_PX)
    steps = np.empty((azimuth_count, geometry.height_px, geometry.width_px), dtype=np.int16)

    def sweep(azimuth: int) -> None:
        Sweep(levels, geometry, height_m, 360.0 * azimuth / azimuth_count, reach_m).into(steps[azimuth])

    run_parts(sweep, range(azimuth_count), progress)
    return HorizonBlock(geometry, height_m, steps)
