"""Models of what requests would take, one for one with the contract's messages."""

from typing import ClassVar

from google.protobuf.message import Message
from malapert.payload.v1 import request_pb2
from pydantic import Field

from malapert_gateway.models.request import Condition, NewActivityRequest
from malapert_gateway.models.shared import Fault, Interval
from malapert_gateway.models.wire import UInt32, WireModel


class StepPrediction(WireModel):
    """What a step would take."""

    message_type: ClassVar[type[Message]] = request_pb2.StepPrediction

    step_id: str = Field(
        description="The step; phases of instruments are named after it, such as heat~ltga.warm-up.", examples=["drill"]
    )
    title: str = Field(description="Title for a person.", examples=["Sample from the ridge"])
    duration_s: float = Field(description="Duration, seconds.", examples=[10800.0])
    power_w: float = Field(description="Power above the asset's base load, W.", examples=[120.0])
    data_bit: float = Field(description="Data, bits.", examples=[1.2e8])
    conditions: list[Condition] = Field(description="What must hold for the whole step.")
    max_wait_s: float = Field(description="Longest wait after the step before, seconds.", examples=[3600.0])


class RequestPrediction(WireModel):
    """What one repetition of a request would take."""

    message_type: ClassVar[type[Message]] = request_pb2.RequestPrediction

    request_id: str = Field(description="The request.", examples=["drill-a"])
    steps: list[StepPrediction] = Field(description="The steps of one repetition, in order.")
    duration_s: float = Field(description="Duration without waits, seconds.", examples=[10800.0])
    energy_wh: float = Field(description="Energy above the asset's base load, Wh.", examples=[360.0])
    data_bit: float = Field(description="Data, bits.", examples=[1.2e8])
    repetition_count: UInt32 = Field(description="How many repetitions or places.", examples=[1])
    place_ids: list[str] = Field(description="The places that would do; empty means any.", examples=[["ridge-1"]])
    windows: list[Interval] = Field(description="The spans that would do, [start, end); never empty.")
    notes: list[str] = Field(
        description="How the numbers came about, for a person; assumptions are named as such.",
        examples=[["2 figures of drill are doubtful (assumption)"]],
    )
    mode_id: str = Field(
        "",
        description="The mode, with the value of its range such as long=2; empty where the request has none.",
        examples=["long=2"],
    )
    share: float = Field(description="What it is worth, a share of the request's value.", examples=[1.0])


class CheckRequests(WireModel):
    """Requests to check."""

    message_type: ClassVar[type[Message]] = request_pb2.CheckRequestsRequest

    requests: list[NewActivityRequest] = Field(
        description="The requests; one that is there already is checked as a change of it."
    )


class CheckedRequests(WireModel):
    """What requests would take, and what is wrong with them."""

    message_type: ClassVar[type[Message]] = request_pb2.CheckRequestsResponse

    faults: list[Fault] = Field(description="Every fault; none means that the requests would be taken.")
    predictions: list[RequestPrediction] = Field(
        description="What each request would take, of those whose numbers can be told."
    )
    fault_count: UInt32 = Field(
        description="How many faults there are in all; of very many not each is listed.", examples=[0]
    )
