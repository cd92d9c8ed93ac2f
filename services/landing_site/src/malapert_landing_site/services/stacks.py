"""Nesting terrains over a region."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_core.database import Database
from malapert_core.errors import Fault, InvalidInputError
from malapert_core.timestamps import utc_now

from malapert_landing_site.domain.nesting import finest_covering, nesting_faults, rim_step_note, stack_notes
from malapert_landing_site.domain.roughness import HURST_EXPONENT, MEDIAN_SLOPE_DEG, SLOPE_BASELINE_M
from malapert_landing_site.domain.terrain import (
    Region,
    SyntheticDetail,
    Terrain,
    TerrainStack,
    detail_faults,
    region_faults,
    stack_id_of,
)
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.terrains import TerrainCatalogue
from malapert_landing_site.storage.files import ElevationFiles
from malapert_landing_site.storage.terrains import TerrainStackStore
from malapert_landing_site.terrain.projection import place_xy
from malapert_landing_site.terrain.refinement import refine

# A measured grid up to so many times coarser than the detail asked for is taken as it is: the little that synthetic
# detail would add is not worth the loss of being measured.
MEASURED_IS_ENOUGH = 2.0


class TerrainStacks:
    """Stacks: terrains nested from coarse to fine, with synthetic detail where it is asked for and needed."""

    def __init__(
        self, database: Database, catalogue: TerrainCatalogue, files: ElevationFiles, compute: Compute
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._files = files
        self._compute = compute

    async def get(self, terrain_stack_id: str) -> TerrainStack:
        """Return one stack."""
        async with self._database.reading() as session:
            return await TerrainStackStore(session).get(terrain_stack_id)

    async def create(
        self, terrain_ids: Sequence[str], region: Region, detail: SyntheticDetail | None, owner_agency_id: str
    ) -> TerrainStack:
        """Nest terrains over a region; the same inputs give the same stack.

        Raises
        ------
        InvalidInputError
            INVALID_TERRAIN_STACK, or the code of the only fault, with all faults.
        """
        faults = region_faults(region)
        if detail is not None and not faults:
            faults += detail_faults(detail, region)
        _raise(faults)
        # The built-in grid is the far field of every stack: skylines reach beyond the edge of most files.
        terrains = [*await self._named(terrain_ids), await self._catalogue.builtin(region.pole)]
        center = place_xy(region.center, region.pole)
        _raise(nesting_faults(terrains, region, center))
        nested = sorted({t.terrain_id: t for t in terrains}.values(), key=lambda t: -t.geometry.pixel_size_m)
        notes = []
        if detail is not None:
            nested, note = await self._with_detail(nested, region, detail, center)
            notes += note
        notes = stack_notes(nested, region, center) + notes + await self._compute.run(self._rim_notes, nested)
        stack = TerrainStack(
            stack_id_of(nested, region), tuple(nested), region, tuple(notes), owner_agency_id, utc_now()
        )
        async with self._database.transaction() as session:
            return await TerrainStackStore(session).add(stack)

    async def _named(self, terrain_ids: Sequence[str]) -> list[Terrain]:
        found = await self._catalogue.find_all(terrain_ids)
        _raise(
            [
                Fault(f"terrain_ids[{n}]", "UNKNOWN_TERRAIN", f"there is no terrain {terrain_ids[n]!r}")
                for n, terrain in enumerate(found)
                if terrain is None
            ]
        )
        return [terrain for terrain in found if terrain is not None]

    async def _with_detail(
        self, nested: list[Terrain], region: Region, detail: SyntheticDetail, center: tuple[float, float]
    ) -> tuple[list[Terrain], list[str]]:
        base = finest_covering(nested, region, center)
        if base is None or base.geometry.pixel_size_m <= MEASURED_IS_ENOUGH * detail.pixel_size_m:
            finest_m = base.geometry.pixel_size_m if base else 0.0
            return nested, [f"no synthetic detail was added: the region is covered at {finest_m:g} m"]
        grid = await self._compute.run(lambda: refine(self._files.load(base), region, detail))
        terrain = await self._catalogue.add(
            grid,
            title=f"Synthetic detail {detail.pixel_size_m:g} m, seed {detail.seed}",
            source=(
                f"{base.title} by cubic convolution, with seeded highland detail: Hurst exponent {HURST_EXPONENT}, "
                f"median slope {MEDIAN_SLOPE_DEG}° at {SLOPE_BASELINE_M:g} m (after Rosenburg et al. 2011, unverified)"
            ),
            synthetic=True,
        )
        with_detail = [t for t in nested if t.terrain_id != terrain.terrain_id] + [terrain]
        return sorted(with_detail, key=lambda t: -t.geometry.pixel_size_m), []

    def _rim_notes(self, nested: Sequence[Terrain]) -> list[str]:
        grids = [self._files.load(terrain) for terrain in nested]
        notes = [
            rim_step_note(nested[n].title, grids[n], grids[n - 1], nested[n - 1].title) for n in range(1, len(nested))
        ]
        return [note for note in notes if note is not None]


def _raise(faults: Sequence[Fault]) -> None:
    if faults:
        reason = faults[0].code if len(faults) == 1 else "INVALID_TERRAIN_STACK"
        raise InvalidInputError(reason, "; ".join(fault.message for fault in faults), faults=faults)
