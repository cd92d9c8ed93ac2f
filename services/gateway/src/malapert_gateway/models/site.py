"""Models of sites, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.landing_site.v1 import site_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import GridPoint, Interval, Provenance, SurfacePoint
from malapert_gateway.models.terrain import KeepOut
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class SiteCriterion(StrEnum):
    """What a site is scored by."""

    ILLUMINATION = "ILLUMINATION"  # Mean visible fraction of the solar disc over the span: more is better.
    LONGEST_NIGHT = "LONGEST_NIGHT"  # Longest spell without light, seconds: less is better.
    EARTH_VISIBILITY = "EARTH_VISIBILITY"  # Share of the span with the Earth above the skyline: more is better.
    SUN_AND_EARTH = "SUN_AND_EARTH"  # Share of the span with Sun and Earth together: more is better.
    SLOPE = "SLOPE"  # Slope, degrees: less is better.
    ROUGHNESS = "ROUGHNESS"  # Root mean square height about the local plane, metres: less is better.
    HAZARD = "HAZARD"  # Share of hazardous cells in the landing circle: less is better.
    SHADOW_DISTANCE = "SHADOW_DISTANCE"  # Distance to ground without light over the span, metres: less is better.


class LanderLimits(WireModel):
    """Hard limits of the lander: a candidate outside any of them is no site."""

    message_type: ClassVar[type[Message]] = site_pb2.LanderLimits

    max_slope_deg: float = Field(description="Steepest slope at the touchdown point, degrees.", examples=[12.0])
    slope_baseline_m: float = Field(description="Length over which the slope is taken, metres.", examples=[50.0])
    landing_radius_m: float = Field(
        description="Semi-axis of the landing circle in which hazards are counted, metres.", examples=[100.0]
    )
    max_hazard_fraction: float = Field(
        description="Largest share of hazardous cells in the landing circle.", examples=[0.1]
    )
    hazard_slope_deg: float = Field(description="A cell steeper than this is hazardous, degrees.", examples=[15.0])
    min_lit_days: float = Field(description="Fewest days of light in a row from the landing time.", examples=[7.0])
    earth_visible_at_landing: bool = Field(
        description="True where the Earth must be above the skyline at the landing time.", examples=[True]
    )
    landing_semi_minor_m: float = Field(
        0.0,
        description="Semi-minor axis of the landing ellipse, metres; 0 makes it a circle of landing_radius_m.",
        examples=[60.0],
    )
    landing_azimuth_deg: float = Field(
        0.0,
        description="Direction of the semi-major axis, landing_radius_m, degrees clockwise from true north.",
        examples=[30.0],
    )


class CriterionWeight(WireModel):
    """The weight of one criterion."""

    message_type: ClassVar[type[Message]] = site_pb2.CriterionWeight

    criterion: Annotated[SiteCriterion, Strict(False)] = Field(description="The criterion.", examples=["ILLUMINATION"])
    weight: float = Field(description="Its weight; weights are normalised to a sum of 1.", examples=[0.3])


class SearchSitesRequest(WireModel):
    """Asks for a search."""

    message_type: ClassVar[type[Message]] = site_pb2.SearchSitesRequest

    terrain_stack_id: str = Field(
        description="The stack to search in; its region is searched.", examples=["stack-3f9a"]
    )
    span: Interval = Field(description="The mission's surface span.")
    landing_time: UtcTime = Field(description="When the lander touches down.", examples=["2029-01-10T00:00:00Z"])
    limits: LanderLimits = Field(description="The lander's limits.")
    weights: list[CriterionWeight] = Field(description="The criteria and their weights.")
    array_height_m: float = Field(description="Height of the solar array above ground, metres.", examples=[2.0])
    antenna_height_m: float = Field(description="Height of the antenna above ground, metres.", examples=[2.5])
    max_sites: UInt32 = Field(description="How many sites to return, at most 50.", examples=[10])
    min_separation_m: float = Field(description="Least distance between two returned sites, metres.", examples=[500.0])
    mission_id: str = Field("", description="Mission identifier, for the record.", examples=["lupex"])
    keep_outs: list[KeepOut] = Field(default_factory=list, description="Ground on which no landing ellipse may lie.")
    robustness_samples: UInt32 = Field(
        0,
        description="Draws of weights and heights by which the ranking is tried, at most 100,000; 0 takes 1000.",
        examples=[1000],
    )


class ScorePart(WireModel):
    """One part of a score."""

    message_type: ClassVar[type[Message]] = site_pb2.ScorePart

    criterion: Annotated[SiteCriterion, Strict(False)] = Field(description="The criterion.", examples=["ILLUMINATION"])
    value: float = Field(description="The value itself.", examples=[0.71])
    unit: str = Field(description="Unit of the value; empty for shares.", examples=[""])
    normalised: float = Field(
        description="The value scaled over all admitted candidates, 0 worst to 1 best.", examples=[0.9]
    )
    weight: float = Field(description="The normalised weight.", examples=[0.3])
    contribution: float = Field(description="weight times normalised: the parts sum up to the score.", examples=[0.27])


class SiteMetrics(WireModel):
    """What was measured at a site."""

    message_type: ClassVar[type[Message]] = site_pb2.SiteMetrics

    slope_deg: float = Field(description="Slope over the baseline, degrees.", examples=[4.2])
    roughness_m: float = Field(description="Root mean square height about the local plane, metres.", examples=[0.4])
    hazard_fraction: float = Field(description="Share of hazardous cells in the landing circle.", examples=[0.02])
    mean_sun_fraction: float = Field(
        description="Mean visible fraction of the solar disc over the span.", examples=[0.71]
    )
    lit_fraction: float = Field(description="Share of the span with any of the disc above the skyline.", examples=[0.8])
    longest_night_s: float = Field(description="Longest spell without light, seconds.", examples=[180000.0])
    longest_lit_s: float = Field(description="Longest spell with light, seconds.", examples=[1209600.0])
    lit_from_landing_s: float = Field(description="Light in a row from the landing time, seconds.", examples=[900000.0])
    earth_visible_fraction: float = Field(
        description="Share of the span with the Earth's centre above the skyline.", examples=[0.52]
    )
    sun_and_earth_fraction: float = Field(description="Share of the span with Sun and Earth together.", examples=[0.41])
    shadow_distance_m: float = Field(
        description="Distance to ground without light over the span, metres; negative where none was found.",
        examples=[820.0],
    )


class Site(WireModel):
    """A landing site."""

    message_type: ClassVar[type[Message]] = site_pb2.Site

    site_id: str = Field(description="Identifier.", examples=["site-04"])
    rank: UInt32 = Field(description="Rank, 1 is best.", examples=[1])
    point: SurfacePoint = Field(description="Where it is.")
    grid_point: GridPoint | None = Field(None, description="Where it is in the grid.")
    score: float = Field(description="Score, 0 to 1.", examples=[0.83])
    score_parts: list[ScorePart] = Field(description="The score's parts.")
    metrics: SiteMetrics | None = Field(None, description="What was measured.")
    explanation: str = Field(
        description="Why it ranks where it does, for a person.", examples=["Lit 71 % of the span; slope 4.2 degrees"]
    )
    terrain_stack_id: str = Field(description="The stack it was found in.", examples=["stack-3f9a"])
    on_pareto_front: bool = Field(
        False, description="True where no other candidate beats it in every weighted criterion.", examples=[True]
    )
    first_chance: float = Field(
        0.0,
        description="Share of the draws of weights and heights in which it is first of the sites returned.",
        examples=[0.63],
    )
    top_three_chance: float = Field(
        0.0, description="Share of the draws in which it is among the first three.", examples=[0.94]
    )
    mean_rank: float = Field(0.0, description="Its mean rank over the draws.", examples=[1.5])


class FrontPoint(WireModel):
    """A candidate that no other beats in every weighted criterion."""

    message_type: ClassVar[type[Message]] = site_pb2.FrontPoint

    point: SurfacePoint = Field(description="Where it is.")
    grid_point: GridPoint | None = Field(None, description="Where it is in the grid.")
    score: float = Field(description="Score, 0 to 1.", examples=[0.83])
    score_parts: list[ScorePart] = Field(description="The score's parts.")


class RejectionCount(WireModel):
    """How many candidates one limit refused."""

    message_type: ClassVar[type[Message]] = site_pb2.RejectionCount

    limit: str = Field(description="The limit, such as max_slope_deg.", examples=["max_slope_deg"])
    count: UInt32 = Field(description="Candidates that fail it.", examples=[3])


class SiteSearch(WireModel):
    """The result of a search."""

    message_type: ClassVar[type[Message]] = site_pb2.SiteSearch

    site_search_id: str = Field(description="Identifier.", examples=["search-88e1"])
    sites: list[Site] = Field(description="The sites, best first.")
    candidate_count: UInt32 = Field(description="Candidates considered.", examples=[40000])
    admitted_count: UInt32 = Field(description="Candidates that passed all limits.", examples=[1200])
    rejections: list[RejectionCount] = Field(
        description="Candidates that each limit refused; one candidate may fail several."
    )
    request: SearchSitesRequest | None = Field(None, description="The request.")
    provenance: Provenance | None = Field(None, description="What it was made from.")
    pareto_front: list[FrontPoint] = Field(
        default_factory=list,
        description="The Pareto front of the admitted candidates, the highest scores first; at most 100.",
    )


class SiteSearchPage(WireModel):
    """A page of searches."""

    message_type: ClassVar[type[Message]] = site_pb2.ListSiteSearchesResponse

    site_searches: list[SiteSearch] = Field(description="The searches.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class GetHorizonProfilesRequest(WireModel):
    """Asks for skylines."""

    message_type: ClassVar[type[Message]] = site_pb2.GetHorizonProfilesRequest

    terrain_stack_id: str = Field(description="The stack.", examples=["stack-3f9a"])
    points: list[SurfacePoint] = Field(description="The points; their elevation is taken from the terrain.")
    height_m: float = Field(description="Height of the eye above ground, metres.", examples=[2.0])
    azimuth_count: UInt32 = Field(
        0, description="Azimuths, evenly spaced from north clockwise; 0 means 720.", examples=[720]
    )


class HorizonProfile(WireModel):
    """The skyline at a point."""

    message_type: ClassVar[type[Message]] = site_pb2.HorizonProfile

    point: SurfacePoint = Field(description="The point with the terrain's elevation.")
    height_m: float = Field(description="Height of the eye above ground, metres.", examples=[2.0])
    azimuth_step_deg: float = Field(
        description="Step between azimuths, degrees; the first is north, clockwise seen from above.", examples=[0.5]
    )
    elevation_deg: list[float] = Field(
        description="Elevation of the skyline, degrees; may be negative.", examples=[[-0.4, 0.1, 1.2]]
    )
    surface_model: str = Field(description="The surface model, such as bilinear.", examples=["bilinear"])
    elevation_error_deg: float = Field(
        description="One standard deviation of the elevation from the DEM's height error and azimuth step, degrees.",
        examples=[0.02],
    )


class HorizonProfiles(WireModel):
    """Skylines, one per asked point, in order."""

    message_type: ClassVar[type[Message]] = site_pb2.GetHorizonProfilesResponse

    profiles: list[HorizonProfile] = Field(description="The skylines.")
    provenance: Provenance | None = Field(None, description="What they were made from.")


class ScanLandingDatesRequest(WireModel):
    """Asks which landing dates work."""

    message_type: ClassVar[type[Message]] = site_pb2.ScanLandingDatesRequest

    terrain_stack_id: str = Field(description="The stack.", examples=["stack-3f9a"])
    points: list[SurfacePoint] = Field(description="The places, at most 50; their elevations are not used.")
    span: Interval = Field(description="Landing dates from its start to before its end.")
    step_s: float = Field(
        0.0,
        description="Step between landing dates, seconds; 0 takes a day. At most 2000 dates.",
        examples=[86_400.0],
    )
    min_lit_days: float = Field(description="Fewest days of light in a row from the landing.", examples=[7.0])
    earth_visible_at_landing: bool = Field(
        False, description="True where the Earth must be above the skyline at the landing.", examples=[True]
    )
    array_height_m: float = Field(description="Height of the solar array above ground, metres.", examples=[2.0])
    antenna_height_m: float = Field(description="Height of the antenna above ground, metres.", examples=[2.5])


class LandingDatesOfPlace(WireModel):
    """Landing dates at one place."""

    message_type: ClassVar[type[Message]] = site_pb2.LandingDatesOfPlace

    point: SurfacePoint | None = Field(None, description="The place, with the height of its ground.")
    lit_s: list[float] = Field(
        description="Light in a row from each landing date, seconds; cut off 90 days after the last date.",
        examples=[[604_800.0, 518_400.0]],
    )
    earth_visible: list[bool] = Field(
        description="Whether the Earth's centre is above the skyline at each date.", examples=[[True, False]]
    )
    admitted: list[bool] = Field(description="Whether each date keeps both limits.", examples=[[True, False]])
    admitted_share: float = Field(description="Share of the dates that do.", examples=[0.35])


class LandingDates(WireModel):
    """Landing dates at places."""

    message_type: ClassVar[type[Message]] = site_pb2.ScanLandingDatesResponse

    landing_times: list[UtcTime] = Field(description="The dates.", examples=[["2029-01-10T00:00:00Z"]])
    places: list[LandingDatesOfPlace] = Field(description="One a place, in order.")
    provenance: Provenance | None = Field(None, description="What they were made from.")
