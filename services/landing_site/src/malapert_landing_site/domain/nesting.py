"""Choice of the terrains that nest over a region, with the notices that go with it."""

from __future__ import annotations

from collections.abc import Sequence

from malapert_core.errors import Fault

from malapert_landing_site.domain.terrain import Region, Terrain

SKYLINE_REACH_M = 300_000.0


def nesting_faults(terrains: Sequence[Terrain], region: Region, center_xy_m: tuple[float, float]) -> list[Fault]:
    """Faults of terrains that are to nest over a region, each with its path; empty where they do."""
    faults = []
    for n, terrain in enumerate(terrains):
        path, geometry = f"terrain_ids[{n}]", terrain.geometry
        if geometry.pole != region.pole:
            message = f"{terrain.title!r} is in {geometry.crs}, the region is at the other pole"
            faults.append(Fault(path, "TERRAIN_OTHER_POLE", message))
        elif not geometry.overlaps_circle(*center_xy_m, region.radius_m):
            message = (
                f"{terrain.title!r} covers x {geometry.x_min_m:.0f} to {geometry.x_max_m:.0f} m, "
                f"y {geometry.y_min_m:.0f} to {geometry.y_max_m:.0f} m; the region of {region.radius_m:.0f} m about "
                f"x {center_xy_m[0]:.0f} m, y {center_xy_m[1]:.0f} m lies outside of it"
            )
            faults.append(Fault(path, "TERRAIN_OUTSIDE_REGION", message))
    if not faults and finest_covering(terrains, region, center_xy_m) is None:
        message = f"no terrain covers the whole region of {region.radius_m:.0f} m about its centre"
        faults.append(Fault("region", "REGION_OUTSIDE_TERRAIN", message))
    return faults


def finest_covering(terrains: Sequence[Terrain], region: Region, center_xy_m: tuple[float, float]) -> Terrain | None:
    """The finest terrain that covers the whole region; None where none does."""
    covering = [t for t in terrains if t.geometry.contains(*center_xy_m, region.radius_m)]
    return min(covering, key=lambda terrain: terrain.geometry.pixel_size_m, default=None)


def stack_notes(terrains: Sequence[Terrain], region: Region, center_xy_m: tuple[float, float]) -> list[str]:
    """Notes for readers on terrains from coarse to fine."""
    notes = [
        f"{t.title}: the detail is synthetic, seeded and random with lunar highland statistics, not measured"
        for t in terrains
        if t.synthetic
    ]
    x_m, y_m = center_xy_m
    far = terrains[0].geometry
    edge_m = min(x_m - far.x_min_m, far.x_max_m - x_m, y_m - far.y_min_m, far.y_max_m - y_m)
    if edge_m < SKYLINE_REACH_M:
        notes.append(
            f"{terrains[0].title}, the widest terrain, ends {edge_m / 1000:.0f} km from the region's centre: skylines "
            "know nothing beyond, and may be too low"
        )
    for terrain in terrains:
        if not terrain.geometry.contains(x_m, y_m, region.radius_m):
            notes.append(f"{terrain.title} covers a part of the region; sites are sought on the finest that covers all")
        if terrain.no_data_fraction > 0.0:
            notes.append(
                f"{100 * terrain.no_data_fraction:.2f} % of {terrain.title} has no data: no product is made there, and "
                "skylines take the next coarser terrain"
            )
    return notes
