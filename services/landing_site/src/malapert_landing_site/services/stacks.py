"""Nesting terrains over a region."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from malapert_core.audit.trail import AuditTrail
from malapert_core.db.database import Database
from malapert_core.errors import Fault
from malapert_core.timestamps import utc_now

from malapert_landing_site.domain.nesting import finest_covering, nesting_faults, stack_notes
from malapert_landing_site.domain.rim import RimPolicy, RimSetting, setting_faults
from malapert_landing_site.domain.roughness import HURST_EXPONENT, MEDIAN_SLOPE_DEG, SLOPE_BASELINE_M
from malapert_landing_site.domain.terrain import (
    Holder,
    Region,
    SyntheticDetail,
    Terrain,
    TerrainStack,
    detail_faults,
    region_faults,
    stack_id_of,
)
from malapert_landing_site.services.compute import Compute
from malapert_landing_site.services.rims import Rims, raise_stack_faults
from malapert_landing_site.services.terrains import TerrainCatalogue
from malapert_landing_site.storage.files import ElevationFiles
from malapert_landing_site.storage.terrains import TerrainStackStore
from malapert_landing_site.terrain.grid.projection import place_xy
from malapert_landing_site.terrain.grid.refinement import refine

# A measured grid up to so many times coarser than the detail asked for is taken as it is: the little that synthetic
# detail would add is not worth the loss of being measured.
MEASURED_IS_ENOUGH = 2.0


class TerrainStacks:
    """Stacks: terrains nested from coarse to fine, with synthetic detail where it is asked for and needed."""

    def __init__(
        self,
        database: Database,
        catalogue: TerrainCatalogue,
        files: ElevationFiles,
        compute: Compute,
        audit: AuditTrail,
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalogue = catalogue
        self._files = files
        self._compute = compute
        self._rims = Rims(catalogue, files, compute)

    async def get(self, terrain_stack_id: str) -> TerrainStack:
        """Return one stack."""
        async with self._database.reading() as session:
            return await TerrainStackStore(session).get(terrain_stack_id)

    async def create(
        self,
        terrain_ids: Sequence[str],
        region: Region,
        detail: SyntheticDetail | None,
        holder: Holder,
        hidden: Collection[str] = (),
        rim: RimSetting = RimSetting(),  # noqa: B008 - frozen
    ) -> TerrainStack:
        """Nest terrains over a region; the same inputs give the same stack of its holder.

        ``hidden`` names terrains that whoever asks does not see: they are not there.

        Raises
        ------
        InvalidInputError
            INVALID_TERRAIN_STACK, or the code of the only fault, with all faults; TERRAIN_RIM_STEP for each grid
            whose rim steps by more than the setting admits.
        """
        faults = region_faults(region) + setting_faults(rim)
        if detail is not None and not region_faults(region):
            faults += detail_faults(detail, region)
        raise_stack_faults(faults)
        # The built-in grid is the far field of every stack: skylines reach beyond the edge of most files.
        terrains = [*await self._named(terrain_ids, hidden), await self._catalogue.builtin(region.pole)]
        center = place_xy(region.center, region.pole)
        raise_stack_faults(nesting_faults(terrains, region, center))
        nested = sorted({t.terrain_id: t for t in terrains}.values(), key=lambda t: -t.geometry.pixel_size_m)
        nested, notes = await self._rims.treated(nested, region, rim, terrain_ids, holder)
        if detail is not None:
            nested, note = await self._with_detail(nested, region, detail, center, holder)
            notes += note
        notes = stack_notes(nested, region, center) + notes + await self._rims.notes(nested)
        treatment = f"rim|blend|{rim.blend_width_m:.3f}" if rim.policy is RimPolicy.BLEND else ""
        stack = TerrainStack(
            stack_id_of(nested, region, holder.key, treatment),
            tuple(nested),
            region,
            tuple(notes),
            holder.agency_id,
            utc_now(),
            holder.mission_id,
        )
        return await self._stored(stack)

    async def _stored(self, stack: TerrainStack) -> TerrainStack:
        async with self._database.transaction() as session:
            stored = await TerrainStackStore(session).add(stack)
            if stored is stack:
                self._audit.record(
                    session,
                    "terrain_stack.created",
                    entity_kind="terrain_stack",
                    entity_id=stack.terrain_stack_id,
                    mission_id=stack.mission_id,
                )
            return stored

    async def _named(self, terrain_ids: Sequence[str], hidden: Collection[str]) -> list[Terrain]:
        stored = await self._catalogue.find_all(terrain_ids)
        found = [None if named in hidden else terrain for named, terrain in zip(terrain_ids, stored, strict=True)]
        raise_stack_faults(
            [
                Fault(f"terrain_ids[{n}]", "UNKNOWN_TERRAIN", f"there is no terrain {terrain_ids[n]!r}")
                for n, terrain in enumerate(found)
                if terrain is None
            ]
        )
        return [terrain for terrain in found if terrain is not None]

    async def _with_detail(
        self,
        nested: list[Terrain],
        region: Region,
        detail: SyntheticDetail,
        center: tuple[float, float],
        holder: Holder,
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
            holder=holder,
            synthetic=True,
        )
        with_detail = [t for t in nested if t.terrain_id != terrain.terrain_id] + [terrain]
        return sorted(with_detail, key=lambda t: -t.geometry.pixel_size_m), []
