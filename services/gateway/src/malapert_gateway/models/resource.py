"""Models of resources, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import resource_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Figure
from malapert_gateway.models.wire import WireModel


class ResourceKind(StrEnum):
    """How a resource behaves."""

    UNARY = "UNARY"  # Serves one activity at a time.
    CUMULATIVE = "CUMULATIVE"  # Serves several activities at a time, up to its capacity.
    CONSUMABLE = "CONSUMABLE"  # Is used up, such as ovens and drill bits.
    RESERVOIR = "RESERVOIR"  # Is filled and drained between nothing and its capacity, such as a tank.


class ResourceEffect(StrEnum):
    """What an activity does to a resource."""

    HOLD = "HOLD"  # Held from start to end, then given back.
    CONSUME = "CONSUME"  # Used up.
    PRODUCE = "PRODUCE"  # Made.


class Resource(WireModel):
    """Something that activities use."""

    message_type: ClassVar[type[Message]] = resource_pb2.Resource

    resource_id: str = Field(description="Identifier, unique in the mission, such as ovens.", examples=["ovens"])
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    kind: Annotated[ResourceKind, Strict(False)] = Field(description="How it behaves.", examples=["UNARY"])
    capacity: Figure | None = Field(
        None, description="How much there is, or how much it holds, in a unit of its own; not for a unary resource."
    )
    start: Figure | None = Field(
        None, description="How much a reservoir holds at the start, in the capacity's unit; unset means nothing."
    )


class ResourceUse(WireModel):
    """An amount of a resource."""

    message_type: ClassVar[type[Message]] = resource_pb2.ResourceUse

    resource_id: str = Field(description="The resource.", examples=["ovens"])
    effect: Annotated[ResourceEffect, Strict(False)] = Field(description="What is done to it.", examples=["HOLD"])
    amount: Figure | None = Field(None, description="How much, in the resource's unit.")
    link_share: Figure | None = Field(
        None,
        description="Instead of an amount: which share of what the link of the step gives over it, keys or data.",
    )
