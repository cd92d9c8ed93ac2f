"""Models of product sets and light over time, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.landing_site.v1 import product_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Interval, Provenance, SurfacePoint
from malapert_gateway.models.wire import UInt32, WireModel


class ProductLayer(StrEnum):
    """What a product shows."""

    ELEVATION = "ELEVATION"  # Height above the 1,737,400 m sphere, metres.
    SLOPE = "SLOPE"  # Steepest slope of the plane fitted over the baseline, degrees.
    ASPECT = "ASPECT"  # Direction in which the ground falls, degrees clockwise from true north.
    HILLSHADE = "HILLSHADE"  # Shaded relief, 0 to 1.
    ROUGHNESS = "ROUGHNESS"  # Root mean square height about the plane fitted over the baseline, metres.
    HAZARD = "HAZARD"  # Share of steep or unknown ground within the hazard radius.
    ILLUMINATION = "ILLUMINATION"  # Mean visible fraction of the solar disc over the span.
    LIT_FRACTION = "LIT_FRACTION"  # Share of the span with any of the solar disc.
    SUMMER_ILLUMINATION = "SUMMER_ILLUMINATION"  # Mean fraction while the Sun is on this pole's side of the equator.
    WINTER_ILLUMINATION = "WINTER_ILLUMINATION"  # Mean fraction while the Sun is on the other side.
    LONGEST_NIGHT = "LONGEST_NIGHT"  # Longest spell without any of the solar disc, seconds.
    LONGEST_LIT = "LONGEST_LIT"  # Longest spell with some of the solar disc, seconds.
    EARTH_VISIBILITY = "EARTH_VISIBILITY"  # Share of the span with the Earth's centre above the skyline.
    SUN_AND_EARTH = "SUN_AND_EARTH"  # Share of the span with the Earth's centre and any of the solar disc.
    PERMANENT_SHADOW = "PERMANENT_SHADOW"  # 1 where none of the solar disc rises within 18.6 years, else 0.
    SHADOW_DISTANCE = "SHADOW_DISTANCE"  # Distance to the nearest permanently shadowed pixel of the set, metres.
    ICE_STABILITY_PROXY = "ICE_STABILITY_PROXY"  # A proxy of shadow, light and latitude, 0 to 1: no measurement.


class ComputeProductsRequest(WireModel):
    """Asks for a product set."""

    message_type: ClassVar[type[Message]] = product_pb2.ComputeProductsRequest

    terrain_stack_id: str = Field(description="The stack of terrains.", examples=["stack-3f9a"])
    center: SurfacePoint = Field(description="Centre of the square; its elevation is not used.")
    size_m: float = Field(
        description="Side of the square, metres of the polar grid. It is widened to whole pixels of a grid that begins "
        "at the pole.",
        examples=[8000.0],
    )
    pixel_size_m: float = Field(description="Side of a pixel, metres of the polar grid.", examples=[40.0])
    layers: list[Annotated[ProductLayer, Strict(False)]] = Field(
        default_factory=list,
        description="The layers. None means all, those of light only where a span is given.",
        examples=[["SLOPE", "ILLUMINATION"]],
    )
    span: Interval | None = Field(None, description="The span of the layers of light; at most 7000 days.")
    step_s: float = Field(
        0.0,
        description="Longest step of the span, seconds. 0 takes an hour up to 800 days, else 4 hours.",
        examples=[3600.0],
    )
    height_m: float = Field(0.0, description="Height of the eye above ground, metres.", examples=[2.0])
    azimuth_count: UInt32 = Field(0, description="Azimuths of the horizons, 8 to 1080; 0 takes 360.", examples=[360])
    slope_baseline_m: float = Field(
        0.0,
        description="Length over which slopes and roughness are taken, metres; 0 takes two pixels.",
        examples=[80.0],
    )
    hazard_slope_deg: float = Field(
        0.0, description="Ground steeper than this is hazardous, degrees; 0 takes 15.", examples=[15.0]
    )
    hazard_radius_m: float = Field(
        0.0, description="Radius within which hazards are counted, metres; 0 counts the pixel alone.", examples=[100.0]
    )
    allow_large: bool = Field(
        False,
        description="Leave to make more pixels than are made without it; the refusal states the cost.",
        examples=[False],
    )


class LegendStop(WireModel):
    """A value of a layer and its colour on the map."""

    message_type: ClassVar[type[Message]] = product_pb2.LegendStop

    value: float = Field(description="The value, in the layer's unit.", examples=[0.5])
    colour: str = Field(description="Its colour as #rrggbb.", examples=["#21918c"])


class ProductFile(WireModel):
    """One layer of a product set."""

    message_type: ClassVar[type[Message]] = product_pb2.ProductFile

    layer: Annotated[ProductLayer, Strict(False)] | None = Field(None, description="What it shows.", examples=["SLOPE"])
    title: str = Field(description="Title for a person.", examples=["Slope"])
    description: str = Field(description="What the values mean.", examples=["Steepest slope of the plane."])
    unit: str = Field(description="Unit of the values; 1 where they have none.", examples=["deg"])
    size_bytes: UInt32 = Field(description="Bytes of its file.", examples=[120_000])
    content_hash: str = Field(description="sha256 of its file.", examples=["sha256:9f2c"])
    known_fraction: float = Field(description="Share of pixels that have a value.", examples=[1.0])
    lowest: float | None = Field(None, description="Lowest value; unset where no pixel has one.", examples=[0.1])
    highest: float | None = Field(None, description="Highest value.", examples=[34.5])
    mean: float | None = Field(None, description="Mean value.", examples=[9.8])
    legend: list[LegendStop] = Field(description="Colours of the map, which run evenly between the stops.")


class ProductSet(WireModel):
    """Layers over a square, made of one request."""

    message_type: ClassVar[type[Message]] = product_pb2.ProductSet

    product_set_id: str = Field(
        description="Identifier, made from the request and its inputs.", examples=["products-41d7"]
    )
    terrain_stack_id: str = Field(description="The stack of terrains.", examples=["stack-3f9a"])
    crs: str = Field(description="Coordinate reference system, such as IAU_2015:30135.", examples=["IAU_2015:30135"])
    width_px: UInt32 = Field(description="Columns.", examples=[200])
    height_px: UInt32 = Field(description="Rows.", examples=[200])
    pixel_size_m: float = Field(description="Side of a pixel, metres.", examples=[40.0])
    x_min_m: float = Field(description="Western edge, metres.", examples=[-15000.0])
    y_max_m: float = Field(description="Northern edge, metres.", examples=[-9000.0])
    corners: list[SurfacePoint] = Field(
        description="The north-western, north-eastern, south-eastern and south-western corner."
    )
    files: list[ProductFile] = Field(description="The layers.")
    span: Interval | None = Field(None, description="The span of the layers of light.")
    owner_agency_id: str = Field(description="The agency that had it made.", examples=["JAXA"])
    provenance: Provenance | None = Field(None, description="What it was made from.")


class ProductSetPage(WireModel):
    """A page of product sets."""

    message_type: ClassVar[type[Message]] = product_pb2.ListProductSetsResponse

    product_sets: list[ProductSet] = Field(description="The sets.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class GetLightSeriesRequest(WireModel):
    """Asks for light over time."""

    message_type: ClassVar[type[Message]] = product_pb2.GetLightSeriesRequest

    terrain_stack_id: str = Field(description="The stack of terrains.", examples=["stack-3f9a"])
    points: list[SurfacePoint] = Field(description="The points, at most 20; their elevations are not used.")
    span: Interval = Field(description="The span.")
    step_s: float = Field(
        0.0,
        description="Longest step, seconds, at least 60; 0 takes an hour. At most 20,000 steps.",
        examples=[3600.0],
    )
    height_m: float = Field(0.0, description="Height of the eye above ground, metres.", examples=[2.0])


class LightSeries(WireModel):
    """Light over time at one point."""

    message_type: ClassVar[type[Message]] = product_pb2.LightSeries

    point: SurfacePoint | None = Field(None, description="The point, with the height of its ground.")
    sun_fraction: list[float] = Field(
        description="Visible fraction of the solar disc at the middle of each step.", examples=[[0.0, 0.4, 1.0]]
    )
    earth_visible: list[bool] = Field(
        description="Whether the Earth's centre is above the skyline at the middle of each step.",
        examples=[[True, True, False]],
    )
    mean_sun_fraction: float = Field(description="Mean visible fraction of the solar disc.", examples=[0.47])
    longest_night_s: float = Field(
        description="Longest spell without any of the disc, seconds, in whole steps.", examples=[86_400.0]
    )
    longest_lit_s: float = Field(
        description="Longest spell with some of the disc, seconds, in whole steps.", examples=[604_800.0]
    )
    earth_visible_fraction: float = Field(
        description="Share of the span with the Earth's centre above the skyline.", examples=[0.52]
    )
    sun_and_earth_fraction: float = Field(description="Share of the span with both.", examples=[0.31])


class LightSeriesOfPoints(WireModel):
    """Light over time at points."""

    message_type: ClassVar[type[Message]] = product_pb2.GetLightSeriesResponse

    series: list[LightSeries] = Field(description="One a point, in order.")
    span: Interval | None = Field(None, description="The span.")
    step_s: float = Field(description="Length of a step, seconds.", examples=[3600.0])
    provenance: Provenance | None = Field(None, description="What it was made from.")
