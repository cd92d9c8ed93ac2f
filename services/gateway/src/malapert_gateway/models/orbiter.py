"""Models of orbiters, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import orbiter_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import Base64, UInt32, UtcTime, WireModel


class OrbitSource(StrEnum):
    """How an orbiter's motion is given."""

    OEM = "OEM"  # CCSDS Orbit Ephemeris Message, as text or XML.
    TLE = "TLE"  # Two-line elements.
    KEPLERIAN = "KEPLERIAN"  # Mean Keplerian elements with the secular rates of J2.
    SPK = "SPK"  # SPICE SPK of types 2, 3, 9 or 13.


class KeplerianElements(WireModel):
    """Mean elements about the equator of the body, with its node and axes at the epoch."""

    message_type: ClassVar[type[Message]] = orbiter_pb2.KeplerianElements

    center: str = Field(description="The body: earth or moon.", examples=["moon"])
    epoch_time: UtcTime | None = Field(None, description="Epoch of the elements.", examples=["2029-01-15T00:00:00Z"])
    semi_major_axis_km: float = Field(description="Semi-major axis, kilometres.", examples=[5740.0])
    eccentricity: float = Field(description="Eccentricity.", examples=[0.58])
    inclination_deg: float = Field(description="Inclination, degrees.", examples=[54.86])
    ascending_node_deg: float = Field(
        description="Ascending node, from the prime meridian's axis of MOON_ME at the epoch, or from the equinox of "
        "J2000, degrees.",
        examples=[0.0],
    )
    argument_of_pericenter_deg: float = Field(description="Argument of the pericentre, degrees.", examples=[86.3])
    mean_anomaly_deg: float = Field(description="Mean anomaly, degrees.", examples=[0.0])


class RegisterOrbiterRequest(WireModel):
    """Asks to register an orbiter."""

    message_type: ClassVar[type[Message]] = orbiter_pb2.RegisterOrbiterRequest

    orbiter_id: str = Field(description="Identifier, such as relay-1.", examples=["relay-1"])
    name: str = Field("", description="Name for a person.", examples=["Relay 1"])
    source: Annotated[OrbitSource, Strict(False)] | None = Field(
        None, description="How its motion is given.", examples=["OEM"]
    )
    content: Base64 = Field("", description="The file, for OEM, TLE and SPK: at most 32 MiB.", examples=[""])
    elements: KeplerianElements | None = Field(None, description="The elements, for Keplerian ones.")
    position_error_km: float = Field(description="One standard deviation of its position, kilometres.", examples=[1.0])
    origin: str = Field(
        description="Where the motion comes from, for the record.", examples=["Flight dynamics, 2028-11-02"]
    )
    naif_id: int = Field(
        0, ge=-(2**31), le=2**31 - 1, description="NAIF identifier of the body in an SPK.", examples=[-155]
    )
    validate_only: bool = Field(False, description="True checks and stores nothing.", examples=[False])


class Orbiter(WireModel):
    """An orbiter."""

    message_type: ClassVar[type[Message]] = orbiter_pb2.Orbiter

    orbiter_id: str = Field(description="Identifier.", examples=["relay-1"])
    version: UInt32 = Field(description="Counts its motions.", examples=[1])
    name: str = Field(description="Name for a person.", examples=["Relay 1"])
    agency_id: str = Field(description="The agency that registered it.", examples=["JAXA"])
    source: Annotated[OrbitSource, Strict(False)] | None = Field(
        None, description="How its motion is given.", examples=["OEM"]
    )
    center: str = Field(description="The body that it goes around.", examples=["moon"])
    spans: list[Interval] = Field(
        description="The spans that its motion covers; empty means any. Beyond them nothing is extrapolated: windows "
        "end there."
    )
    position_error_km: float = Field(description="One standard deviation of its position, kilometres.", examples=[1.0])
    origin: str = Field(description="Where the motion comes from.", examples=["Flight dynamics, 2028-11-02"])
    content_hash: str = Field(description="Hash of what was registered.", examples=["sha256:71c0"])
    notes: list[str] = Field(
        description="What a user must know of it.", examples=[["states of an OEM; inertial frames are taken as J2000"]]
    )
    created_time: UtcTime | None = Field(None, description="When it was registered.", examples=["2028-11-02T00:00:00Z"])
    passed_over: list[str] = Field(
        description="What its file holds that is not used, such as covariance matrices and other bodies.", examples=[[]]
    )


class OrbiterPage(WireModel):
    """A page of orbiters."""

    message_type: ClassVar[type[Message]] = orbiter_pb2.ListOrbitersResponse

    orbiters: list[Orbiter] = Field(description="The orbiters.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
