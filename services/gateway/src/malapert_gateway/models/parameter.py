"""Models of parameters and data products, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import parameter_pb2
from pydantic import Field, Strict

from malapert_gateway.models.request import Argument
from malapert_gateway.models.shared import Figure
from malapert_gateway.models.wire import UInt32, WireModel


class StepQuantity(StrEnum):
    """A quantity of a step."""

    DURATION = "DURATION"  # Duration, seconds.
    POWER = "POWER"  # Power of the asset, W.
    DATA = "DATA"  # Data of the asset, bits.
    RESOURCE = "RESOURCE"  # What is taken of a resource, in the resource's unit; the step lists the use.


class Parameter(WireModel):
    """A typed parameter of an activity type."""

    message_type: ClassVar[type[Message]] = parameter_pb2.Parameter

    parameter_id: str = Field(description="Identifier, unique in the type, such as depth.", examples=["depth"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    unit: str = Field(description="Its unit, such as m; 1 for a plain number.", examples=["m"])
    default_value: Figure | None = Field(
        None,
        description="The value that is taken where a request states none; unset means that every request states one.",
    )
    lowest: Figure | None = Field(None, description="Lowest allowed value.")
    highest: Figure | None = Field(None, description="Highest allowed value.")


class ParameterEffect(WireModel):
    """What a parameter adds to a step: the quantity grows by so much for each unit of the parameter."""

    message_type: ClassVar[type[Message]] = parameter_pb2.ParameterEffect

    parameter_id: str = Field(description="The parameter.", examples=["depth"])
    quantity: Annotated[StepQuantity, Strict(False)] = Field(description="What grows.", examples=["DURATION"])
    per_unit: Figure | None = Field(None, description="By how much for each unit, in the quantity's unit.")
    resource_id: str = Field("", description="The resource, where the quantity is one.", examples=["drill-wear"])


class Preset(WireModel):
    """Named arguments that a request may take over."""

    message_type: ClassVar[type[Message]] = parameter_pb2.Preset

    preset_id: str = Field(description="Identifier, unique in the type.", examples=["full-depth"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    arguments: list[Argument] = Field(default_factory=list, description="The arguments.")


class DataProduct(WireModel):
    """Data that a step makes for somebody."""

    message_type: ClassVar[type[Message]] = parameter_pb2.DataProduct

    product_id: str = Field(description="Identifier, unique in the type.", examples=["spectra"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    share: float = Field(description="Share of the step's data, 0 to 1.", examples=[0.5])
    priority: UInt32 = Field(0, description="What is sent first: 1 before 2; 0 means last.", examples=[1])
    max_latency_s: float = Field(
        0.0,
        description="Longest time from the step's end until it is on the ground, seconds; 0 means no limit.",
        examples=[86400.0],
    )
