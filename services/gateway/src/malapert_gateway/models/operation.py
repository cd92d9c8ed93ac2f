"""Models of operations, one for one with the contract's messages."""

from enum import StrEnum
from typing import Annotated, ClassVar

from google.protobuf.message import Message
from malapert.operation.v1 import operation_pb2
from pydantic import Field, Strict

from malapert_gateway.models.shared import Fault
from malapert_gateway.models.wire import UInt32, UtcTime, WireModel


class OperationState(StrEnum):
    """Where an operation stands."""

    QUEUED = "QUEUED"  # Waiting for its turn.
    RUNNING = "RUNNING"  # At work.
    SUCCEEDED = "SUCCEEDED"  # Ended with a result.
    FAILED = "FAILED"  # Ended with an error; nothing was half-written.
    CANCELLED = "CANCELLED"  # Ended because somebody asked for it.


class OperationStage(WireModel):
    """One stage of an operation."""

    message_type: ClassVar[type[Message]] = operation_pb2.OperationStage

    name: str = Field(description="Short name, such as horizons.", examples=["horizons"])
    title: str = Field(description="What a person reads beside the progress bar.", examples=["Skylines at 5 places"])
    fraction: float = Field(description="Share of the stage that is done, 0 to 1.", examples=[0.6])
    detail: str = Field(
        description='What is being done now, such as "incumbent 412, bound 430".', examples=["incumbent 412, bound 430"]
    )
    elapsed_s: float = Field(description="Time spent in the stage so far, seconds.", examples=[3.2])


class Operation(WireModel):
    """Long work and its progress."""

    message_type: ClassVar[type[Message]] = operation_pb2.Operation

    operation_id: str = Field(description="Identifier, unique over all services.", examples=["operation-2c7d"])
    kind: str = Field(description="What kind of work, such as generate_plan.", examples=["generate_plan"])
    state: Annotated[OperationState, Strict(False)] = Field(description="Where it stands.", examples=["QUEUED"])
    owner_agency_id: str = Field(description="The agency that asked for it.", examples=["JAXA"])
    stages: list[OperationStage] = Field(description="The stages that have begun, in order.")
    result_id: str = Field(description="The identifier of the result, once it succeeded.", examples=["plan-5d21"])
    error_reason: str = Field(description="The reason of the failure, an upper-case code.", examples=[""])
    error_message: str = Field(description="The failure for a person.", examples=[""])
    faults: list[Fault] = Field(description="The faults of the input, where they are the failure.")
    created_time: UtcTime | None = Field(None, description="When it was asked for.", examples=["2026-11-22T12:00:00Z"])
    updated_time: UtcTime | None = Field(None, description="When it last changed.", examples=["2026-11-22T12:01:00Z"])
    attempt: UInt32 = Field(
        description="How many times it was begun: more than once after a crash of its service.", examples=[1]
    )


class OperationPage(WireModel):
    """A page of operations."""

    message_type: ClassVar[type[Message]] = operation_pb2.ListOperationsResponse

    operations: list[Operation] = Field(description="The operations, newest first.")
    next_page_token: str = Field(description="Cursor of the next page, empty after the last.", examples=[""])
