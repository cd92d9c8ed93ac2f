"""Rims of nested terrains: steps reported, tapered or refused as the setting says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from malapert_core.errors import Fault

from malapert_landing_site.domain.blending import blend_width_m, blended, width_faults
from malapert_landing_site.domain.grid import ElevationGrid
from malapert_landing_site.domain.rim import HeightStep, RimPolicy, RimSetting, offset_note, rim_step
from malapert_landing_site.domain.terrain import Holder, Region, Terrain
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.refusal import refuse
from malapert_landing_site.services.terrains import TerrainCatalogue
from malapert_landing_site.storage.files import ElevationFiles
from malapert_landing_site.terrain.grid.projection import place_xy


class Rims:
    """Treatment of the rims of finer terrains."""

    def __init__(self, catalogue: TerrainCatalogue, files: ElevationFiles, compute: Compute) -> None:
        self._catalogue = catalogue
        self._files = files
        self._compute = compute

    async def treated(
        self,
        nested: Sequence[Terrain],
        region: Region,
        setting: RimSetting,
        terrain_ids: Sequence[str],
        holder: Holder,
    ) -> tuple[list[Terrain], list[str]]:
        """Return terrains, coarse to fine, whose rims are as the setting asks, and notes of what was done.

        Raises
        ------
        InvalidInputError
            TERRAIN_RIM_STEP or BLEND_WIDTH_IMPOSSIBLE, or INVALID_TERRAIN_STACK with all faults.
        """
        if setting.policy is RimPolicy.REFUSE:
            steps = await self._compute.run(self._steps, nested)
            raise_stack_faults(_step_faults(nested, steps, setting, terrain_ids))
        if setting.policy is RimPolicy.BLEND:
            return await self._blended(nested, region, setting, holder)
        return list(nested), []

    async def notes(self, nested: Sequence[Terrain]) -> list[str]:
        """Notes for readers on the rims and zeros of terrains, given from coarse to fine."""
        return await self._compute.run(self._notes, nested)

    def _steps(self, nested: Sequence[Terrain]) -> list[HeightStep | None]:
        grids = [self._files.load(terrain) for terrain in nested]
        return [None] + [rim_step(grids[n], grids[:n]) for n in range(1, len(grids))]

    def _notes(self, nested: Sequence[Terrain]) -> list[str]:
        notes = []
        for n, step in enumerate(self._steps(nested)):
            if step is not None:
                notes.append(
                    f"at the rim of {nested[n].title} the height steps against {nested[n - 1].title} by {step}"
                )
            if n > 0:
                fine, coarse = self._files.load(nested[n]), self._files.load(nested[n - 1])
                notes.append(offset_note(nested[n].title, fine, coarse, nested[n - 1].title) or "")
        return [note for note in notes if note]

    async def _blended(
        self, nested: Sequence[Terrain], region: Region, setting: RimSetting, holder: Holder
    ) -> tuple[list[Terrain], list[str]]:
        widths_m = [blend_width_m(setting, fine.geometry, coarse.geometry) for coarse, fine in pairwise(nested)]
        raise_stack_faults(
            [f for width_m, t in zip(widths_m, nested[1:], strict=True) for f in width_faults(width_m, t)]
        )
        kept, notes = [nested[0]], []
        for terrain, width_m in zip(nested[1:], widths_m, strict=True):
            step, grid = await self._compute.run(self._taper, terrain, tuple(kept), width_m)
            if step is None or step.max_m == 0.0:
                kept.append(terrain)
                continue
            under = kept[-1].title
            notes.append(f"{terrain.title} is blended into {under} over {width_m:g} m at its rim; it stepped by {step}")
            if not terrain.geometry.contains(*place_xy(region.center, region.pole), region.radius_m + width_m):
                notes.append(f"the blended band of {terrain.title} reaches into the region")
            kept.append(
                await self._catalogue.add(
                    grid,
                    title=f"{terrain.title}, blended over {width_m:g} m",
                    source=f"{terrain.source}; tapered over {width_m:g} m at its rim to {under}",
                    holder=holder,
                    synthetic=terrain.synthetic,
                )
            )
        return kept, notes

    def _taper(
        self, terrain: Terrain, coarser: Sequence[Terrain], width_m: float
    ) -> tuple[HeightStep | None, ElevationGrid]:
        fine, under = self._files.load(terrain), [self._files.load(each) for each in coarser]
        return rim_step(fine, under), blended(fine, under, width_m)


def _step_faults(
    nested: Sequence[Terrain], steps: Sequence[HeightStep | None], setting: RimSetting, terrain_ids: Sequence[str]
) -> list[Fault]:
    faults = []
    for n, step in enumerate(steps):
        if step is not None and step.max_m > setting.max_rim_step_m:
            message = (
                f"at the rim of {nested[n].title} the height steps against {nested[n - 1].title} by {step}; "
                f"{setting.max_rim_step_m:g} m are allowed"
            )
            path = f"terrain_ids[{list(terrain_ids).index(nested[n].terrain_id)}]"
            faults.append(Fault(path, "TERRAIN_RIM_STEP", message))
    return faults


def raise_stack_faults(faults: Sequence[Fault]) -> None:
    """Refuse a stack with all faults, if there are any."""
    refuse(faults, "INVALID_TERRAIN_STACK")
