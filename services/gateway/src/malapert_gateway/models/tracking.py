"""Models of tracking data, one for one with the contract's messages."""

from typing import ClassVar

from google.protobuf.message import Message
from malapert.comms_window.v1 import exchange_pb2
from pydantic import Field

from malapert_gateway.models.shared import Interval
from malapert_gateway.models.wire import Base64, UInt32, WireModel


class ReadTrackingDataRequest(WireModel):
    """Asks what is in a message."""

    message_type: ClassVar[type[Message]] = exchange_pb2.ReadTrackingDataRequest

    content: Base64 = Field(
        description="The message, text or XML, of versions 1.0 to 3.0: at most 32 MiB.",
        examples=["Q0NTRFNfVERNX1ZFUlMgPSAyLjA="],
    )


class ObservationSummary(WireModel):
    """Observations of one kind in a segment."""

    message_type: ClassVar[type[Message]] = exchange_pb2.ObservationSummary

    keyword: str = Field(description="The data keyword, such as RANGE.", examples=["RANGE"])
    unit: str = Field(description="Its unit.", examples=["km"])
    count: UInt32 = Field(description="How many there are.", examples=[360])
    least: float = Field(description="The least value.", examples=[362100.5])
    greatest: float = Field(description="The greatest value.", examples=[398712.25])
    span: Interval | None = Field(None, description="The span of the epochs; unset for a clock of its own.")


class TrackingSegment(WireModel):
    """A segment."""

    message_type: ClassVar[type[Message]] = exchange_pb2.TrackingSegment

    participants: list[str] = Field(
        description="Participants by their numbers, the first first.", examples=[["DSS-26", "ROVER"]]
    )
    metadata: dict[str, str] = Field(description="The metadata as written.", examples=[{"MODE": "SEQUENTIAL"}])
    observations: list[ObservationSummary] = Field(description="What was observed.")


class TrackingData(WireModel):
    """What is in a message."""

    message_type: ClassVar[type[Message]] = exchange_pb2.ReadTrackingDataResponse

    version: str = Field(description="Version of the message.", examples=[1])
    originator: str = Field(description="Who made it.", examples=["NASA"])
    segments: list[TrackingSegment] = Field(description="Its segments.")
