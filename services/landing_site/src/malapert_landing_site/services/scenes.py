"""Stacks made ready to be computed with."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.domain.nesting import finest_covering
from malapert_landing_site.domain.terrain import TerrainStack
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.stacks import TerrainStacks
from malapert_landing_site.storage.files import ElevationFiles
from malapert_landing_site.terrain.grid.projection import place_xy
from malapert_landing_site.terrain.grid.scene import HorizonScene


@dataclass(frozen=True)
class StackScene:
    """A stack with its grids.

    Attributes
    ----------
    scene : HorizonScene
        What rays are cast on.
    grids : tuple of ElevationGrid
        The grids with their holes, coarse to fine.
    site_grid : ElevationGrid
        The finest grid that covers the whole region: where sites and ways are sought.
    """

    stack: TerrainStack
    scene: HorizonScene
    grids: tuple[ElevationGrid, ...]
    site_grid: ElevationGrid


class SceneLibrary:
    """Keeps the scenes of the stacks that were used last."""

    def __init__(self, stacks: TerrainStacks, files: ElevationFiles, compute: Compute, size: int) -> None:
        self._stacks = stacks
        self._files = files
        self._compute = compute
        self._size = size
        self._scenes: OrderedDict[str, StackScene] = OrderedDict()
        self._loading = asyncio.Lock()

    async def get(self, terrain_stack_id: str) -> StackScene:
        """Return the scene of a stack."""
        stack = await self._stacks.get(terrain_stack_id)
        async with self._loading:
            if terrain_stack_id not in self._scenes:
                self._scenes[terrain_stack_id] = await self._compute.run(self._load, stack)
            self._scenes.move_to_end(terrain_stack_id)
            while len(self._scenes) > self._size:
                self._scenes.popitem(last=False)
            return self._scenes[terrain_stack_id]

    def _load(self, stack: TerrainStack) -> StackScene:
        grids = tuple(self._files.load(terrain) for terrain in stack.terrains)
        covering = finest_covering(stack.terrains, stack.region, place_xy(stack.region.center, stack.region.pole))
        site_grid = grids[stack.terrains.index(covering)] if covering is not None else grids[0]
        return StackScene(stack, HorizonScene.of(grids), grids, site_grid)
