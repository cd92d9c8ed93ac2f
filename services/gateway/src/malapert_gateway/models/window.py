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
    CONJUNCTION = "CONJUNCTION"  # The Sun is nearer to the place than an angle, as a station sees both.
    RELAY_CONTACT = "RELAY_CONTACT"  # A place and an orbiter see each other.
    ORBITER_CONTACT = "ORBITER_CONTACT"  # An orbiter and a station see each other.
    RELAY_END_TO_END = "RELAY_END_TO_END"  # A place reaches a station through an orbiter that sees both.
    STORE_AND_FORWARD = "STORE_AND_FORWARD"  # A place reaches an orbiter, which delivers to a station later.
    ORBITER_ECLIPSE = "ORBITER_ECLIPSE"  # Some of the Sun is hidden from an orbiter by the Moon or the Earth.
    ORBITER_OCCULTATION = "ORBITER_OCCULTATION"  # The Moon hides an orbiter from the Earth's centre.
    OPTICAL_LINK = "OPTICAL_LINK"  # An optical station sees a place or an orbiter at night, away from the Moon.
    KEY_LINK = "KEY_LINK"  # An optical link over which keys are made.


class Predictability(StrEnum):
    """How sure a window is."""

    PREDICTED = "PREDICTED"  # Within the stated errors of terrain and ephemeris.
    POTENTIAL = "POTENTIAL"  # May be shorter, or not be at all, within those errors.


class EdgeCause(StrEnum):
    """Why a window begins or ends."""

    CONDITION = "CONDITION"  # A condition begins or ceases to hold.
    SPAN = "SPAN"  # The search begins or ends.
    DATA = "DATA"  # What the orbiter's motion is given for begins or ends; the window may go on.


class MaskPoint(WireModel):
    """Least elevation at an azimuth."""

    message_type: ClassVar[type[Message]] = window_pb2.MaskPoint

    azimuth_deg: float = Field(description="From north clockwise, degrees.", examples=[90.0])
    elevation_deg: float = Field(description="Elevation, degrees.", examples=[7.5])


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
    complex_name: str = Field("", description="Antennas of one complex stand together.", examples=["Malargüe"])
    bands_confidence: Annotated[Confidence, Strict(False)] | None = Field(
        None, description="How far the list of bands may be trusted.", examples=["HIGH"]
    )
    bands_note: str = Field("", description="What a reader must know of the bands.", examples=[""])
    handover_s: Figure | None = Field(None, description="Overlap with the next station that a handover takes, seconds.")
    mask: list[MaskPoint] = Field(
        default_factory=list, description="Horizon mask, rising in azimuth, linear between its points; empty for none."
    )
    mask_source: str = Field("", description="Where the mask was published; empty without one.", examples=[""])
    version: UInt32 = Field(
        0, description="Counts changes, for optimistic edits; 0 for a built-in station as delivered.", examples=[0]
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
        "station_elevation_deg, station_azimuth_deg, range_km, range_rate_km_s, light_time_s, link_margin_db, "
        "sun_separation_deg, moon_separation_deg, latency_s, key_rate_bps, loss_db, qber or rate_bps.",
        examples=["elevation_deg"],
    )
    offset_s: list[float] = Field(description="Seconds after the window's start.", examples=[[0.0, 600.0, 1200.0]])
    value: list[float] = Field(
        description="Values. rate_bps is a step function: each value holds until the next sample.",
        examples=[[0.0, 8.4, 12.1]],
    )


class WindowEdge(WireModel):
    """What an edge of a window is worth."""

    message_type: ClassVar[type[Message]] = window_pb2.WindowEdge

    limited_by: str = Field(
        description="The condition that it belongs to, such as site_skyline, station_mask or moon_limb; span at an "
        "end of the search, orbit_data at an end of what an orbiter's motion is given for.",
        examples=["site_skyline"],
    )
    error_s: float = Field(
        description="One standard deviation by the errors of skyline, orbit, Earth rotation and clock, seconds.",
        examples=[12.5],
    )
    predictability: Annotated[Predictability, Strict(False)] | None = Field(
        None,
        description="Potential where those errors would leave nothing of the window, or nothing of the gap beside "
        "the edge.",
        examples=["PREDICTED"],
    )
    cause: Annotated[EdgeCause, Strict(False)] | None = Field(
        None, description="Why the window begins or ends here.", examples=["CONDITION"]
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
    orbiter_id: str = Field(
        description="The orbiter, where one is at an end or between; empty otherwise.", examples=["relay-1"]
    )
    start_edge: WindowEdge | None = Field(None, description="What its start is worth.")
    end_edge: WindowEdge | None = Field(None, description="What its end is worth.")


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


class RelayLink(WireModel):
    """An orbiter between places and stations."""

    message_type: ClassVar[type[Message]] = window_pb2.RelayLink

    orbiter_id: str = Field(description="The orbiter.", examples=["relay-1"])
    uplink: LinkTerminal = Field(description="The place's radio towards the orbiter.")
    orbiter_g_over_t_db_k: float = Field(
        description="The orbiter's gain over noise temperature towards the place, dB/K.", examples=[-18.0]
    )
    downlink: LinkTerminal = Field(description="The orbiter's radio towards the stations.")
    min_elevation_deg: float = Field(
        description="The orbiter's least elevation at a place, degrees; the skyline counts besides.", examples=[10.0]
    )
    max_latency_s: float = Field(
        0.0,
        description="Longest time that the orbiter keeps data, seconds; 0 means that it does not store.",
        examples=[21600.0],
    )


class OrbiterLink(WireModel):
    """An orbiter's own links."""

    message_type: ClassVar[type[Message]] = window_pb2.OrbiterLink

    orbiter_id: str = Field(description="The orbiter.", examples=["relay-1"])
    terminal: LinkTerminal = Field(description="Its radio towards the stations.")


class OpticalRules(WireModel):
    """When an optical station may work."""

    message_type: ClassVar[type[Message]] = window_pb2.OpticalRules

    max_sun_elevation_deg: float = Field(
        description="Highest elevation of the Sun at the station, degrees, such as -12.", examples=[-12.0]
    )
    min_elevation_deg: float = Field(
        description="Lowest elevation of the other end at the station, degrees.", examples=[10.0]
    )
    min_moon_separation_deg: float = Field(
        description="Least distance of the other end from the Moon's centre, degrees; not asked of places on the Moon.",
        examples=[20.0],
    )


class OpticalLink(WireModel):
    """An orbiter whose links of light with the optical stations are wanted."""

    message_type: ClassVar[type[Message]] = window_pb2.OpticalLink

    orbiter_id: str = Field(description="The orbiter.", examples=["relay-1"])
    rules: OpticalRules = Field(description="When a station may work.")
    needs_shadow: bool = Field(False, description="The orbiter works only outside sunlight.", examples=[False])


class KeyLink(WireModel):
    """A source of keys on an orbiter and the optical stations that receive it."""

    message_type: ClassVar[type[Message]] = window_pb2.KeyLink

    orbiter_id: str = Field(description="The orbiter.", examples=["relay-1"])
    rules: OpticalRules = Field(description="When a station may work.")
    pulse_rate_hz: float = Field(description="Pulses a second.", examples=[1e8])
    signal_photons: float = Field(description="Mean photons of a signal pulse.", examples=[0.8])
    decoy_photons: float = Field(description="Mean photons of a decoy pulse.", examples=[0.1])
    signal_share: float = Field(description="Share of pulses that are signals.", examples=[0.5])
    dark_count: float = Field(description="Chance of a count without a photon, per pulse.", examples=[1e-6])
    misalignment: float = Field(description="Chance that a photon's count is wrong.", examples=[0.01])
    correction_efficiency: float = Field(
        description="How much more than the entropy error correction tells.", examples=[1.16]
    )
    basis_share: float = Field(description="Share of pulses that are kept by the choice of bases.", examples=[0.5])
    beam_divergence_rad: float = Field(description="Divergence of the beam, full angle, radians.", examples=[1e-5])
    telescope_m: float = Field(description="Diameter of the receiving telescope, metres.", examples=[1.0])
    zenith_transmission: float = Field(description="Transmission of the air straight up.", examples=[0.7])
    fixed_loss_db: float = Field(description="Pointing, detector and optics together, dB.", examples=[9.0])
    least_sifted_bits: float = Field(
        description="Fewest sifted bits of a pass from which a key is made.", examples=[1e5]
    )
    clear_sky: dict[str, float] = Field(
        default_factory=dict,
        description="Chance of a clear sky, by station identifier; 1 where none is given.",
        examples=[{"ogs-hanle": 0.7}],
    )
    needs_shadow: bool = Field(False, description="The orbiter works only outside sunlight.", examples=[True])


class ComputeWindowsRequest(WireModel):
    """Asks for windows."""

    message_type: ClassVar[type[Message]] = window_pb2.ComputeWindowsRequest

    mission_id: str = Field("", description="Mission identifier, for the record.", examples=["lupex"])
    terrain_stack_id: str = Field("", description="The terrain stack that gives the skylines.", examples=["stack-3f9a"])
    places: list[Place] = Field(description="The places.")
    station_ids: list[str] = Field(description="The stations.", examples=[["esa-mlg", "isro-blr"]])
    span: Interval = Field(description="The span.")
    terminal: LinkTerminal | None = Field(None, description="The asset's radio; without it there are no contacts.")
    array_height_m: float = Field(description="Height of the solar array above ground, metres.", examples=[2.0])
    antenna_height_m: float = Field(description="Height of the antenna above ground, metres.", examples=[2.5])
    profile_step_s: float = Field(description="Step of the profiles, seconds.", examples=[600.0])
    relays: list[RelayLink] = Field(
        default_factory=list, description="Orbiters through which the places reach the stations."
    )
    orbiters: list[OrbiterLink] = Field(
        default_factory=list, description="Orbiters whose own contacts, eclipses and occultations are wanted."
    )
    conjunction_angle_deg: float = Field(
        0.0,
        description="The Sun's least distance from a place as a station sees both, degrees; 0 leaves conjunctions out.",
        examples=[0.0],
    )
    optical: OpticalRules | None = Field(
        None, description="Optical links of the places with the stations; unset leaves them out."
    )
    key_links: list[KeyLink] = Field(default_factory=list, description="Links over which keys are made.")
    clock_error_s: float = Field(
        0.0,
        description="One standard deviation of the clock by which windows are kept, seconds.",
        examples=[0.0],
    )
    own_stations: list[Station] = Field(
        default_factory=list,
        description="Stations that this computation alone knows, besides those above, such as a mission's optical "
        "stations. They are checked as stations that are added, and named as no other is.",
    )
    on_sphere: bool = Field(
        False,
        description="True where no terrain is known: the ground is then a smooth sphere through each place at the "
        "elevation given.",
        examples=[False],
    )
    optical_links: list[OpticalLink] = Field(
        default_factory=list,
        description="Links of light between orbiters and the optical stations; those of places are `optical`.",
    )


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
    orbiter_id: str = Field(
        description="The orbiter, where one is at an end or between; empty otherwise.", examples=["relay-1"]
    )


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
