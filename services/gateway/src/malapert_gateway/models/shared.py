"""Models of shareds, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.type.v1 import type_pb2
from pydantic import Field, Strict

from malapert_gateway.models.wire import UtcTime, WireModel


class Confidence(StrEnum):
    """How far a figure may be trusted."""

    HIGH = "HIGH"  # Primary or agency source seen.
    MEDIUM = "MEDIUM"  # Secondary source seen.
    LOW = "LOW"  # Weak source or a proxy value.
    DERIVED = "DERIVED"  # Derived by calculation from stated inputs.
    UNVERIFIED = "UNVERIFIED"  # From memory, unverified: not to be published as fact.
    ASSUMPTION = "ASSUMPTION"  # A modelling assumption that nobody published.


class Visibility(StrEnum):
    """Who may see an object."""

    PUBLIC = "PUBLIC"  # Everybody with a key.
    MISSION = "MISSION"  # The agencies of the mission.
    OWNER = "OWNER"  # The owner agency alone.


class Interval(WireModel):
    """A half-open span of UTC time, [start_time, end_time)."""

    message_type: ClassVar[type[Message]] = type_pb2.Interval

    start_time: UtcTime = Field(description="First instant, included.", examples=["2029-01-10T00:00:00Z"])
    end_time: UtcTime = Field(description="First instant after the span, excluded.", examples=["2029-01-11T00:00:00Z"])


class SurfacePoint(WireModel):
    """A point on or near the lunar surface in the MOON_ME frame."""

    message_type: ClassVar[type[Message]] = type_pb2.SurfacePoint

    longitude_deg: float = Field(
        description="Selenographic longitude, east positive, -180 to 180 degrees.", examples=[-137.2]
    )
    latitude_deg: float = Field(description="Selenographic latitude, north positive, degrees.", examples=[-89.45])
    elevation_m: float = Field(0.0, description="Height above the sphere of 1,737,400 m, metres.", examples=[1450.0])


class GridPoint(WireModel):
    """A point in the polar stereographic grid of a terrain (IAU_2015:30135 in the south, 30130 in the north)."""

    message_type: ClassVar[type[Message]] = type_pb2.GridPoint

    x_m: float = Field(description="Easting, metres.", examples=[8200.0])
    y_m: float = Field(description="Northing, metres.", examples=[-4100.0])


class Figure(WireModel):
    """A number with its unit, source and confidence."""

    message_type: ClassVar[type[Message]] = type_pb2.Figure

    value: float = Field(description="The value in the unit below.", examples=[1500.0])
    unit: str = Field(
        description="The unit, as UCUM writes it where it can: W, Wh, kg, bit/s, deg, s, m.", examples=["Wh"]
    )
    source: str = Field(
        description="Where the value was published, or why it was assumed.", examples=["PGDA product 78"]
    )
    confidence: Annotated[Confidence, Strict(False)] | None = Field(
        None, description="How far the value may be trusted.", examples=["HIGH"]
    )


class Fault(WireModel):
    """One fault of an input. All faults of an input are reported together."""

    message_type: ClassVar[type[Message]] = type_pb2.Fault

    path: str = Field(
        description="Where: a path into the input, such as requests[3].place_ids[0].",
        examples=["requests[3].place_ids[0]"],
    )
    code: str = Field(
        description="What kind: an upper-case code that never changes, such as UNKNOWN_PLACE.",
        examples=["UNKNOWN_PLACE"],
    )
    message: str = Field(
        description="What is wrong and what is allowed, for a person.",
        examples=["A place of the mission is allowed here: ridge-1, ridge-2"],
    )


class InputRecord(WireModel):
    """One input of a result, by content."""

    message_type: ClassVar[type[Message]] = type_pb2.InputRecord

    kind: str = Field(description="What the input is, such as terrain or ephemeris.", examples=["terrain"])
    name: str = Field(description="Its name or identifier.", examples=["lola-1600m"])
    content_hash: str = Field(
        description="Its content hash, algorithm first, such as sha256:ab12….", examples=["sha256:9f2c"]
    )


class Provenance(WireModel):
    """What a result was made from, enough to make it again."""

    message_type: ClassVar[type[Message]] = type_pb2.Provenance

    inputs: list[InputRecord] = Field(description="Every input by content.")
    parameters: dict[str, str] = Field(
        description="Every parameter that changes the result, as text.", examples=[{"seed": "7"}]
    )
    software: str = Field(
        description="The software that made it, name and version.", examples=["malapert-landing-site 0.1.0"]
    )
    created_time: UtcTime | None = Field(None, description="When it was made.", examples=["2026-11-22T12:00:00Z"])
    synthetic_terrain: bool = Field(description="True where synthetic terrain detail took part.", examples=[True])
    notes: list[str] = Field(
        description="What a reader must know, such as declared assumptions.",
        examples=[["Synthetic detail below 1600 m"]],
    )


class SolvePriority(StrEnum):
    """Which solves are taken from the queue first."""

    URGENT = "URGENT"  # Time presses; a worker keeps a slot for it.
    ROUTINE = "ROUTINE"  # As it comes.
    BACKGROUND = "BACKGROUND"  # Whenever nothing else waits.
