"""Models of instruments' modes, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import mode_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Figure
from malapert_gateway.models.wire import WireModel


class SunLimit(StrEnum):
    """In which light a mode may be used."""

    LIT = "LIT"  # In sunlight only.
    DARK = "DARK"  # In darkness only.


class Motion(StrEnum):
    """Whether the asset moves while a mode is used."""

    STATIONARY = "STATIONARY"  # It stands still.
    MOVING = "MOVING"  # It drives.


class PointingTarget(StrEnum):
    """Where an instrument looks."""

    NADIR = "NADIR"  # Straight down.
    ZENITH = "ZENITH"  # Straight up.
    SUN = "SUN"  # At the Sun.
    EARTH = "EARTH"  # At the Earth.
    FIXED = "FIXED"  # At an azimuth and elevation.


class ModePhase(WireModel):
    """A phase before or after the use of a mode."""

    message_type: ClassVar[type[Message]] = mode_pb2.ModePhase

    duration_s: Figure | None = Field(None, description="How long it takes, seconds.")
    power_w: Figure | None = Field(None, description="Electrical power, W.")


class Pointing(WireModel):
    """The direction that a mode needs."""

    message_type: ClassVar[type[Message]] = mode_pb2.Pointing

    target: Annotated[PointingTarget, Strict(False)] = Field(description="Where it looks.", examples=["NADIR"])
    azimuth_deg: Figure | None = Field(
        None, description="Azimuth clockwise from true north, for a fixed direction, degrees."
    )
    elevation_deg: Figure | None = Field(
        None, description="Elevation above the local horizontal, for a fixed direction, degrees."
    )
    tolerance_deg: Figure | None = Field(None, description="How far off it may be, degrees.")
    sun_exclusion_deg: Figure | None = Field(None, description="How far from the Sun it must stay, degrees.")


class ModeTransition(WireModel):
    """A change from one mode to another."""

    message_type: ClassVar[type[Message]] = mode_pb2.ModeTransition

    from_mode_id: str = Field("", description="From this mode; empty means off.", examples=[""])
    to_mode_id: str = Field("", description="To this mode; empty means off.", examples=["survey"])
    duration_s: Figure | None = Field(None, description="How long it takes, seconds.")
    power_w: Figure | None = Field(None, description="Electrical power, W.")


class Exclusion(WireModel):
    """Another instrument that must not be on at the same time."""

    message_type: ClassVar[type[Message]] = mode_pb2.Exclusion

    instrument_id: str = Field(description="The other instrument.", examples=["ns"])
    mode_ids: list[str] = Field(
        default_factory=list, description="In these modes of this instrument; empty means any.", examples=[["survey"]]
    )
    other_mode_ids: list[str] = Field(
        default_factory=list, description="In these modes of the other; empty means any.", examples=[["lamp"]]
    )
    reason: str = Field("", description="Why.", examples=["Calibrated anew"])
