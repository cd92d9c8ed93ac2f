"""Models of science value, one for one with the contract's messages."""

from typing import ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import science_pb2
from pydantic import Field

from malapert_gateway.models.wire import UInt32, WireModel


class PlaceLight(WireModel):
    """What the terrain products say of a place."""

    message_type: ClassVar[type[Message]] = science_pb2.PlaceLight

    place_id: str = Field(description="The place.", examples=["ridge-1"])
    mean_sun_fraction: float = Field(description="Mean visible fraction of the solar disc, 0 to 1.", examples=[0.4])
    mean_sun_sine: float = Field(
        0.0,
        description="Mean sine of the Sun's elevation while it is seen, 0 to 1; 0 takes that of 1.5 degrees.",
        examples=[0.02],
    )
    shadow_distance_m: float | None = Field(
        None,
        description="Distance to permanently shadowed ground, metres; 0 where the place is in it.",
        examples=[120.0],
    )


class IceProxy(WireModel):
    """How likely ice is at a place. A proxy of light, not a measurement."""

    message_type: ClassVar[type[Message]] = science_pb2.IceProxy

    place_id: str = Field(description="The place.", examples=["ridge-1"])
    absorbed_flux_w_m2: float = Field(description="Mean absorbed flux, W/m2.", examples=[3.1])
    mean_temperature_k: float = Field(
        description="Temperature that the mean flux keeps up below the daily swing, K.", examples=[87.0]
    )
    ice_loss_kg_m2: float = Field(
        description="Loss of bare ice at that temperature, kg/m2 in 1e9 years.", examples=[0.4]
    )
    proxy: float = Field(description="The proxy, 0 to 1: even odds at the model's loss.", examples=[0.9])
    hydrogen_weh_percent: float = Field(
        description="Hydrogen as weight percent of water equivalent that the proxy stands for.", examples=[4.1]
    )
    explanation: str = Field(
        description="How it came about, for a person.", examples=["the Sun is seen 4 % of the disc on average"]
    )


class ValueTerm(WireModel):
    """One factor of a value."""

    message_type: ClassVar[type[Message]] = science_pb2.ValueTerm

    name: str = Field(description="What it is, such as ice.", examples=["Neutron spectrometer"])
    factor: float = Field(description="The factor, or the points for the first one.", examples=[0.8])
    explanation: str = Field(
        description="How it came about, for a person.", examples=["the Sun is seen 4 % of the disc on average"]
    )


class RatedValue(WireModel):
    """What a request is worth at a place."""

    message_type: ClassVar[type[Message]] = science_pb2.RatedValue

    request_id: str = Field(description="The request.", examples=["drill-a"])
    place_id: str = Field(description="The place; empty where it does not matter.", examples=["ridge-1"])
    value: float = Field(description="Points.", examples=[40.0])
    terms: list[ValueTerm] = Field(description="The product of these.")


class MarginalStop(WireModel):
    """What another stop would bring."""

    message_type: ClassVar[type[Message]] = science_pb2.MarginalStop

    tag: str = Field(description="The tag that names the stops.", examples=["drill"])
    stop_count: UInt32 = Field(description="How many are planned, under way or done.", examples=[3])
    next_factor: float = Field(description="The share of its full value that another one is worth.", examples=[0.5])
    explanation: str = Field(
        description="How it came about, for a person.", examples=["the Sun is seen 4 % of the disc on average"]
    )


class RateRequests(WireModel):
    """What is known of places."""

    message_type: ClassVar[type[Message]] = science_pb2.RateRequestsRequest

    places: list[PlaceLight] = Field(
        default_factory=list, description="What is known of the places; the others are rated without ice."
    )


class RatedRequests(WireModel):
    """Values by request and place, and what they came from."""

    message_type: ClassVar[type[Message]] = science_pb2.RateRequestsResponse

    values: list[RatedValue] = Field(description="By request and place.")
    ice: list[IceProxy] = Field(description="By place.")
    stops: list[MarginalStop] = Field(description="By tag.")
    notes: list[str] = Field(
        description="The model's figures that are assumptions, and what else a reader must know.",
        examples=[["2 figures of drill are doubtful (assumption)"]],
    )
