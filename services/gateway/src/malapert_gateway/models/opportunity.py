"""Models of opportunities, one for one with the contract's messages, and the answer that joins them to predictions."""

from typing import ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import opportunity_pb2
from pydantic import BaseModel, ConfigDict, Field

from malapert_gateway.models.prediction import RequestPrediction
from malapert_gateway.models.shared import Fault
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class Opportunity(WireModel):
    """A span of instants at each of which a chain could start."""

    message_type: ClassVar[type[Message]] = opportunity_pb2.Opportunity

    place_id: str = Field(description="The place; empty where the set has none.", examples=["ridge-1"])
    first_start_time: UtcTime = Field(description="The first instant.", examples=["2029-01-16T03:20:00Z"])
    last_start_time: UtcTime = Field(description="The last instant, included.", examples=["2029-01-16T09:45:00Z"])


class OpportunityAnswer(WireModel):
    """The opportunities of a request."""

    message_type: ClassVar[type[Message]] = opportunity_pb2.OpportunityAnswer

    key: str = Field(description="The request.", examples=["drill-a"])
    opportunities: list[Opportunity] = Field(
        description="In order of time, then place; the first of them where there are very many."
    )
    opportunity_count: UInt32 = Field(description="How many there are in all.", examples=[12])


class CheckAnswer(BaseModel):
    """What is wrong with requests, what each would take, and which windows could hold it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    faults: list[Fault] = Field(description="Every fault; none means that the requests would be taken.")
    predictions: list[RequestPrediction] = Field(
        description="What each request would take, of those whose numbers can be told."
    )
    fault_count: UInt32 = Field(
        description="How many faults there are in all; of very many not each is listed.", examples=[0]
    )
    window_set_id: str = Field(
        description="The windows that were looked at; empty where none were computed for the mission.",
        examples=["windows-71c0"],
    )
    opportunities: list[OpportunityAnswer] = Field(description="When each of them could start.")
