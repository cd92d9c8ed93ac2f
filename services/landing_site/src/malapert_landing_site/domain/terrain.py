"""Terrains, stacks of them, and the region in which sites are sought."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from malapert_core.errors import Fault

from malapert_landing_site.domain.grid import GridGeometry

MAX_DETAIL_PX = 2048
MAX_REGION_RADIUS_M = 50_000.0


@dataclass(frozen=True)
class Place:
    """A point on the surface: MOON_ME degrees and height above the sphere in metres."""

    longitude_deg: float
    latitude_deg: float
    elevation_m: float = 0.0


@dataclass(frozen=True)
class Region:
    """A circle on the surface in which sites and waypoints are sought."""

    center: Place
    radius_m: float

    @property
    def pole(self) -> int:
        """-1 where the south polar grid applies, +1 for the north."""
        return -1 if self.center.latitude_deg < 0 else 1


@dataclass(frozen=True)
class SyntheticDetail:
    """Seeded detail to be added where no terrain is fine enough."""

    seed: int
    pixel_size_m: float


BYTES_PER_PIXEL = 4
"""Bytes that a stored height takes."""


@dataclass(frozen=True)
class Terrain:
    """One registered digital elevation model; its heights lie in a file named by its content hash."""

    terrain_id: str
    title: str
    content_hash: str
    geometry: GridGeometry
    elevation_min_m: float
    elevation_max_m: float
    no_data_fraction: float
    source: str
    synthetic: bool
    owner_agency_id: str
    created_time: datetime
    notes: tuple[str, ...] = ()
    mission_id: str = ""

    @property
    def stored_bytes(self) -> int:
        """Bytes that its heights take."""
        return self.geometry.width_px * self.geometry.height_px * BYTES_PER_PIXEL


@dataclass(frozen=True)
class TerrainStack:
    """Terrains nested from coarse to fine over a region."""

    terrain_stack_id: str
    terrains: tuple[Terrain, ...]
    region: Region
    notes: tuple[str, ...]
    owner_agency_id: str
    created_time: datetime
    mission_id: str = ""

    @property
    def synthetic(self) -> bool:
        """Whether synthetic detail takes part."""
        return any(terrain.synthetic for terrain in self.terrains)


@dataclass(frozen=True)
class Holder:
    """Agency that a thing belongs to and the mission that it was made for; nobody's is built in."""

    agency_id: str = ""
    mission_id: str = ""

    @property
    def key(self) -> str:
        """Part of the identifier of what is held: the mission, or else the agency; empty for what is built in.

        The same content made for others is another thing: that it was made tells something of whoever made it.
        """
        if self.mission_id:
            return f"mission {self.mission_id}"
        return f"agency {self.agency_id}" if self.agency_id else ""


def terrain_id_of(content_hash: str, holder: str) -> str:
    """Identifier of a terrain from its content hash and its holder."""
    digest = content_hash.removeprefix("sha256:")
    return "terrain-" + (hashlib.sha256(f"{digest}|{holder}".encode()).hexdigest() if holder else digest)[:20]


def stack_id_of(terrains: Sequence[Terrain], region: Region, holder: str, treatment: str = "") -> str:
    """Identifier of a stack from its content, its holder and, where grids were changed to fit each other, how."""
    center = region.center
    text = "|".join(
        [t.content_hash for t in terrains]
        + [f"{center.longitude_deg:.9f}", f"{center.latitude_deg:.9f}", f"{region.radius_m:.3f}"]
        + ([treatment] if treatment else [])
        + [holder]
    )
    return "stack-" + hashlib.sha256(text.encode()).hexdigest()[:20]


def region_faults(region: Region) -> list[Fault]:
    """Faults of a region; empty where it is sound."""
    faults = place_faults(region.center, "region.center")
    if not 0.0 < region.radius_m <= MAX_REGION_RADIUS_M:
        message = f"the radius is {region.radius_m:g} m; it must be above 0 and at most {MAX_REGION_RADIUS_M:g} m"
        faults.append(Fault("region.radius_m", "OUT_OF_RANGE", message))
    return faults


def place_faults(place: Place, path: str) -> list[Fault]:
    """Faults of a place; empty where it is sound."""
    faults = []
    if not -180.0 <= place.longitude_deg <= 360.0:
        message = f"the longitude is {place.longitude_deg:g}°; -180 to 360 is allowed"
        faults.append(Fault(f"{path}.longitude_deg", "OUT_OF_RANGE", message))
    if not 60.0 <= abs(place.latitude_deg) <= 90.0:
        message = f"the latitude is {place.latitude_deg:g}°; a polar latitude from 60 to 90 or -90 to -60 is allowed"
        faults.append(Fault(f"{path}.latitude_deg", "OUT_OF_RANGE", message))
    return faults


def detail_faults(detail: SyntheticDetail, region: Region) -> list[Fault]:
    """Faults of a wish for synthetic detail over a region; empty where it is sound."""
    path = "synthetic_detail.pixel_size_m"
    if not math.isfinite(detail.pixel_size_m) or detail.pixel_size_m < 1.0:
        return [Fault(path, "OUT_OF_RANGE", f"the pixel is {detail.pixel_size_m:g} m; at least 1 m is allowed")]
    side_px = detail_side_px(detail, region)
    if side_px > MAX_DETAIL_PX:
        least_m = detail.pixel_size_m * side_px / MAX_DETAIL_PX
        message = (
            f"{detail.pixel_size_m:g} m over a radius of {region.radius_m:g} m needs {side_px} pixels a side; "
            f"{MAX_DETAIL_PX} are allowed: take at least {math.ceil(least_m)} m, or a smaller region"
        )
        return [Fault(path, "SYNTHETIC_DETAIL_TOO_LARGE", message)]
    return []


def detail_side_px(detail: SyntheticDetail, region: Region) -> int:
    """Pixels along a side of the refined square: the region and a margin of 15 % of its radius, at least 500 m."""
    margin_m = max(0.15 * region.radius_m, 500.0)
    return 2 * math.ceil((region.radius_m + margin_m) / detail.pixel_size_m)
