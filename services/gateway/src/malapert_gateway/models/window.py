"""Models of windows, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import window_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Confidence, Figure, Interval, Provenance, SurfacePoint
from malapert_gateway.models.wire import UInt32, WireModel


class WindowKind(StrEnum):
    """In what a window holds."""

    ILLUMINATION = "ILLUMINATION"  # Any of the solar disc is above the skyline.
    DARKNESS = "DARKNESS"  # None of the solar disc is above the skyline.
    EARTH_VISIBILITY = "EARTH_VISIBILITY"  # The Earth's centre is above the skyline.
    CONTACT = (
        "CONTACT"  # A station and the place see each other above their skylines and the station's least elevation.
    )


class Predictability(StrEnum):
    """How sure a window is."""

    PREDICTED = "PREDICTED"  # Within the stated errors of terrain and ephemeris.
    POTENTIAL = "POTENTIAL"  # May be shorter, or not be at all, within those errors.


class StationBand(WireModel):
    """The receiving side of a station in one band."""

    message_type: ClassVar[type[Message]] = window_pb2.StationBand

    band: str = Field(description="Band: S, X or Ka.", examples=["X"])
    g_over_t_db_k: Figure | None = Field(None, description="Gain over system noise temperature, dB/K.")


class Station(WireModel):
    """One antenna of a ground station."""

    message_type: ClassVar[type[Message]] = window_pb2.Station

    station_id: str = Field(description="Identifier, such as esa-mlg.", examples=["esa-mlg"])
    name: str = Field(description="Name for a person.", examples=["Malargüe"])
    agency_id: str = Field(description="The agency that owns its time, such as ESA.", examples=["JAXA"])
    operator: str = Field(description="Operator as published.", examples=["ESA"])
    latitude_deg: float = Field(description="Geodetic latitude on WGS84, degrees.", examples=[-89.45])
    longitude_deg: float = Field(description="Longitude, east positive, degrees.", examples=[-137.2])
    height_m: float = Field(description="Height above the ellipsoid, metres.", examples=[2.0])
    height_datum: str = Field(description="What the height refers to, as published.", examples=["WGS84 ellipsoid"])
    dish_m: float = Field(description="Diameter, metres.", examples=[35.0])
    min_elevation_deg: Figure | None = Field(None, description="Lowest elevation at which it works, degrees.")
    bands: list[StationBand] = Field(description="Receiving bands.")
    setup_s: Figure | None = Field(None, description="Time the antenna is taken before a contact, seconds.")
    teardown_s: Figure | None = Field(None, description="Time the antenna is taken after a contact, seconds.")
    cost_per_hour: Figure | None = Field(None, description="Cost of an hour relative to the cheapest class.")
    source: str = Field(description="Where the position was published.", examples=["PGDA product 78"])
    confidence: Annotated[Confidence, Strict(False)] | None = Field(
        None, description="How far the position may be trusted.", examples=["HIGH"]
    )


class StationPage(WireModel):
    """A page of stations."""

    message_type: ClassVar[type[Message]] = window_pb2.ListStationsResponse

    stations: list[Station] = Field(description="The stations.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])


class Profile(WireModel):
    """A quantity along a window, linear between samples."""

    message_type: ClassVar[type[Message]] = window_pb2.Profile

    quantity: str = Field(
        description="What: sun_fraction, sun_elevation_deg, sun_azimuth_deg, elevation_deg, azimuth_deg, "
        "station_elevation_deg, range_km, range_rate_km_s, light_time_s or rate_bps.",
        examples=["elevation_deg"],
    )
    offset_s: list[float] = Field(description="Seconds after the window's start.", examples=[[0.0, 600.0, 1200.0]])
    value: list[float] = Field(
        description="Values. rate_bps is a step function: each value holds until the next sample.",
        examples=[[0.0, 8.4, 12.1]],
    )


class Window(WireModel):
    """A window."""

    message_type: ClassVar[type[Message]] = window_pb2.Window

    window_id: str = Field(description="Identifier, unique in its set.", examples=["contact-12"])
    kind: Annotated[WindowKind, Strict(False)] = Field(description="Its kind.", examples=["ILLUMINATION"])
    place_id: str = Field(description="The place on the Moon.", examples=["ridge-1"])
    station_id: str = Field(description="The station, for contacts.", examples=["esa-mlg"])
    interval: Interval = Field(description="When it holds.")
    profiles: list[Profile] = Field(description="Quantities along it.")
    predictability: Annotated[Predictability, Strict(False)] | None = Field(
        None, description="How sure it is.", examples=["PREDICTED"]
    )


class Place(WireModel):
    """A place from which windows are computed."""

    message_type: ClassVar[type[Message]] = window_pb2.Place

    place_id: str = Field(description="Identifier, such as a waypoint's.", examples=["ridge-1"])
    point: SurfacePoint = Field(description="Where it is; the elevation is the terrain's.")


class LinkTerminal(WireModel):
    """The radio of the asset."""

    message_type: ClassVar[type[Message]] = window_pb2.LinkTerminal

    band: str = Field(description="Band: S, X or Ka.", examples=["X"])
    frequency_hz: float = Field(description="Frequency, hertz.", examples=[8450000000.0])
    eirp_dbw: float = Field(description="Effective isotropic radiated power, dBW.", examples=[12.0])
    required_eb_n0_db: float = Field(
        description="Energy per bit over noise density that the coding needs, dB.", examples=[2.5]
    )
    margin_db: float = Field(description="Margin kept, dB.", examples=[3.0])
    losses_db: float = Field(description="Pointing, polarisation and atmospheric losses, dB.", examples=[2.0])
    rate_steps_bps: list[float] = Field(
        description="The rates it can send at, bit/s, rising.", examples=[[100000.0, 1000000.0, 4000000.0]]
    )


class ComputeWindowsRequest(WireModel):
    """Asks for windows."""

    message_type: ClassVar[type[Message]] = window_pb2.ComputeWindowsRequest

    mission_id: str = Field("", description="Mission identifier, for the record.", examples=["lupex"])
    terrain_stack_id: str = Field(description="The terrain stack that gives the skylines.", examples=["stack-3f9a"])
    places: list[Place] = Field(description="The places.")
    station_ids: list[str] = Field(description="The stations.", examples=[["esa-mlg", "isro-blr"]])
    span: Interval = Field(description="The span.")
    terminal: LinkTerminal = Field(description="The asset's radio.")
    array_height_m: float = Field(description="Height of the solar array above ground, metres.", examples=[2.0])
    antenna_height_m: float = Field(description="Height of the antenna above ground, metres.", examples=[2.5])
    profile_step_s: float = Field(description="Step of the profiles, seconds.", examples=[600.0])


class WindowSummary(WireModel):
    """How much of one kind a set holds."""

    message_type: ClassVar[type[Message]] = window_pb2.WindowSummary

    kind: Annotated[WindowKind, Strict(False)] = Field(description="The kind.", examples=["ILLUMINATION"])
    place_id: str = Field(description="The place.", examples=["ridge-1"])
    station_id: str = Field(description="The station, for contacts.", examples=["esa-mlg"])
    count: UInt32 = Field(description="Number of windows.", examples=[3])
    total_s: float = Field(description="Their total length, seconds.", examples=[864000.0])
    longest_s: float = Field(description="The longest, seconds.", examples=[1209600.0])
    longest_gap_s: float = Field(
        description="The longest gap between two, and at the span's ends, seconds.", examples=[950400.0]
    )
    volume_bit: float = Field(description="What could be sent in all of them, bits.", examples=[4100000000.0])


class WindowSet(WireModel):
    """A computed set of windows."""

    message_type: ClassVar[type[Message]] = window_pb2.WindowSet

    window_set_id: str = Field(description="Identifier, made from the inputs.", examples=["windows-71c0"])
    request: ComputeWindowsRequest | None = Field(None, description="The request.")
    summaries: list[WindowSummary] = Field(description="What it holds.")
    provenance: Provenance | None = Field(None, description="What it was made from.")


class WindowPage(WireModel):
    """A page of windows."""

    message_type: ClassVar[type[Message]] = window_pb2.ListWindowsResponse

    windows: list[Window] = Field(description="The windows.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
