"""Models of terrains, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.landing_site.v1 import terrain_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Provenance, SurfacePoint
from malapert_gateway.models.wire import Base64, UInt32, UtcTime, WireModel


class MapLayer(StrEnum):
    """What a map shows."""

    ELEVATION = "ELEVATION"  # Elevation, metres above the 1,737,400 m sphere.
    SLOPE = "SLOPE"  # Slope, degrees.
    HILLSHADE = "HILLSHADE"  # Shaded relief, 0 to 1.
    ILLUMINATION = "ILLUMINATION"  # Mean visible fraction of the solar disc over the span.
    EARTH_VISIBILITY = "EARTH_VISIBILITY"  # Share of the span in which the Earth's centre is above the skyline.


class Terrain(WireModel):
    """One registered digital elevation model."""

    message_type: ClassVar[type[Message]] = terrain_pb2.Terrain

    terrain_id: str = Field(description="Identifier, made from the content hash.", examples=["terrain-1a2b"])
    title: str = Field(description="Title for a person.", examples=["LOLA south pole 1600 m"])
    crs: str = Field(description="Coordinate reference system, such as IAU_2015:30135.", examples=["IAU_2015:30135"])
    content_hash: str = Field(description="sha256 of the elevations and their georeference.", examples=["sha256:9f2c"])
    width_px: UInt32 = Field(description="Columns.", examples=[256])
    height_px: UInt32 = Field(description="Rows.", examples=[256])
    pixel_size_m: float = Field(description="Side of a pixel, metres.", examples=[25.0])
    x_min_m: float = Field(description="Western edge, metres.", examples=[-15000.0])
    y_min_m: float = Field(description="Southern edge, metres.", examples=[-15000.0])
    x_max_m: float = Field(description="Eastern edge, metres.", examples=[15000.0])
    y_max_m: float = Field(description="Northern edge, metres.", examples=[15000.0])
    elevation_min_m: float = Field(
        description="Lowest elevation above the 1,737,400 m sphere, metres.", examples=[-4100.0]
    )
    elevation_max_m: float = Field(
        description="Highest elevation above the 1,737,400 m sphere, metres.", examples=[1900.0]
    )
    no_data_fraction: float = Field(description="Share of pixels without data.", examples=[0.0])
    source: str = Field(description="Where it came from.", examples=["PGDA product 78"])
    synthetic: bool = Field(
        description="True where the detail is synthetic: declared wherever it is used.", examples=[False]
    )
    owner_agency_id: str = Field(
        description="The agency that registered it; empty for built-in terrains.", examples=["JAXA"]
    )
    created_time: UtcTime | None = Field(None, description="When it was registered.", examples=["2026-11-22T12:00:00Z"])
    notes: list[str] = Field(
        default_factory=list,
        description="What of the file was passed over or taken for granted when it was read; empty where all of it is "
        "used.",
        examples=[["variables passed over: lat, lon"]],
    )


class TerrainPage(WireModel):
    """A page of terrains."""

    message_type: ClassVar[type[Message]] = terrain_pb2.ListTerrainsResponse

    terrains: list[Terrain] = Field(description="The terrains.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class Region(WireModel):
    """A circle on the surface."""

    message_type: ClassVar[type[Message]] = terrain_pb2.Region

    center: SurfacePoint = Field(description="Centre of the circle; its elevation is not used.")
    radius_m: float = Field(description="Radius, metres.", examples=[3000.0])


class SyntheticDetail(WireModel):
    """Seeded detail with lunar roughness statistics where no DEM is fine enough. Declared in every product."""

    message_type: ClassVar[type[Message]] = terrain_pb2.SyntheticDetail

    seed: UInt32 = Field(description="Seed of the random field.", examples=[7])
    pixel_size_m: float = Field(description="Side of a pixel of the refined grid, metres.", examples=[25.0])


class RimPolicy(StrEnum):
    """What is done about a step in height where a finer terrain ends and a coarser one goes on."""

    REPORT = "REPORT"  # The step is told in the stack's notes.
    BLEND = "BLEND"  # The finer terrain is tapered to the coarser ones about its rim, and that is said.
    REFUSE = "REFUSE"  # A step of more than max_rim_step_m refuses the stack.


class CreateTerrainStackRequest(WireModel):
    """Asks for a stack."""

    message_type: ClassVar[type[Message]] = terrain_pb2.CreateTerrainStackRequest

    terrain_ids: list[str] = Field(
        default_factory=list,
        description="Terrains from coarse to fine. Empty means the built-in LOLA grid of the region's pole.",
        examples=[["terrain-1a2b"]],
    )
    region: Region = Field(description="The region in which sites and waypoints will be sought.")
    synthetic_detail: SyntheticDetail | None = Field(
        None,
        description="Detail to add over the region where the finest terrain is coarser than its pixel. "
        "Unset means none.",
    )
    rim_policy: Annotated[RimPolicy, Strict(False)] | None = Field(
        None,
        description="What is done about a step in height at the rim of a finer terrain. Unset reports it.",
        examples=["BLEND"],
    )
    max_rim_step_m: float = Field(
        0.0, ge=0.0, description="Largest step at a rim that REFUSE admits, metres; above 0.", examples=[30.0]
    )
    blend_width_m: float = Field(
        0.0,
        ge=0.0,
        description="Width over which BLEND tapers a finer terrain to the coarser ones, metres. 0 takes one pixel of "
        "the next coarser terrain, at least eight of its own.",
        examples=[800.0],
    )


class TerrainStack(WireModel):
    """Terrains nested from coarse to fine over a region."""

    message_type: ClassVar[type[Message]] = terrain_pb2.TerrainStack

    terrain_stack_id: str = Field(description="Identifier, made from the content.", examples=["stack-3f9a"])
    terrains: list[Terrain] = Field(description="The terrains, coarse to fine.")
    region: Region | None = Field(None, description="The region.")
    synthetic: bool = Field(description="True where synthetic detail takes part.", examples=[False])
    notes: list[str] = Field(
        description="Warnings such as a step between a fine and a coarse grid at the fine one's rim.",
        examples=[["Synthetic detail below 1600 m"]],
    )


class MapLayerData(WireModel):
    """A map layer: rows from north to south."""

    message_type: ClassVar[type[Message]] = terrain_pb2.GetMapLayerResponse

    data: Base64 = Field(
        description="Float32 little-endian, row by row; NaN where there is no data.", examples=["AACAPwAAAEA="]
    )
    width_px: UInt32 = Field(description="Columns.", examples=[256])
    height_px: UInt32 = Field(description="Rows.", examples=[256])
    x_min_m: float = Field(description="Western edge, metres.", examples=[-15000.0])
    y_max_m: float = Field(description="Northern edge, metres.", examples=[15000.0])
    pixel_size_m: float = Field(description="Side of a pixel, metres.", examples=[25.0])
    unit: str = Field(description="Unit of the values.", examples=["deg"])
    provenance: Provenance | None = Field(None, description="What it was made from.")


class KeepOut(WireModel):
    """A circle of ground that must not be landed on or driven over."""

    message_type: ClassVar[type[Message]] = terrain_pb2.KeepOut

    title: str = Field("", description="Why it is closed, for a person.", examples=["Descent stage"])
    center: SurfacePoint = Field(description="Centre of the circle; its elevation is not used.")
    radius_m: float = Field(description="Radius, metres.", examples=[50.0])
